//! How long tokens get: refused at login or never, with both numbers, and bounded at compile time.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod common;

use cloakroom::http::cookie::CookieConfig;
use cloakroom::{
    BuildError, IssueError, ManualClock, PayloadError, RawBytes, RevocationList, Sessions,
    UpdateError, sealed_len_bound,
};
use common::*;
use proptest::prelude::*;

fn raw(length: usize) -> RawBytes {
    RawBytes(vec![0xA5; length])
}

#[test]
fn a_token_over_the_budget_is_refused_with_both_numbers() {
    for limit in [200, 1_000, 4_000, 4_096] {
        let world = world_with::<RawBytes>(|b| b.max_token_len(limit));
        let near = limit * 3 / 4 - 110;
        let mut largest = None;
        for length in near..near + 100 {
            match world.sessions.issue("ada", &raw(length)) {
                Ok(issued) => {
                    let before = length.checked_sub(1).filter(|_| length > near);
                    assert_eq!(largest, before, "sizes are refused from one on");
                    assert!(issued.token.as_str().len() <= limit);
                    largest = Some(length);
                }
                Err(IssueError::Payload(PayloadError::TooLarge {
                    needed,
                    limit: named,
                })) => {
                    assert_eq!(named, limit);
                    assert!(needed > limit, "{needed}");
                }
                Err(other) => panic!("{other}"),
            }
        }
        // Not refused long before it must be.
        let issued = world.sessions.issue("ada", &raw(largest.unwrap())).unwrap();
        assert!(issued.token.as_str().len() + 4 >= limit, "{limit}");
        let error = world
            .sessions
            .issue("ada", &raw(largest.unwrap() + 1))
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!(" {limit} are allowed")), "{text}");
    }
}

#[test]
fn what_fits_at_login_fits_at_every_renewal() {
    // Every length around the limit, so that the growth of the times falls on each of them.
    let mut issued_some = 0;
    for length in 670..690 {
        let world = world_with::<RawBytes>(|b| {
            b.max_token_len(1_024)
                .renew_share(0, 1)
                .absolute_timeout(seconds(3_000_000))
                .idle_timeout(seconds(3_000_000))
        });
        let Ok(issued) = world.sessions.issue("ada", &raw(length)) else {
            continue;
        };
        issued_some += 1;
        let mut longest = issued.token.as_str().len();
        let mut token = issued.token;
        // One byte more of issued_at at each of these ages.
        for age in [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 2_999_999] {
            world.clock.set(NOW + age);
            let session = world.session(token.as_str());
            let renewed = world.sessions.renew(&session).unwrap();
            token = renewed
                .unwrap_or_else(|| panic!("no renewal at {age}"))
                .token;
            assert!(token.as_str().len() >= longest && token.as_str().len() <= 1_024);
            longest = token.as_str().len();
        }
    }
    assert!(
        issued_some > 0 && issued_some < 20,
        "the limit lies within the lengths tried"
    );
}

#[test]
fn updates_and_rotations_are_held_to_the_same_limit() {
    let world = world_with::<RawBytes>(|b| b.max_token_len(300));
    let issued = world.sessions.issue("ada", &raw(10)).unwrap();
    let session = world.session(issued.token.as_str());
    let update = world.sessions.update(&session, &raw(300)).unwrap_err();
    assert!(matches!(
        update,
        UpdateError::Payload(PayloadError::TooLarge { limit: 300, needed }) if needed > 300
    ));
    assert!(world.sessions.rotate_with(&session, &raw(300)).is_err());
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
}

#[test]
fn a_lowered_limit_lets_sessions_run_out_and_breaks_nothing() {
    let world = world_of::<RawBytes>();
    let issued = world.sessions.issue("ada", &raw(1_000)).unwrap();
    let lower = builder::<RawBytes, _>(&world.clock, world.list.clone())
        .max_token_len(500)
        .build()
        .unwrap();
    world.clock.advance(IDLE - 1);
    let session = lower.verify(issued.token.as_str()).unwrap();
    assert!(lower.renew(&session).unwrap().is_none());
    assert_eq!(outcome(&lower, issued.token.as_str()), Outcome::Live);
}

#[test]
fn the_limit_lies_between_65_and_4096() {
    let clock = ManualClock::at(NOW);
    let build = |limit| {
        let builder = builder::<(), _>(&clock, RevocationList::new());
        builder.max_token_len(limit).build().map(|_| ())
    };
    assert_eq!(build(64), Err(BuildError::TokenLimit));
    build(65).unwrap();
    build(4_096).unwrap();
    assert_eq!(build(4_097), Err(BuildError::TokenLimit));
}

// The bound is one at compile time, which is the use of it.
const _: () = assert!(sealed_len_bound(255, 2_700) <= 4_096);
const _: () = assert!(sealed_len_bound(usize::MAX, usize::MAX) >= 4_096);

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_bound_holds_for_every_session_and_is_near(
        subject in 0..=255_usize,
        length in 0..2_600_usize,
        idle in 1..=u32::MAX,
        absolute in 1..=u32::MAX,
        now in 0..253_402_300_000_u64,
    ) {
        let world = world_with::<RawBytes>(|b| {
            b.idle_timeout(seconds(u64::from(idle))).absolute_timeout(seconds(u64::from(absolute)))
        });
        // The key of the world is active from second 1 on.
        world.clock.set(now.max(1));
        let issued = world.sessions.issue("x".repeat(subject), &raw(length)).unwrap();
        let found = issued.token.as_str().len();
        let bound = sealed_len_bound(subject, length);
        prop_assert!(found <= bound);
        prop_assert!(bound <= found + 48, "{} for {}", bound, found);
    }
}

#[test]
fn what_fits_the_default_cookie_at_login_fits_at_every_renewal() {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<RawBytes, _> = builder(&clock, RevocationList::new()).build().unwrap();
    let cookie = CookieConfig::default();
    let (mut fitted, mut refused) = (0, 0);
    for length in 2_900..3_000 {
        let Ok(issued) = sessions.issue("ada", &RawBytes(vec![7; length])) else {
            refused += 1;
            continue;
        };
        fitted += 1;
        cookie.set_cookie(issued.token.as_str(), 5).unwrap();
        clock.advance(1000);
        let session = sessions.verify(issued.token.as_str()).unwrap();
        let renewed = sessions.renew(&session).unwrap().unwrap();
        cookie.set_cookie(renewed.token.as_str(), 5).unwrap();
        clock.step_back(1000);
    }
    assert!(
        fitted > 0 && refused > 0,
        "{fitted} fitted, {refused} refused"
    );
}
