//! A watch swaps new rings into running sessions, as a whole and never on a fault; tells each thing
//! once. What a watch tells
//! besides is in tests/reload_watch.rs.
#![cfg(all(feature = "std", unix))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/watched.rs"]
mod watched;

use cloakroom::reload::{KeyWatch, Reload, ReloadError};
use cloakroom::{KeyRing, KeyState, ManualClock, RingError};
use common::*;
use watched::*;

#[test]
fn a_new_ring_is_in_force_at_once_and_told_once() {
    let w = watched();
    let token = w.sessions.issue("ada", &user("Ada")).unwrap().token;
    let next = w
        .sessions
        .key_ring()
        .announce(key(3), at(NOW + 2 * ROLLOUT))
        .unwrap();
    w.stored.put(&next);
    assert_eq!(w.watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(
        w.sessions.key_ring().state(key(3).id(), at(NOW)),
        Some(KeyState::Announced)
    );
    assert_eq!(outcome(&w.sessions, token.as_str()), Outcome::Live);
    let ids: Vec<String> = [1, 2, 3].iter().map(|n| key(*n).id().to_string()).collect();
    let expected = format!(
        "a new key ring is in force, with the keys {}",
        ids.join(" ")
    );
    assert_eq!(drain(&w.told), [expected]);
    assert_eq!(w.watch.poll_now(), Ok(Reload::Unchanged));
    assert_eq!(drain(&w.told), Vec::<String>::new());
    let status = w.watch.status();
    assert_eq!((status.polls, status.replaced, status.failures), (3, 1, 0));
    assert_eq!(status.last_success, Some(at(NOW)));
}

#[test]
fn every_fault_keeps_the_old_ring_and_is_told_once() {
    let w = watched();
    let token = w.sessions.issue("ada", &user("Ada")).unwrap().token;
    let before = w.sessions.key_ring().to_text();
    let unrelated = KeyRing::new(key(9), at(NOW - 5), seconds(LIFETIME)).unwrap();
    let short = KeyRing::new(key(1), at(NOW - 10), seconds(LIFETIME - 1)).unwrap();
    let disabled = ring().disable(key(1).id()).unwrap();
    let texts = [
        String::new(),
        "cloakroom-ring 2\n".into(),
        "clk1.AAAA".into(),
        before.expose().replace("activate=", "activate=x"),
        before.expose().replacen("clkkey1.", "clkkey1.A", 1),
        unrelated.to_text().expose().into(),
        short.to_text().expose().into(),
        disabled.to_text().expose().into(),
        "x".repeat(70_000),
    ];
    for (index, text) in texts.iter().enumerate() {
        w.stored.text(text);
        w.clock.advance(1);
        let error = w.watch.poll_now().unwrap_err();
        for _ in 0..3 {
            w.clock.advance(1);
            assert!(w.watch.poll_now().is_err());
        }
        assert_eq!(
            drain(&w.told),
            [format!("the old key ring stays in force: {error}")],
            "{text}"
        );
        assert_eq!(w.sessions.key_ring().to_text().expose(), before.expose());
        assert_eq!(outcome(&w.sessions, token.as_str()), Outcome::Live);
        let status = w.watch.status();
        assert_eq!(status.failures, 4 * (index as u64 + 1));
        assert_eq!(status.failing_since, Some(at(NOW + 1)));
        assert!(status.error.is_some());
    }
    w.stored.fail("the service is down");
    let error = w.watch.poll_now().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the test: the keys could not be unwrapped: the service is down"
    );
    let _ = drain(&w.told);
    w.stored.text(before.expose());
    assert_eq!(w.watch.poll_now(), Ok(Reload::Unchanged));
    assert_eq!(drain(&w.told), ["the source of keys can be read again"]);
    let status = w.watch.status();
    assert_eq!((status.failures, status.failing_since), (0, None));
    assert_eq!(status.error, None);
}

#[test]
fn a_ring_that_is_refused_while_tokens_live_is_taken_when_they_are_dead() {
    let w = watched();
    w.clock.set(NOW + ROLLOUT);
    let next = w.sessions.key_ring().without(key(1).id()).unwrap();
    w.stored.put(&next);
    let error = w.watch.poll_now().unwrap_err();
    let until = at(NOW + ROLLOUT + LIFETIME + ROLLOUT);
    let drops = RingError::DropsKey {
        key: key(1).id(),
        until,
    };
    let place = "the test".to_owned();
    let error_of = drops.into();
    assert_eq!(
        error,
        ReloadError::Refused {
            place,
            error: error_of
        }
    );
    // The log of twenty servers is read by somebody who has to find the file.
    assert!(error.to_string().starts_with("the test: "), "{error}");
    w.clock.set(until.unix() - 1);
    assert!(w.watch.poll_now().is_err());
    w.clock.advance(1);
    assert_eq!(w.watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(w.sessions.key_ring().keys().count(), 1);
}

#[test]
fn a_disabled_key_is_dead_after_the_next_look() {
    let w = watched();
    let token = w.sessions.issue("ada", &user("Ada")).unwrap().token;
    let next = w.sessions.key_ring().disable(key(1).id()).unwrap();
    let next = next.announce(key(4), at(NOW - 1)).unwrap();
    w.stored.put(&next);
    assert_eq!(outcome(&w.sessions, token.as_str()), Outcome::Live);
    assert_eq!(w.watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(outcome(&w.sessions, token.as_str()), INVALID);
    // The emergency is worth telling: other servers do not have the key yet.
    let told = drain(&w.told);
    assert!(told[0].contains("before every server has it"));
    let disabled = format!("; key {} is disabled now;", key(1).id());
    assert!(told[0].contains(&disabled), "{told:?}");
    let again = w.sessions.issue("ada", &user("Ada")).unwrap().token;
    assert_eq!(outcome(&w.sessions, again.as_str()), Outcome::Live);
    // A file from before the emergency is a mistake that can be seen.
    let old = ring().announce(key(4), at(NOW - 1)).unwrap();
    w.stored.put(&old);
    let _ = w.watch.poll_now().unwrap();
    assert!(drain(&w.told)[0].contains("was disabled and is in service again"));
}

#[test]
fn what_was_disabled_in_this_process_does_not_come_back_with_the_first_look() {
    let clock = ManualClock::at(NOW);
    let ring = ring().announce(key(2), at(NOW - 1)).unwrap();
    let stored = Stored::new(&ring);
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let watch = KeyWatch::builder(stored.source())
        .sessions(&sessions)
        .without_thread()
        .unwrap();
    sessions
        .change_keys(|ring, _| ring.disable(key(1).id()))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(watch.poll_now(), Ok(Reload::Unchanged));
    }
    assert_eq!(
        sessions.key_ring().state(key(1).id(), at(NOW)),
        Some(KeyState::Disabled)
    );
}

#[test]
fn of_several_sessions_all_get_the_ring_or_none() {
    let clock = ManualClock::at(NOW);
    let ring = ring();
    let stored = Stored::new(&ring);
    let one = sessions(&ring, &clock, "one");
    // This one has a key more, under which people are logged in.
    let other = sessions(
        &ring.announce(key(7), at(NOW - 1)).unwrap(),
        &clock,
        "other",
    );
    let watch = KeyWatch::builder(stored.source())
        .sessions(&one)
        .sessions(&other)
        .clock(clock.clone())
        .without_thread()
        .unwrap();
    stored.put(&ring.rotate(key(2), at(NOW)).unwrap());
    assert!(watch.poll_now().is_err());
    assert_eq!(one.key_ring().keys().count(), 1);
    assert_eq!(other.key_ring().keys().count(), 2);
    let both = ring
        .announce(key(7), at(NOW - 1))
        .unwrap()
        .rotate(key(2), at(NOW))
        .unwrap();
    stored.put(&both);
    assert_eq!(watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(one.key_ring().keys().count(), 3);
    assert_eq!(other.key_ring().keys().count(), 3);
}
