//! A policy that comes into use later and lets tokens live longer: what was logged out before stays
//! logged out for as long, over restarts, purges and power cuts (SPEC §9.8).

#![cfg(all(feature = "redb", feature = "hazmat"))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

use std::collections::HashMap;

use cloakroom::store::{DurableRevocations, RedbLog};
use cloakroom::{
    KeyId, KeyRing, ManualClock, Reason, Record, Revocation, RevocationPublish as _,
    RevocationView as _, SessionId, Sessions,
};
use time::Duration;

#[path = "common/store.rs"]
mod common;
#[path = "common/disk.rs"]
mod disk;

use common::{Folder, NOW, Random, at, id, logout, records};
use disk::{Disk, Syncs};

/// Twice the tolerance of the default policy: what an entry lives beside the token.
const CLOCKS: u64 = 2 * 60;

fn sessions(
    clock: &ManualClock,
    ring: &KeyRing,
    store: &DurableRevocations,
    (idle, leeway): (u64, u64),
) -> Sessions<(), DurableRevocations> {
    Sessions::builder(ring.clone(), store.clone())
        .purpose("session")
        .audience("shop.example")
        .idle_timeout(Duration::seconds(idle as i64))
        .absolute_timeout(Duration::days(30))
        .leeway(Duration::seconds(leeway as i64))
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn ring(clock: &ManualClock) -> KeyRing {
    KeyRing::generate(clock, Duration::days(365)).unwrap()
}

#[test]
fn a_session_that_was_logged_out_before_a_restart_stays_out_under_a_longer_policy() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let open = |now| DurableRevocations::open(folder.file(), at(now)).unwrap();

    let store = open(NOW);
    let first = sessions(&clock, &ring, &store, (600, 0));
    let token = first.issue("ada", &()).unwrap();
    first.revoke(token.session.id()).unwrap();
    let expires = |store: &DurableRevocations| records(store, at(NOW))[0].expires();
    let written = expires(&store);
    // Later where the disk took its time.
    assert!((NOW + 600 + CLOCKS..NOW + 700 + CLOCKS).contains(&written));
    drop((first, store));

    // The next start accepts tokens for five minutes longer. Nothing is revoked meanwhile.
    clock.set(NOW + 60);
    let store = open(NOW + 60);
    drop((sessions(&clock, &ring, &store, (600, 300)), store));

    // Past the life that the entry was written with, before that of the token.
    clock.set(NOW + 850);
    let store = open(NOW + 850);
    let third = sessions(&clock, &ring, &store, (600, 300));
    assert_eq!(store.purge(at(NOW + 850)), Ok(0));
    let refused = || {
        let error = third.verify(token.token.as_str()).unwrap_err();
        error.reason()
    };
    assert_eq!(refused(), Some(Reason::Revoked));
    drop(store);
    drop(third);

    // And what was removed from the disk would be missed by the start after that.
    let store = open(NOW + 851);
    assert_eq!(store.opening().entries, 1);
    let end = written + 300;
    assert_eq!(expires(&store), end);
    assert_eq!(store.purge(at(end - 1)), Ok(0));
    assert_eq!(store.purge(at(end)), Ok(1));
    drop(store);
    assert_eq!(open(end).opening().entries, 0);
}

#[test]
fn every_kind_of_entry_is_extended_once_and_keys_live_for_ever() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let open = || DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    let store = open();
    drop(sessions(&clock, &ring, &store, (600, 0)));
    let all = [
        Revocation::session(id(1)),
        Revocation::subject(b"ada", NOW + 3, Some(id(2))),
        Revocation::audience([9; 16], NOW + 3),
        Revocation::key(KeyId::from_bytes([7; 4])),
    ];
    store.publish(&all, at(NOW)).unwrap();
    // One that waits for its time is extended when that comes, and not before.
    let far = Record::new(Revocation::audience([8; 16], NOW + 5000), NOW + 100);
    assert_eq!(store.merge(&[far], at(NOW)).unwrap().quarantined, 1);
    let lives = |store: &DurableRevocations| {
        let mut lives: Vec<_> = records(store, at(NOW))
            .iter()
            .map(|record| record.expires().saturating_sub(NOW))
            .collect();
        lives.sort_unstable();
        lives
    };
    // Longer where the disk took its time.
    let life = lives(&store)[1];
    assert!((720..800).contains(&life), "{life}");
    let of = |longer| {
        let life = life + longer;
        [100, life, life, life, u64::MAX - NOW]
    };
    assert_eq!(lives(&store), of(0));
    drop(sessions(&clock, &ring, &store, (900, 0)));
    assert_eq!(lives(&store), of(300));
    drop(store);
    for (idle, longer) in [(600, 300), (900, 300), (1000, 400), (700, 400)] {
        let store = open();
        drop(sessions(&clock, &ring, &store, (idle, 0)));
        assert_eq!(lives(&store), of(longer), "{idle}");
        drop(store);
        assert_eq!(lives(&open()), of(longer), "{idle}");
    }
    // What is published now lives as long as the longest policy wants, and not longer.
    let store = open();
    store.publish(&logout(5), at(NOW + 5000)).unwrap();
    let published = *records(&store, at(NOW)).iter().max_by_key(finite).unwrap();
    assert!((1120..1200).contains(&(published.expires() - NOW - 5000)));
    drop(store);
    assert!(records(&open(), at(NOW)).contains(&published));
}

/// The last of them that expires at all.
fn finite(record: &&Record) -> u64 {
    match record.expires() {
        u64::MAX => 0,
        expires => expires,
    }
}

#[test]
fn a_cut_off_that_waits_is_extended_when_its_time_comes() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let open = |now| DurableRevocations::open(folder.file(), at(now)).unwrap();
    let store = open(NOW);
    drop(sessions(&clock, &ring, &store, (600, 0)));
    let far = Record::new(Revocation::audience([8; 16], NOW + 5000), NOW + 100);
    assert_eq!(store.merge(&[far], at(NOW)).unwrap().quarantined, 1);
    drop(sessions(&clock, &ring, &store, (1000, 0)));
    drop(store);
    let released = Record::new(
        Revocation::audience([8; 16], NOW + 5000),
        NOW + 5000 + 1000 + CLOCKS,
    );
    assert_eq!(records(&open(NOW + 5000), at(NOW)), [released]);
    assert_eq!(records(&open(NOW), at(NOW)), [released]);
}

/// What must be found again.
#[derive(Default)]
struct Known {
    /// When each was published that was acknowledged.
    published: HashMap<SessionId, u64>,
    /// Seconds that an entry lives under the policies that came into use.
    life: u64,
    now: u64,
    next: u64,
}

impl Known {
    /// What expires meanwhile may be forgotten, and a policy that comes later does not bring it back.
    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        let (now, life) = (self.now, self.life);
        self.published.retain(|_, at| *at + life > now);
    }
}

#[derive(Debug, Default)]
struct Report {
    cuts: u32,
    /// In which phase the power went.
    registering: u32,
    publishing: u32,
    purging: u32,
    registered: u32,
    acknowledged: u32,
    purged: usize,
    lost: Vec<String>,
}

/// One process. Its tokens may live longer than those of the process before.
fn live(
    disk: &Disk,
    (clock, ring): (&ManualClock, &KeyRing),
    known: &mut Known,
    random: &mut Random,
    report: &mut Report,
) {
    let log = RedbLog::with_backend(disk.clone());
    let Ok(store) = log.and_then(|log| DurableRevocations::with_log(log, at(known.now))) else {
        return;
    };
    for _ in 0..60 {
        match random.below(6) {
            0 => {
                let idle = known.life.saturating_sub(CLOCKS).max(600) + random.below(300);
                drop(sessions(clock, ring, &store, (idle, 0)));
                if store.failure().is_some() {
                    report.registering += 1;
                    return;
                }
                report.registered += 1;
                known.life = known.life.max(idle + CLOCKS);
            }
            1 => {
                // To the last second of the oldest, and sometimes beyond.
                let oldest = known.published.values().min().copied();
                let last = oldest.map_or(0, |at| at + known.life) - u64::from(oldest.is_some());
                known.pass(last.saturating_sub(known.now) + random.below(2));
                match store.purge(at(known.now)) {
                    Ok(purged) => report.purged += purged,
                    Err(_) => {
                        report.purging += 1;
                        return;
                    }
                }
            }
            _ => {
                known.pass(random.below(30));
                known.next += 1;
                if store.publish(&logout(known.next), at(known.now)).is_err() {
                    report.publishing += 1;
                    return;
                }
                report.acknowledged += 1;
                known.published.insert(id(known.next), known.now);
            }
        }
    }
    disk.cut();
    report.publishing += 1;
}

fn missing(content: Vec<u8>, known: &Known) -> Option<String> {
    let log = RedbLog::with_backend(Disk::new(content, u64::MAX, Syncs::All));
    let store = match log.and_then(|log| DurableRevocations::with_log(log, at(known.now))) {
        Ok(store) => store,
        Err(error) => return Some(format!("can't be opened: {error}")),
    };
    let expiries: HashMap<_, _> = records(&store, at(known.now))
        .into_iter()
        .map(|record| {
            let bytes: [u8; 16] = record.to_bytes()[1..17].try_into().unwrap();
            (SessionId::from_bytes(bytes), record.expires())
        })
        .collect();
    let mut worst = 0;
    let short = known.published.iter().filter(|(id, published)| {
        let expires = expiries.get(*id).copied().unwrap_or(0);
        let wanted = **published + known.life;
        worst = worst.max(wanted.saturating_sub(expires));
        expires < wanted
    });
    let short = short.count();
    let mark = store.high_water_mark();
    (short > 0 || mark > known.now).then(|| {
        format!(
            "{short} of {} are forgotten, or will be by {worst} s too early; mark {mark} at {}",
            known.published.len(),
            known.now
        )
    })
}

#[test]
fn after_a_power_cut_entries_live_as_long_as_the_policies_in_use_want() {
    let mut random = Random(common::seed());
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let mut report = Report::default();
    while report.cuts < 500 && report.lost.len() < 20 {
        let disk = Disk::new(Vec::new(), u64::MAX, Syncs::All);
        drop(RedbLog::with_backend(disk.clone()).unwrap());
        let mut content = disk.content();
        let mut known = Known {
            now: NOW,
            life: CLOCKS,
            ..Known::default()
        };
        for _ in 0..25 {
            let operations = [30, 300, 300][random.below(3) as usize];
            let disk = Disk::new(content, 1 + random.below(operations), Syncs::All);
            live(&disk, (&clock, &ring), &mut known, &mut random, &mut report);
            report.cuts += 1;
            content = disk.survivors(&mut random);
            if let Some(lost) = missing(content.clone(), &known) {
                report.lost.push(format!("cut {}: {lost}", report.cuts));
                break;
            }
        }
    }
    println!("{report:?}");
    assert!(report.lost.is_empty(), "{:#?}", report.lost);
    assert!(
        report.registering > 20 && report.purging > 10 && report.publishing > 100,
        "{report:?}"
    );
    assert!(report.registered > 100 && report.purged > 100, "{report:?}");
}
