//! After every fault of an engine, of the network and of servers: no acknowledged revocation is
//! missing anywhere once a view says fresh, and in the end all of them are everywhere. Three server
//! processes with a disk each, one real engine; the promise is checked all the time.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::needless_pass_by_ref_mut
)]

use std::thread;
use std::time::Duration;

use cloakroom::feed::{Appended, FeedConnector as _, Position};
use engine_tests::fleet::{BOUND, Fleet};
use engine_tests::process::until;
use engine_tests::proxy::Weather;
use engine_tests::redis_server::DURABLE;
use engine_tests::{PostgresServer, RedisServer, Server};

/// What a busy machine may add to a bound.
const GRACE: Duration = Duration::from_secs(3);

fn fleet(server: &dyn Server) -> Fleet {
    Fleet::start(env!("CARGO_BIN_EXE_node"), server, 3)
}

fn all(answers: &[String], expected: &str) {
    assert!(
        answers.iter().all(|answer| answer == expected),
        "{answers:?}"
    );
}

/// Revokes over an engine that is there. A machine that is busy with others can let a request take
/// longer than its time-out, and then the answer is "durable", rightly; not again and again.
fn accepted(fleet: &mut Fleet, node: usize, count: u64) {
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers = fleet.revoke(node, count);
        if answers.iter().all(|answer| answer == "accepted") {
            return;
        }
        let honest = |answer: &String| answer == "accepted" || answer == "durable";
        assert!(answers.iter().all(honest), "{answers:?}");
    }
    panic!("{answers:?}");
}

/// The engine is killed; what is revoked meanwhile is on a disk, and reaches everybody.
fn killed(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 20);
    server.kill();
    all(&fleet.revoke(1, 3), "durable");
    fleet.until_stale(2);
    server.restart();
    fleet.settle();
    accepted(&mut fleet, 2, 5);
    fleet.settle();
}

/// It comes back without its data: the followers have the only copies.
fn emptied(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 20);
    accepted(&mut fleet, 1, 20);
    fleet.settle();
    server.restart_empty();
    fleet.settle();
    accepted(&mut fleet, 2, 5);
    // One that knows nothing but what the others handed back.
    server.restart_empty();
    fleet.settle();
    fleet.join(server);
    fleet.settle();
}

/// The engine takes requests and answers none.
fn frozen(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 10);
    server.freeze();
    let noticed = fleet
        .until_stale(0)
        .max(fleet.until_stale(1))
        .max(fleet.until_stale(2));
    assert!(noticed < BOUND + GRACE, "{noticed:?}");
    all(&fleet.revoke(1, 2), "durable");
    fleet.check_for(BOUND);
    server.thaw();
    fleet.settle();
}

/// One server loses its network, silently or with a broken connection, while others revoke.
fn cut_off(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    for silent in [true, false] {
        if silent {
            fleet.nodes[2].proxy.set(Weather::Silent);
        } else {
            fleet.nodes[2].proxy.cut();
        }
        accepted(&mut fleet, 0, 10);
        let noticed = fleet.until_stale(2);
        assert!(noticed < BOUND + GRACE, "{noticed:?}");
        all(&fleet.revoke(2, 3), "durable");
        accepted(&mut fleet, 1, 10);
        fleet.check_for(BOUND);
        let alone = until(GRACE, || fleet.check() == [true, true, false]);
        assert!(alone, "{}", fleet.report());
        fleet.nodes[2].proxy.mend();
        if silent {
            // What was held arrives now, in the middle of something else.
            fleet.check_for(Duration::from_millis(300));
        }
        fleet.settle();
    }
}

/// A network that is slow, and one that drips.
fn slow(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    fleet.nodes[1]
        .proxy
        .set(Weather::Late(Duration::from_millis(150)));
    fleet.nodes[2]
        .proxy
        .set(Weather::Drip(Duration::from_millis(50)));
    for _ in 0..5 {
        accepted(&mut fleet, 0, 10);
        fleet.check_for(Duration::from_millis(500));
    }
    let fresh = fleet.check();
    assert!(!fresh[2], "nothing that drips is fresh");
    fleet.nodes.iter().for_each(|node| node.proxy.mend());
    fleet.settle();
}

/// A replica that lacks acknowledged writes becomes the primary, and counts on.
fn failover(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 10);
    let mut replica = server.replica();
    accepted(&mut fleet, 1, 10);
    fleet.settle();
    // What is accepted from here on is on the old primary alone.
    replica.isolate();
    accepted(&mut fleet, 2, 15);
    fleet.check_for(BOUND);
    server.kill();
    replica.promote();
    for node in &fleet.nodes {
        node.proxy.redirect(replica.port());
    }
    fleet.check_for(Duration::from_millis(500));
    fleet.settle();
    accepted(&mut fleet, 1, 30);
    fleet.settle();
    // The engine has them again: one that starts from it alone knows them.
    fleet.join(&*replica);
    fleet.settle();
}

/// The same, and the new primary counts on past the numbers that were lost: by numbers alone nobody
/// who comes back then could tell.
fn failover_that_counts_on(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    let mut replica = server.replica();
    accepted(&mut fleet, 0, 5);
    fleet.settle();
    fleet.nodes[0].proxy.cut();
    replica.isolate();
    let lost = fleet.mark();
    accepted(&mut fleet, 1, 5);
    accepted(&mut fleet, 2, 5);
    fleet.check_for(BOUND);
    fleet.nodes[1].proxy.cut();
    fleet.nodes[2].proxy.cut();
    server.kill();
    fleet.known_to_witnesses_alone(lost);
    replica.promote();
    for node in &fleet.nodes {
        node.proxy.redirect(replica.port());
    }
    // It never saw what was lost, and goes on as if nothing had been.
    fleet.nodes[0].proxy.mend();
    for _ in 0..8 {
        fleet.revoke(0, 5);
    }
    fleet.nodes[1].proxy.mend();
    fleet.nodes[2].proxy.mend();
    fleet.settle();
    fleet.join(&*replica);
    fleet.settle();
}

/// The same, when the only server that still knows was away during the failover.
fn failover_with_one_witness(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    let mut replica = server.replica();
    accepted(&mut fleet, 0, 5);
    fleet.settle();
    replica.isolate();
    let lost = fleet.mark();
    // Two servers are down, so the third alone reads what follows.
    fleet.nodes[0].kill();
    fleet.nodes[1].kill();
    accepted(&mut fleet, 2, 10);
    fleet.nodes[2].kill();
    server.kill();
    fleet.known_to_witnesses_alone(lost);
    replica.promote();
    for node in &fleet.nodes {
        node.proxy.redirect(replica.port());
    }
    fleet.nodes[0].restart();
    fleet.nodes[1].restart();
    // They can't know what they miss; the witness comes back and tells them.
    fleet.check_for(BOUND);
    fleet.nodes[2].restart();
    fleet.settle();
}

/// The log is trimmed past a follower that is away.
fn trimmed(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    fleet.nodes[2].proxy.cut();
    all(&fleet.revoke(2, 2), "durable");
    for _ in 0..14 {
        accepted(&mut fleet, 0, 100);
        fleet.check();
    }
    let mut engine = server.connector(fleet.realm.clone()).connect().unwrap();
    let head = engine
        .read(u64::MAX, 0, Duration::ZERO)
        .unwrap()
        .head
        .unwrap();
    let first = engine.read(0, 1, Duration::ZERO).unwrap().batches;
    let kept = engine
        .read(0, 10_000, Duration::ZERO)
        .unwrap()
        .batches
        .len();
    assert!(
        kept < usize::try_from(head.n).unwrap() && !first.is_empty(),
        "nothing was trimmed"
    );
    fleet.nodes[2].proxy.mend();
    fleet.settle();
}

/// A batch that no server wrote, where the next one belongs: followed by nobody, hidden by nothing,
/// until an operator founds the feed anew.
fn garbage(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 10);
    fleet.settle();
    let mut engine = server.connector(fleet.realm.clone()).connect().unwrap();
    loop {
        let head = engine
            .read(u64::MAX, 0, Duration::ZERO)
            .unwrap()
            .head
            .unwrap();
        let becomes = Position {
            n: head.n + 1,
            chain: *b"garbage!",
            ..head
        };
        if engine.append(&head, b"garbage", &becomes) == Ok(Appended::Accepted) {
            break;
        }
    }
    for node in 0..3 {
        fleet.until_stale(node);
    }
    all(&fleet.revoke(1, 3), "durable");
    fleet.check_for(BOUND);
    let answer = fleet.nodes[0].ask("anew");
    assert!(answer.starts_with("accepted"), "{answer}");
    fleet.settle();
}

/// Server processes are killed and frozen.
fn servers(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    accepted(&mut fleet, 0, 10);
    // Killed with something on its disk alone.
    fleet.nodes[1].proxy.cut();
    all(&fleet.revoke(1, 5), "durable");
    fleet.nodes[1].kill();
    accepted(&mut fleet, 0, 10);
    fleet.check_for(BOUND);
    fleet.nodes[1].proxy.mend();
    fleet.nodes[1].restart();
    fleet.settle();
    // Frozen for longer than the bound: the first thing it says is not "fresh" by an old proof.
    fleet.nodes[2].freeze();
    accepted(&mut fleet, 0, 20);
    thread::sleep(BOUND + Duration::from_millis(200));
    fleet.nodes[2].thaw();
    fleet.check_for(Duration::from_millis(500));
    fleet.settle();
}

/// Wall clocks step, ahead and back, on one server and then on another.
fn clocks(server: &mut dyn Server) {
    let mut fleet = fleet(server);
    for (node, step) in [(0, 5_000), (1, -5_000), (2, 60_000), (0, -60_000)] {
        fleet.nodes[node].set_clock(step);
        for _ in 0..3 {
            for node in 0..3 {
                let answers = fleet.revoke(node, 3);
                assert!(
                    answers.iter().all(|answer| answer != "error"),
                    "{answers:?}"
                );
            }
            fleet.check_for(Duration::from_millis(700));
        }
        fleet.nodes[node].set_clock(0);
        fleet.settle();
    }
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
    killed: redis_is_killed_and_restarted, postgres_is_killed_and_restarted;
    emptied: redis_comes_back_empty, postgres_comes_back_empty;
    frozen: redis_is_frozen, postgres_is_frozen;
    cut_off: one_server_is_cut_off_from_redis, one_server_is_cut_off_from_postgres;
    slow: the_network_to_redis_is_slow, the_network_to_postgres_is_slow;
    failover: redis_fails_over_to_a_replica_that_lacks_writes,
        postgres_fails_over_to_a_standby_that_lacks_writes;
    failover_that_counts_on: redis_fails_over_and_counts_on, postgres_fails_over_and_counts_on;
    failover_with_one_witness: redis_fails_over_and_one_server_knows_what_is_lost,
        postgres_fails_over_and_one_server_knows_what_is_lost;
    trimmed: redis_trims_its_log_while_a_server_is_away,
        postgres_trims_its_log_while_a_server_is_away;
    garbage: garbage_is_written_to_redis, garbage_is_written_to_postgres;
    servers: servers_on_redis_are_killed_and_frozen, servers_on_postgres_are_killed_and_frozen;
    clocks: clocks_of_servers_on_redis_step, clocks_of_servers_on_postgres_step;
}
