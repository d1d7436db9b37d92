//! Session ids from the operating system: every bit of them is drawn, each once, on any thread.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

use std::collections::HashSet;
use std::thread;

use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};

fn sessions() -> Sessions<()> {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let builder = Sessions::builder(ring, RevocationList::new());
    builder
        .purpose("session")
        .audience("")
        .aal2()
        .build()
        .unwrap()
}

/// Of one subject, so that nothing but what was drawn and the time makes a difference.
fn ids(sessions: &Sessions<()>, count: usize) -> Vec<[u8; 16]> {
    let one = |_| sessions.issue("ada", &()).unwrap().session.id().to_bytes();
    (0..count).map(one).collect()
}

/// A source that stands still, or that repeats what it gave, would leave bits to guess: the time that
/// is mixed in moves few of them, and who watches a login knows it.
#[test]
fn every_bit_is_set_half_of_the_time() {
    const COUNT: usize = 4096;
    let ids = ids(&sessions(), COUNT);
    for bit in 0..128 {
        let set = ids
            .iter()
            .filter(|id| id[bit / 8] >> (bit % 8) & 1 == 1)
            .count();
        // Six standard deviations of 32 around the half, and more.
        assert!(set.abs_diff(COUNT / 2) < 220, "bit {bit}: {set} of {COUNT}");
    }
}

/// The halves of an id one by one, since the time is mixed into one of them.
#[test]
fn nothing_that_was_drawn_is_given_twice_on_any_thread() {
    let sessions = sessions();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let sessions = sessions.clone();
            thread::spawn(move || ids(&sessions, 1001))
        })
        .collect();
    let all: Vec<[u8; 16]> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    for half in [0..8, 8..16] {
        let distinct: HashSet<&[u8]> = all.iter().map(|id| &id[half.clone()]).collect();
        assert_eq!(distinct.len(), all.len(), "{half:?}");
    }
}

/// A login in the destructor of a thread's value, when what was drawn ahead may be gone.
#[test]
fn a_thread_that_ends_still_draws() {
    struct Last(Sessions<()>, std::sync::mpsc::Sender<[u8; 16]>);
    impl Drop for Last {
        fn drop(&mut self) {
            for id in ids(&self.0, 64) {
                self.1.send(id).unwrap();
            }
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let (send, given) = std::sync::mpsc::channel();
    let (sessions, other) = (sessions(), sessions());
    thread::spawn(move || {
        // Dropped while the thread's values go, in an order that nobody promises.
        LAST.with(|last| *last.borrow_mut() = Some(Last(sessions, send)));
        assert_eq!(ids(&other, 1).len(), 1);
    })
    .join()
    .unwrap();
    let given: Vec<[u8; 16]> = given.iter().collect();
    assert_eq!(given.len(), 64);
    for half in [0..8, 8..16] {
        let distinct: HashSet<&[u8]> = given.iter().map(|id| &id[half.clone()]).collect();
        assert_eq!(distinct.len(), given.len());
    }
}
