//! A link to the engine that is slow, and replicas that are missing: neither makes a healthy feed look
//! stale, nor keeps a server from catching up.
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
#[allow(dead_code)]
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cloakroom::feed::{Delivery, FeedBuilder, FeedEvent, FeedRevocations};
use cloakroom::{Freshness, Revocation, RevocationView as _, SessionId};
use world::{Way, World, poll};

const SECOND: Duration = Duration::from_secs(1);

fn fresh(world: &World, server: usize) -> bool {
    world.servers[server].feed.freshness() == Freshness::Fresh
}

fn session(number: u8) -> Revocation {
    Revocation::session(SessionId::from_bytes([number; 16]))
}

#[test]
fn receipts_say_how_many_machines_have_it() {
    for (wanted, replicated) in [(0, false), (2, true), (3, false)] {
        let mut world = World::new(0);
        world.add(|builder| builder.replicas(wanted));
        world.run(4 * SECOND);
        let id = SessionId::from_bytes([7; 16]);
        let delivering = world.publish(0, &[Revocation::session(id)]);
        match world.answer(delivering).unwrap() {
            Delivery::Replicated(done) => {
                assert!(replicated);
                assert_eq!(done.machines(), 2);
            }
            Delivery::Accepted(_) => assert!(!replicated, "{wanted}"),
            other => panic!("{other:?}"),
        }
    }
}

/// The only server that writes waits for a replica that never answers; those who follow depend on its
/// heartbeats meanwhile.
#[test]
fn whoever_waits_for_replicas_keeps_nobody_else_waiting() {
    let mut world = World::new(0);
    world.add(|builder| builder.replicas(3).patience(6 * SECOND));
    world.add(FeedBuilder::follow_only);
    world.run(4 * SECOND);
    assert!(fresh(&world, 1));
    let (token, id) = world.login(1, "ada");

    let mut first = world.publish(0, &[session(1)]);
    let mut second = world.publish(0, &[Revocation::session(id)]);
    let mut refused = false;
    for _ in 0..15 {
        world.run(Duration::from_millis(50));
        assert!(fresh(&world, 0) && fresh(&world, 1));
        refused |= !world.lives(1, &token);
    }
    assert!(refused);
    // Not before patience ends: a replica may come back.
    assert!(poll(&mut first).is_none() && poll(&mut second).is_none());
    for waiting in [first, second] {
        let delivery = world.answer(waiting).unwrap();
        assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
    }
}

/// What replicas hold is counted on the connection that wrote.
#[test]
fn a_connection_that_breaks_while_replicas_are_waited_for_ends_the_waiting() {
    let mut world = World::new(0);
    world.add(|builder| builder.replicas(3).patience(6 * SECOND));
    world.run(4 * SECOND);
    let mut waiting = world.publish(0, &[session(1)]);
    world.run(Duration::from_millis(200));
    assert!(poll(&mut waiting).is_none());
    world.way(0, Way::Cut);
    world.run(Duration::from_millis(200));
    let delivery = poll(&mut waiting).unwrap().unwrap();
    assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
}

#[test]
fn a_server_on_a_slow_link_catches_up_in_smaller_pieces() {
    for most in [1, 3, 40] {
        let mut world = World::new(2);
        let (token, id) = world.login(1, "ada");
        world.way(1, Way::Cut);
        for number in 0..200 {
            let published = world.publish(0, &[session(number)]);
            let _accepted = world.answer(published).unwrap();
        }
        let published = world.publish(0, &[Revocation::session(id)]);
        let _accepted = world.answer(published).unwrap();
        assert!(!fresh(&world, 1));
        world.way(1, Way::Narrow(most));
        world.run(60 * SECOND);
        assert!(fresh(&world, 1), "{most}");
        assert!(!world.lives(1, &token), "{most}");
    }
}

/// It revokes nothing itself, so nothing but the batches of others makes it forget.
#[test]
fn a_server_that_only_follows_forgets_what_expired() {
    let mut world = World::new(1);
    world.add(FeedBuilder::follow_only);
    world.run(4 * SECOND);
    for number in 0..50 {
        let published = world.publish(0, &[session(number)]);
        let _accepted = world.answer(published).unwrap();
    }
    let entries = |world: &World| world.servers[1].feed.report().entries;
    world.run(SECOND);
    assert_eq!(entries(&world), Some(50));
    // Longer than any token lives, and than one purge waits for the next.
    for _ in 0..4 {
        world.time.pass(3600 * SECOND);
        world.run(4 * SECOND);
    }
    assert!(fresh(&world, 1));
    assert_eq!(entries(&world), Some(0));
}

/// A hook that asks for the status, as one that writes a log line does.
#[test]
fn a_hook_may_ask_for_the_status() {
    let asked = Arc::new(AtomicUsize::new(0));
    let place: Arc<OnceLock<FeedRevocations>> = Arc::default();
    let mut world = World::new(1);
    let (count, feed) = (Arc::clone(&asked), Arc::clone(&place));
    world.add(|builder| {
        builder.on_event(move |event| {
            if let Some(feed) = feed.get() {
                let _status = feed.status();
                if matches!(event, FeedEvent::ClockAhead) {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
    });
    assert!(place.set(world.servers[1].feed.clone()).is_ok());
    world.run(2 * SECOND);
    world.servers[0].env.ahead.store(5_000, Ordering::SeqCst);
    world.run(4 * SECOND);
    assert!(asked.load(Ordering::SeqCst) > 0);
}
