//! Seals for another purpose, audience, binding or key, and bodies with chosen fields: none is a
//! session.
#![cfg(feature = "hazmat")]
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

use chacha20poly1305::aead::{Aead as _, Payload as Message};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use cloakroom::hazmat::{self, Derived, For, SealError};
use cloakroom::{Invalid, Key, ManualClock, RawBytes, Sessions, Timestamp};
use common::sealed::{OURS, claims, fresh};
use common::{NOW, Outward, builder, key, rejected, ring, sessions, token_of};

/// Two keys with the key id b8b2177c.
const COLLIDING: [[u8; 32]; 2] = [
    [
        0xc5, 0xa7, 0xf5, 0xfa, 0xf7, 0x00, 0x27, 0x74, 0x42, 0x15, 0x67, 0x27, 0xcd, 0x3f, 0xab,
        0xa5, 0x61, 0x81, 0x3d, 0x2e, 0xfc, 0x58, 0x31, 0x46, 0x21, 0x29, 0x75, 0x43, 0x7b, 0x5b,
        0x86, 0x35,
    ],
    [
        0xaf, 0x5d, 0x6e, 0xfd, 0x2a, 0x7f, 0xe9, 0xb8, 0xa1, 0x0f, 0x5f, 0xcb, 0x76, 0xcc, 0x56,
        0x1d, 0x7c, 0x02, 0xc8, 0x65, 0x4e, 0xd7, 0x61, 0xdf, 0xb9, 0x67, 0xde, 0x6c, 0x7f, 0x49,
        0x93, 0x17,
    ],
];

#[test]
fn one_key_in_two_contexts_is_two_keys() {
    let long = [b'x'; 255];
    let contexts: [(&[u8], &[u8]); 14] = [
        (b"session", b"api.example.com"),
        (b"session", b""),
        (b"session", b"api.example.co"),
        (b"session", b"API.example.com"),
        (b"sessionapi.example.com", b""),
        (b"ab", b"c"),
        (b"a", b"bc"),
        (b"abc", b""),
        // One string, were the purpose's length left out.
        (b"p", b"x\0"),
        (b"p\x02x", b""),
        (b"\0", b""),
        (b"\0\0", b""),
        (&long, b""),
        (&long, &long),
    ];
    let clock = ManualClock::at(NOW);
    let plaintext = claims().encode(b"");
    for (purpose, audience) in contexts {
        let sessions: Sessions<RawBytes> = builder(ring(key(1)), &clock)
            .purpose(purpose)
            .audience(audience)
            .build()
            .unwrap();
        let garbage = Outward::of_garbage(&sessions);
        for (sealed_purpose, sealed_audience) in contexts {
            let to = For {
                purpose: sealed_purpose,
                audience: sealed_audience,
                binding: b"",
            };
            let token = hazmat::seal(&key(1), to, &plaintext).unwrap();
            if (purpose, audience) == (sealed_purpose, sealed_audience) {
                assert!(sessions.verify(&token).is_ok());
            } else {
                assert_eq!(rejected(&sessions, &token, &garbage), Invalid::Forged);
            }
        }
    }
}

#[test]
fn contexts_and_bindings_outside_their_limits_are_refused_where_they_are_given() {
    let clock = ManualClock::at(NOW);
    let long = [b'x'; 256];
    for (purpose, audience) in [(&b""[..], &b""[..]), (&long, b""), (b"p", &long)] {
        let built = builder::<RawBytes>(ring(key(1)), &clock)
            .purpose(purpose)
            .audience(audience)
            .build();
        assert!(built.is_err());
        let to = For {
            purpose,
            audience,
            binding: b"",
        };
        assert_eq!(hazmat::seal(&key(1), to, b"x"), Err(SealError::Context));
    }
    let sessions = sessions::<RawBytes>(&clock);
    assert_eq!(sessions.bound_to(&[0; 1025]).err().unwrap().length, 1025);
    let to = For {
        binding: &[0; 1025],
        ..OURS
    };
    assert_eq!(hazmat::seal(&key(1), to, b"x"), Err(SealError::Binding));
}

#[test]
fn a_token_opens_with_its_own_binding_alone() {
    let (_, sessions, _) = fresh();
    let longest = [0_u8; 1024];
    let mut changed = longest;
    changed[1023] = 1;
    let bindings: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\0\0",
        b"a",
        b"b",
        &longest[..1023],
        &longest,
        &changed,
    ];
    for sealed in bindings {
        let to = For {
            binding: sealed,
            ..OURS
        };
        let token = hazmat::seal(&key(1), to, &claims().encode(b"")).unwrap();
        for shown in bindings {
            let bound = sessions.bound_to(shown).unwrap();
            let garbage = Outward::of_garbage(&bound);
            if shown == sealed {
                assert!(bound.verify(&token).is_ok());
            } else {
                assert_eq!(rejected(&bound, &token, &garbage), Invalid::Forged);
            }
        }
    }
}

#[test]
fn chosen_nonces_tags_and_ciphertexts_are_forgeries() {
    let (_, sessions, garbage) = fresh();
    let kid = key(1).id().to_bytes();
    for length in [1, 2, 3, 35, 64, 3024] {
        for nonce in [0, 0xff] {
            for text in [0, 0xff] {
                for tag in [0, 0xff] {
                    let body = [&kid[..], &[nonce; 24], &vec![text; length], &[tag; 16]].concat();
                    assert_eq!(
                        rejected(&sessions, &token_of(&body), &garbage),
                        Invalid::Forged
                    );
                }
            }
        }
    }
}

#[test]
fn a_seal_with_a_nonce_of_its_maker_s_choice_is_a_forgery() {
    // An honest AEAD message by a holder of the encryption key: without the check of the nonce one
    // token could open under two keys.
    let (_, sessions, garbage) = fresh();
    let derived = Derived::of(&key(1), OURS.purpose, OURS.audience).unwrap();
    let kid = key(1).id().to_bytes();
    let aad = [b"clk1.", &kid[..]].concat();
    let cipher = XChaCha20Poly1305::new(&derived.encryption.into());
    for nonce in [[0; 24], [0xff; 24], [0x5a; 24]] {
        let message = Message {
            msg: &claims().encode(b""),
            aad: &aad,
        };
        let sealed = cipher.encrypt(&nonce.into(), message).unwrap();
        let token = token_of(&[&kid[..], &nonce, &sealed].concat());
        assert_eq!(rejected(&sessions, &token, &garbage), Invalid::Forged);
    }
}

#[test]
fn another_key_with_the_same_id_opens_nothing() {
    // Found in 2^17 attempts, which is all that an attacker needs: the id is a hint, not a proof.
    let ours = Key::from_bytes(&COLLIDING[0]).unwrap();
    let theirs = Key::from_bytes(&COLLIDING[1]).unwrap();
    assert_eq!(ours.id(), theirs.id());
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<RawBytes> = builder(ring(ours.clone()), &clock).build().unwrap();
    let garbage = Outward::of_garbage(&sessions);
    let plaintext = claims().encode(b"");
    let token = hazmat::seal(&ours, OURS, &plaintext).unwrap();
    assert!(sessions.verify(&token).is_ok());
    let foreign = hazmat::seal(&theirs, OURS, &plaintext).unwrap();
    assert_eq!(token[..10], foreign[..10]);
    assert_eq!(rejected(&sessions, &foreign, &garbage), Invalid::Forged);
    assert!(ring(ours).announce(theirs, Timestamp::MAX).is_err());
}

#[test]
fn a_ring_seals_under_the_key_that_seals_at_the_time() {
    let (first, second) = (key(1), key(2));
    let at = |unix| Timestamp::from_unix(unix).unwrap();
    let ring = cloakroom::KeyRing::new(first.clone(), at(1000), time::Duration::hours(1)).unwrap();
    let ring = ring.announce(second.clone(), at(5000)).unwrap();
    let opener = hazmat::Opener::new(&ring, b"session", b"x").unwrap();
    let to = For {
        purpose: b"session",
        audience: b"x",
        binding: b"b",
    };
    for (now, key) in [(1000, &first), (4999, &first), (5000, &second)] {
        let token = opener.seal(b"text", b"b", at(now));
        assert_eq!(token, hazmat::seal(key, to, b"text"), "at {now}");
    }
    let seal = |plaintext: &[u8], binding: &[u8], now| opener.seal(plaintext, binding, at(now));
    assert_eq!(seal(b"text", b"", 999), Err(SealError::SealingKey));
    assert_eq!(seal(b"", b"", 1000), Err(SealError::Plaintext));
    assert_eq!(seal(&[0; 3025], b"", 1000), Err(SealError::Plaintext));
    assert_eq!(seal(b"text", &[0; 1025], 1000), Err(SealError::Binding));
}
