//! How many entries live, how old the view is and how far the feed: one call each, over a feed that is
//! fresh, cut off, and stuck.
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

use cloakroom::feed::{Appended, BadBatch, FeedConnector as _, FeedEvent, Position};
use cloakroom::{FeedPosition, Freshness, Revocation, SessionId, Status};
use world::{NOW, Way, World};

const SECOND: Duration = Duration::from_secs(1);

fn status(world: &World, server: usize) -> Status {
    world.servers[server].sessions.status()
}

fn far(world: &World, server: usize) -> FeedPosition {
    status(world, server).view.feed.unwrap()
}

fn head(world: &World) -> Position {
    let mut connection = world.engine.connect().unwrap();
    connection
        .read(u64::MAX, 1, Duration::ZERO)
        .unwrap()
        .head
        .unwrap()
}

fn logout(number: u8) -> Revocation {
    Revocation::session(SessionId::from_bytes([number; 16]))
}

#[test]
fn entries_age_and_place_are_those_of_the_feed() {
    let mut world = World::new(2);
    let delivering = world.publish(0, &[logout(1), logout(2), logout(3)]);
    let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
    let cut = Revocation::subject(b"ada", NOW, None);
    let delivering = world.publish(1, &[cut]);
    let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
    world.run(SECOND);
    // Nobody writes any more, and both have read everything.
    for server in &mut world.servers {
        server.hands.read(Duration::ZERO);
    }
    let head = head(&world);
    for server in 0..2 {
        let status = status(&world, server);
        assert_eq!(status.freshness, Freshness::Fresh);
        assert_eq!(status.staleness_bound, 2);
        assert_eq!(status.view.entries, Some(4));
        assert_eq!(status.view.quarantined, Some(0));
        let far = status.view.feed.unwrap();
        assert_eq!((far.applied, far.newest), (head.n, Some(head.n)));
        assert_eq!((far.pending, far.behind()), (0, Some(0)));
        // The allowance for clocks, and as long as the last heartbeat is ago.
        let age = status.view.proof_age.unwrap();
        let (least, most) = (750, 750 + 625 + 100);
        assert!((least..=most).contains(&age.whole_milliseconds()), "{age}");
    }

    // Cut off it grows older by as much as passes, and counts what it could not deliver.
    let before = status(&world, 1).view.proof_age.unwrap();
    world.way(1, Way::Cut);
    let delivering = world.publish(1, &[logout(4), logout(5)]);
    world.run(3 * SECOND);
    drop(delivering);
    let cut = status(&world, 1);
    let age = cut.view.proof_age.unwrap();
    assert_eq!(age, before + time::Duration::seconds(3));
    assert_eq!(cut.freshness, Freshness::Stale { age });
    assert_eq!(cut.view.entries, Some(6), "in effect here");
    assert_eq!(
        (far(&world, 1).applied, far(&world, 1).pending),
        (head.n, 2)
    );
    assert_eq!(status(&world, 0).view.entries, Some(4));
    world.way(1, Way::Open);
    world.run(2 * SECOND);
    assert_eq!(far(&world, 1).pending, 0);
    assert_eq!(status(&world, 0).view.entries, Some(6));
}

#[test]
fn a_server_that_can_not_go_on_says_how_many_batches_it_lacks() {
    let mut world = World::new(2);
    world.run(SECOND);
    let onto = head(&world);
    let mut at = onto;
    let mut connection = world.engine.connect().unwrap();
    for _ in 0..3 {
        let next = Position { n: at.n + 1, ..at };
        let appended = connection.append(&at, b"nothing that anybody signed", &next);
        assert_eq!(appended, Ok(Appended::Accepted));
        at = next;
    }
    world.run(4 * SECOND);
    let far = far(&world, 1);
    assert_eq!((far.applied, far.newest), (onto.n, Some(onto.n + 3)));
    assert_eq!(far.behind(), Some(3));
    assert!(matches!(
        status(&world, 1).freshness,
        Freshness::Stale { .. }
    ));
}

#[test]
fn before_the_engine_was_reached_there_is_no_age_and_no_place() {
    let mut world = World::new(0);
    world.way(0, Way::Cut);
    world.add(|builder| builder);
    let status = status(&world, 0);
    assert_eq!(status.freshness, Freshness::Blind);
    assert_eq!((status.view.proof_age, status.view.feed), (None, None));
    assert_eq!(status.view.entries, Some(0));
}

#[test]
fn what_waits_for_its_time_is_counted() {
    let mut world = World::new(2);
    let ahead = Revocation::subject(b"ada", world.now().unix() + 3_600, None);
    let delivering = world.publish(0, &[ahead]);
    let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
    world.run(SECOND);
    let view = status(&world, 1).view;
    assert_eq!((view.entries, view.quarantined), (Some(0), Some(1)));
}

/// Told when it begins, not with every attempt to read it; and when it begins once more.
#[test]
fn what_can_not_be_used_is_told_each_time_that_it_begins() {
    let mut world = World::new(1);
    for told in 1..=3 {
        let onto = world.servers[0].feed.status().position.unwrap();
        let becomes = Position {
            n: onto.n + 1,
            ..onto
        };
        let mut connection = world.engine.connect().unwrap();
        let appended = connection.append(&onto, &[2], &becomes).unwrap();
        assert_eq!(appended, Appended::Accepted);
        world.run(5 * SECOND);
        let events = world.events(0);
        let count = |event: &&FeedEvent| **event == FeedEvent::BadBatch(BadBatch::Version);
        assert_eq!(events.iter().filter(count).count(), told);

        let feed = world.servers[0].feed.clone();
        let founding = std::thread::spawn(move || feed.found_anew());
        while !founding.is_finished() {
            world.time.pass(Duration::from_millis(20));
            world.step();
            std::thread::yield_now();
        }
        let _position = founding.join().unwrap().unwrap();
        world.run(5 * SECOND);
        assert_eq!(status(&world, 0).freshness, Freshness::Fresh);
    }
}
