//! "My devices": the live sessions of a subject and nobody else's, with their labels, whatever
//! happened to them; and that an index which fails costs nobody a login. One suite for the index in
//! memory and, where it is built, the one in a file.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "index/shop.rs"]
mod shop;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cloakroom::index::{IndexEntry, IndexError, IndexReport, MemoryIndex, SessionIndex};
use cloakroom::{DevicesError, Missing, RevocationList, SessionId, Sessions, Timestamp};
use common::*;
use shop::*;

#[test]
fn a_login_is_listed_with_its_label_and_times_for_its_own_subject() {
    each(|name, index| {
        let shop = shop(&index);
        let phone = shop.login("ada", "phone");
        shop.clock.advance(5);
        shop.login("bob", "tablet");
        let laptop = shop.login("ada", "laptop");
        assert_eq!(shop.labels("ada"), ["laptop", "phone"], "{name}");
        assert_eq!(shop.labels("bob"), ["tablet"]);
        assert_eq!(shop.labels("eve"), [""; 0]);
        let devices = shop.sessions.devices("ada").unwrap();
        assert_eq!(devices[0].id(), laptop.id());
        assert_eq!(devices[1].id(), phone.id());
        assert_eq!(devices[1].started(), at(NOW));
        assert_eq!(devices[1].last_renewed(), at(NOW));
        assert_eq!(devices[1].expires_at(), at(NOW + IDLE));
        // Whose it is, which session it is and what the client called itself stay out of logs.
        let (started, renewed) = (at(NOW + 5), at(NOW + 5));
        assert_eq!(
            format!("{:?}", devices[0]),
            format!("Device {{ started: {started:?}, last_renewed: {renewed:?}, .. }}")
        );
        // Without a label there is none, and no one's sessions are nobody's devices.
        shop.sessions.issue("zoe", &user("Zoe")).unwrap();
        assert_eq!(shop.labels("zoe"), [""]);
        shop.sessions.issue("", &user("Nobody")).unwrap();
        assert_eq!(shop.labels(""), [""; 0]);
    });
}

#[test]
fn renewals_updates_and_rotations_keep_the_label_and_move_the_times() {
    each(|name, index| {
        let shop = shop(&index);
        let mut session = shop.login("ada", "phone");
        for round in 0..3_u64 {
            shop.clock.advance(IDLE / 2 + 1);
            let issued = match round {
                0 => shop.sessions.renew(&session).unwrap().unwrap(),
                1 => shop.sessions.update(&session, &user("Eve")).unwrap(),
                _ => shop.sessions.rotate(&session).unwrap(),
            };
            session = shop.sessions.verify(issued.token.as_str()).unwrap();
            let devices = shop.sessions.devices("ada").unwrap();
            assert_eq!(devices.len(), 1, "{name} {round}");
            assert_eq!(devices[0].label(), "phone");
            assert_eq!(devices[0].started(), at(NOW));
            let now = NOW + (round + 1) * (IDLE / 2 + 1);
            assert_eq!(devices[0].last_renewed(), at(now));
            assert_eq!(devices[0].expires_at(), at(now + IDLE));
        }
        let again = shop
            .sessions
            .reauthenticate(&session, &user("Ada"))
            .unwrap();
        let devices = shop.sessions.devices("ada").unwrap();
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0].id(), again.session.id());
        assert_eq!(devices[0].label(), "phone");
        assert_eq!(entries(&index), Some(1));
    });
}

#[test]
fn what_expired_or_was_logged_out_is_left_out() {
    each(|name, index| {
        let shop = shop(&index);
        let phone = shop.login("ada", "phone");
        let laptop = shop.login("ada", "laptop");
        let tablet = shop.login("ada", "tablet");
        shop.sessions.revoke(phone.id()).unwrap();
        assert_eq!(shop.ids("ada").len(), 2, "{name}");
        assert_eq!(entries(&index), Some(2), "a logout is forgotten");
        shop.sessions.revoke_others(&laptop).unwrap();
        assert_eq!(shop.labels("ada"), ["laptop"]);
        assert!(shop.sessions.renew(&tablet).is_err());
        // By the token alone, as a logout endpoint does.
        let issued = shop
            .sessions
            .issue_labelled("bob", &user("Bob"), "watch")
            .unwrap();
        assert_eq!(shop.labels("bob"), ["watch"]);
        shop.sessions.revoke_token(issued.token.as_str()).unwrap();
        assert_eq!(shop.labels("bob"), [""; 0]);
        shop.clock.advance(IDLE - 1);
        assert_eq!(shop.labels("ada"), ["laptop"]);
        shop.clock.advance(1);
        assert_eq!(shop.labels("ada"), [""; 0]);
    });
}

#[test]
fn a_key_that_was_disabled_takes_its_sessions_off_the_list() {
    each(|name, index| {
        let shop = shop(&index);
        shop.login("ada", "phone");
        let ring = shop.sessions.key_ring();
        let ring = ring.announce(key(2), at(NOW - 1)).unwrap();
        let ring = ring.disable(key(1).id()).unwrap();
        shop.sessions.replace_keys_forced(&ring).unwrap();
        assert_eq!(shop.labels("ada"), [""; 0], "{name}");
    });
}

#[test]
fn tenants_that_share_an_index_do_not_see_each_other() {
    each(|name, index| {
        let shop = shop(&index);
        let red = shop.sessions.bound_to(b"red").unwrap();
        let blue = shop.sessions.bound_to(b"blue").unwrap();
        let other = builder::<User, _>(&shop.clock, RevocationList::new())
            .audience("other.example")
            .session_index(Arc::clone(&index))
            .build()
            .unwrap();
        red.issue_labelled("ada", &user("Ada"), "red").unwrap();
        let labels = |sessions: &Sessions<User>| {
            let devices = sessions.devices("ada").unwrap();
            devices.into_iter().map(|d| d.label().to_owned()).collect()
        };
        let found: [Vec<String>; 4] = [&red, &blue, &shop.sessions, &other].map(labels);
        assert_eq!(
            found,
            [vec!["red".to_owned()], vec![], vec![], vec![]],
            "{name}"
        );
    });
}

#[test]
fn an_index_forgets_what_expired_and_keeps_the_latest_64_of_a_subject() {
    each(|name, index| {
        let shop = shop(&index);
        for number in 0..200 {
            shop.login(&format!("user-{number}"), "");
        }
        assert_eq!(entries(&index), Some(200));
        shop.clock.advance(IDLE);
        // Four go with each that comes.
        for number in 0..50 {
            shop.login(&format!("late-{number}"), "");
        }
        assert_eq!(entries(&index), Some(50), "{name}");

        let first = shop.login("script", "first");
        for _ in 0..63 {
            shop.login("script", "");
        }
        // The oldest login is the one that was used last.
        shop.clock.advance(IDLE / 2 + 1);
        shop.sessions.renew(&first).unwrap().unwrap();
        for number in 0..60 {
            shop.login("script", &number.to_string());
        }
        let labels = shop.labels("script");
        assert_eq!(labels.len(), 64, "{name}");
        assert!(labels.contains(&"first".to_owned()));
        assert!(labels.contains(&"0".to_owned()));
        assert_eq!(labels.iter().filter(|label| label.is_empty()).count(), 3);
        assert_eq!(entries(&index), Some(114));
    });
}

#[test]
fn a_label_is_cut_between_characters_and_can_not_forge_lines() {
    each(|name, index| {
        let shop = shop(&index);
        shop.login("ada", "a\nb\r\u{0}c\u{7f}");
        assert_eq!(shop.labels("ada"), ["a b  c "], "{name}");
        shop.login("bob", &"ä".repeat(100));
        assert_eq!(shop.labels("bob"), ["ä".repeat(64)]);
        shop.login("eve", &format!("a{}", "ä".repeat(100)));
        assert_eq!(shop.labels("eve"), [format!("a{}", "ä".repeat(63))]);
    });
}

#[test]
fn a_session_of_another_server_is_listed_from_its_first_renewal_here() {
    each(|name, index| {
        let shop = shop(&index);
        let list = shop.sessions.revocations().clone();
        let elsewhere = builder::<User, _>(&shop.clock, list).build().unwrap();
        let token = elsewhere.issue("ada", &user("Ada")).unwrap().token;
        assert_eq!(elsewhere.devices("ada").unwrap_err(), DevicesError::NoIndex);
        assert_eq!(shop.labels("ada"), [""; 0], "{name}");
        shop.clock.advance(IDLE / 2);
        let session = shop.sessions.verify(token.as_str()).unwrap();
        shop.sessions.renew(&session).unwrap().unwrap();
        assert_eq!(shop.ids("ada"), [session.id()]);
    });
}

/// Fails, or counts what it is asked.
#[derive(Default)]
struct Moody {
    fails: AtomicBool,
    asked: AtomicU32,
}

impl Moody {
    fn answer<T>(&self, value: T) -> Result<T, IndexError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) {
            Err(IndexError::new("out of order"))
        } else {
            Ok(value)
        }
    }
}

impl SessionIndex for Moody {
    fn put(&self, _: IndexEntry, _: Option<SessionId>, _: Timestamp) -> Result<(), IndexError> {
        self.answer(())
    }

    fn remove(&self, _: SessionId) -> Result<(), IndexError> {
        self.answer(())
    }

    fn of_subject(&self, _: &[u8; 16]) -> Result<Vec<IndexEntry>, IndexError> {
        self.answer(Vec::new())
    }
}

#[test]
fn an_index_that_fails_costs_nothing_but_the_list_and_is_reported() {
    let moody = Arc::new(Moody::default());
    let index: Index = moody.clone();
    let shop = shop(&index);
    moody.fails.store(true, Ordering::SeqCst);
    let session = shop.login("ada", "phone");
    shop.clock.advance(IDLE / 2);
    shop.sessions.renew(&session).unwrap().unwrap();
    shop.sessions.rotate(&session).unwrap();
    shop.sessions.revoke(session.id()).unwrap();
    let report = shop.sessions.status().index.unwrap();
    assert_eq!(report.failures, 4);
    assert_eq!(report.last_failure, Some(IndexError::new("out of order")));
    assert_eq!(report.entries, None);
    let error = shop.sessions.devices("ada").unwrap_err();
    assert_eq!(error, DevicesError::Index(IndexError::new("out of order")));
    assert_eq!(error.to_string(), "session index: out of order");

    shop.clock.fail(true);
    let error = shop.sessions.devices("ada").unwrap_err();
    assert!(matches!(error, DevicesError::Unavailable(e) if e.missing() == Missing::Clock));
}

#[test]
fn verification_never_asks_the_index_and_a_rejected_operation_tells_it_nothing() {
    let moody = Arc::new(Moody::default());
    let index: Index = moody.clone();
    let shop = shop(&index);
    let issued = shop.sessions.issue("ada", &user("Ada")).unwrap();
    let asked = || moody.asked.load(Ordering::SeqCst);
    assert_eq!(asked(), 1);
    let session = shop.sessions.verify(issued.token.as_str()).unwrap();
    assert!(shop.sessions.renew(&session).unwrap().is_none());
    assert_eq!(asked(), 1);
    shop.sessions.revoke(session.id()).unwrap();
    assert_eq!(asked(), 2);
    assert!(shop.sessions.update(&session, &user("Ada")).is_err());
    assert!(shop.sessions.rotate(&session).is_err());
    assert!(shop.sessions.issue("x".repeat(256), &user("Ada")).is_err());
    assert_eq!(asked(), 2);
}

#[test]
fn one_call_says_how_everything_is() {
    let index: Index = Arc::new(MemoryIndex::new());
    let shop = shop(&index);
    let session = shop.login("ada", "phone");
    shop.sessions.revoke_subject("bob").unwrap();
    shop.sessions.revoke_all_before(at(NOW - 10)).unwrap();
    let waiting = shop.sessions.ended(&session);
    let status = shop.sessions.status();
    assert_eq!(status.now, Some(at(NOW)));
    assert_eq!(status.freshness, cloakroom::Freshness::Fresh);
    assert_eq!(status.view.entries, Some(2));
    assert_eq!(status.view.quarantined, Some(0));
    let bytes = shop.sessions.revocations().stats().bytes;
    assert_eq!(status.view.bytes, Some(bytes as u64));
    assert_eq!((status.view.feed, status.view.proof_age), (None, None));
    assert_eq!(status.waiting, 1);
    assert_eq!(status.index.unwrap().entries, Some(1));
    drop(waiting);
    // The mark rises where something is forgotten.
    let id = SessionId::from_bytes([9; 16]);
    let forgotten = cloakroom::Record::new(cloakroom::Revocation::session(id), NOW + 1);
    let list = shop.sessions.revocations();
    let _ = list.merge(&[forgotten], at(NOW));
    assert_eq!(list.purge(at(NOW + 7)), 1);
    shop.clock.fail(true);
    let status = shop.sessions.status();
    assert_eq!((status.waiting, status.now), (0, None));
    assert_eq!(status.high_water_mark, NOW + 7);
    let _: Option<IndexReport> = status.index;
}
