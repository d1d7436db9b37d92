//! What an edge accepts as an export: nothing that was changed, cut, made for another realm, rolled
//! back or kept too long; and a refused one takes nothing away.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/edge.rs"]
mod edge;

use cloakroom::edge::{BadExport, EdgeKey, EdgeStatus, MAX_LEN};
use cloakroom::feed::{FeedKey, Position, Realm};
use cloakroom::hazmat::edge::{Export, open_export, seal_export, sign};
use cloakroom::{Freshness, KeyError, Record, Revocation, RevocationView as _, SessionId};
use edge::{Clocks, NOW, Random, VALID, builder, empty, keys, position, realm, sealed, signer};

const HEADER: usize = 101;
const NAME: usize = 14;

fn records() -> Vec<Record> {
    let id = SessionId::from_bytes([7; 16]);
    let expires = 1_800_002_000;
    [
        Revocation::older_generations(id, 3),
        Revocation::subject(b"ada", 1_800_000_003, None),
        Revocation::subject(b"bob", 1_800_000_003, Some(id)),
        Revocation::audience([3; 16], 1_700_000_000),
    ]
    .map(|revocation| Record::new(revocation, expires))
    .to_vec()
}

fn whole() -> Vec<u8> {
    let export = Export {
        records: records(),
        ..empty()
    };
    sealed(&export, &Random(1).ids(100))
}

/// The bytes with a signature that fits, whatever they are.
fn resigned(mut bytes: Vec<u8>) -> Vec<u8> {
    sign(&signer(1), &mut bytes);
    bytes
}

fn unsigned() -> Vec<u8> {
    let mut bytes = whole();
    bytes.truncate(bytes.len() - 64);
    bytes
}

fn refused(bytes: &[u8]) -> BadExport {
    let view = builder(&Clocks::new()).build();
    let why = view.load(bytes).unwrap_err();
    assert_eq!(view.freshness(), Freshness::Blind, "something was used");
    assert_eq!(view.status(), None);
    why
}

#[test]
fn an_export_says_what_it_was_made_of() {
    let opened = open_export(&keys(), &realm(), &whole()).unwrap();
    let mut wanted: Vec<_> = records().iter().map(Record::to_bytes).collect();
    wanted.sort();
    let found: Vec<_> = opened.export.records.iter().map(Record::to_bytes).collect();
    assert_eq!(found, wanted);
    let again = seal_export(&signer(1), &realm(), &opened.export, &Random(1).ids(100));
    assert_eq!(again.unwrap(), whole(), "equal contents have equal bytes");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let whole = whole();
    for byte in 0..whole.len() {
        for bit in 0..8 {
            // Signatures are slow to check: every bit of the header, one of each other byte.
            if byte > HEADER + NAME && bit != byte % 8 {
                continue;
            }
            let mut changed = whole.clone();
            changed[byte] ^= 1 << bit;
            let why = open_export(&keys(), &realm(), &changed).unwrap_err();
            let expected = match byte {
                0..8 => BadExport::Format,
                8..12 => BadExport::UnknownKey,
                _ => BadExport::Forged,
            };
            assert_eq!(why, expected, "bit {bit} of byte {byte}");
        }
    }
}

#[test]
fn every_truncation_is_noticed_and_whatever_is_behind() {
    let whole = whole();
    for length in 0..whole.len() {
        let why = open_export(&keys(), &realm(), &whole[..length]).unwrap_err();
        let expected = if length < 12 {
            BadExport::Format
        } else {
            BadExport::Forged
        };
        assert_eq!(why, expected, "{length} bytes");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(refused(&longer), BadExport::Forged);
}

#[test]
fn an_authentic_export_that_is_cut_anywhere_is_malformed() {
    let whole = unsigned();
    for length in 12..whole.len() {
        let why = open_export(&keys(), &realm(), &resigned(whole[..length].to_vec())).unwrap_err();
        assert_eq!(why, BadExport::Malformed, "{length} bytes");
    }
}

#[test]
fn an_authentic_export_with_a_changed_number_is_malformed() {
    let whole = unsigned();
    // Records, places, values: each less, more, none and as many as there are.
    for at in [88, 92, 96] {
        let number = u32::from_be_bytes(whole[at..at + 4].try_into().unwrap());
        for wrong in [0, number - 1, number + 1, u32::MAX] {
            let mut changed = whole.clone();
            changed[at..at + 4].copy_from_slice(&wrong.to_be_bytes());
            assert_eq!(refused(&resigned(changed)), BadExport::Malformed, "{at}");
        }
    }
    let times = [
        (44, NOW + VALID),
        (52, NOW),
        (52, NOW + 86_400_001),
        (60, 253_402_300_800),
    ];
    for (at, wrong) in times {
        let mut changed = whole.clone();
        changed[at..at + 8].copy_from_slice(&wrong.to_be_bytes());
        assert_eq!(refused(&resigned(changed)), BadExport::Malformed, "{at}");
    }
}

#[test]
fn any_changed_bit_of_an_authentic_filter_is_malformed_or_another_set() {
    // No bit is without meaning: what can be read at all is written again as the same bytes.
    let whole = unsigned();
    let from = HEADER + NAME + 33 * 3 + 49;
    let mut malformed = 0;
    for byte in from..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[byte] ^= 1 << bit;
            let changed = resigned(changed);
            match open_export(&keys(), &realm(), &changed) {
                Err(why) => {
                    assert_eq!(why, BadExport::Malformed);
                    malformed += 1;
                }
                Ok(opened) => {
                    let lost = Random(1)
                        .ids(100)
                        .iter()
                        .filter(|id| !opened.hits(**id))
                        .count();
                    assert!(lost > 0, "bit {bit} of byte {byte} means nothing");
                }
            }
        }
    }
    assert!(malformed > 100, "{malformed}");
}

#[test]
fn a_logged_out_session_among_the_exact_entries_is_malformed() {
    // It belongs into the filter; two places for one thing would be two ways to say it.
    let mut bytes = whole()[..HEADER + NAME].to_vec();
    bytes[88..100].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let session = SessionId::from_bytes([7; 16]);
    let rotated = Record::new(Revocation::older_generations(session, 3), 9).to_bytes();
    let ended = Record::new(Revocation::session(session), 9).to_bytes();
    let with = |record: &[u8]| resigned([bytes.as_slice(), record].concat());
    assert!(open_export(&keys(), &realm(), &with(&rotated)).is_ok());
    assert_eq!(refused(&with(&ended)), BadExport::Malformed);
}

#[test]
fn random_bytes_are_refused_also_behind_a_good_signature() {
    let mut random = Random(6);
    for _ in 0..3_000 {
        let length = usize::try_from(random.next() % 400).unwrap();
        let mut bytes: Vec<u8> = (0..length)
            .map(|_| random.next().to_be_bytes()[0])
            .collect();
        assert!(open_export(&keys(), &realm(), &bytes).is_err());
        bytes.splice(..0, whole()[..HEADER + NAME].iter().copied());
        assert!(open_export(&keys(), &realm(), &resigned(bytes)).is_err());
    }
}

#[test]
fn another_realm_and_another_key_are_named_as_such() {
    let other = Realm::new("shop.example-2").unwrap();
    let foreign = seal_export(&signer(1), &other, &empty(), &[]).unwrap();
    assert_eq!(refused(&foreign), BadExport::OtherRealm);
    let shorter = Realm::new("shop.example-").unwrap();
    let foreign = seal_export(&signer(1), &shorter, &empty(), &[]).unwrap();
    assert_eq!(refused(&foreign), BadExport::OtherRealm);
    let unknown = seal_export(&signer(3), &realm(), &empty(), &[]).unwrap();
    assert_eq!(refused(&unknown), BadExport::UnknownKey);
    // An id that fits and a signature of another key.
    let mut forged = unknown;
    forged[8..12].copy_from_slice(&signer(1).public_key().id());
    assert_eq!(refused(&forged), BadExport::Forged);
    let second = seal_export(&signer(2), &realm(), &empty(), &[]).unwrap();
    assert!(builder(&Clocks::new()).build().load(&second).is_ok());
}

#[test]
fn a_longer_file_than_any_is_not_even_hashed() {
    let mut huge = whole();
    huge.resize(MAX_LEN + 1, 0);
    assert_eq!(refused(&huge), BadExport::TooLong);
}

fn at(position: Position, made_at: u64) -> Vec<u8> {
    let export = Export {
        position,
        made_at,
        valid_until: made_at + VALID,
        ..empty()
    };
    sealed(&export, &[])
}

#[test]
fn an_older_export_is_refused_and_the_newer_stays() {
    let clocks = Clocks::new();
    clocks.pass(5_000);
    let view = builder(&clocks).build();
    let status = view.load(&at(position(50), NOW + 2_000)).unwrap();
    let founded_anew = Position {
        epoch: [1; 16],
        ..position(3)
    };
    let forked = Position {
        chain: [9; 8],
        ..position(50)
    };
    for (what, place, made_at) in [
        ("earlier, with a lower number", position(49), NOW + 1_000),
        ("later, with a lower number", position(49), NOW + 3_000),
        ("earlier, with a higher number", position(51), NOW + 1_999),
        ("the same number of another history", forked, NOW + 3_000),
        ("of another epoch, earlier", founded_anew, NOW + 1_999),
    ] {
        let older = view.load(&at(place, made_at));
        assert_eq!(older, Err(BadExport::Older), "{what}");
        assert_eq!(view.status(), Some(status), "{what}");
    }
    for (what, place, made_at) in [
        ("the same again", position(50), NOW + 2_000),
        ("nothing new, later", position(50), NOW + 3_000),
        ("the next", position(51), NOW + 3_000),
        ("the feed was founded anew", founded_anew, NOW + 4_000),
    ] {
        let status = view.load(&at(place, made_at)).unwrap();
        assert_eq!(
            (status.position, status.made_at),
            (place, made_at),
            "{what}"
        );
    }
}

#[test]
fn what_a_process_before_had_is_the_least_that_is_accepted() {
    let clocks = Clocks::new();
    let seen = EdgeStatus {
        position: position(50),
        made_at: NOW - 1_000,
    };
    let view = builder(&clocks).seen(seen).build();
    assert_eq!(view.freshness(), Freshness::Blind);
    let older = view.load(&at(position(49), NOW - 2_000));
    assert_eq!(older, Err(BadExport::Older));
    assert!(view.load(&at(position(50), NOW - 1_000)).is_ok());
}

#[test]
fn public_keys_are_read_strictly_and_say_no_secret() {
    let public = signer(1).public_key();
    let text = public.to_text();
    assert_eq!(EdgeKey::parse(&text), Ok(public));
    let feed = FeedKey::from_bytes(&[[1; 16], [2; 16]].concat().try_into().unwrap()).unwrap();
    let wrong = EdgeKey::parse(feed.to_text().expose());
    assert!(matches!(wrong, Err(KeyError::Prefix { .. })));
    assert!(matches!(
        EdgeKey::parse(&text[..56]),
        Err(KeyError::Length { .. })
    ));
    for at in 9..57 {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        assert!(EdgeKey::parse(&other).is_err(), "character {at}");
    }
    let shown = format!("{:?}", signer(1));
    assert!(shown.len() < 40 && shown.contains(&format!("{public:?}")));
}
