//! No acknowledged revocation is lost when the power goes, proved on a disk that keeps, of what was
//! not synced, an arbitrary part of every write; and the proof notices a sync that is missing.

#![cfg(all(feature = "redb", feature = "hazmat"))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

use std::collections::HashSet;

use cloakroom::store::{DurableRevocations, RedbLog};
use cloakroom::{Record, SessionId};

#[path = "common/store.rs"]
mod common;
#[path = "common/disk.rs"]
mod disk;

use common::{NOW, Random, at, block_on, id, logout};
use disk::{Disk, Syncs};

/// What a run came to.
#[derive(Debug, Default)]
struct Report {
    cuts: u32,
    /// In which phase the power went.
    opening: u32,
    publishing: u32,
    purging: u32,
    acknowledged: u64,
    /// Acknowledged and gone, or not to be opened again.
    lost: Vec<String>,
}

/// One process: opens, publishes and purges until the power goes. Adds what was acknowledged.
fn live(disk: &Disk, next: &mut u64, known: &mut Known, random: &mut Random, report: &mut Report) {
    let opened = RedbLog::with_backend(disk.clone());
    let Ok(store) = opened.and_then(|log| DurableRevocations::with_log(log, at(NOW))) else {
        report.opening += 1;
        return;
    };
    for _ in 0..100 {
        if random.below(8) == 0 {
            known.now += random.below(400);
            let Ok(forgotten) = store.purge(at(known.now)) else {
                report.purging += 1;
                return;
            };
            // Where nothing was forgotten the mark stays.
            if forgotten > 0 {
                known.mark = known.now;
            }
            continue;
        }
        // Something to purge, which nobody is promised to find again.
        let passing = [Record::new(logout(*next)[0], known.now + random.below(400))];
        let _ = store.merge(&passing, at(known.now));
        let first = *next + 1;
        *next = first + 1 + random.below(8);
        let publishing: Vec<_> = (first..*next)
            .map(|number| (number, store.publish_async(&logout(number), at(known.now))))
            .collect();
        let mut dead = false;
        for (number, publishing) in publishing {
            if block_on(publishing).is_ok() {
                report.acknowledged += 1;
                known.acknowledged.insert(id(number));
            } else {
                dead = true;
            }
        }
        if dead {
            report.publishing += 1;
            return;
        }
    }
    // A disk that is never written to does not get here by counting writes.
    disk.cut();
    report.publishing += 1;
}

/// What must be found again.
struct Known {
    acknowledged: HashSet<SessionId>,
    mark: u64,
    now: u64,
}

fn cut_power(seed: u64, cuts: u32, syncs: Syncs) -> Report {
    let mut random = Random(seed);
    let mut report = Report::default();
    let mut next = 0;
    // Fifty losses say it all.
    while report.cuts < cuts && report.lost.len() < 50 {
        // A store of its own for some cuts in a row, made with the power on.
        let disk = Disk::new(Vec::new(), u64::MAX, Syncs::All);
        drop(RedbLog::with_backend(disk.clone()).unwrap());
        let mut content = disk.content();
        let mut known = Known {
            acknowledged: HashSet::new(),
            mark: 0,
            now: NOW,
        };
        for _ in 0..25 {
            // The first twenty operations are those of opening and recovering.
            let operations = [20, 150, 150, 150][random.below(4) as usize];
            let disk = Disk::new(content, 1 + random.below(operations), syncs);
            live(&disk, &mut next, &mut known, &mut random, &mut report);
            report.cuts += 1;
            content = disk.survivors(&mut random);
            // Looked at through a copy, so that the next process finds what the cut left.
            let copy = Disk::new(content.clone(), u64::MAX, Syncs::All);
            let opened = RedbLog::with_backend(copy);
            let store = opened.and_then(|log| DurableRevocations::with_log(log, at(NOW)));
            let lost = match &store {
                Ok(store) => missing(store, &known),
                Err(error) => Some(format!("can't be opened: {error}")),
            };
            if let Some(lost) = lost {
                report.lost.push(format!("cut {}: {lost}", report.cuts));
                break;
            }
        }
    }
    report
}

fn missing(store: &DurableRevocations, known: &Known) -> Option<String> {
    use cloakroom::RevocationView as _;
    // No policy was registered, so an entry lives for the longest possible time: none expired.
    let found = common::sessions(store);
    let gone = known.acknowledged.difference(&found).count();
    let mark = store.high_water_mark();
    (gone > 0 || mark < known.mark).then(|| {
        format!(
            "{gone} acknowledged revocations, mark {mark} for {}",
            known.mark
        )
    })
}

#[test]
fn nothing_acknowledged_is_lost_in_1200_power_cuts() {
    let report = cut_power(common::seed(), 1200, Syncs::All);
    println!("{report:?}");
    assert!(report.lost.is_empty(), "{:#?}", report.lost);
    // The cuts struck everywhere, and there was something to lose.
    assert!(
        report.cuts >= 1000 && report.acknowledged > 3000,
        "{report:?}"
    );
    assert!(
        report.opening > 100 && report.publishing > 300 && report.purging > 20,
        "{report:?}"
    );
}

#[test]
fn a_missing_sync_is_caught() {
    for syncs in [Syncs::None, Syncs::EverySecond] {
        let report = cut_power(common::seed(), 300, syncs);
        println!(
            "{syncs:?}: {} of {} cuts lost something",
            report.lost.len(),
            report.cuts
        );
        assert!(report.lost.len() > 10, "{syncs:?}: {report:?}");
    }
}

#[test]
fn a_commit_has_two_phases_with_a_sync_each() {
    let disk = Disk::new(Vec::new(), u64::MAX, Syncs::All);
    let log = RedbLog::with_backend(disk.clone()).unwrap();
    let store = DurableRevocations::with_log(log, at(NOW)).unwrap();
    store.purge(at(NOW)).unwrap();
    let before = disk.calls();
    block_on(store.publish_async(&logout(1), at(NOW))).unwrap();
    assert_eq!(disk.calls() - before, 2);
}
