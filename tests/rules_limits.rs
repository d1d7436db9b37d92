//! Claims at their greatest values, in tokens that no issuer makes in a lifetime: sealed by hand,
//! read by the public interface.
#![cfg(feature = "hazmat")]
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::hazmat::{self, Claims, For};
use cloakroom::{Invalid, RotateError, Schema, SessionId, Timestamp, VerifyError};
use common::*;

const LAST_GENERATION: u32 = u32::MAX - 1;

fn claims() -> Claims<'static> {
    Claims {
        session: SessionId::from_bytes([9; 16]),
        generation: 0,
        subject: b"ada",
        authenticated_at: NOW,
        issued_after: 0,
        idle: 1_800,
        absolute: 28_800,
        schema: Schema::new(1, 0),
    }
}

fn seal(claims: &Claims<'_>) -> String {
    let to = For {
        purpose: PURPOSE.as_bytes(),
        audience: AUDIENCE.as_bytes(),
        binding: b"",
    };
    hazmat::seal(&key(1), to, &claims.encode(b"")).unwrap()
}

#[test]
fn the_last_generation_is_verified_renewed_and_revoked_and_not_rotated() {
    let world = world_with::<()>(|b| b.renew_share(0, 1));
    let token = seal(&Claims {
        generation: LAST_GENERATION,
        ..claims()
    });
    let session = world.session(&token);
    assert_eq!(session.info().generation(), LAST_GENERATION);
    world.sessions.renew(&session).unwrap().unwrap();
    let id = session.id();
    let rotated = world.sessions.rotate(&session);
    assert!(matches!(rotated, Err(RotateError::GenerationsExhausted)));
    // A refused rotation must not have published the end of the session.
    world
        .sessions
        .revoke_generations_below(id, LAST_GENERATION)
        .unwrap();
    assert_eq!(world.outcome(&token), Outcome::Live);
    world.sessions.revoke(id).unwrap();
    assert_eq!(world.outcome(&token), REVOKED);
}

#[test]
fn the_last_rotation_is_the_one_to_the_last_generation() {
    let world = world_of::<()>();
    let token = seal(&Claims {
        generation: LAST_GENERATION - 1,
        ..claims()
    });
    let rotated = world.sessions.rotate(&world.session(&token)).unwrap();
    assert_eq!(rotated.session.generation(), LAST_GENERATION);
    assert_eq!(world.outcome(&token), REVOKED);
    assert_eq!(world.outcome(rotated.token.as_str()), Outcome::Live);
}

#[test]
fn claims_beyond_their_limits_are_invalid_although_authentic() {
    let world = world_of::<()>();
    let odd = [
        Claims {
            generation: u32::MAX,
            ..claims()
        },
        Claims {
            authenticated_at: Timestamp::MAX.unix() + 1,
            ..claims()
        },
        Claims {
            absolute: 0,
            ..claims()
        },
        Claims {
            subject: &[b'x'; 256],
            ..claims()
        },
    ];
    for claims in odd {
        let error = world.sessions.verify(&seal(&claims)).unwrap_err();
        let VerifyError::Rejected(rejected) = error else {
            unreachable!("{error:?}");
        };
        assert_eq!(rejected.detail(), Some(Invalid::Claims), "{claims:?}");
        assert_eq!(error.fault(), cloakroom::Fault::Configuration);
    }
}

#[test]
fn the_greatest_claims_do_not_overflow_a_deadline() {
    let most = u64::from(u32::MAX);
    let world = world_with::<()>(|b| {
        b.idle_timeout(seconds(most))
            .absolute_timeout(seconds(most))
            .leeway(seconds(300))
    });
    let greatest = Claims {
        authenticated_at: Timestamp::MAX.unix(),
        issued_after: u32::MAX,
        idle: u32::MAX,
        absolute: u32::MAX,
        generation: LAST_GENERATION,
        subject: &[b'x'; 255],
        ..claims()
    };
    // Issued 136 years after the end of time.
    assert_eq!(world.outcome(&seal(&greatest)), NOT_YET);
    world.clock.set(Timestamp::MAX.unix());
    assert_eq!(world.outcome(&seal(&greatest)), NOT_YET);
    let now = Claims {
        issued_after: 0,
        ..greatest
    };
    assert_eq!(world.outcome(&seal(&now)), Outcome::Live);
    let session = world.session(&seal(&now));
    assert_eq!(session.info().expires_at(), Timestamp::MAX);
}

#[test]
fn a_token_whose_renewal_lies_past_its_own_end_is_dead_in_every_way() {
    let world = world_of::<()>();
    let odd = Claims {
        issued_after: 30_000,
        ..claims()
    };
    let token = seal(&odd);
    world.clock.set(NOW + 30_000 - TOLERANCE - 1);
    assert_eq!(world.outcome(&token), NOT_YET);
    world.clock.advance(1);
    assert_eq!(world.outcome(&token), EXPIRED);
}
