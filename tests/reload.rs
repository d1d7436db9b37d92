//! A watch swaps new rings into running sessions, as a whole and never on a fault; tells each thing
//! once; and stops when it is dropped. No test waits for time to pass but for the thread to start.
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

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use cloakroom::reload::{KeyEvent, KeyWatch, KeyWatchBuilder, Reload, ReloadError, WatchError};
use cloakroom::source::{KeySource, KeyUnwrap, UnwrapError};
use cloakroom::{
    KeyRing, KeyState, ManualClock, RevocationList, RingError, RingWarning, SecretText, Sessions,
};
use common::*;
use folder::Folder;
use time::Duration;

const LIFETIME: u64 = 1_800;
const ROLLOUT: u64 = 3_600;

fn ring() -> KeyRing {
    KeyRing::new(key(1), at(NOW - 10), seconds(LIFETIME)).unwrap()
}

fn sessions(ring: &KeyRing, clock: &ManualClock, audience: &str) -> Sessions<User> {
    Sessions::builder(ring.clone(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(audience)
        .idle_timeout(seconds(LIFETIME))
        .absolute_timeout(Duration::days(30))
        .clock(clock.clone())
        .random(Seeded::new(5))
        .build()
        .unwrap()
}

/// What is stored, by a test's hand.
#[derive(Clone)]
struct Stored(Arc<Mutex<Result<String, UnwrapError>>>);

impl Stored {
    fn new(ring: &KeyRing) -> Self {
        Self(Arc::new(Mutex::new(Ok(ring.to_text().expose().into()))))
    }

    fn put(&self, ring: &KeyRing) {
        *self.0.lock().unwrap() = Ok(ring.to_text().expose().into());
    }

    fn text(&self, text: &str) {
        *self.0.lock().unwrap() = Ok(text.into());
    }

    fn fail(&self, sentence: &str) {
        *self.0.lock().unwrap() = Err(UnwrapError::new(sentence));
    }

    fn source(&self) -> KeySource {
        let stored = self.0.clone();
        KeySource::custom("the test", move || {
            stored.lock().unwrap().clone().map(SecretText::from)
        })
    }
}

type Told = Arc<Mutex<Vec<String>>>;

fn told(builder: KeyWatchBuilder) -> (KeyWatchBuilder, Told) {
    let told = Told::default();
    let into = Arc::clone(&told);
    let builder = builder.on_event(move |event: &KeyEvent| {
        into.lock().unwrap().push(event.to_string());
    });
    (builder, told)
}

fn drain(told: &Told) -> Vec<String> {
    std::mem::take(&mut *told.lock().unwrap())
}

struct Watched {
    clock: ManualClock,
    stored: Stored,
    sessions: Sessions<User>,
    watch: KeyWatch,
    told: Told,
}

/// A ring whose next key is announced, so that nothing is to be warned of.
fn watched() -> Watched {
    let clock = ManualClock::at(NOW);
    let ring = ring().rotate(key(2), at(NOW)).unwrap();
    let stored = Stored::new(&ring);
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let (builder, told) = told(KeyWatch::builder(stored.source()));
    let watch = builder
        .sessions(&sessions)
        .clock(clock.clone())
        .without_thread()
        .unwrap();
    assert_eq!(watch.poll_now(), Ok(Reload::Unchanged));
    assert_eq!(drain(&told), Vec::<String>::new());
    Watched {
        clock,
        stored,
        sessions,
        watch,
        told,
    }
}

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
    assert_eq!(error, ReloadError::Refused(drops.into()));
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
    assert!(drain(&w.told)[0].contains("before every server has it"));
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
