//! Waiting over the durable store: woken when a logout is durable and in effect, or in effect
//! although the disk failed; and the file is free when the last who waits is gone.
#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

#[path = "common/store.rs"]
mod common;
#[path = "common/engine.rs"]
#[allow(
    dead_code,
    reason = "of the engine's controls, holding and failing are enough here"
)]
mod engine;
#[path = "common/waiting.rs"]
mod waiting;

use cloakroom::store::DurableRevocations;
use cloakroom::{
    Key, KeyRing, ManualClock, Reason, Record, Revocation, RevocationPublish as _,
    RevocationView as _, Session, Sessions,
};
use time::Duration;

use common::{Folder, NOW, at};
use engine::Engine;
use waiting::Task;

fn sessions(store: &DurableRevocations, clock: &ManualClock) -> Sessions<(), DurableRevocations> {
    let mut bytes = [7; 32];
    bytes[0] = 0xA5;
    let key = Key::from_bytes(&bytes).unwrap();
    let ring = KeyRing::new(key, at(1), Duration::hours(12)).unwrap();
    Sessions::builder(ring, store.clone())
        .purpose("session")
        .audience("app.example")
        .aal3()
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn login(sessions: &Sessions<(), DurableRevocations>) -> Session<()> {
    let token = sessions.issue("ada", &()).unwrap().token;
    sessions.verify(token.as_str()).unwrap()
}

#[test]
fn nobody_is_woken_before_the_logout_is_durable() {
    let (engine, clock) = (Engine::default(), ManualClock::at(NOW));
    let store = engine.settled();
    // Told, and not found out by asking every second.
    assert!(store.changes().is_some());
    let sessions = sessions(&store, &clock);
    let session = login(&sessions);
    let mut task = Task::waiting(sessions.ended(&session));
    let held = engine.hold();
    let publishing = store.publish_async(&[Revocation::session(session.id())], at(NOW));
    assert_eq!(
        task.woken_within(std::time::Duration::from_millis(200)),
        None
    );
    assert_eq!(task.poll(), None);
    drop(held);
    common::block_on(publishing).unwrap();
    assert_eq!(task.end(), Reason::Revoked);
}

#[test]
fn records_that_are_merged_and_logouts_that_a_failing_disk_forgets_end_it_too() {
    let (engine, clock) = (Engine::default(), ManualClock::at(NOW));
    let store = engine.settled();
    let sessions = sessions(&store, &clock);
    let (one, other) = (login(&sessions), login(&sessions));
    let mut merged = Task::waiting(sessions.ended(&one));
    let record = Record::new(Revocation::session(one.id()), NOW + 9_000);
    assert_eq!(store.merge(&[record], at(NOW)).unwrap().applied, 1);
    assert_eq!(merged.end(), Reason::Revoked);

    let mut forgotten = Task::waiting(sessions.ended(&other));
    engine.lock().fail = Some("the disk is full");
    let revocation = Revocation::session(other.id());
    assert!(store.publish(&[revocation], at(NOW)).is_err());
    assert_eq!(forgotten.end(), Reason::Revoked);
}

#[test]
fn the_file_is_free_as_soon_as_the_last_who_waits_is_gone() {
    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    for round in 0..20 {
        let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
        let sessions = sessions(&store, &clock);
        drop(store);
        let mut kept = Task::waiting(sessions.ended(&login(&sessions)));
        let mut gone = Task::waiting(sessions.ended(&login(&sessions)));
        sessions.revoke_subject("ada").unwrap();
        assert_eq!(gone.end(), Reason::Revoked);
        drop(sessions);
        drop(gone);
        assert!(DurableRevocations::open(folder.file(), at(NOW)).is_err());
        assert_eq!(kept.end(), Reason::Revoked);
        drop(kept);
        // At once, or it is in use and a restart within the process fails.
        let again = DurableRevocations::open(folder.file(), at(NOW));
        assert!(again.is_ok(), "round {round}: {:?}", again.err());
    }
}
