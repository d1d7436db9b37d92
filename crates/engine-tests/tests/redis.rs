//! What only Redis does: eviction, rights, replicas, scripts that are forgotten, keys that are not
//! ours.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::type_complexity,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

use std::time::{Duration, Instant};

use cloakroom::feed::{Appended, EngineError, FeedConnector, FeedEngine, Realm};
use cloakroom_redis::RedisConnector;
use engine_tests::contract::{append, batch, connect, feed, nth, read};
use engine_tests::process::until;
use engine_tests::redis_server::DURABLE;
use engine_tests::subject::TIMEOUT;
use engine_tests::{RedisServer, Server as _, realm, sizes};

const NO_WAIT: Duration = Duration::ZERO;
const SHORT: Duration = Duration::from_millis(200);

fn connector(server: &RedisServer, credentials: &str, realm: &Realm) -> RedisConnector {
    let address = format!("redis://{credentials}127.0.0.1:{}", server.port());
    let connector = RedisConnector::new(&address, realm.clone()).unwrap();
    connector.timeout(TIMEOUT)
}

fn refusal(connector: &dyn FeedConnector) -> EngineError {
    let error = connector.connect().err().unwrap();
    assert!(error.is_lasting(), "{error}");
    error
}

#[test]
fn a_policy_that_evicts_is_refused_and_one_that_spares_these_keys_is_not() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let connector = server.connector(realm());
    for (policy, taken) in [
        ("allkeys-lru", false),
        ("allkeys-random", false),
        ("allkeys-lfu", false),
        ("volatile-lru", true),
        ("noeviction", true),
    ] {
        server.say::<String>(&["CONFIG", "SET", "maxmemory-policy", policy]);
        if taken {
            connect(&connector);
        } else {
            let error = refusal(&connector);
            assert!(error.to_string().contains("maxmemory-policy"), "{error}");
        }
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let realm = realm();
    let slow = Duration::from_secs(30);
    let all = connector(&server, "", &realm).timeout(slow);
    let limited = connector(&server, "", &realm).largest_snapshot(sizes::SMALL);
    sizes::check(&all, &limited);
}

/// A thread that waits for news is woken with the entry itself, of whatever length. What lies there
/// already is refused before that, with each new connection.
#[test]
fn what_is_too_long_is_not_read_by_one_that_waits_either() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let realm = realm();
    let connector = connector(&server, "", &realm).timeout(Duration::from_secs(30));
    feed(&connector, 2);
    let log = format!("{{cloakroom:{}}}:log", realm.as_str());
    let long = "7".repeat(40 << 20);
    for (id, field) in [("98-0", "b"), ("99-0", "other")] {
        server.say::<String>(&["XADD", &log, id, field, &long]);
    }
    let sent = || {
        let stats: String = server.say(&["INFO", "stats"]);
        let line = stats
            .lines()
            .find_map(|line| line.strip_prefix("total_net_output_bytes:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    let before = sent();
    for _ in 0..3 {
        let error = connect(&connector).read(2, 10, SHORT).unwrap_err();
        assert!(error.is_lasting(), "{error}");
        // Of an entry that has no batch, there is nothing to read.
        let tail = connect(&connector).read(98, 10, SHORT).unwrap();
        assert_eq!(tail.batches, [b""]);
    }
    assert!(sent() - before < 1 << 20, "{} bytes", sent() - before);
}

#[test]
fn a_full_memory_stops_appends_and_not_reads() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let connector = server.connector(realm());
    feed(&connector, 3);
    let mut engine = connect(&connector);
    server.say::<String>(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = engine.append(&nth(3), b"x", &nth(4)).unwrap_err();
    assert!(error.is_lasting(), "{error}");
    let tail = read(&mut *connect(&connector), 0);
    assert_eq!((tail.head, tail.batches.len()), (Some(nth(3)), 3));
}

#[test]
fn passwords_and_rights_are_refused_clearly_and_never_shown() {
    let Some(server) = RedisServer::start_with(&["--requirepass", "hunter2"]) else {
        return;
    };
    let realm = realm();
    connect(&connector(&server, ":hunter2@", &realm));
    connect(&connector(&server, "default:hunter2@", &realm));
    for credentials in ["", ":secret-word@", "nobody:secret-word@"] {
        let error = refusal(&connector(&server, credentials, &realm));
        assert!(
            !format!("{error} {error:?}").contains("secret-word"),
            "{error}"
        );
    }
    let shown = format!("{:?}", connector(&server, "ada:secret-word@", &realm));
    assert!(!shown.contains("secret-word"), "{shown}");
    let bad = RedisConnector::new("redis://ada:secret-word@host:port", realm);
    assert!(!format!("{bad:?}").contains("secret-word"));
}

/// The users that the README proposes.
fn users(server: &RedisServer, realm: &Realm) {
    let readme = include_str!("../../cloakroom-redis/README.md");
    let lines: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("ACL SETUSER"))
        .collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let line = line.replace("<realm>", realm.as_str());
        let words: Vec<&str> = line.split_whitespace().collect();
        server.say::<String>(&words);
    }
}

#[test]
fn a_follower_needs_only_the_rights_that_the_readme_gives_it() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let realm = realm();
    users(&server, &realm);
    feed(&connector(&server, "revoker:secret@", &realm), 3);
    let mut engine = connect(&connector(&server, "revoker:secret@", &realm));
    assert_eq!(append(&mut *engine, 4), Appended::Accepted);
    assert_eq!(engine.put_snapshot(&nth(4), b"four", 2), Ok(true));
    assert_eq!(engine.replicated(1, SHORT), Ok(0));
    assert_eq!(engine.snapshot_at(), Ok(Some(4)));
    assert_eq!(engine.found(None, &nth(0)), Ok(false));

    let follower = connector(&server, "follower:secret@", &realm);
    // Also one who comes first after the server forgot all scripts.
    server.say::<String>(&["SCRIPT", "FLUSH"]);
    let mut engine = connect(&follower);
    assert_eq!(read(&mut *engine, 3).batches, [batch(4)]);
    assert_eq!(engine.read(4, 1, SHORT).unwrap().head, Some(nth(4)));
    assert_eq!(engine.snapshot().unwrap().unwrap(), b"four");
    assert_eq!(engine.snapshot_at(), Ok(Some(4)));
    let writes: [fn(&mut dyn FeedEngine) -> Result<(), EngineError>; 3] = [
        |engine| engine.append(&nth(4), b"x", &nth(5)).map(drop),
        |engine| engine.found(Some(&nth(4)), &nth(0)).map(drop),
        |engine| engine.put_snapshot(&nth(4), b"x", 3).map(drop),
    ];
    for write in writes {
        // A snapshot made anew, as the number is taken.
        server.say::<i64>(&["DEL", &format!("{{cloakroom:{realm}}}:snap")]);
        let error = write(&mut *connect(&follower)).unwrap_err();
        assert!(error.is_lasting(), "{error}");
    }
    assert_eq!(read(&mut *engine, 0).head, Some(nth(4)));
    // And neither reaches another realm.
    let other = Realm::new("other").unwrap();
    refusal(&connector(&server, "revoker:secret@", &other));
    refusal(&connector(&server, "follower:secret@", &other));
}

#[test]
fn scripts_that_the_server_forgot_are_sent_again() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let connector = server.connector(realm());
    feed(&connector, 1);
    let mut engine = connect(&connector);
    let flush = || server.say::<String>(&["SCRIPT", "FLUSH"]);
    flush();
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    flush();
    assert_eq!(read(&mut *engine, 1).batches, [batch(2)]);
    flush();
    assert_eq!(engine.read(1, 5, SHORT).unwrap().batches, [batch(2)]);
    flush();
    assert_eq!(engine.read(2, 5, SHORT).unwrap().head, Some(nth(2)));
    flush();
    assert_eq!(engine.put_snapshot(&nth(2), b"x", 1), Ok(true));
    flush();
    assert_eq!(engine.found(Some(&nth(2)), &nth(0)), Ok(true));
}

#[test]
fn a_replica_and_a_primary_that_became_one_are_unavailable() {
    let Some(mut primary) = RedisServer::start() else {
        return;
    };
    let realm = realm();
    feed(&primary.connector(realm.clone()), 2);
    let mut replica = primary.replica();
    let error = replica.connector(realm.clone()).connect().err().unwrap();
    assert!(!error.is_lasting(), "{error}");

    let mut old = connect(&primary.connector(realm.clone()));
    assert_eq!(read(&mut *old, 0).head, Some(nth(2)));
    replica.promote();
    let port = replica.port().to_string();
    primary.say::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    // The connection lives on, and what it would read is another's past.
    for wait in [NO_WAIT, SHORT] {
        let error = old.read(0, 10, wait).unwrap_err();
        assert!(!error.is_lasting(), "{error}");
    }
    let error = old.append(&nth(2), b"x", &nth(3)).unwrap_err();
    assert!(!error.is_lasting(), "{error}");
    let tail = read(&mut *connect(&replica.connector(realm)), 0);
    assert_eq!((tail.head, tail.batches.len()), (Some(nth(2)), 2));
    primary.kill();
}

#[test]
fn an_isolated_primary_that_must_have_replicas_proves_nothing() {
    let Some(primary) = RedisServer::start() else {
        return;
    };
    let connector = primary.connector(realm());
    feed(&connector, 1);
    let mut engine = connect(&connector);
    let mut replica = primary.replica();
    primary.say::<String>(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    replica.kill();
    let stops = until(Duration::from_secs(5), || {
        engine
            .read(0, 10, NO_WAIT)
            .is_err_and(|error| !error.is_lasting())
    });
    assert!(stops);
    let error = engine.append(&nth(2), b"x", &nth(3)).unwrap_err();
    assert!(!error.is_lasting(), "{error}");
}

#[test]
fn replicas_are_counted_when_they_hold_it_and_not_when_they_are_frozen() {
    let Some(primary) = RedisServer::start_with(DURABLE) else {
        return;
    };
    let connector = primary.connector(realm());
    feed(&connector, 1);
    let (one, two) = (primary.replica(), primary.replica());
    let mut engine = connect(&connector);
    assert!(
        engine.replicated(1, SHORT).is_err(),
        "nothing was appended here"
    );
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    assert_eq!(engine.replicated(2, 5 * SHORT), Ok(2));
    one.freeze();
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    let started = Instant::now();
    assert_eq!(engine.replicated(2, SHORT), Ok(1));
    assert!(started.elapsed() >= SHORT);
    two.freeze();
    assert_eq!(append(&mut *engine, 4), Appended::Accepted);
    assert_eq!(engine.replicated(1, SHORT), Ok(0));
    one.thaw();
    assert_eq!(engine.replicated(1, 10 * SHORT), Ok(1));
    two.thaw();
}

#[test]
fn what_is_no_feed_is_refused_and_left_alone() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let plant: &[&[&str]] = &[
        &["SET", ":head", "x"],
        &[
            "HSET", ":head", "fmt", "2", "epoch", "", "n", "1", "chain", "",
        ],
        &["HSET", ":head", "fmt", "1", "n", "1"],
        &[
            "HSET",
            ":head",
            "fmt",
            "1",
            "epoch",
            "zz",
            "n",
            "1",
            "chain",
            "0101010101010101",
        ],
        &[
            "HSET",
            ":head",
            "fmt",
            "1",
            "epoch",
            "0101010101010101",
            "n",
            "01",
            "chain",
            "01010101",
        ],
    ];
    for words in plant {
        let realm = realm();
        let key = format!("{{cloakroom:{realm}}}{}", words[1]);
        let words = [&[words[0], &key], &words[2..]].concat();
        server.say::<redis::Value>(&words);
        let dump: Vec<u8> = server.say(&["DUMP", &key]);
        let error = refusal(&server.connector(realm));
        assert!(error.to_string().len() < 400, "{error}");
        assert_eq!(server.say::<Vec<u8>>(&["DUMP", &key]), dump);
    }
    // A log that is none, and one whose numbers somebody took: nothing changes by halves.
    let realm = realm();
    let head = format!("{{cloakroom:{realm}}}:head");
    let log = format!("{{cloakroom:{realm}}}:log");
    feed(&server.connector(realm.clone()), 0);
    server.say::<String>(&["SET", &log, "x"]);
    let before: Vec<u8> = server.say(&["DUMP", &head]);
    let error = connect(&server.connector(realm.clone())).read(0, 10, NO_WAIT);
    assert!(error.unwrap_err().is_lasting());
    server.say::<i64>(&["DEL", &log]);
    server.say::<String>(&["XADD", &log, "9-0", "b", "junk"]);
    let mut engine = connect(&server.connector(realm.clone()));
    let error = engine.append(&nth(0), b"x", &nth(1)).unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert_eq!(server.say::<Vec<u8>>(&["DUMP", &head]), before);
    // Founding anew gets rid of it.
    assert_eq!(engine.found(Some(&nth(0)), &nth(0)), Ok(true));
    assert_eq!(append(&mut *engine, 1), Appended::Accepted);
}
