//! Where the server has `WAITAOF` (7.2), a replica counts when it is on its disk, and none while it is
//! not on the server's own; elsewhere `WAIT` counts those that have it in memory.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::std_instead_of_core
)]

use std::time::Duration;

use cloakroom::feed::{Appended, Delivery, FeedEngine, FeedKey, FeedKeys, FeedRevocations};
use cloakroom::{Clock as _, Revocation, RevocationPublish as _, SessionId, SystemClock};
use engine_tests::contract::{append, connect, feed};
use engine_tests::redis_server::DURABLE;
use engine_tests::subject::Kind;
use engine_tests::waitaof::WaitAof;
use engine_tests::{RedisServer, Server as _, realm};

const SHORT: Duration = Duration::from_millis(200);

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A connection that has appended a batch.
fn writer(stand_in: &WaitAof) -> Box<dyn FeedEngine> {
    let connector = Kind::Redis.connector(stand_in.port(), realm());
    feed(&connector, 1);
    let mut engine = connect(&connector);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    engine
}

#[test]
fn disks_are_counted_where_the_server_can_count_them() {
    let Some(server) = RedisServer::start_with(DURABLE) else {
        return;
    };
    let stand_in = WaitAof::to(server.port());
    let mut engine = writer(&stand_in);
    stand_in.counts(1, 2);
    assert_eq!(engine.replicated(2, SHORT), Ok(2));
    assert_eq!(stand_in.heard(), [words(&["WAITAOF", "1", "2", "200"])]);
    stand_in.counts(1, 0);
    assert_eq!(engine.replicated(2, SHORT), Ok(0));
    // Replicas that have what the server itself may lose are no copies of it.
    stand_in.counts(0, 2);
    assert_eq!(engine.replicated(2, SHORT), Ok(0));
    let heard = stand_in.heard();
    assert!(heard.iter().all(|words| words[0] == "WAITAOF"), "{heard:?}");
}

#[test]
fn memories_are_counted_where_there_is_no_such_command_or_nothing_is_on_disk() {
    let Some(server) = RedisServer::start_with(DURABLE) else {
        return;
    };
    let _replica = server.replica();
    let stand_in = WaitAof::to(server.port());
    let mut engine = writer(&stand_in);
    for error in [
        "ERR unknown command 'WAITAOF', with args beginning with: '1' '1' '200'",
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
    ] {
        stand_in.refuses(error);
        assert_eq!(engine.replicated(1, 25 * SHORT), Ok(1), "{error}");
        let asked = [
            words(&["WAITAOF", "1", "1", "5000"]),
            words(&["WAIT", "1", "5000"]),
        ];
        assert_eq!(stand_in.heard(), asked, "{error}");
    }
}

#[test]
fn any_other_answer_is_an_error_and_nothing_is_counted_instead() {
    let Some(server) = RedisServer::start_with(DURABLE) else {
        return;
    };
    let _replica = server.replica();
    let stand_in = WaitAof::to(server.port());
    for (error, lasting) in [
        (
            "NOPERM this user has no permissions to run the 'waitaof' command",
            true,
        ),
        ("UNBLOCKED force unblock from blocking operation", false),
    ] {
        let mut engine = writer(&stand_in);
        stand_in.refuses(error);
        let answer = engine.replicated(1, SHORT).unwrap_err();
        assert_eq!(answer.is_lasting(), lasting, "{answer}");
        let heard = stand_in.heard();
        assert_eq!(heard, [words(&["WAITAOF", "1", "1", "200"])]);
    }
}

#[test]
fn a_feed_says_how_many_disks_have_it() {
    let Some(server) = RedisServer::start_with(DURABLE) else {
        return;
    };
    let stand_in = WaitAof::to(server.port());
    stand_in.counts(1, 3);
    let realm = realm();
    let engine = Kind::Redis.connector(stand_in.port(), realm.clone());
    let keys = FeedKeys::new(FeedKey::generate().unwrap());
    let builder = FeedRevocations::builder(realm, keys, engine).replicas(2);
    let feed = builder.patience(100 * SHORT).start().unwrap();
    assert!(feed.wait_until_fresh(100 * SHORT));
    let session = Revocation::session(SessionId::from_bytes([7; 16]));
    let now = SystemClock.now().unwrap();
    match feed.publish(&[session], now).unwrap() {
        Delivery::Replicated(replicated) => assert_eq!(replicated.machines(), 3),
        other => panic!("{other:?}"),
    }
}
