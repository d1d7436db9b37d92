//! What only PostgreSQL does: standbys, commits that wait, rights, tables that are missing, numbers
//! that commit late.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

use std::thread;
use std::time::{Duration, Instant};

use cloakroom::feed::{Appended, EngineError, FeedConnector, Realm};
use cloakroom_postgres::PostgresConnector;
use engine_tests::contract::{append, batch, connect, feed, nth, read};
use engine_tests::postgres_server::query;
use engine_tests::process::until;
use engine_tests::subject::TIMEOUT;
use engine_tests::{PostgresServer, Server as _, realm, sizes};

const NO_WAIT: Duration = Duration::ZERO;
const SHORT: Duration = Duration::from_millis(200);

fn connector(server: &PostgresServer, user: &str, realm: &Realm) -> PostgresConnector {
    let mut config = PostgresServer::config_at(server.port());
    config.user(user).password("secret-word");
    PostgresConnector::new(config, realm.clone()).timeout(TIMEOUT)
}

fn refusal(connector: &dyn FeedConnector) -> EngineError {
    let error = connector.connect().err().unwrap();
    assert!(error.is_lasting(), "{error}");
    error
}

fn passing<T: core::fmt::Debug>(result: Result<T, EngineError>) {
    let error = result.unwrap_err();
    assert!(!error.is_lasting(), "{error}");
}

/// The statements of the README that give rights.
fn grants() -> Vec<&'static str> {
    let readme = include_str!("../../cloakroom-postgres/README.md");
    let lines: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("GRANT"))
        .collect();
    assert_eq!(lines.len(), 3);
    lines
}

#[test]
fn tables_are_made_once_by_whoever_may_and_rights_are_those_of_the_readme() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.say("CREATE ROLE revoker LOGIN; CREATE ROLE follower LOGIN");
    server.say("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let realm = realm();
    let error = refusal(&connector(&server, "revoker", &realm));
    assert!(error.to_string().contains("schema.sql"), "{error}");
    // All at once, and again.
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                connector(&server, "postgres", &realm)
                    .create_schema()
                    .unwrap()
            });
        }
    });
    connector(&server, "postgres", &realm)
        .create_schema()
        .unwrap();
    let mut engine = connect(&connector(&server, "revoker", &realm));
    assert!(
        engine.read(0, 1, NO_WAIT).unwrap_err().is_lasting(),
        "no right yet"
    );

    grants().iter().for_each(|grant| drop(server.say(grant)));
    let revoker = connector(&server, "revoker", &realm);
    feed(&revoker, 2);
    let mut engine = connect(&revoker);
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    assert_eq!(engine.put_snapshot(&nth(3), b"three", 1), Ok(true));
    assert_eq!(engine.replicated(1, SHORT), Ok(0));
    assert_eq!(engine.found(Some(&nth(2)), &nth(0)), Ok(false));

    let follower = connector(&server, "follower", &realm);
    let mut engine = connect(&follower);
    assert_eq!(read(&mut *engine, 1).batches, [batch(2), batch(3)]);
    assert_eq!(engine.read(3, 9, SHORT).unwrap().head, Some(nth(3)));
    assert_eq!(engine.snapshot().unwrap().unwrap(), b"three");
    let error = engine.append(&nth(3), b"x", &nth(4)).unwrap_err();
    assert!(error.is_lasting(), "{error}");
    let error = connect(&follower)
        .found(Some(&nth(3)), &nth(0))
        .unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert_eq!(read(&mut *connect(&follower), 0).head, Some(nth(3)));
}

#[test]
fn a_wrong_password_is_refused_and_never_shown() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.say("CREATE ROLE ada LOGIN PASSWORD 'other'");
    let file = server.say("SHOW hba_file").remove(0);
    let all = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(file, all).unwrap();
    server.say("SELECT pg_reload_conf()");
    let connector = connector(&server, "ada", &realm());
    let asks = || {
        connector
            .connect()
            .err()
            .is_some_and(|error| error.is_lasting())
    };
    assert!(until(Duration::from_secs(5), asks));
    let error = refusal(&connector);
    assert!(error.to_string().contains("28P01"), "{error}");
    assert!(!format!("{error} {error:?} {connector:?}").contains("secret-word"));
    let nowhere = "host=127.0.0.1 user=postgres dbname=nowhere password=secret-word";
    let mut nowhere: tokio_postgres::Config = nowhere.parse().unwrap();
    nowhere.port(server.port());
    let error = refusal(&PostgresConnector::new(nowhere, realm()));
    assert!(error.to_string().contains("3D000"), "{error}");
}

#[test]
fn no_reader_passes_by_a_batch_that_commits_late() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let connector = server.connector(realm.clone());
    feed(&connector, 1);
    // A writer in the middle of its transaction: batch 2 is written, and not committed.
    let late = format!(
        "BEGIN; UPDATE cloakroom_feed_head SET n = 2, chain = '\\x0000000000000002' \
         WHERE realm = '{realm}' AND n = 1; \
         INSERT INTO cloakroom_feed_batch VALUES ('{realm}', 2, '\\x0000000000000002'); \
         SELECT pg_sleep(0.3); COMMIT"
    );
    let port = server.port();
    let slow = thread::spawn(move || query(port, &late).unwrap());
    let locked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    assert!(until(Duration::from_secs(5), || server.say(locked) == ["1"]));
    let mut engine = connect(&connector);
    assert_eq!(
        read(&mut *engine, 0).head,
        Some(nth(1)),
        "not visible, and not waited for"
    );
    // A later writer waits for it, and then finds the head elsewhere.
    let done = connect(&connector).append(&nth(1), b"another 2", &nth(2));
    assert_eq!(done, Ok(Appended::Conflict));
    slow.join().unwrap();
    let tail = read(&mut *engine, 1);
    assert_eq!((tail.head, tail.batches), (Some(nth(2)), vec![batch(2)]));
}

#[test]
fn whoever_holds_the_head_for_long_holds_nobody_for_long() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    // With the usual time for snapshots, which is long.
    let connector = connector(&server, "postgres", &realm);
    feed(&connector, 1);
    let hold = format!(
        "BEGIN; UPDATE cloakroom_feed_head SET n = 7 WHERE realm = '{realm}'; SELECT pg_sleep(3)"
    );
    let port = server.port();
    thread::spawn(move || query(port, &hold));
    let locked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    assert!(until(Duration::from_secs(5), || server.say(locked) == ["1"]));
    let started = Instant::now();
    let mut engine = connect(&connector);
    assert_eq!(read(&mut *engine, 0).head, Some(nth(1)));
    passing(engine.append(&nth(1), b"x", &nth(2)));
    assert!(started.elapsed() < 2 * TIMEOUT, "{:?}", started.elapsed());
    // Nor does what waits for it stay behind on the server.
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    assert!(until(2 * TIMEOUT, || server.say(waiting) == ["0"]));
}

#[test]
fn a_standby_is_unavailable_and_one_of_several_hosts_takes_writes() {
    let Some(primary) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    feed(&primary.connector(realm.clone()), 2);
    let standby = primary.replica();
    passing(standby.connector(realm.clone()).connect().map(drop));
    // The standby first: the one that takes writes is found behind it.
    let hosts = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=postgres dbname=postgres",
        standby.port(),
        primary.port()
    );
    let both = PostgresConnector::new(hosts.parse().unwrap(), realm);
    assert_eq!(append(&mut *connect(&both), 3), Appended::Accepted);
}

#[test]
fn standbys_are_counted_when_they_have_it_on_disk_and_only_by_who_may_see() {
    let Some(primary) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let connector = primary.connector(realm.clone());
    feed(&connector, 1);
    let standby = primary.replica();
    let mut engine = connect(&connector);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    assert_eq!(engine.replicated(1, 10 * SHORT), Ok(1));
    standby.freeze();
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    let started = Instant::now();
    assert_eq!(engine.replicated(1, SHORT), Ok(0));
    assert!(started.elapsed() >= SHORT);
    standby.thaw();
    assert_eq!(engine.replicated(1, 10 * SHORT), Ok(1));

    primary.say("CREATE ROLE revoker LOGIN; CREATE ROLE follower LOGIN");
    let grants = grants();
    let sees = |grant: &&&str| grant.contains("pg_read_all_stats");
    grants
        .iter()
        .filter(|grant| !sees(grant))
        .for_each(|grant| drop(primary.say(grant)));
    let mut blind = connect(&self::connector(&primary, "revoker", &realm));
    assert_eq!(append(&mut *blind, 4), Appended::Accepted);
    assert!(blind.replicated(1, SHORT).unwrap_err().is_lasting());
    grants
        .iter()
        .filter(sees)
        .for_each(|grant| drop(primary.say(grant)));
    let mut seeing = connect(&self::connector(&primary, "revoker", &realm));
    assert_eq!(append(&mut *seeing, 5), Appended::Accepted);
    assert_eq!(seeing.replicated(1, 10 * SHORT), Ok(1));
}

#[test]
fn a_standby_that_is_late_counts_once_it_has_the_batch_however_much_is_written_behind_it() {
    const SLICE: Duration = Duration::from_millis(100);
    let Some(primary) = PostgresServer::start() else {
        return;
    };
    let connector = primary.connector(realm());
    feed(&connector, 1);
    // Further behind than one question waits, each way.
    let standby = primary.replica();
    standby.delay(SLICE);
    let port = primary.port();
    primary.say("CREATE TABLE other (n int)");
    let busy = "DO $$ BEGIN FOR n IN 1..100000 LOOP \
                INSERT INTO other VALUES (n); COMMIT; PERFORM pg_sleep(0.002); END LOOP; END $$";
    thread::spawn(move || query(port, busy));
    let rows = || primary.say("SELECT count(*) > 50 FROM other") == ["t"];
    assert!(until(Duration::from_secs(5), rows));
    let mut engine = connect(&connector);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    let counted = || engine.replicated(1, SLICE) == Ok(1);
    assert!(until(Duration::from_secs(5), counted));
    // Of the next batch it holds nothing yet.
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    assert_eq!(engine.replicated(1, NO_WAIT), Ok(0));
}

#[test]
fn a_standby_that_is_late_is_counted_beside_one_append_after_the_other() {
    const SLICE: Duration = Duration::from_millis(100);
    let Some(primary) = PostgresServer::start() else {
        return;
    };
    let connector = primary.connector(realm());
    feed(&connector, 1);
    let standby = primary.replica();
    standby.delay(SLICE);
    let mut engine = connect(&connector);
    let mut n = 2;
    let counted = || {
        assert_eq!(append(&mut *engine, n), Appended::Accepted);
        n += 1;
        engine.replicated(1, SLICE) == Ok(1)
    };
    assert!(until(Duration::from_secs(10), counted));
}

#[test]
fn a_commit_that_waits_for_its_standby_is_never_taken_for_done() {
    let Some(primary) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let connector = primary.connector(realm.clone());
    feed(&connector, 1);
    let standby = primary.replica_named("second");
    primary.say("ALTER SYSTEM SET synchronous_standby_names = 'second'");
    primary.say("SELECT pg_reload_conf()");
    let mut engine = connect(&connector);
    let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    assert!(until(Duration::from_secs(5), || primary.say(synchronous) == ["1"]));
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    assert_eq!(engine.replicated(1, NO_WAIT), Ok(1));

    standby.freeze();
    let started = Instant::now();
    passing(engine.append(&nth(2), &batch(3), &nth(3)));
    assert!(started.elapsed() < 2 * TIMEOUT);
    drop(engine);
    // Long after every time-out of the connection: still neither done nor seen.
    thread::sleep(4 * TIMEOUT);
    let mut reader = connect(&connector);
    assert_eq!(read(&mut *reader, 0).head, Some(nth(2)));
    passing(connect(&connector).append(&nth(2), b"other 3", &nth(3)));
    standby.thaw();
    let arrives = || read(&mut *reader, 2).batches == [batch(3)];
    assert!(
        until(Duration::from_secs(5), arrives),
        "the first of the two, and one of them only"
    );
}

#[test]
fn an_asynchronous_commit_is_made_a_synchronous_one() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.say("ALTER ROLE postgres SET synchronous_commit = off");
    let realm = realm();
    feed(&server.connector(realm.clone()), 1);
    let mut engine = connect(&server.connector(realm));
    let written = || {
        let lag = "SELECT pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn() < 100";
        server.say(lag) == ["t"]
    };
    for n in 2..30 {
        assert_eq!(append(&mut *engine, n), Appended::Accepted);
        assert!(written(), "batch {n} waits for the disk");
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let slow = Duration::from_secs(30);
    let all = connector(&server, "postgres", &realm).timeout(slow);
    let limited = connector(&server, "postgres", &realm).largest_snapshot(sizes::SMALL);
    sizes::check(&all, &limited);
}

#[test]
fn rows_that_are_no_feed_are_refused() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let connector = server.connector(realm.clone());
    feed(&connector, 1);
    server.say(&format!(
        "INSERT INTO cloakroom_feed_batch VALUES ('{realm}', 2, 'junk')"
    ));
    let error = connect(&connector)
        .append(&nth(1), b"x", &nth(2))
        .unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert_eq!(read(&mut *connect(&connector), 5).head, Some(nth(1)));
    server.say("UPDATE cloakroom_feed_head SET fmt = 2");
    let error = connect(&connector).read(0, 1, NO_WAIT).unwrap_err();
    assert!(error.is_lasting(), "{error}");
    let done = connect(&connector).found(Some(&nth(1)), &nth(0));
    assert_eq!(done, Ok(false), "what is of another format is left alone");
    server
        .say("DROP TABLE cloakroom_feed_batch; CREATE VIEW cloakroom_feed_batch AS SELECT 1 AS n");
    let error = connect(&connector).read(0, 1, NO_WAIT).unwrap_err();
    assert!(error.is_lasting(), "{error}");
}
