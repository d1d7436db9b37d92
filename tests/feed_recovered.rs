//! A server of a feed whose store was damaged and replaced: what the feed accepted is known again,
//! and whoever was logged in before stays out of this server.
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

use std::path::Path;
use std::time::Duration;

use cloakroom::feed::{FeedEvent, Resync};
use cloakroom::store::{DurableRevocations, Recovered};
use cloakroom::{Freshness, Revocation, RevocationView as _, Timestamp};
use world::World;

const SECOND: Duration = Duration::from_secs(1);

fn recover(path: &Path, now: Timestamp) -> DurableRevocations {
    match DurableRevocations::recover(path, now).unwrap() {
        Recovered::Replaced(store, _) => store,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replaced_store_learns_from_the_feed_what_it_lost_and_lets_nobody_in_from_before() {
    let name = format!("cloakroom-recovered-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("revocations.redb");
    let mut world = World::new(1);
    let store = DurableRevocations::open(&path, world.now()).unwrap();
    let first = world.add(|builder| builder.durable(store).snapshot_every(20));
    world.run(4 * SECOND);
    let mut out = Vec::new();
    for user in 0..30 {
        let (token, id) = world.login(0, &format!("user {user}"));
        let delivering = world.publish(first, &[Revocation::session(id)]);
        let accepted = world.answer(delivering).unwrap().accepted();
        assert!(accepted.is_ok(), "{user}");
        out.push((token, id));
    }
    let cut = Revocation::subject(b"eve", world.now().unix(), None);
    let delivering = world.publish(first, &[cut]);
    let _accepted = world.answer(delivering).unwrap().accepted().unwrap();
    let (bob, _) = world.login(0, "bob");
    assert!(world.lives(first, &bob));

    drop(world.servers.pop());
    std::fs::write(&path, b"damaged").unwrap();
    let store = recover(&path, world.now());
    assert_eq!(store.stats().entries(), 0);
    let again = world.add(|builder| builder.durable(store));
    world.run(8 * SECOND);
    let feed = world.servers[again].feed.clone();
    assert_eq!(feed.freshness(), Freshness::Fresh);
    // All of it, by reading everything again: from the snapshot and from the log.
    let resynced = FeedEvent::Resynced {
        why: Resync::ColdStart,
        handed_back: 0,
    };
    assert!(world.events(again).contains(&resynced));
    assert_eq!((feed.stats().sessions, feed.stats().subjects), (30, 1));
    let refused = |world: &World, token: &str| {
        let sessions = &world.servers[again].sessions;
        sessions.verify(token).unwrap_err().reason() == Some(cloakroom::Reason::Revoked)
    };
    assert!(out.iter().all(|(token, _)| refused(&world, token)));
    // Nobody lost it here alone: the other server refuses them too, and lets bob in.
    assert!(out.iter().all(|(token, _)| !world.lives(0, token)));
    assert!(refused(&world, &bob) && world.lives(0, &bob));
    // Who logs in from now on is let in by both, whoever issued.
    for server in [0, again] {
        let (ada, _) = world.login(server, "ada");
        assert!(world.lives(0, &ada) && world.lives(again, &ada), "{server}");
    }

    // And after the next start, from the file: nothing has to be read again.
    drop(feed);
    drop(world.servers.pop());
    let store = DurableRevocations::open_existing(&path, world.now()).unwrap();
    assert_eq!(store.stats().sessions, 30);
    let third = world.add(|builder| builder.durable(store));
    world.run(2 * SECOND);
    let status = world.servers[third].feed.status();
    assert_eq!((status.resyncs, status.handed_back), (0, 0));
    assert!(refused(&world, &bob));
    assert!(out.iter().all(|(token, _)| refused(&world, token)));
    drop(world);
    std::fs::remove_dir_all(&folder).unwrap();
}
