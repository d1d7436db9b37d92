//! No call takes much longer than its time-out, whatever the server does; and after an outage a new
//! connection finds what the server kept.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::needless_pass_by_ref_mut
)]

use std::time::{Duration, Instant};

use cloakroom::feed::{Appended, EngineError, FeedConnector as _, FeedEngine};
use engine_tests::contract::{append, batch, connect, feed, nth, read};
use engine_tests::proxy::Weather;
use engine_tests::redis_server::DURABLE;
use engine_tests::subject::TIMEOUT;
use engine_tests::{PostgresServer, Proxy, RedisServer, Server, realm};

/// What a call may take besides its time-out, on a busy machine.
const GRACE: Duration = Duration::from_secs(2);
const WAIT: Duration = Duration::from_millis(200);

type Call = fn(&mut dyn FeedEngine) -> Result<(), EngineError>;

/// Every call, and what it may take.
const CALLS: &[(&str, Call, Duration)] = &[
    (
        "read",
        |engine| engine.read(0, 10, Duration::ZERO).map(drop),
        TIMEOUT,
    ),
    (
        "wait",
        |engine| engine.read(50, 10, WAIT).map(drop),
        TIMEOUT.saturating_add(WAIT),
    ),
    (
        "append",
        |engine| engine.append(&nth(50), b"x", &nth(51)).map(drop),
        TIMEOUT,
    ),
    (
        "found",
        |engine| engine.found(Some(&nth(60)), &nth(0)).map(drop),
        TIMEOUT,
    ),
    (
        "snapshot_at",
        |engine| engine.snapshot_at().map(drop),
        TIMEOUT,
    ),
    (
        "snapshot",
        |engine| engine.snapshot().map(drop),
        TIMEOUT.saturating_mul(2),
    ),
    (
        "put_snapshot",
        |engine| engine.put_snapshot(&nth(50), b"x", 0).map(drop),
        TIMEOUT.saturating_mul(2),
    ),
];

fn every_call_returns_in_time(server: &dyn Server, fault: &dyn Fn(bool), port: u16) {
    let realm = realm();
    feed(&server.connector(realm.clone()), 50);
    let connector = server.kind().connector(port, realm);
    for (what, call, limit) in CALLS {
        let mut engine = connect(&connector);
        call(&mut *engine).unwrap_or_else(|error| panic!("{what}: {error}"));
        // For the call below: what it would do is not to be done already.
        let mut engine = connect(&connector);
        fault(true);
        let started = Instant::now();
        let error = call(&mut *engine).unwrap_err();
        let took = started.elapsed();
        fault(false);
        assert!(!error.is_lasting(), "{what}: {error}");
        assert!(took < *limit + GRACE, "{what}: {took:?}");
    }
    fault(true);
    let started = Instant::now();
    let error = connector.connect().err().unwrap();
    let took = started.elapsed();
    fault(false);
    assert!(!error.is_lasting(), "connect: {error}");
    assert!(took < TIMEOUT + GRACE, "connect: {took:?}");
    assert!(connector.connect().is_ok());
}

fn frozen(server: &mut dyn Server) {
    let fault = |on: bool| if on { server.freeze() } else { server.thaw() };
    let port = server.port();
    every_call_returns_in_time(server, &fault, port);
}

/// The network takes everything and gives nothing.
fn silent(server: &mut dyn Server) {
    let proxy = Proxy::to(server.port());
    let fault = |on: bool| proxy.set(if on { Weather::Silent } else { Weather::Clear });
    every_call_returns_in_time(server, &fault, proxy.port());
}

/// A byte now and then: each read of the socket is answered in time, and the call is not.
fn dripping(server: &mut dyn Server) {
    let proxy = Proxy::to(server.port());
    let each = Duration::from_millis(100);
    let fault = |on: bool| {
        proxy.set(if on {
            Weather::Drip(each)
        } else {
            Weather::Clear
        })
    };
    let realm = realm();
    feed(&server.connector(realm.clone()), 1);
    let connector = server.kind().connector(proxy.port(), realm);
    for wait in [Duration::ZERO, WAIT] {
        let mut engine = connect(&connector);
        fault(true);
        let started = Instant::now();
        assert!(engine.read(0, 10, wait).is_err());
        let took = started.elapsed();
        fault(false);
        assert!(took < TIMEOUT + wait + GRACE, "{took:?}");
    }
}

/// `kill -9`, then a start with the data: what was acknowledged is there. Then one without.
fn killed(server: &mut dyn Server) {
    let realm = realm();
    feed(&server.connector(realm.clone()), 20);
    let mut engine = connect(&server.connector(realm.clone()));
    assert_eq!(append(&mut *engine, 21), Appended::Accepted);
    server.kill();
    let error = engine.read(0, 10, Duration::ZERO).unwrap_err();
    assert!(!error.is_lasting(), "{error}");
    let connector = server.connector(realm);
    let error = connector.connect().err().unwrap();
    assert!(!error.is_lasting(), "{error}");

    server.restart();
    let error = engine.read(0, 10, Duration::ZERO);
    assert!(error.is_err(), "the old connection stays broken");
    let mut engine = connect(&connector);
    let tail = read(&mut *engine, 0);
    assert_eq!(tail.head, Some(nth(21)));
    assert_eq!(tail.batches, (1..=21).map(batch).collect::<Vec<_>>());
    assert_eq!(append(&mut *engine, 22), Appended::Accepted);

    server.restart_empty();
    let mut engine = connect(&connector);
    assert_eq!(read(&mut *engine, 0).head, None);
    assert_eq!(engine.found(None, &nth(0)), Ok(true));
    assert_eq!(append(&mut *engine, 1), Appended::Accepted);
}

/// The network is cut and mended, and the server never knew.
fn cut(server: &mut dyn Server) {
    let proxy = Proxy::to(server.port());
    let realm = realm();
    feed(&server.connector(realm.clone()), 2);
    let connector = server.kind().connector(proxy.port(), realm);
    let mut engine = connect(&connector);
    proxy.cut();
    let error = engine.read(0, 10, Duration::ZERO).unwrap_err();
    assert!(!error.is_lasting(), "{error}");
    assert!(!connector.connect().err().unwrap().is_lasting());
    proxy.mend();
    assert_eq!(read(&mut *connect(&connector), 0).head, Some(nth(2)));
}

macro_rules! on_both {
    ($($what:ident: $redis:ident, $postgres:ident;)*) => {$(
        #[test]
        fn $redis() {
            if let Some(mut server) = RedisServer::start_with(DURABLE) {
                $what(&mut server);
            }
        }

        #[test]
        fn $postgres() {
            if let Some(mut server) = PostgresServer::start() {
                $what(&mut server);
            }
        }
    )*};
}

on_both! {
    frozen: redis_frozen_every_call_returns_in_time, postgres_frozen_every_call_returns_in_time;
    silent: redis_behind_a_silent_network_every_call_returns_in_time,
        postgres_behind_a_silent_network_every_call_returns_in_time;
    dripping: redis_that_drips_holds_no_call, postgres_that_drips_holds_no_call;
    killed: redis_killed_and_restarted_has_what_it_acknowledged,
        postgres_killed_and_restarted_has_what_it_acknowledged;
    cut: redis_after_a_cut_is_found_again, postgres_after_a_cut_is_found_again;
}
