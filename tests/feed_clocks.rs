//! Servers of a feed whose clocks are wrong: the others stay fresh, and forget nothing before its
//! time.
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

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom::feed::{BadSnapshot, FeedConnector as _, FeedEvent, FeedKeys};
use cloakroom::hazmat::feed as stage;
use cloakroom::{Freshness, Record, Revocation, RevocationView as _, SessionId};
use world::{NOW, World, feed_key, realm};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(50);

/// One clock is off; how many of a thousand looks at the others found them fresh, and how many
/// batches there were in a second.
fn availability(servers: usize, off: i64) -> (u32, u64) {
    let mut world = World::new(0);
    // It comes first, whatever chance adds to the interval.
    world.add(|builder| builder.heartbeat(Duration::from_millis(300)));
    for _ in 1..servers {
        world.add(|builder| builder);
    }
    world.run(4 * SECOND);
    world.servers[0]
        .env
        .ahead
        .store(off as u64, Ordering::SeqCst);
    world.run(2 * SECOND);
    let (mut fresh, mut looks) = (0, 0);
    let number = |world: &World| world.servers[1].feed.status().position.unwrap().n;
    let before = number(&world);
    for _ in 0..400 {
        world.run(TICK);
        for server in &world.servers[1..] {
            looks += 1;
            fresh += u32::from(server.feed.freshness() == Freshness::Fresh);
        }
    }
    (1_000 * fresh / looks, (number(&world) - before) / 20)
}

#[test]
fn one_wrong_clock_makes_no_other_server_stale() {
    for servers in [2, 4] {
        for off in [0, 10_000, -10_000, -2_000, 3_600_000, -3_600_000, 900, -900] {
            let (fresh, batches) = availability(servers, off);
            assert_eq!(fresh, 1_000, "{servers} servers, one off by {off} ms");
            // Nobody answers each batch of the other with one of its own.
            assert!(
                batches <= 6,
                "{servers} servers, {off} ms: {batches} a second"
            );
        }
    }
}

/// Entries of a server that runs with a clock an hour ahead, for longer than purges are apart.
fn fast() -> World {
    let mut world = World::new(0);
    for _ in 0..2 {
        world.add(|builder| builder.snapshot_every(40));
    }
    world.run(4 * SECOND);
    // It lives for little more than half an hour: by the fast clock it is over at once.
    let delivering = world.publish(1, &[Revocation::session(SessionId::from_bytes([255; 16]))]);
    let _accepted = world.answer(delivering).unwrap();
    world.servers[0]
        .env
        .ahead
        .store(3_600_000, Ordering::SeqCst);
    for number in 0..70_u8 {
        let passed = 3_600 + 4 + u64::from(number);
        let now = cloakroom::Timestamp::from_unix(NOW + passed).unwrap();
        let id = SessionId::from_bytes([number; 16]);
        let _under_way = world.servers[0]
            .feed
            .publish_async(&[Revocation::session(id)], now);
        world.run(SECOND);
    }
    world
}

#[test]
fn one_fast_clock_moves_nobodys_high_water_mark() {
    let mut world = fast();
    let late = world.add(|builder| builder);
    world.run(4 * SECOND);
    for server in &world.servers {
        let mark = server.feed.high_water_mark();
        assert!(mark <= NOW + 80, "{} ahead", mark - NOW);
        assert_eq!(server.feed.stats().sessions, 71);
    }
    assert_eq!(world.servers[late].feed.freshness(), Freshness::Fresh);
    assert!(world.events(1).contains(&FeedEvent::ClockAhead));
}

/// A server alone has no clock but its own, and forgets by it.
#[test]
fn a_server_alone_forgets_by_its_own_clock() {
    let mut world = World::new(1);
    let gone = world.publish(0, &[Revocation::session(SessionId::from_bytes([1; 16]))]);
    let _accepted = world.answer(gone).unwrap();
    let life = world.servers[0].feed.staleness_bound() + 12 * 3_600;
    world.time.pass(Duration::from_secs(u64::from(life)));
    world.run(90 * SECOND);
    assert_eq!(world.servers[0].feed.stats().sessions, 0);
}

/// With that mark every token would look expired; without it one might live that was revoked.
#[test]
fn a_snapshot_with_a_mark_far_ahead_is_refused() {
    let mut world = World::new(2);
    let mut connection = world.engine.connect().unwrap();
    let at = connection
        .read(u64::MAX, 1, Duration::ZERO)
        .unwrap()
        .head
        .unwrap();
    let keys = FeedKeys::new(feed_key(1));
    for (ahead, refused) in [(3_600, true), (200, true), (30, false)] {
        let list = cloakroom::RevocationList::new();
        let made = cloakroom::Timestamp::from_unix(NOW + ahead).unwrap();
        let over = Revocation::session(SessionId::from_bytes([1; 16]));
        let _merged = list.merge(&[Record::new(over, NOW)], made);
        assert_eq!(list.purge(made), 1);
        let bytes = list.snapshot(made);
        let image = stage::seal_snapshot(&keys, &realm(), &at, 3_600, &bytes);
        world.engine.clear();
        assert!(connection.found(None, &at).unwrap());
        assert!(connection.put_snapshot(&at, &image, 0).unwrap());
        let late = world.add(|builder| builder);
        world.step();
        let events = world.events(late);
        let event = FeedEvent::BadSnapshot(BadSnapshot::ClockAhead);
        assert_eq!(events.contains(&event), refused, "{ahead}: {events:?}");
        assert!(world.servers[late].feed.high_water_mark() <= NOW + 60);
        world.servers.truncate(2);
    }
}
