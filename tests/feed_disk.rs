//! A disk that takes its time, under a server of a feed: what others log out is in effect before it
//! is on the disk, the feed goes on, and whoever asks how things stand is answered.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "feed/world.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod world;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use cloakroom::store::{
    Batch, DurableRevocations, LogError, RedbLog, RevocationLog, Standing, Stored,
};
use cloakroom::{Freshness, Revocation, RevocationView as _, SessionId};
use world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Whether the disk is stalled; a watchdog lets go of it, so that a test that waits for it fails.
#[derive(Clone, Default)]
struct Stall(Arc<(Mutex<bool>, Condvar)>, Arc<AtomicBool>);

impl Stall {
    fn set(&self, stalled: bool) {
        *self.0.0.lock().unwrap() = stalled;
        self.0.1.notify_all();
    }

    fn begin(&self) {
        self.set(true);
        let stall = self.clone();
        std::thread::spawn(move || {
            let still = stall.0.0.lock().unwrap();
            let wait = stall
                .0
                .1
                .wait_timeout_while(still, 60 * SECOND, |still| *still);
            let (mut still, timed_out) = wait.unwrap();
            if timed_out.timed_out() {
                stall.1.store(true, SeqCst);
                *still = false;
                stall.0.1.notify_all();
            }
        });
    }
}

/// The store of this crate, on a disk that can be stalled.
struct Disk(RedbLog, Stall);

impl RevocationLog for Disk {
    fn load(&mut self, each: &mut dyn FnMut(Stored)) -> Result<Standing, LogError> {
        self.0.load(each)
    }
    fn append(&mut self, batch: &Batch<'_>) -> Result<(), LogError> {
        let stalled = self.1.0.0.lock().unwrap();
        drop(self.1.0.1.wait_while(stalled, |stalled| *stalled).unwrap());
        self.0.append(batch)
    }
    fn purge(&mut self, now: u64, at_most: usize) -> Result<usize, LogError> {
        self.0.purge(now, at_most)
    }
}

#[test]
fn a_stalled_disk_keeps_neither_the_feed_nor_the_status_waiting() {
    let name = format!("cloakroom-stalled-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("revocations.redb");
    let mut world = World::new(1);
    let stall = Stall::default();
    drop(DurableRevocations::open(&path, world.now()).unwrap());
    let log = Disk(RedbLog::open(&path).unwrap(), stall.clone());
    let store = DurableRevocations::with_log(log, world.now()).unwrap();
    let slow = world.add(|builder| builder.durable(store));
    world.run(2 * SECOND);
    let place = world.servers[slow].feed.status().position.unwrap();

    stall.begin();
    for number in 0..40 {
        let one = Revocation::session(SessionId::from_bytes([number; 16]));
        let delivering = world.publish(0, &[one]);
        let _accepted = world.answer(delivering).unwrap();
        world.run(Duration::from_millis(200));
        let server = &world.servers[slow];
        assert_eq!(server.feed.freshness(), Freshness::Fresh, "after {number}");
        assert_eq!(server.feed.stats().sessions, usize::from(number) + 1);
        assert!(server.feed.status().position.unwrap().n > place.n);
    }
    // An engine that lost everything is read as well, and gets back what it lacks.
    world.engine.clear();
    world.run(6 * SECOND);
    assert_eq!(world.servers[slow].feed.freshness(), Freshness::Fresh);
    assert!(!stall.1.load(SeqCst), "something waited for the disk");
    stall.set(false);
    let position = world.servers[slow].feed.status().position;
    drop(world.servers.pop());

    // Everything reached the disk, with a place that is not before it.
    let store = DurableRevocations::open_existing(&path, world.now()).unwrap();
    assert_eq!(store.stats().sessions, 40);
    let again = world.add(|builder| builder.durable(store));
    let status = world.servers[again].feed.status();
    assert_eq!(status.position.unwrap().epoch, position.unwrap().epoch);
    assert_eq!(status.resyncs, 0, "it goes on where it was");
    drop(world);
    std::fs::remove_dir_all(&folder).unwrap();
}
