//! `Delivery::Replicated` over real engines: said when further machines have it, not said when they
//! don't, and true when the first machine is lost.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

use std::time::Duration;

use cloakroom::feed::{Delivery, FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::{Clock as _, Revocation, RevocationPublish as _, SessionId, SystemClock};
use engine_tests::redis_server::DURABLE;
use engine_tests::{PostgresServer, RedisServer, Server, realm};

/// Longer than any of this takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(1);

fn follow(server: &dyn Server, realm: &Realm, patience: Duration) -> FeedRevocations {
    let key = FeedKey::from_bytes(&std::array::from_fn(|at| at as u8)).unwrap();
    let engine = server.connector(realm.clone());
    let feed = FeedRevocations::builder(realm.clone(), FeedKeys::new(key), engine)
        .replicas(1)
        .patience(patience)
        .start()
        .unwrap();
    assert!(feed.wait_until_fresh(LONG), "{feed:?}");
    feed
}

fn revoke(feed: &FeedRevocations, number: u8) -> Delivery {
    let session = SessionId::from_bytes([number; 16]);
    let now = SystemClock.now().unwrap();
    feed.publish(&[Revocation::session(session)], now).unwrap()
}

fn replicated(delivery: Delivery) -> u32 {
    match delivery {
        Delivery::Replicated(replicated) => replicated.machines(),
        other => panic!("{other:?}"),
    }
}

fn check(mut primary: Box<dyn Server>) {
    let realm = realm();
    let feed = follow(&*primary, &realm, SHORT);
    let alone = revoke(&feed, 1);
    assert!(matches!(alone, Delivery::Accepted(_)), "{alone:?}");
    drop(feed);

    let mut replica = primary.replica();
    let feed = follow(&*primary, &realm, LONG);
    assert_eq!(replicated(revoke(&feed, 2)), 1);
    drop(feed);
    let feed = follow(&*primary, &realm, SHORT);
    replica.isolate();
    let cut_off = revoke(&feed, 3);
    assert!(matches!(cut_off, Delivery::Accepted(_)), "{cut_off:?}");
    drop(feed);

    // The first machine is lost with everything on it. Who starts now never spoke to it.
    primary.kill();
    replica.promote();
    let feed = follow(&*replica, &realm, SHORT);
    assert_eq!(feed.stats().sessions, 2, "what was replicated, and before");
}

#[test]
fn redis_that_writes_through_says_it_when_a_replica_has_it() {
    if let Some(primary) = RedisServer::start_with(DURABLE) {
        check(Box::new(primary));
    }
}

#[test]
fn postgresql_says_it_when_a_standby_has_it() {
    if let Some(primary) = PostgresServer::start() {
        check(Box::new(primary));
    }
}
