//! The deadlines of sessions, to the second: who dies when, and what a builder refuses to promise.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{
    BuildError, Missing, Reason, RevocationList, Sessions, SessionsBuilder, StalePolicy, Timestamp,
};
use common::*;
use time::Duration;

type Builder = SessionsBuilder<User, RevocationList>;

/// The outcome `after` seconds past the issue of a token.
fn after(seconds: u64, change: impl FnOnce(Builder) -> Builder) -> Outcome {
    let world = world_with(change);
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(seconds);
    world.outcome(issued.token.as_str())
}

#[test]
fn a_token_is_dead_in_the_second_of_its_idle_deadline_and_not_before() {
    assert_eq!(after(IDLE - 1, |b| b), Outcome::Live);
    assert_eq!(after(IDLE, |b| b), IDLED);
    assert_eq!(after(IDLE + 1, |b| b), IDLED);
}

#[test]
fn a_token_is_dead_in_the_second_of_its_absolute_deadline_and_not_before() {
    let no_idle = |b: Builder| b.no_idle_timeout();
    assert_eq!(after(ABSOLUTE - 1, no_idle), Outcome::Live);
    assert_eq!(after(ABSOLUTE, no_idle), EXPIRED);
    // Of two deadlines that passed, the one that no renewal could have moved is reported.
    assert_eq!(after(ABSOLUTE, |b| b), EXPIRED);
}

#[test]
fn the_absolute_deadline_ends_a_session_that_was_renewed_to_the_last_second() {
    let world = world();
    let mut token = world.sessions.issue("ada", &user("Ada")).unwrap().token;
    let mut alive = 0;
    for _ in 0..(ABSOLUTE - 1) / 900 {
        world.clock.advance(900);
        alive += 900;
        let session = world.session(token.as_str());
        token = world.sessions.renew(&session).unwrap().unwrap().token;
    }
    world.clock.advance(ABSOLUTE - 1 - alive);
    assert_eq!(world.outcome(token.as_str()), Outcome::Live);
    world.clock.advance(1);
    assert_eq!(world.outcome(token.as_str()), EXPIRED);
}

#[test]
fn leeway_moves_every_deadline_by_exactly_itself() {
    for leeway in [1, 299, 300] {
        let idle = |b: Builder| b.leeway(seconds(leeway));
        let absolute = |b: Builder| b.no_idle_timeout().leeway(seconds(leeway));
        assert_eq!(after(IDLE + leeway - 1, idle), Outcome::Live);
        assert_eq!(after(IDLE + leeway, idle), IDLED);
        assert_eq!(after(ABSOLUTE + leeway - 1, absolute), Outcome::Live);
        assert_eq!(after(ABSOLUTE + leeway, absolute), EXPIRED);
    }
}

#[test]
fn a_token_from_the_future_is_accepted_up_to_the_tolerance_inclusive() {
    for tolerance in [6, 60, 300] {
        let world = world_with::<User>(|b| b.tolerance(seconds(tolerance)));
        world.clock.set(NOW + tolerance);
        let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
        world.clock.set(NOW);
        assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
        world.clock.set(NOW - 1);
        assert_eq!(world.outcome(issued.token.as_str()), NOT_YET);
    }
}

#[test]
fn tolerance_does_not_lengthen_life_and_leeway_does_not_admit_the_future() {
    assert_eq!(after(IDLE, |b| b.tolerance(seconds(300))), IDLED);
    let world = world_with::<User>(|b| b.leeway(seconds(300)));
    world.clock.set(NOW + TOLERANCE + 1);
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.set(NOW);
    assert_eq!(world.outcome(issued.token.as_str()), NOT_YET);
}

/// What a token of `issuer` is for `verifier` after `seconds`.
fn across(
    seconds: u64,
    issuer: impl FnOnce(Builder) -> Builder,
    verifier: impl FnOnce(Builder) -> Builder,
) -> Outcome {
    let world = world_with(issuer);
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let other = verifier(builder(&world.clock, world.list)).build().unwrap();
    world.clock.advance(seconds);
    outcome(&other, issued.token.as_str())
}

#[test]
fn a_verifier_may_be_stricter_than_the_token_and_never_laxer() {
    let stricter = |b: Builder| {
        b.idle_timeout(seconds(600))
            .absolute_timeout(seconds(3_600))
    };
    let laxer = |b: Builder| {
        b.idle_timeout(seconds(5_000))
            .absolute_timeout(seconds(90_000))
    };
    let no_idle = |b: Builder| b.no_idle_timeout();
    assert_eq!(across(599, |b| b, stricter), Outcome::Live);
    assert_eq!(across(600, |b| b, stricter), IDLED);
    assert_eq!(across(3_600, no_idle, stricter), EXPIRED);
    // The issuer said nothing about idling; the verifier's own limit stands.
    assert_eq!(across(600, no_idle, stricter), IDLED);
    assert_eq!(across(IDLE - 1, |b| b, laxer), Outcome::Live);
    assert_eq!(across(IDLE, |b| b, laxer), IDLED);
    assert_eq!(across(IDLE, |b| b, no_idle), IDLED);
    let no_idle_laxer = |b: Builder| b.no_idle_timeout().absolute_timeout(seconds(90_000));
    assert_eq!(across(ABSOLUTE, no_idle, no_idle_laxer), EXPIRED);
}

#[test]
fn the_longest_timeouts_do_not_overflow_at_the_end_of_time() {
    let most = u64::from(u32::MAX);
    let widest = |b: Builder| {
        b.idle_timeout(seconds(most))
            .absolute_timeout(seconds(most))
            .leeway(seconds(300))
    };
    assert_eq!(after(most + 299, widest), Outcome::Live);
    assert_eq!(after(most + 300, widest), EXPIRED);

    let world = world_with::<User>(widest);
    world.clock.set(Timestamp::MAX.unix());
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
    let session = world.session(issued.token.as_str());
    assert_eq!(session.info().absolute_deadline(), Timestamp::MAX);
    world.clock.set(Timestamp::MAX.unix() + 1);
    assert_eq!(
        world.outcome(issued.token.as_str()),
        Outcome::Unavailable(Missing::Clock)
    );
}

#[test]
fn timeouts_are_said_or_the_build_fails() {
    let clock = cloakroom::ManualClock::at(NOW);
    let bare = || {
        Sessions::<User>::builder(ring_for(u32::MAX), RevocationList::new())
            .purpose(PURPOSE)
            .audience(AUDIENCE)
            .clock(clock.clone())
    };
    let hour = Duration::hours(1);
    assert!(matches!(
        bare().absolute_timeout(hour).build(),
        Err(BuildError::Missing("`idle_timeout` or `no_idle_timeout`"))
    ));
    assert!(matches!(
        bare().no_idle_timeout().build(),
        Err(BuildError::Missing("`absolute_timeout`"))
    ));
    for wrong in [
        Duration::ZERO,
        Duration::seconds(-1),
        Duration::milliseconds(1_500),
        Duration::seconds(1 << 32),
    ] {
        let idle = bare().idle_timeout(wrong).absolute_timeout(hour).build();
        let absolute = bare().no_idle_timeout().absolute_timeout(wrong).build();
        for result in [idle, absolute] {
            assert!(
                matches!(result, Err(BuildError::Duration { .. })),
                "{wrong}"
            );
        }
    }
    let longest = Duration::seconds(i64::from(u32::MAX));
    bare()
        .no_idle_timeout()
        .absolute_timeout(longest)
        .build()
        .unwrap();
}

#[test]
fn allowances_are_capped_and_leave_room_for_a_cut_off_now() {
    let clock = cloakroom::ManualClock::at(NOW);
    let build = |change: &dyn Fn(Builder) -> Builder| {
        change(builder(&clock, RevocationList::new()))
            .build()
            .map(|_| ())
    };
    type Set = fn(Builder, Duration) -> Builder;
    let setters: [(&str, Set); 2] = [
        ("leeway", Builder::leeway),
        ("tolerance", Builder::tolerance),
    ];
    for (name, set) in setters {
        build(&|b| set(b, seconds(300))).unwrap();
        let refused = build(&|b| set(b, seconds(301)));
        assert!(
            matches!(refused, Err(BuildError::Duration { name: n, greatest: 300, .. }) if n == name)
        );
    }
    build(&|b| b.tolerance(seconds(6))).unwrap();
    assert_eq!(build(&|b| b.tolerance(seconds(5))), Err(BuildError::Skew));
    build(&|b| b.skew(seconds(29))).unwrap();
    assert_eq!(build(&|b| b.skew(seconds(30))), Err(BuildError::Skew));
    assert_eq!(build(&|b| b.renew_share(1, 1)), Err(BuildError::Share));
    assert_eq!(build(&|b| b.renew_share(0, 0)), Err(BuildError::Share));
    build(&|b| b.renew_share(0, 1)).unwrap();
    build(&|b| b.renew_share(u32::MAX - 1, u32::MAX)).unwrap();
}

#[test]
fn the_policy_prints_every_limit_and_the_range_of_the_idle_limit() {
    let world = world_with::<User>(|b| b.leeway(seconds(5)).renew_share(1, 3));
    let text = world.sessions.policy().to_string();
    for part in [
        "1800 s",
        "1200 to 1800 s",
        "28800 s",
        "leeway after a deadline: 5 s",
        "60 s",
        "2 s",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let strict = world_with::<User>(|b| b.renew_share(0, 1));
    let text = strict.sessions.policy().to_string();
    assert!(text.contains("1800 to 1800 s"), "{text}");
    // Perhaps the two were swapped; what is printed must not promise what never happens.
    let swapped = world_with::<User>(|b| b.absolute_timeout(seconds(600)));
    let text = swapped.sessions.policy().to_string();
    let line = "idle timeout: 1800 s, which the absolute timeout comes before";
    assert!(text.lines().any(|found| found == line), "{text}");
}

#[test]
fn age_questions_count_from_the_login_and_from_the_seal() {
    for leeway in [0, 7] {
        let world = world_with::<User>(|b| b.leeway(seconds(leeway)));
        let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
        world.clock.advance(1_000);
        let session = world.session(issued.token.as_str());
        let token = world.sessions.renew(&session).unwrap().unwrap().token;
        world.clock.advance(100 + leeway);
        let session = world.session(token.as_str());
        let info = session.info();
        session.require_fresh(seconds(1_101)).unwrap();
        info.require_max_age(seconds(101)).unwrap();
        let stale = session.require_fresh(seconds(1_100)).unwrap_err();
        assert_eq!(stale.reason(), Reason::NotFresh);
        assert_eq!(
            info.require_max_age(seconds(100)).unwrap_err().reason(),
            Reason::TooOld
        );
        // A session that has to log in again for one page is alive for all others.
        assert_eq!(world.outcome(token.as_str()), Outcome::Live);
    }
}

#[test]
fn an_age_from_the_future_is_zero_and_a_negative_limit_refuses() {
    let world = world();
    world.clock.set(NOW + 30);
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.set(NOW);
    let session = world.session(issued.token.as_str());
    session.require_fresh(seconds(1)).unwrap();
    assert!(session.require_fresh(Duration::ZERO).is_err());
    assert!(session.require_fresh(Duration::seconds(-5)).is_err());
    assert!(session.info().require_max_age(Duration::MIN).is_err());
}

#[test]
fn the_stale_limit_is_at_most_half_the_life_of_a_token() {
    let clock = cloakroom::ManualClock::at(NOW);
    let build = |limit: u64| {
        builder::<User, _>(&clock, RevocationList::new())
            .on_stale(StalePolicy::ContinueFor(seconds(limit)))
            .build()
            .map(|_| ())
    };
    build(IDLE / 2).unwrap();
    let refused = build(IDLE / 2 + 1);
    assert_eq!(refused, Err(BuildError::Stale { limit: 900 }));
    assert!(matches!(build(0), Err(BuildError::Duration { .. })));
    let no_idle = builder::<User, _>(&clock, RevocationList::new())
        .no_idle_timeout()
        .on_stale(StalePolicy::ContinueFor(seconds(ABSOLUTE / 2)))
        .build();
    no_idle.unwrap();
}
