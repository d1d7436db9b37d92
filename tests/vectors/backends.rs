//! The two implementations of the AEAD make and read the same tokens: all vectors hold under each,
//! and 100,000 random tokens have the same bytes, are opened by the other one, and are refused by
//! both once a bit of them is changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::hazmat::{self, OpenedToken, Opener, Stage};
use cloakroom::{KeyRing, Timestamp};

use crate::bulk::{self, Bulk, bulk};

const CASES: u64 = 100_000;
/// A debug build derives, seals and opens this many in the time that one test may take.
const QUICK: u64 = CASES / 20;

/// The switch is one for the process, and these tests alone touch it.
struct Switch(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Switch {
    fn take() -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        Self(ONE.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        hazmat::use_ring(true);
    }
}

#[test]
fn every_vector_agrees_under_each_implementation() {
    let _switch = Switch::take();
    for ring in [false, true] {
        hazmat::use_ring(ring);
        crate::agree();
        assert_eq!(bulk::accumulated(10), crate::input::accumulated_hash("10"));
    }
}

/// An opener for what this case seals.
fn opener(case: &Bulk) -> Opener {
    let life = time::Duration::hours(1);
    let ring = KeyRing::new(case.key.clone(), Timestamp::UNIX_EPOCH, life).unwrap();
    Opener::new(&ring, &case.purpose, &case.audience).unwrap()
}

/// By both, which have to agree.
fn open(openers: &[Opener; 2], token: &str, case: &Bulk) -> Result<OpenedToken, Stage> {
    let now = Timestamp::UNIX_EPOCH;
    let opened = openers
        .each_ref()
        .map(|opener| opener.open(token, &case.binding, now));
    assert_eq!(opened[0], opened[1]);
    let [opened, _] = opened;
    opened
}

/// The token with one character of its body behind the key id replaced.
fn damaged(token: &str, case: u64) -> String {
    // Not the last one, whose lowest bits may have to be zero.
    let places = token.len() - 12;
    let at = 11 + (case.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize % places;
    let mut bytes = token.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

fn random_tokens(count: u64) {
    let _switch = Switch::take();
    let numbers: Vec<u64> = (0..count).collect();
    for piece in numbers.chunks(1000) {
        let cases: Vec<Bulk> = piece.iter().map(|number| bulk(*number)).collect();
        let derived = [false, true].map(|ring| {
            hazmat::use_ring(ring);
            let seal = |case: &Bulk| (case.seal(), opener(case));
            cases.iter().map(seal).collect::<Vec<_>>()
        });
        let [portable, fast] = derived;
        let sealed = portable.into_iter().zip(fast);
        for ((number, case), ((token, by_portable), (same, by_ring))) in
            piece.iter().zip(&cases).zip(sealed)
        {
            assert_eq!(token, same, "case {number}");
            let openers = [by_portable, by_ring];
            let opened = open(&openers, &token, case).unwrap();
            assert_eq!(opened.plaintext, case.plaintext, "case {number}");
            let refused = open(&openers, &damaged(&token, *number), case);
            assert_eq!(refused.err(), Some(Stage::Tag), "case {number}");
        }
    }
}

#[test]
fn random_tokens_are_the_same_bytes_and_open_crosswise() {
    random_tokens(QUICK);
}

/// `cargo test --release --features hazmat,feed,edge,ring --test vectors -- --include-ignored backends`.
#[test]
#[ignore = "takes minutes in a debug build; .ci/run runs it in a release build"]
fn a_hundred_thousand_random_tokens_are_the_same_bytes_and_open_crosswise() {
    random_tokens(CASES);
}
