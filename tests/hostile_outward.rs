//! What leaves the process tells nothing: a refusal not why, a token not whose it is or what it
//! carries.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/hostile.rs"]
#[allow(dead_code, reason = "shared by several test programs")]
mod common;

use cloakroom::{ManualClock, RawBytes, Reason, Sessions};
use common::{Case, LIFETIME, NOW, Outward, sessions};

#[test]
fn whether_a_tampered_token_has_expired_or_was_revoked_is_not_told() {
    let case = Case::new();
    let token = case.token(2);
    let session = case.sessions.verify(&token).unwrap().id();
    let mutants: Vec<String> = (5..token.len())
        .map(|at| {
            let other = if &token[at..=at] == "A" { 'B' } else { 'A' };
            format!("{}{other}{}", &token[..at], &token[at + 1..])
        })
        .collect();
    let reason = |text: &str| case.sessions.verify(text).err().unwrap().reason();
    let check = |expected| {
        assert_eq!(reason(&token), Some(expected));
        for text in &mutants {
            case.rejected(text);
        }
    };
    case.clock.step_back(1000);
    check(Reason::NotYet);
    case.clock.set(NOW + LIFETIME);
    check(Reason::Expired);
    case.clock.set(NOW);
    case.sessions.revoke(session).unwrap();
    check(Reason::Revoked);
}

#[test]
fn authentic_tokens_that_are_refused_look_the_same_from_outside() {
    let case = Case::new();
    let token = case.token(2);
    let session = case.sessions.verify(&token).unwrap().id();
    let outward = || Outward::of(case.sessions.verify(&token).err().unwrap());
    case.clock.set(NOW + LIFETIME);
    assert_eq!(outward(), case.garbage);
    case.clock.set(NOW);
    case.sessions.revoke(session).unwrap();
    assert_eq!(outward(), case.garbage);
}

#[test]
fn neither_subject_nor_payload_can_be_seen_in_a_token() {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<RawBytes> = sessions(&clock);
    let subject = "ada.lovelace@example.com";
    // Four bytes of it by chance, anywhere in the tokens below: less than once in 10^5 runs.
    let secret: Vec<u8> = (0..200_u32).map(|i| (i * 37 % 251) as u8).collect();
    let shows = |haystack: &[u8], needle: &[u8]| {
        let mut pieces = needle.windows(4);
        pieces.any(|piece| haystack.windows(4).any(|found| found == piece))
    };
    for _ in 0..20 {
        let token = sessions.issue(subject, &RawBytes(secret.clone())).unwrap();
        let token = token.token.into_string();
        let body = Base64UrlUnpadded::decode_vec(&token[5..]).unwrap();
        for hidden in [subject.as_bytes(), &secret] {
            assert!(!shows(&body, hidden));
            assert!(!shows(token.as_bytes(), hidden));
            for shift in 0..3 {
                let text = Base64UrlUnpadded::encode_string(&hidden[shift..]);
                // Without its last character, of which some bits belong to what follows.
                let text = &text.as_bytes()[..text.len() - 1];
                assert!(
                    !text
                        .windows(8)
                        .any(|piece| token.as_bytes().windows(8).any(|of| of == piece))
                );
            }
        }
        // It would be seen, were it there.
        let plain = [body.as_slice(), subject.as_bytes()].concat();
        assert!(shows(&plain, subject.as_bytes()));
    }
}
