//! Logging out by the token that is at hand, whatever became of it; changes of keys that no other
//! change overtakes; whose fault an error is.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core)]

mod common;

use cloakroom::{
    Fault, IssueError, Key, KeyState, PayloadError, RevokeError, RingError, RotateError, Timestamp,
    UpdateError,
};
use common::{IDLE, IDLED, INVALID, NOW, Outcome, REVOKED, at, seconds, user, world};

#[test]
fn an_idle_token_logs_out_the_copy_that_was_renewed_elsewhere() {
    let world = world();
    let old = world.sessions.issue("ada", &user("Ada")).unwrap().token;
    world.clock.advance(IDLE - 1);
    let thief = world
        .sessions
        .renew(&world.session(old.as_str()))
        .unwrap()
        .unwrap()
        .token;
    world.clock.advance(1);
    assert_eq!(world.outcome(old.as_str()), IDLED);
    assert_eq!(world.outcome(thief.as_str()), Outcome::Live);
    assert!(world.sessions.revoke_token(old.as_str()).unwrap().is_some());
    assert_eq!(world.outcome(thief.as_str()), REVOKED);
}

#[test]
fn what_is_not_authentic_logs_nobody_out() {
    let world = world();
    let token = world
        .sessions
        .issue("ada", &user("Ada"))
        .unwrap()
        .token
        .into_string();
    let other_tenant = world.sessions.bound_to(b"tenant-b").unwrap();
    let mut forged = token.clone();
    forged.replace_range(20..21, if &token[20..21] == "A" { "B" } else { "A" });
    for text in ["", "not a token", &forged] {
        assert!(
            world.sessions.revoke_token(text).unwrap().is_none(),
            "{text}"
        );
    }
    assert!(other_tenant.revoke_token(&token).unwrap().is_none());
    assert_eq!(world.list.stats().entries(), 0);
    assert_eq!(world.outcome(&forged), INVALID);
    assert_eq!(world.outcome(&token), Outcome::Live);
    world.clock.fail(true);
    let error = world.sessions.revoke_token(&token).unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);
}

#[test]
fn changes_of_keys_at_one_time_all_last() {
    let world = world();
    std::thread::scope(|scope| {
        for number in 0..8_u64 {
            let sessions = world.sessions.clone();
            scope.spawn(move || {
                let from = at(NOW + 1000 + number);
                sessions
                    .change_keys(|ring, _| ring.announce(Key::generate()?, from))
                    .unwrap();
            });
        }
    });
    assert_eq!(world.sessions.key_ring().keys().count(), 9);
}

#[test]
fn a_refused_change_leaves_the_ring_as_it_was() {
    let world = world();
    let before = world.sessions.key_ring();
    let live = before.sealing_key(at(NOW)).unwrap();
    let same_time = before.keys().next().unwrap().activate;
    let twice = world
        .sessions
        .change_keys(|ring, _| ring.announce(Key::generate()?, same_time));
    assert!(twice.is_err());
    let dropped = world.sessions.change_keys(|ring, now| {
        assert_eq!(now, at(NOW));
        ring.announce(Key::generate()?, now)?.without(live)
    });
    let text = dropped.unwrap_err().to_string();
    assert!(
        text.starts_with(&format!("the new ring drops key {live}")),
        "{text}"
    );
    assert_eq!(
        world.sessions.key_ring().keys().count(),
        before.keys().count()
    );
}

#[test]
fn retired_keys_are_cleared_and_no_others() {
    let ring = common::ring_for(600);
    let first = ring.sealing_key(at(NOW)).unwrap();
    let ring = ring.announce(common::key(2), at(NOW)).unwrap();
    let retired_at = NOW + 600 + u64::from(ring.rollout());
    let before = ring.without_retired(at(retired_at - 1)).unwrap();
    assert_eq!(before.keys().count(), 2);
    assert_eq!(ring.state(first, at(retired_at)), Some(KeyState::Retired));
    let after = ring.without_retired(at(retired_at)).unwrap();
    assert_eq!(
        after.keys().map(|key| key.id).collect::<Vec<_>>(),
        [common::key(2).id()]
    );
}

#[test]
fn timestamps_add_up_to_the_ends_of_time() {
    assert_eq!(
        at(NOW).checked_add(seconds(5)),
        Timestamp::from_unix(NOW + 5)
    );
    assert_eq!(at(5).checked_add(-seconds(5)), Some(Timestamp::UNIX_EPOCH));
    assert_eq!(at(5).checked_add(-seconds(6)), None);
    assert_eq!(Timestamp::MAX.checked_add(seconds(1)), None);
}

#[test]
fn each_error_says_whose_fault_it_is() {
    let too_large = PayloadError::TooLarge {
        needed: 5000,
        limit: 4096,
    };
    assert_eq!(IssueError::Payload(too_large).fault(), Fault::Configuration);
    assert_eq!(
        IssueError::CutOffAhead { seconds: 90 }.fault(),
        Fault::Unavailable
    );
    assert_eq!(UpdateError::ReadOnly.fault(), Fault::Unavailable);
    let world = world();
    let token = world.sessions.issue("ada", &user("Ada")).unwrap().token;
    let session = world.session(token.as_str());
    world.sessions.revoke(session.id()).unwrap();
    let update = world.sessions.update(&session, &user("Ada")).unwrap_err();
    assert_eq!(update.fault(), Fault::Client);
    assert_eq!(
        world.sessions.rotate(&session).unwrap_err().fault(),
        Fault::Client
    );
    world.clock.fail(true);
    let rotate = world.sessions.rotate(&session).unwrap_err();
    assert_eq!(rotate.fault(), Fault::Unavailable);
    assert_eq!(
        RotateError::<RingError>::GenerationsExhausted.fault(),
        Fault::Client
    );
    assert_eq!(
        RevokeError::<RingError>::NoSubject.fault(),
        Fault::Configuration
    );
    assert_eq!(
        RevokeError::Publish(RingError::Empty).fault(),
        Fault::Unavailable
    );
}
