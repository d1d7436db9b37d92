//! A watch warns, asks its key service once, survives its callback, keeps its bound, and ends with its
//! handle. No test waits for time to pass but for the thread to start.
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
#[path = "common/folder.rs"]
mod folder;
#[path = "common/watched.rs"]
mod watched;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use cloakroom::reload::{KeyEvent, KeyWatch, Reload, WatchError};
use cloakroom::source::{KeySource, KeyUnwrap, UnwrapError};
use cloakroom::{KeyRing, ManualClock, RingWarning, SecretText};
use common::*;
use folder::Folder;
use time::Duration;
use watched::*;

#[test]
fn warnings_are_told_when_they_begin_and_when_they_end() {
    let w = watched();
    w.clock.set(NOW + ROLLOUT - 1);
    let _ = w.watch.poll_now().unwrap();
    assert_eq!(drain(&w.told), Vec::<String>::new());
    // The second key takes over, and nobody planned a third.
    w.clock.advance(1);
    for _ in 0..3 {
        let _ = w.watch.poll_now().unwrap();
    }
    let id = key(2).id();
    let expected = format!(
        "key ring; key {id} seals and no key is announced to succeed it; announce the next one"
    );
    assert_eq!(drain(&w.told), [expected]);
    assert_eq!(
        w.watch.status().warnings,
        [RingWarning::NoSuccessor { key: id }]
    );
    let next = w
        .sessions
        .change_keys(|ring, now| ring.rotate(key(3), now))
        .unwrap();
    w.stored.put(&next);
    let _ = w.watch.poll_now().unwrap();
    assert_eq!(
        drain(&w.told),
        ["nothing to warn of in the key ring any more"]
    );
}

#[test]
fn a_rollout_that_does_not_hold_the_interval_is_warned_of() {
    let clock = ManualClock::at(NOW);
    let ring = ring().rotate(key(2), at(NOW)).unwrap();
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let warnings = |every: u64| {
        let watch = KeyWatch::builder(Stored::new(&ring).source())
            .sessions(&sessions)
            .clock(clock.clone())
            .every(seconds(every))
            .without_thread()
            .unwrap();
        let _ = watch.poll_now().unwrap();
        watch.status().warnings
    };
    assert_eq!(warnings(ROLLOUT - TOLERANCE), []);
    let too_short = RingWarning::RolloutTooShort {
        rollout: 3_600,
        needed: 3_601,
    };
    assert_eq!(warnings(ROLLOUT - TOLERANCE + 1), [too_short]);
}

/// Counts how often it is asked.
struct Counting(Arc<AtomicU64>);

impl KeyUnwrap for Counting {
    fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let text = String::from_utf8(wrapped.to_vec());
        Ok(text.map_err(|_| UnwrapError::new("not text"))?.into())
    }
}

#[test]
fn what_is_stored_is_unwrapped_once() {
    let clock = ManualClock::at(NOW);
    let (ring, asked) = (ring(), Arc::new(AtomicU64::new(0)));
    let stored = Stored::new(&ring);
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let watch = KeyWatch::builder(stored.source().unwrap_with(Counting(Arc::clone(&asked))))
        .sessions(&sessions)
        .without_thread()
        .unwrap();
    for _ in 0..5 {
        watch.poll_now().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Also while the ring is refused: the service that unwraps it has nothing to do with that.
    stored.put(&KeyRing::new(key(9), at(NOW - 5), seconds(LIFETIME)).unwrap());
    for _ in 0..5 {
        assert!(watch.poll_now().is_err());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_callback_that_panics_stops_nothing() {
    let clock = ManualClock::at(NOW);
    let ring = ring();
    let stored = Stored::new(&ring);
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let watch = KeyWatch::builder(stored.source())
        .sessions(&sessions)
        .clock(clock.clone())
        .on_event(|_| panic!("on purpose"))
        .without_thread()
        .unwrap();
    stored.put(&ring.rotate(key(2), at(NOW)).unwrap());
    assert_eq!(watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(watch.status().panics, 1);
    assert_eq!(watch.poll_now(), Ok(Reload::Unchanged));
}

#[test]
fn pauses_differ_and_never_exceed_the_bound() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions(&ring(), &clock, AUDIENCE);
    let watch = KeyWatch::builder(Stored::new(&ring()).source())
        .sessions(&sessions)
        .every(Duration::seconds(60))
        .without_thread()
        .unwrap();
    let pauses: Vec<u128> = (0..200).map(|_| watch.draw_pause().as_millis()).collect();
    assert!(pauses.iter().all(|pause| (30_000..=60_000).contains(pause)));
    let different: HashSet<u128> = pauses.iter().copied().collect();
    assert!(different.len() > 150, "{}", different.len());
    // All over the range, not in a corner of it.
    for quarter in 0..4 {
        let from = 30_000 + quarter * 7_500;
        let inside = pauses.iter().filter(|p| (from..from + 7_500).contains(*p));
        assert!(inside.count() > 20);
    }
}

#[test]
fn what_can_not_be_watched_is_refused() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions(&ring(), &clock, AUDIENCE);
    let builder = || KeyWatch::builder(Stored::new(&ring()).source());
    assert_eq!(builder().start().unwrap_err(), WatchError::NoSessions);
    for every in [
        Duration::ZERO,
        Duration::seconds(-1),
        Duration::milliseconds(1_500),
        Duration::seconds(86_401),
    ] {
        let watch = builder().sessions(&sessions).every(every).start();
        assert_eq!(watch.unwrap_err(), WatchError::Interval);
    }
}

#[test]
fn a_secret_on_the_disk_is_watched_by_a_thread_that_ends_with_its_handle() {
    let folder = Folder::new("watch");
    let path = folder.path("ring");
    let write = |ring: &KeyRing| {
        let beside = folder.path("ring.new");
        fs::write(&beside, ring.to_text().expose()).unwrap();
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(&beside, &path).unwrap();
    };
    write(&ring());
    let clock = ManualClock::at(NOW);
    let source = KeySource::file(&path);
    let sessions = sessions(&source.load().unwrap(), &clock, AUDIENCE);
    let (tell, hear) = mpsc::channel();
    let tell = Mutex::new(tell);
    let watch = KeyWatch::builder(source)
        .sessions(&sessions)
        .clock(clock.clone())
        .every(Duration::seconds(1))
        .on_event(move |event| {
            let replaced = matches!(event, KeyEvent::Replaced { .. });
            let _ = tell.lock().unwrap().send(replaced);
        })
        .start()
        .unwrap();
    let next = ring().rotate(key(2), at(NOW)).unwrap();
    write(&next);
    while !hear
        .recv_timeout(std::time::Duration::from_secs(60))
        .unwrap()
    {}
    assert_eq!(sessions.key_ring().keys().count(), 2);
    drop(watch);
    // The thread and its callback are gone, and with them the other end.
    let _ = hear.try_iter().count();
    assert_eq!(hear.recv(), Err(mpsc::RecvError));
}
