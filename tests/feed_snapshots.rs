//! What an engine does with snapshots that it should not: an older one in the place of a newer one is
//! noticed, by what is authentic about the two and not by what the engine says.
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

use std::time::Duration;

use cloakroom::feed::{FeedBuilder, FeedConnector as _, FeedEngine as _, FeedEvent, MemoryEngine};
use cloakroom::hazmat::feed as stage;
use cloakroom::{Freshness, Revocation, RevocationView as _};
use world::{World, copy, realm, restore};

const SECOND: Duration = Duration::from_secs(1);
const EVERY: u64 = 10;

fn often(builder: FeedBuilder) -> FeedBuilder {
    builder.snapshot_every(EVERY)
}

/// One server that keeps snapshots, and one that reads.
fn world() -> World {
    let mut world = World::new(0);
    world.add(often);
    world.add(FeedBuilder::follow_only);
    world.run(4 * SECOND);
    world
}

fn snapshot(engine: &MemoryEngine) -> Vec<u8> {
    engine.clone().snapshot().unwrap().unwrap()
}

/// Runs until the engine has a snapshot behind `n`, and says behind which.
fn next_snapshot(world: &mut World, n: u64) -> u64 {
    for _ in 0..600 {
        world.run(Duration::from_millis(100));
        let at = world.engine.clone().snapshot_at().unwrap().unwrap_or(0);
        if at > n {
            return at;
        }
    }
    panic!("no snapshot after {n}")
}

/// The engine loses what it took last, so that everybody reads everything again, from this snapshot.
fn lose_a_batch(world: &mut World, snapshot: &[u8]) {
    let mut held = copy(&world.engine);
    held.1.pop().unwrap();
    let mut at = stage::start(&realm(), held.0.unwrap().epoch);
    for batch in &held.1 {
        at = stage::open_batch(&world.keys, &realm(), &at, batch)
            .unwrap()
            .becomes;
    }
    held.0 = Some(at);
    restore(&world.engine, &held);
    let mut connection = world.engine.connect().unwrap();
    assert!(connection.put_snapshot(&at, snapshot, 0).unwrap());
    world.run(4 * SECOND);
}

fn alarms(world: &World, server: usize) -> (usize, u64) {
    let older = |event: &&FeedEvent| **event == FeedEvent::OlderSnapshot;
    let heard = world.events(server).iter().filter(older).count();
    (heard, world.servers[server].feed.status().older_snapshots)
}

#[test]
fn an_older_snapshot_in_the_place_of_a_newer_one_is_reported_counted_and_merged() {
    let mut world = world();
    let first = next_snapshot(&mut world, 0);
    let old = snapshot(&world.engine);
    let second = next_snapshot(&mut world, first);
    let (token, id) = world.login(0, "ada");
    let delivering = world.publish(0, &[Revocation::session(id)]);
    let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
    // From now on the engine says that its snapshot is one of long ago, and takes none: whoever
    // believed that would find nothing wrong with the old one.
    *world.lie.lock().unwrap() = Some(1);
    let now = world.servers[0].feed.status().position.unwrap().n;
    while world.servers[0].feed.status().position.unwrap().n < now.max(second) + EVERY {
        world.run(Duration::from_millis(100));
    }
    let resyncs = world.servers[0].feed.status().resyncs;
    lose_a_batch(&mut world, &old);
    assert_eq!(world.servers[0].feed.status().resyncs, resyncs + 1);
    assert_eq!(alarms(&world, 0), (1, 1));
    // What it said is in effect nevertheless, and nothing was lost by it.
    assert_eq!(world.servers[0].feed.freshness(), Freshness::Fresh);
    assert!((0..2).all(|server| !world.lives(server, &token)));
    // One who never saw another can't know.
    assert_eq!(alarms(&world, 1), (0, 0));
}

#[test]
fn a_follower_that_read_the_newer_one_reports_the_older_one() {
    let mut world = world();
    let first = next_snapshot(&mut world, 0);
    let old = snapshot(&world.engine);
    next_snapshot(&mut world, first);
    let late = world.add(FeedBuilder::follow_only);
    world.run(2 * SECOND);
    assert_eq!(alarms(&world, late), (0, 0));
    // The one that writes would replace it at once.
    *world.lie.lock().unwrap() = Some(1 << 40);
    lose_a_batch(&mut world, &old);
    assert_eq!(alarms(&world, late), (1, 1));
    // The newest that was seen is remembered, not the last.
    lose_a_batch(&mut world, &old);
    assert_eq!(alarms(&world, late), (2, 2));
}

#[test]
fn a_number_that_nobody_signed_raises_no_alarm() {
    let mut world = world();
    next_snapshot(&mut world, 0);
    *world.lie.lock().unwrap() = Some(1 << 40);
    world.run(20 * SECOND);
    let genuine = snapshot(&world.engine);
    lose_a_batch(&mut world, &genuine);
    assert_eq!(alarms(&world, 0), (0, 0));
}

#[test]
fn once_the_engine_tells_the_truth_again_the_next_snapshot_comes() {
    let mut world = world();
    let first = next_snapshot(&mut world, 0);
    *world.lie.lock().unwrap() = Some(1 << 40);
    world.run(20 * SECOND);
    let kept = world.engine.clone().snapshot_at().unwrap();
    assert_eq!(kept, Some(first));
    *world.lie.lock().unwrap() = None;
    assert!(next_snapshot(&mut world, first) > first + EVERY);
}

/// Nobody could start from it. It is reported each time one would be due, and nothing else suffers.
#[test]
fn a_snapshot_larger_than_is_read_is_not_put_and_reported() {
    let mut world = world();
    let first = next_snapshot(&mut world, 0);
    world.largest.store(64, std::sync::atomic::Ordering::SeqCst);
    world.run(20 * SECOND);
    assert_eq!(world.engine.clone().snapshot_at().unwrap(), Some(first));
    assert_eq!(world.servers[0].feed.freshness(), Freshness::Fresh);
    let events = world.events(0);
    let too_large = |event: &&FeedEvent| matches!(event, FeedEvent::SnapshotTooLarge(124..));
    let times = events.iter().filter(too_large).count();
    assert!((2..=4).contains(&times), "{events:?}");
    world
        .largest
        .store(1 << 20, std::sync::atomic::Ordering::SeqCst);
    assert!(next_snapshot(&mut world, first) > first);
}

/// Remembered with the entries, so that a restart does not make a replaced snapshot pass.
#[cfg(feature = "redb")]
#[test]
fn a_server_with_a_store_remembers_the_newest_over_a_restart() {
    use cloakroom::store::DurableRevocations;

    let name = format!("cloakroom-newest-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("revocations.redb");
    for follows in [true, false] {
        let mut world = world();
        let first = next_snapshot(&mut world, 0);
        let old = snapshot(&world.engine);
        next_snapshot(&mut world, first);
        let start = |world: &mut World| {
            let store = DurableRevocations::open(&path, world.now()).unwrap();
            world.add(|builder| {
                let builder = builder.durable(store);
                // One of them has read it, the other made it.
                if follows {
                    builder.follow_only()
                } else {
                    often(builder)
                }
            })
        };
        let before = start(&mut world);
        world.run(2 * SECOND);
        if !follows {
            // The other one that writes is gone.
            drop(world.servers.remove(0));
            let at = world.engine.clone().snapshot_at().unwrap().unwrap();
            next_snapshot(&mut world, at);
        }
        drop(world.servers.pop());
        let after = start(&mut world);
        let after = after.min(world.servers.len() - 1);
        assert!(after <= before);
        *world.lie.lock().unwrap() = Some(1 << 40);
        world.run(SECOND);
        lose_a_batch(&mut world, &old);
        assert_eq!(alarms(&world, after), (1, 1), "follows: {follows}");
        drop(world);
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
