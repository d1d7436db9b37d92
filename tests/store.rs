//! The durable store: what is published is there after a restart, with all that belongs to it.

#![cfg(feature = "redb")]
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

use std::path::Path;
use std::thread;

use cloakroom::store::DurableRevocations;
use cloakroom::{
    KeyId, KeyRing, ManualClock, Reason, Record, Revocation, RevocationList,
    RevocationPublish as _, RevocationView as _, Sessions, SessionsBuilder, SnapshotError,
    VerifyError,
};
use time::Duration;

#[path = "common/store.rs"]
mod common;

use common::{Folder, NOW, at, id, logout, records};

fn open(file: &Path, now: u64) -> DurableRevocations {
    DurableRevocations::open(file, at(now)).unwrap()
}

fn builder(
    clock: &ManualClock,
    ring: &KeyRing,
    store: DurableRevocations,
) -> SessionsBuilder<(), DurableRevocations> {
    Sessions::builder(ring.clone(), store)
        .purpose("session")
        .audience("shop.example")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone())
}

fn ring(clock: &ManualClock) -> KeyRing {
    KeyRing::generate(clock, Duration::days(365)).unwrap()
}

fn reason(error: VerifyError) -> Reason {
    match error {
        VerifyError::Rejected(why) => why.reason(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_there_again_after_a_restart() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    let all = [
        Revocation::session(id(1)),
        Revocation::older_generations(id(2), 7),
        Revocation::subject(b"user-1", NOW + 3, None),
        Revocation::subject(b"user-1", NOW + 5, Some(id(3))),
        Revocation::audience([9; 16], NOW + 3),
        Revocation::key(KeyId::from_bytes([0, 0, 0, 7])),
    ];
    store.publish(&all, at(NOW)).unwrap();
    let before = records(&store, at(NOW));
    assert_eq!(before.len(), 6);
    drop(store);
    let store = open(&folder.file(), NOW);
    assert_eq!(records(&store, at(NOW)), before);
    assert_eq!(store.opening().entries, 5);
}

#[test]
fn the_order_of_two_records_for_one_session_does_not_matter() {
    for swapped in [false, true] {
        let folder = Folder::new();
        let store = open(&folder.file(), NOW);
        // In one second, so that both expire together.
        let mut both = [
            Revocation::session(id(1)),
            Revocation::older_generations(id(1), 2),
        ];
        if swapped {
            both.reverse();
        }
        for one in both {
            store.publish(&[one], at(NOW)).unwrap();
        }
        drop(store);
        let found = records(&open(&folder.file(), NOW), at(NOW));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_bytes()[17..25],
            u64::from(u32::MAX).to_be_bytes()
        );
    }
}

#[test]
fn sessions_that_were_logged_out_stay_so_over_a_restart_and_others_stay_in() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let sessions = builder(&clock, &ring, open(&folder.file(), NOW))
        .build()
        .unwrap();
    let [out, everywhere, stays] =
        ["ada", "bob", "cyd"].map(|who| sessions.issue(who, &()).unwrap());
    sessions.revoke(out.session.id()).unwrap();
    sessions.revoke_subject("bob").unwrap();
    drop(sessions);

    let sessions = builder(&clock, &ring, open(&folder.file(), NOW))
        .build()
        .unwrap();
    for gone in [&out, &everywhere] {
        let error = sessions.verify(gone.token.as_str()).unwrap_err();
        assert_eq!(reason(error), Reason::Revoked);
    }
    sessions.verify(stays.token.as_str()).unwrap();
    let again = sessions.issue("bob", &()).unwrap();
    sessions.verify(again.token.as_str()).unwrap();
}

#[test]
fn the_longest_token_life_of_earlier_policies_survives_a_restart() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let long = builder(&clock, &ring, open(&folder.file(), NOW))
        .idle_timeout(Duration::hours(5))
        .tolerance(Duration::seconds(300))
        .build()
        .unwrap();
    drop(long);
    // Tokens of five hours are out there; nothing was published under that policy.
    let store = open(&folder.file(), NOW);
    let short = builder(&clock, &ring, store.clone()).build().unwrap();
    short.revoke(id(1)).unwrap();
    let expires = records(&store, at(NOW))[0].expires();
    let life = 5 * 3600 + 2 * 300;
    assert!(
        (NOW + life..NOW + life + 3).contains(&expires),
        "{}",
        expires - NOW
    );
}

#[test]
fn what_expired_is_forgotten_on_the_disk_and_keys_never_are() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    let some: Vec<_> = (0..5000)
        .map(|n| Record::new(logout(n)[0], NOW + 10 + n % 2))
        .collect();
    let merged = store.merge(&some, at(NOW)).unwrap();
    assert_eq!((merged.applied, merged.quarantined), (5000, 0));
    store
        .publish(&[Revocation::key(KeyId::from_bytes([1; 4]))], at(NOW))
        .unwrap();
    assert_eq!(store.purge(at(NOW + 9)), Ok(0));
    assert_eq!(store.purge(at(NOW + 10)), Ok(2500));
    drop(store);

    let store = open(&folder.file(), NOW);
    assert_eq!(store.opening().entries, 2501);
    // The clock was set back; verification is not.
    assert_eq!(store.high_water_mark(), NOW + 10);
    assert_eq!(store.purge(at(NOW + 11)), Ok(2500));
    drop(store);
    assert_eq!(open(&folder.file(), NOW).opening().entries, 1);
}

#[test]
fn a_prolonged_entry_lives_as_long_as_the_longer() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    for expires in [NOW + 50, NOW + 10] {
        let record = Record::new(logout(1)[0], expires);
        let _ = store.merge(&[record], at(NOW)).unwrap();
    }
    assert_eq!(store.purge(at(NOW + 49)), Ok(0));
    drop(store);
    let store = open(&folder.file(), NOW);
    assert_eq!(records(&store, at(NOW))[0].expires(), NOW + 50);
    assert_eq!(store.purge(at(NOW + 50)), Ok(1));
    drop(store);
    assert_eq!(open(&folder.file(), NOW).opening().entries, 0);
}

#[test]
fn a_cut_off_far_ahead_waits_over_restarts_and_then_lives_from_its_time_on() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    let far = Record::new(Revocation::subject(b"ada", NOW + 1000, None), NOW + 100);
    let merged = store.merge(&[far], at(NOW)).unwrap();
    assert_eq!((merged.applied, merged.quarantined), (0, 1));
    assert_eq!(store.start_bound(b"ada", &[0; 16], at(NOW)), 0);
    drop(store);

    let store = open(&folder.file(), NOW + 939);
    assert_eq!(
        (store.opening().entries, store.opening().quarantined),
        (0, 1)
    );
    // Its own expiry passed while it waited; it is not forgotten by that.
    assert_eq!(store.purge(at(NOW + 939)), Ok(0));
    drop(store);

    let store = open(&folder.file(), NOW + 940);
    assert_eq!(
        (store.opening().entries, store.opening().quarantined),
        (1, 0)
    );
    assert_eq!(
        store.start_bound(b"ada", &[0; 16], at(NOW + 940)),
        NOW + 1000
    );
    let expires = records(&store, at(NOW + 940))[0].expires();
    assert!(expires > NOW + 940, "{expires}");
    drop(store);
    // The clock goes back: what was in effect stays so.
    let store = open(&folder.file(), NOW);
    assert_eq!(
        (store.opening().entries, store.opening().quarantined),
        (1, 0)
    );
    assert_eq!(records(&store, at(NOW))[0].expires(), expires);
}

#[test]
fn a_waiting_cut_off_that_comes_due_while_the_store_is_open_is_stored_as_applied() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    let far = Record::new(Revocation::audience([7; 16], NOW + 1000), NOW + 100);
    assert_eq!(store.merge(&[far], at(NOW)).unwrap().quarantined, 1);
    store.publish(&logout(1), at(NOW + 940)).unwrap();
    assert_eq!(store.start_bound(b"", &[7; 16], at(NOW + 940)), NOW + 1000);
    drop(store);
    let store = open(&folder.file(), NOW);
    assert_eq!(
        (store.opening().entries, store.opening().quarantined),
        (2, 0)
    );
}

#[test]
fn an_acknowledged_cut_off_is_in_effect_after_a_restart_with_a_clock_that_was_set_back() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    store
        .publish(&[Revocation::subject(b"ada", NOW + 3, None)], at(NOW))
        .unwrap();
    drop(store);
    let store = open(&folder.file(), NOW - 1000);
    assert_eq!(store.opening().quarantined, 0);
    assert_eq!(store.start_bound(b"ada", &[0; 16], at(NOW - 1000)), NOW + 3);
}

#[test]
fn a_snapshot_of_a_list_in_memory_becomes_durable() {
    let folder = Folder::new();
    let list = RevocationList::new();
    let Ok(_) = list.publish(&logout(1), at(NOW));
    let passing = [Record::new(logout(2)[0], NOW + 7)];
    assert_eq!(list.merge(&passing, at(NOW)).applied, 1);
    assert_eq!(list.purge(at(NOW + 7)), 1);
    let snapshot = list.snapshot(at(NOW));

    let store = open(&folder.file(), NOW);
    assert_eq!(store.merge_snapshot(&snapshot, at(NOW)).unwrap().applied, 1);
    let damaged = store.merge_snapshot(&snapshot[1..], at(NOW)).unwrap_err();
    assert_eq!(
        damaged,
        cloakroom::store::StoreError::Snapshot(SnapshotError::Format)
    );
    drop(store);
    let store = open(&folder.file(), NOW);
    assert_eq!(store.stats().sessions, 1);
    assert_eq!(store.high_water_mark(), NOW + 7);
}

#[test]
fn clones_are_one_store_and_the_last_closes_it() {
    let folder = Folder::new();
    let store = open(&folder.file(), NOW);
    let other = store.clone();
    drop(store);
    other.publish(&logout(1), at(NOW)).unwrap();
    assert!(DurableRevocations::open(folder.file(), at(NOW)).is_err());
    drop(other);
    assert_eq!(open(&folder.file(), NOW).stats().sessions, 1);
}

#[test]
fn of_two_rotations_at_one_time_one_wins_and_is_remembered() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = ring(&clock);
    let store = open(&folder.file(), NOW);
    let sessions = builder(&clock, &ring, store.clone()).build().unwrap();
    let old = sessions.issue("ada", &()).unwrap().token;
    let barrier = std::sync::Barrier::new(2);
    let rotate = || {
        let session = sessions.verify(old.as_str()).unwrap();
        barrier.wait();
        sessions.rotate(&session).ok()
    };
    let made: Vec<_> = thread::scope(|scope| {
        let both = [scope.spawn(rotate), scope.spawn(rotate)];
        both.into_iter()
            .filter_map(|one| one.join().unwrap())
            .collect()
    });
    assert_eq!(made.len(), 1, "both rotations made a token");
    drop((sessions, store));
    let sessions = builder(&clock, &ring, open(&folder.file(), NOW))
        .build()
        .unwrap();
    assert_eq!(
        reason(sessions.verify(old.as_str()).unwrap_err()),
        Reason::Revoked
    );
    assert!(sessions.verify(made[0].token.as_str()).is_ok());
}
