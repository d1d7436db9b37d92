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

use cloakroom::feed::{Appended, Delivery, FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::{Clock as _, Revocation, RevocationPublish as _, SessionId, SystemClock};
use engine_tests::contract::{append, connect, feed};
use engine_tests::process::until;
use engine_tests::redis_server::DURABLE;
use engine_tests::{PostgresServer, RedisServer, Server, realm};

/// Longer than any of this takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(1);

fn follow(
    server: &dyn Server,
    (realm, key): &(Realm, FeedKey),
    patience: Duration,
) -> FeedRevocations {
    let engine = server.connector(realm.clone());
    let feed = FeedRevocations::builder(realm.clone(), FeedKeys::new(key.clone()), engine)
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
    let names = (realm(), FeedKey::generate().unwrap());
    let feed = follow(&*primary, &names, SHORT);
    let alone = revoke(&feed, 1);
    assert!(matches!(alone, Delivery::Accepted(_)), "{alone:?}");
    drop(feed);

    let mut replica = primary.replica();
    let feed = follow(&*primary, &names, LONG);
    assert_eq!(replicated(revoke(&feed, 2)), 1);
    drop(feed);
    let feed = follow(&*primary, &names, SHORT);
    replica.isolate();
    let cut_off = revoke(&feed, 3);
    assert!(matches!(cut_off, Delivery::Accepted(_)), "{cut_off:?}");
    drop(feed);

    // The first machine is lost with everything on it. Who starts now never spoke to it.
    primary.kill();
    replica.promote();
    let feed = follow(&*replica, &names, SHORT);
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

/// It confirms what it received, and could never become the server.
#[test]
fn who_receives_the_changes_of_tables_is_no_replica() {
    let Some(primary) = PostgresServer::start_with(&["wal_level=logical"]) else {
        return;
    };
    let connector = primary.connector(realm());
    feed(&connector, 1);
    let _receiver = primary.receives_changes();
    let mut engine = connect(&connector);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    let confirmed = "SELECT count(*) FROM pg_stat_replication \
                     WHERE flush_lsn >= pg_current_wal_flush_lsn()";
    assert!(until(Duration::from_secs(10), || primary.say(confirmed) == ["1"]));
    assert_eq!(engine.replicated(1, Duration::from_millis(100)), Ok(0));
    // A standby beside it is one.
    let _standby = primary.replica();
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    let counted = || engine.replicated(1, Duration::from_millis(100)) == Ok(1);
    assert!(until(Duration::from_secs(10), counted));
    assert_eq!(engine.replicated(2, Duration::from_millis(100)), Ok(1));
}
