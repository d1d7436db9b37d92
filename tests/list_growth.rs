//! What is raised in the revocation list while its tables grow, shrink and are read is not lost: a
//! table moves its entries while others read them, and a value that was raised in the copy left behind
//! would be an acknowledged logout that logs nobody out.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss
)]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom::{
    Facts, Freshness, ManualClock, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView, Scope, SessionId, Sessions, Timestamp,
};
use common::{NOW, at, builder};

const ROUNDS: u64 = 8;
const ENTRIES: u64 = 30_000;

/// Hands the facts of a verification to a test, which asks the list with other names in them.
struct Probe<F>(F);

impl<F: Fn(Facts<'_>) + Send + Sync> RevocationView for Probe<F> {
    fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        (self.0)(*facts);
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

fn id(number: u64) -> SessionId {
    let spread = u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    SessionId::from_bytes(spread.to_be_bytes())
}

/// Runs `with` once, with the facts of some token.
fn facts(with: impl Fn(Facts<'_>) + Send + Sync) {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, Probe(with)).build().unwrap();
    sessions.issue("ada", &()).unwrap();
}

#[test]
fn what_is_raised_while_the_list_grows_is_raised_for_everybody() {
    for round in 0..ROUNDS {
        let list = RevocationList::new();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (list, done) = (&list, &done);
                // Readers take part in moving entries.
                scope.spawn(move || {
                    facts(|mut facts| {
                        let mut number = 0;
                        while !done.load(Ordering::Relaxed) {
                            (facts.session, number) = (id(number % ENTRIES), number + 1);
                            let _ = list.verdict(&facts, at(NOW));
                        }
                    });
                });
            }
            facts(|mut facts| {
                for number in 0..ENTRIES {
                    let first = Revocation::older_generations(id(number), 1);
                    list.publish(&[first], at(NOW)).unwrap();
                    // One that is there already is logged out, and that is acknowledged.
                    let earlier = number.wrapping_mul(7919 + round) % (number + 1);
                    list.publish(&[Revocation::session(id(earlier))], at(NOW))
                        .unwrap();
                    (facts.session, facts.generation) = (id(earlier), u32::MAX - 1);
                    let found = list.verdict(&facts, at(NOW));
                    assert_eq!(found, Some(Scope::Session), "{earlier} of {number}");
                }
            });
            done.store(true, Ordering::Relaxed);
        });
        facts(|mut facts| {
            for number in 0..ENTRIES {
                let earlier = number.wrapping_mul(7919 + round) % (number + 1);
                (facts.session, facts.generation) = (id(earlier), u32::MAX - 1);
                assert_eq!(
                    list.verdict(&facts, at(NOW)),
                    Some(Scope::Session),
                    "{earlier}"
                );
            }
        });
    }
}

#[test]
fn cut_offs_are_raised_for_everybody_while_the_list_grows_and_shrinks() {
    let list = RevocationList::new();
    let done = AtomicBool::new(false);
    let subject = |number: u64| number.to_be_bytes();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (list, done) = (&list, &done);
            scope.spawn(move || {
                facts(|facts| {
                    let mut number = 0_u64;
                    while !done.load(Ordering::Relaxed) {
                        let name = subject(number % ENTRIES);
                        let mut asked = facts;
                        (asked.subject, number) = (&name, number + 1);
                        let _ = list.verdict(&asked, at(NOW));
                    }
                });
            });
        }
        facts(|facts| {
            for number in 0..ENTRIES {
                let short = Revocation::subject(&subject(number), 5, None);
                let expires = NOW + if number % 3 == 0 { 1_000 } else { 1 };
                let _ = list.merge(&[Record::new(short, expires)], at(NOW));
                let earlier = number / 3 * 3;
                let later = Revocation::subject(&subject(earlier), 1_000 + number, None);
                let _ = list.merge(&[Record::new(later, NOW + 1_000)], at(NOW));
                let bound = list.start_bound(&subject(earlier), facts.audience, at(NOW));
                assert_eq!(bound, 1_000 + number, "{earlier} of {number}");
                if number % 5_000 == 4_999 {
                    list.purge(at(NOW + 1));
                }
            }
            for number in (0..ENTRIES).step_by(3) {
                let bound = list.start_bound(&subject(number), facts.audience, at(NOW));
                assert_eq!(bound, 1_000 + (number + 2).min(ENTRIES - 1), "{number}");
            }
        });
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn an_entry_takes_at_most_40_bytes_also_where_a_tenth_of_the_subjects_spare_a_session() {
    let list = RevocationList::new();
    let (mut most, mut least) = (0.0_f64, f64::MAX);
    for first in (0..400_000_u64).step_by(1000) {
        let cut_off = |number: u64| {
            let exempt = (number % 10 == 0).then(|| SessionId::from_bytes([7; 16]));
            let cut_off = Revocation::subject(&number.to_be_bytes(), NOW, exempt);
            Record::new(cut_off, NOW + 3600)
        };
        let records: Vec<_> = (first..first + 1000).map(cut_off).collect();
        let _ = list.merge(&records, at(NOW));
        let stats = list.stats();
        if stats.subjects >= 100_000 {
            let each = stats.bytes as f64 / stats.subjects as f64;
            (most, least) = (most.max(each), least.min(each));
        }
    }
    println!("{least} to {most}");
    assert!(most <= 40.0, "{most}");
}
