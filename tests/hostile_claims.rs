//! Authentic tokens with claims in any form but the one allowed, as a defective issuer or a holder
//! of the key could make them: none is a session, and none tells the client more than garbage does.
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

use cloakroom::hazmat::{self, Claims, SealError};
use cloakroom::{Fault, Invalid, Reason, Schema, VerifyError};
use common::sealed::{OURS, claims, fresh, seal};
use common::{Outward, key, rejected};
use proptest::prelude::*;

/// Authentic, malformed: looks like a forgery from outside, and like a defect to the operator.
fn assert_malformed(plaintext: &[u8]) {
    let (clock, sessions, garbage) = fresh();
    let token = seal(plaintext);
    assert_eq!(
        rejected(&sessions, &token, &garbage),
        Invalid::Claims,
        "{plaintext:02x?}"
    );
    let error = sessions.verify(&token).err().unwrap();
    assert_eq!(error.fault(), Fault::Configuration);
    // Also long after: whether it would have expired is never looked at.
    clock.advance(1 << 33);
    assert_eq!(rejected(&sessions, &token, &garbage), Invalid::Claims);
}

#[test]
fn the_token_that_the_others_are_made_from_is_accepted() {
    let (_, sessions, _) = fresh();
    let session = sessions.verify(&seal(&claims().encode(b"hello"))).unwrap();
    assert_eq!(session.payload().0, b"hello");
    assert_eq!(session.subject(), b"user-42");
}

#[test]
fn every_truncation_of_the_claims_is_malformed() {
    let whole = claims().encode(b"");
    for end in 1..whole.len() {
        assert_malformed(&whole[..end]);
    }
}

#[test]
fn a_plaintext_of_one_byte_is_malformed_whatever_the_byte() {
    for byte in 0..=255 {
        assert_malformed(&[byte]);
    }
}

/// The varint fields of [`claims`], each as what stands before it, itself, and what follows.
fn around_varints() -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let whole = claims().encode(b"");
    // Session id 16, generation 1, subject 1 + 7, then 5, 1, 1, 1, 1, 1.
    let fields = [
        (16, 1),
        (17, 1),
        (25, 5),
        (30, 1),
        (31, 1),
        (32, 1),
        (33, 1),
        (34, 1),
    ];
    assert_eq!(whole.len(), 35);
    fields
        .iter()
        .map(|(at, length)| {
            let (before, rest) = whole.split_at(*at);
            let (field, after) = rest.split_at(*length);
            (before.to_vec(), field.to_vec(), after.to_vec())
        })
        .collect()
}

#[test]
fn longer_spellings_of_every_number_are_malformed() {
    for (before, field, after) in around_varints() {
        for zeros in 1..6 {
            let mut long = field.clone();
            *long.last_mut().unwrap() |= 0x80;
            long.resize(field.len() + zeros - 1, 0x80);
            long.push(0);
            assert_malformed(&[before.as_slice(), &long, &after].concat());
        }
    }
}

#[test]
fn numbers_that_overflow_or_never_end_are_malformed() {
    for (before, _, after) in around_varints() {
        for number in [
            // 2^32, 2^35 - 1, 2^64 - 1, one bit beyond 64, more bytes than any number has.
            &[0x80, 0x80, 0x80, 0x80, 0x10][..],
            &[0xff, 0xff, 0xff, 0xff, 0x7f],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            &[0x80; 10],
            &[0x80; 200],
            &[0xff; 11],
        ] {
            let plaintext = [before.as_slice(), number, &after].concat();
            // The start of a session alone has 64 bits, and may be 2^32: that one is merely late.
            if before.len() == 25 && number.len() == 5 {
                let (_, sessions, _) = fresh();
                let error = sessions.verify(&seal(&plaintext)).err().unwrap();
                assert_ne!(error.reason(), Some(Reason::Invalid));
            } else {
                assert_malformed(&plaintext);
            }
        }
    }
}

#[test]
fn numbers_beyond_their_limits_are_malformed_and_never_clamped() {
    let good = claims();
    let beyond = [
        Claims {
            generation: u32::MAX,
            ..good
        },
        Claims {
            authenticated_at: 253_402_300_800,
            ..good
        },
        Claims {
            authenticated_at: u64::MAX,
            ..good
        },
        Claims {
            absolute: 0,
            ..good
        },
        Claims {
            subject: &[b'x'; 256],
            ..good
        },
        Claims {
            subject: &[b'x'; 2900],
            ..good
        },
    ];
    for claims in beyond {
        assert_malformed(&claims.encode(b""));
    }
    // A subject longer than what is left, at each length that would reach beyond the end.
    let (before, _, after) = around_varints().remove(1);
    for length in after.len() + 1..256 {
        let mut number = vec![length as u8];
        if length > 127 {
            number = vec![length as u8 | 0x80, 1];
        }
        assert_malformed(&[before.as_slice(), &number, &after].concat());
    }
}

#[test]
fn greatest_values_are_judged_and_do_not_overflow() {
    let (clock, sessions, _) = fresh();
    let greatest = Claims {
        generation: u32::MAX - 1,
        subject: &[0xff; 255],
        authenticated_at: 253_402_300_799,
        issued_after: u32::MAX,
        idle: u32::MAX,
        absolute: u32::MAX,
        schema: Schema::new(u32::MAX, u32::MAX),
        ..claims()
    };
    let reason = |claims: &Claims<'_>, payload: &[u8]| {
        let token = seal(&claims.encode(payload));
        sessions
            .verify(&token)
            .err()
            .and_then(|error| error.reason())
    };
    assert_eq!(reason(&greatest, b""), Some(Reason::WrongSchema));
    let known = Claims {
        schema: Schema::new(1, 0),
        ..greatest
    };
    assert_eq!(reason(&known, b""), Some(Reason::NotYet));
    clock.set(253_402_300_799);
    assert_eq!(reason(&known, b""), Some(Reason::NotYet));
    let started = Claims {
        issued_after: 0,
        ..known
    };
    assert_eq!(reason(&started, b""), None);
    let longest = 3024 - started.encode(b"").len();
    assert_eq!(reason(&started, &vec![0; longest]), None);
}

#[test]
fn plaintexts_of_no_byte_and_of_3025_can_not_be_sealed() {
    for (length, fits) in [
        (0, false),
        (1, true),
        (3024, true),
        (3025, false),
        (1 << 20, false),
    ] {
        let sealed = hazmat::seal(&key(1), OURS, &vec![0; length]);
        assert_eq!(sealed.is_ok(), fits, "{length}");
        assert!(fits || sealed == Err(SealError::Plaintext));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_authentic_plaintext_is_judged_and_what_is_accepted_was_well_formed(
        plaintext in proptest::collection::vec(any::<u8>(), 1..400),
    ) {
        let (_, sessions, garbage) = fresh();
        let token = seal(&plaintext);
        match sessions.verify(&token) {
            Ok(_) => prop_assert!(Claims::decode(&plaintext).is_ok()),
            Err(VerifyError::Rejected(error)) => {
                prop_assert_eq!(Outward::of(error.into()), garbage);
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn claims_have_one_spelling(
        at in 0_usize..35,
        byte in any::<u8>(),
        more in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut plaintext = claims().encode(&more);
        plaintext[at] = byte;
        let (_, sessions, _) = fresh();
        let accepted = sessions.verify(&seal(&plaintext)).is_ok();
        match Claims::decode(&plaintext) {
            Ok((read, payload)) => prop_assert_eq!(read.encode(payload), plaintext),
            Err(_) => prop_assert!(!accepted),
        }
    }
}
