//! The clock: read once, believed when it answers, and never replaced by a guess. What a clock that
//! fails or goes back can not do.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{
    BuildError, Clock as _, Fault, Freshness, Missing, Reason, RevocationList, VerifyError,
};
use common::*;

#[test]
fn without_a_clock_every_operation_is_unavailable_and_none_accepts() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    world.clock.advance(IDLE / 2);
    let session = world.session(issued.token.as_str());
    let before = world.list.stats();
    world.clock.fail(true);
    let token = issued.token.as_str();
    assert_eq!(world.outcome(token), Outcome::Unavailable(Missing::Clock));
    // Neither is a text that is no token blamed on the client.
    assert_eq!(world.outcome("x"), Outcome::Unavailable(Missing::Clock));
    let error = world.sessions.verify(token).unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);

    let sessions = &world.sessions;
    let ada = user("Ada");
    let texts = [
        sessions.issue("ada", &ada).unwrap_err().to_string(),
        sessions.revoke(session.id()).unwrap_err().to_string(),
        sessions.revoke_subject("ada").unwrap_err().to_string(),
        sessions
            .revoke_subject_except("ada", session.id())
            .unwrap_err()
            .to_string(),
        sessions
            .revoke_subject_before("ada", at(1))
            .unwrap_err()
            .to_string(),
        sessions.revoke_all().unwrap_err().to_string(),
        sessions.revoke_all_before(at(1)).unwrap_err().to_string(),
        sessions
            .revoke_generations_below(session.id(), 3)
            .unwrap_err()
            .to_string(),
        sessions.disable_key(key(1).id()).unwrap_err().to_string(),
        sessions
            .replace_keys(&ring_for(u32::MAX))
            .unwrap_err()
            .to_string(),
        sessions
            .replace_keys_forced(&ring_for(u32::MAX))
            .unwrap_err()
            .to_string(),
        sessions
            .reauthenticate(&session, &ada)
            .unwrap_err()
            .to_string(),
    ];
    for text in texts {
        assert!(text.contains("clock gives no time"), "{text}");
    }
    let outcomes = [
        sessions.renew(&session).unwrap_err().to_string(),
        sessions.update(&session, &ada).unwrap_err().to_string(),
        sessions.rotate(&session).unwrap_err().to_string(),
        sessions
            .rotate_with(&session, &ada)
            .unwrap_err()
            .to_string(),
    ];
    for text in outcomes {
        assert_eq!(text, "session service unavailable");
    }
    assert_eq!(world.list.stats(), before);
    world.clock.fail(false);
    assert_eq!(world.outcome(token), Outcome::Live);
}

#[test]
fn sessions_are_not_built_on_a_clock_that_fails() {
    let clock = cloakroom::ManualClock::at(NOW);
    clock.fail(true);
    let result = builder::<User, _>(&clock, RevocationList::new()).build();
    assert!(matches!(result, Err(BuildError::Clock)));
    let ring = cloakroom::KeyRing::generate(&clock, time::Duration::HOUR);
    assert_eq!(ring.err(), Some(cloakroom::RingError::Clock));
}

#[test]
fn a_clock_that_goes_back_after_a_purge_revives_nothing() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let token = issued.token.as_str();
    world.sessions.revoke(issued.session.id()).unwrap();
    let forgotten = NOW + IDLE + 2 * TOLERANCE;
    assert_eq!(world.list.purge(at(forgotten - 1)), 0);
    assert_eq!(world.list.purge(at(forgotten)), 1);
    assert_eq!(world.list.stats().entries(), 0);
    // The entry is gone, and by this clock the token is young.
    world.clock.set(NOW);
    assert_eq!(world.outcome(token), IDLED);
    // What is issued now starts at the mark, not in the past that was forgotten.
    let later = world.sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(later.session.authenticated_at(), at(forgotten));
    assert_eq!(world.outcome(later.token.as_str()), Outcome::Live);
}

#[test]
fn the_high_water_mark_of_any_view_holds_the_time() {
    let clock = cloakroom::ManualClock::at(NOW);
    let view = FakeView::fresh();
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    view.set().high_water_mark = NOW + IDLE - 1;
    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
    view.set().high_water_mark = NOW + IDLE;
    assert_eq!(outcome(&sessions, issued.token.as_str()), IDLED);
    // It lifts a clock that is behind; it does not stand in for one that fails.
    clock.fail(true);
    assert_eq!(
        outcome(&sessions, issued.token.as_str()),
        Outcome::Unavailable(Missing::Clock)
    );
}

#[test]
fn every_operation_reads_the_clock_once() {
    // A clock that moves with every reading: whoever reads twice decides by two different times.
    let clock = RestlessClock::new(0);
    let sessions = builder::<User, _>(&clock.inner, RevocationList::new())
        .clock(clock.clone())
        .renew_share(0, 1)
        .build()
        .unwrap();
    let reads = || clock.reads.swap(0, core::sync::atomic::Ordering::SeqCst);
    reads();
    let ada = user("Ada");
    let issued = sessions.issue("ada", &ada).unwrap();
    assert_eq!(reads(), 1, "issue");
    let session = sessions.verify(issued.token.as_str()).unwrap();
    assert_eq!(reads(), 1, "verify");
    sessions.renew(&session).unwrap().unwrap();
    assert_eq!(reads(), 1, "renew");
    sessions.update(&session, &ada).unwrap();
    assert_eq!(reads(), 1, "update");
    sessions.rotate_with(&session, &ada).unwrap();
    assert_eq!(reads(), 1, "rotate");
    let fresh = sessions.issue("ada", &ada).unwrap();
    let session = sessions.verify(fresh.token.as_str()).unwrap();
    reads();
    sessions.reauthenticate(&session, &ada).unwrap();
    assert_eq!(reads(), 1, "reauthenticate");
    sessions.revoke_subject("ada").unwrap();
    assert_eq!(reads(), 1, "revoke");
}

#[test]
fn an_expired_token_is_told_from_an_unavailable_view() {
    let clock = cloakroom::ManualClock::at(NOW);
    let view = FakeView::fresh();
    let sessions = builder::<User, _>(&clock, view.clone()).build().unwrap();
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    view.set().freshness = Freshness::Blind;
    clock.advance(IDLE);
    let error = sessions.verify(issued.token.as_str()).unwrap_err();
    assert!(matches!(error, VerifyError::Rejected(r) if r.reason() == Reason::Idle));
}

#[test]
fn the_system_clock_tells_the_second_that_the_standard_library_tells() {
    let fine = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.unwrap().as_secs()
    };
    let before = fine();
    let told = cloakroom::SystemClock.now().unwrap().unix();
    // A tick late, which may be the second before; never early.
    assert!((before - 1..=fine()).contains(&told), "{before}, {told}");
}
