//! Where the ids of sessions come from: no two logins share one, whichever thread they are on and
//! however the system's source hands them out, and a source of the application's own is asked for
//! each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cloakroom::{
    KeyRing, RandomError, RandomSource, RevocationList, Sessions, SystemClock, SystemRandom,
};
use time::Duration;

fn sessions(random: impl RandomSource + 'static) -> Sessions<()> {
    let ring = KeyRing::generate(&SystemClock, Duration::hours(8)).unwrap();
    Sessions::<()>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("")
        .aal2()
        .random(random)
        .build()
        .unwrap()
}

#[test]
fn no_two_logins_share_an_id() {
    const EACH: usize = 2_000;
    let sessions = sessions(SystemRandom);
    let ids = |subject: &'static str| {
        let sessions = sessions.clone();
        move || -> Vec<[u8; 16]> {
            let id = |_| {
                sessions
                    .issue(subject, &())
                    .unwrap()
                    .session
                    .id()
                    .to_bytes()
            };
            (0..EACH).map(id).collect()
        }
    };
    let threads: Vec<_> = ["ada", "ada", "", "grace"]
        .map(|subject| thread::spawn(ids(subject)))
        .into_iter()
        .collect();
    let mut seen = HashSet::new();
    for thread in threads {
        seen.extend(thread.join().unwrap());
    }
    assert_eq!(seen.len(), 4 * EACH);
    // Each byte is random: none has the same value in more than a few of the ids.
    for at in 0..16 {
        let mut counts = [0_usize; 256];
        for id in &seen {
            counts[usize::from(id[at])] += 1;
        }
        assert!(counts.iter().all(|count| *count < EACH / 10), "byte {at}");
    }
}

/// A twin that a restored snapshot made: every source that is asked gives the same bytes.
#[test]
fn a_source_is_asked_for_each_id_and_its_bytes_are_the_id() {
    struct Same(Arc<AtomicUsize>);
    impl RandomSource for Same {
        fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            out.fill(7);
            Ok(())
        }
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let sessions = sessions(Same(Arc::clone(&asked)));
    for round in 1..=5 {
        let issued = sessions.issue("ada", &()).unwrap();
        assert_eq!(issued.session.id().to_bytes(), [7; 16]);
        assert_eq!(asked.load(Ordering::SeqCst), round);
    }
}

#[test]
fn a_thread_that_ends_still_logs_in() {
    // Thread-locals are gone in the order of their making; a login in a destructor finds none.
    struct Last(Option<Sessions<()>>);
    impl Drop for Last {
        fn drop(&mut self) {
            if let Some(sessions) = &self.0 {
                assert!(sessions.issue("ada", &()).is_ok());
            }
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Last> = const { std::cell::RefCell::new(Last(None)) };
    }
    let sessions = sessions(SystemRandom);
    let ended = thread::spawn(move || {
        LAST.with(|last| last.borrow_mut().0 = Some(sessions.clone()));
        sessions.issue("grace", &()).unwrap();
    });
    ended.join().unwrap();
}
