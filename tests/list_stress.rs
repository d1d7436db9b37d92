//! The revocation list under load: whoever asks after a logout was acknowledged sees it, while the
//! list grows, is cleaned up and is copied; and nobody is refused who was not logged out.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

mod common;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use cloakroom::{
    Facts, Freshness, ManualClock, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView, Scope, SessionId, Sessions, Timestamp,
};
use common::*;

/// Checks that all readers make together, at least.
const CHECKS: usize = 2_000_000;
const READERS: usize = 3;
/// Entries that the list grows to.
const LARGEST: u64 = 200_000;

fn id(number: u64) -> SessionId {
    let mut bytes = [0; 16];
    // Spread over the table, as random ids are.
    for (to, from) in bytes
        .iter_mut()
        .zip(number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes())
    {
        *to = from;
    }
    for (to, from) in bytes.iter_mut().skip(8).zip(number.to_be_bytes()) {
        *to = from;
    }
    SessionId::from_bytes(bytes)
}

/// A view over the list that hands the facts of a verification to a test, which goes on asking the
/// list with other names in them.
struct Probe<F>(RevocationList, F);

impl<F: Fn(&RevocationList, Facts<'_>) + Send + Sync> RevocationView for Probe<F> {
    fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        (self.1)(&self.0, *facts);
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

/// Runs `ask` in every reader while `write` runs here; ends when all readers returned.
fn run(
    list: &RevocationList,
    ask: impl Fn(&RevocationList, Facts<'_>) + Send + Sync,
    mut write: impl FnMut(u64),
) {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, Probe(list.clone(), ask)).build().unwrap();
    let token = sessions.issue("ada", &()).unwrap().token;
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|_| scope.spawn(|| sessions.verify(token.as_str()).map(drop)))
            .collect();
        let mut round = 0;
        while !readers.iter().all(|reader| reader.is_finished()) {
            write(round);
            round += 1;
        }
        for reader in readers {
            // A reader that met a wrong answer panicked, and join tells.
            reader.join().unwrap().unwrap();
        }
    });
}

fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn who_asks_after_the_acknowledgement_sees_it_and_nobody_else_is_refused() {
    let list = RevocationList::new();
    let (acknowledged, checks) = (AtomicU64::new(0), AtomicUsize::new(0));
    let seeds = AtomicU64::new(1);
    let ask = |list: &RevocationList, mut facts: Facts<'_>| {
        let mut seed = seeds.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        for _ in 0..CHECKS / READERS + 1 {
            let known = acknowledged.load(Ordering::Acquire);
            let random = next(&mut seed);
            // Half of the questions about the newest, which is where a growing table would lose
            // one.
            let number = match (known, random % 2) {
                (0, _) => 0,
                (_, 0) => known - 1,
                _ => (random >> 8) % known,
            };
            facts.session = id(2 * number);
            let found = list.verdict(&facts, at(NOW));
            assert!(
                known == 0 || found == Some(Scope::Session),
                "{number} of {known} is not seen"
            );
            facts.session = id(2 * number + 1);
            assert_eq!(
                list.verdict(&facts, at(NOW)),
                None,
                "{number} was never logged out"
            );
            checks.fetch_add(2, Ordering::Relaxed);
        }
    };
    let live = NOW + 1_000;
    let mut forgotten = 0;
    run(&list, ask, |round| {
        let revocation = Revocation::session(id(2 * round));
        if round < LARGEST {
            let _ = list.merge(&[Record::new(revocation, live)], at(NOW));
            acknowledged.store(round + 1, Ordering::Release);
        } else {
            // Large enough: entries are raised in place from here on.
            let known = Revocation::session(id(2 * (round % LARGEST)));
            certain(list.publish(&[known], at(NOW)));
        }
        // What will be cleaned up, and the cleaning.
        let junk = Revocation::session(id(u64::MAX - round));
        let _ = list.merge(&[Record::new(junk, NOW)], at(NOW));
        if round % 64 == 0 {
            forgotten += list.purge(at(NOW));
        }
        if round % 8_192 == 0 {
            assert!(list.snapshot(at(NOW)).len() >= 60);
        }
    });
    forgotten += list.purge(at(NOW));
    assert!(checks.load(Ordering::Relaxed) >= 2 * CHECKS);
    let known = acknowledged.load(Ordering::Relaxed);
    assert!(known > 1_000, "only {known} logouts were made meanwhile");
    assert!(
        forgotten > 1_000,
        "only {forgotten} entries were cleaned up meanwhile"
    );
    assert_eq!(list.stats().sessions as u64, known);
}

#[test]
fn cut_offs_and_generations_that_are_raised_in_place_never_flicker() {
    let list = RevocationList::new();
    let exempt = id(7);
    let cutoff = |round: u64, spared: Option<SessionId>| {
        // Rises by one with every round; far in the past, so that nothing waits.
        Record::new(
            Revocation::subject(b"ada", 1_000 + round, spared),
            NOW + 1_000,
        )
    };
    let _ = list.merge(&[cutoff(0, None)], at(NOW));
    let rotated = Revocation::older_generations(id(1), 1);
    let _ = list.merge(&[Record::new(rotated, NOW + 1_000)], at(NOW));
    let (reached, rounds) = (AtomicU64::new(0), AtomicUsize::new(0));
    let ask = |list: &RevocationList, mut facts: Facts<'_>| {
        facts.subject = b"ada";
        for _ in 0..60_000 {
            let known = reached.load(Ordering::Acquire);
            facts.session = id(9);
            // One second before the cut-off that was acknowledged last.
            facts.authenticated_at = 999 + known;
            assert_eq!(
                list.verdict(&facts, at(NOW)),
                Some(Scope::Subject),
                "{known}"
            );
            facts.session = exempt;
            facts.authenticated_at = 1_000 + known;
            let spared = list.verdict(&facts, at(NOW));
            assert_eq!(spared, None, "the exempt session at {known}");
            facts.session = id(1);
            facts.subject = b"bob";
            facts.generation = u32::try_from(known).unwrap();
            assert_eq!(
                list.verdict(&facts, at(NOW)),
                Some(Scope::Session),
                "{known}"
            );
            facts.generation = u32::MAX - 1;
            assert_eq!(list.verdict(&facts, at(NOW)), None);
            (facts.generation, facts.subject) = (0, b"ada");
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    };
    run(&list, ask, |round| {
        // All later ones spare one session, which the first one caught.
        let generation = u32::try_from(round + 2).unwrap();
        let rotated = Revocation::older_generations(id(1), generation);
        let records = [
            cutoff(round + 1, Some(exempt)),
            Record::new(rotated, NOW + 1_000),
        ];
        let _ = list.merge(&records, at(NOW));
        reached.store(round + 1, Ordering::Release);
        if round % 128 == 0 {
            list.purge(at(NOW));
        }
    });
    // Each reader, and the login before them, which asks about its own token.
    assert_eq!(rounds.load(Ordering::Relaxed), (READERS + 1) * 60_000);
    assert!(reached.load(Ordering::Relaxed) > 1_000);
}
