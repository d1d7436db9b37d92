//! The list under waves: it grows to a size, shrinks to a tenth, and grows again, while readers ask
//! for what is there, for what is not, and for what rises, millions of times.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cloakroom::{
    Facts, Freshness, ManualClock, Record, Revocation, RevocationList, RevocationView, Scope,
    SessionId, Sessions, Timestamp,
};
use common::{NOW, at, builder};

/// Debug builds show the logic; the millions are for a release build.
const WAVES: u64 = if cfg!(debug_assertions) { 3 } else { 40 };
const WAVE: u64 = 60_000;
const CHECKS: u64 = if cfg!(debug_assertions) {
    300_000
} else {
    20_000_000
};
const READERS: usize = 2;

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

fn facts(with: impl Fn(Facts<'_>) + Send + Sync) {
    let clock = ManualClock::at(NOW);
    let sessions: Sessions<(), _> = builder(&clock, Probe(with)).build().unwrap();
    sessions.issue("nobody", &()).unwrap();
}

fn id(number: u64) -> SessionId {
    let spread = u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    SessionId::from_bytes(spread.to_be_bytes())
}

fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// What every reader may rely on, raised after the list returned.
#[derive(Default)]
struct Acknowledged {
    /// Sessions with even numbers below twice this are logged out and stay.
    stays: AtomicU64,
    /// The generation of session 1, and the cut-off of "ada".
    rises: AtomicU64,
}

fn read(list: &RevocationList, known: &Acknowledged, mut facts: Facts<'_>, seed: u64) -> u64 {
    let (mut seed, mut checks) = (seed, 0);
    let stays = known.stays.load(Ordering::Acquire);
    let random = next(&mut seed);
    if stays > 0 {
        let number = if random % 2 == 0 {
            stays - 1
        } else {
            (random >> 8) % stays
        };
        facts.session = id(2 * number);
        let found = list.verdict(&facts, at(NOW));
        assert_eq!(found, Some(Scope::Session), "{number} of {stays}");
        checks += 1;
    }
    facts.session = id(2 * ((random >> 8) % (1 << 40)) + (1 << 50) + 1);
    assert_eq!(list.verdict(&facts, at(NOW)), None, "never logged out");

    let rises = known.rises.load(Ordering::Acquire);
    if rises > 0 {
        (facts.session, facts.generation) = (id(1), u32::try_from(rises).unwrap() - 1);
        let found = list.verdict(&facts, at(NOW));
        assert_eq!(found, Some(Scope::Session), "generation {rises}");
        (facts.session, facts.generation) = (id(3), 0);
        (facts.subject, facts.authenticated_at) = (b"ada", rises - 1);
        let found = list.verdict(&facts, at(NOW));
        assert_eq!(found, Some(Scope::Subject), "cut-off {rises}");
        // The session that all cut-offs spare.
        facts.session = id(5);
        assert_eq!(list.verdict(&facts, at(NOW)), None, "spared at {rises}");
        checks += 3;
    }
    checks + 1
}

fn write(list: &RevocationList, known: &Acknowledged, wave: u64) {
    let live = NOW + 1_000_000;
    for number in 0..WAVE {
        let junk = Revocation::session(id((1 << 60) + wave * WAVE + number));
        let _ = list.merge(&[Record::new(junk, NOW + wave)], at(NOW));
        let step = wave * WAVE + number;
        if step % 16 == 0 {
            let stays = known.stays.load(Ordering::Relaxed);
            let record = Record::new(Revocation::session(id(2 * stays)), live);
            let _ = list.merge(&[record], at(NOW));
            known.stays.store(stays + 1, Ordering::Release);
        }
        if step % 8 == 0 {
            let rises = known.rises.load(Ordering::Relaxed) + 1;
            let generation = u32::try_from(rises).unwrap();
            let rotated = Revocation::older_generations(id(1), generation);
            let cutoff = Revocation::subject(b"ada", rises, Some(id(5)));
            let _ = list.merge(
                &[Record::new(rotated, live), Record::new(cutoff, live)],
                at(NOW),
            );
            known.rises.store(rises, Ordering::Release);
        }
    }
    // Half of the waves go at once, half by slices while the next one comes.
    if wave % 2 == 0 {
        assert!(list.purge(at(NOW + wave)) as u64 >= WAVE / 2);
    } else {
        for _ in 0..8 {
            list.purge_slice(at(NOW + wave + 60 * wave));
        }
    }
}

#[test]
fn nothing_acknowledged_is_missed_while_the_list_grows_and_shrinks() {
    let (list, known) = (RevocationList::new(), Acknowledged::default());
    let (written, checks) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (list, known, written, checks) = (&list, &known, &written, &checks);
            scope.spawn(move || {
                facts(|facts| {
                    let mut seed = 0x9E37_79B9_7F4A_7C15 ^ reader as u64;
                    while !written.load(Ordering::Acquire)
                        || checks.load(Ordering::Relaxed) < CHECKS
                    {
                        let mut made = 0;
                        for _ in 0..256 {
                            made += read(list, known, facts, next(&mut seed));
                        }
                        checks.fetch_add(made, Ordering::Relaxed);
                    }
                });
            });
        }
        for wave in 0..WAVES {
            write(&list, &known, wave);
        }
        written.store(true, Ordering::Release);
    });
    let stays = known.stays.load(Ordering::Relaxed);
    assert_eq!(stays, (WAVES * WAVE).div_ceil(16));
    list.purge(at(NOW + 100_000));
    // Those that stay, and the one that was rotated.
    assert_eq!(list.stats().sessions as u64, stays + 1);
    let bytes = list.stats().bytes as u64;
    assert!(bytes < 80 * stays + 100_000, "{bytes} bytes for {stays}");
    let made = checks.load(Ordering::Relaxed);
    println!("{made} checks");
    assert!(made >= CHECKS);
}
