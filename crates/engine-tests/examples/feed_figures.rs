//! What a feed costs and how fast it is, over a real Redis and a real PostgreSQL on this machine:
//!
//! `cargo run --release -p engine-tests --example feed_figures`
//!
//! Both engines flush every write to the disk before they answer (`appendfsync always`, `fsync=on`).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "prints figures, and may stop when it can't"
)]

use std::thread;
use std::time::{Duration, Instant};

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, Realm};
use cloakroom::{
    Clock as _, Freshness, KeyRing, Revocation, RevocationPublish as _, RevocationView as _,
    SessionId, Sessions, SystemClock,
};
use engine_tests::redis_server::DURABLE;
use engine_tests::{PostgresServer, RedisServer, Server, realm};

const REVOCATIONS: usize = 500;
const FREEZES: u64 = 10;
/// How often a follower is asked.
const LOOK: Duration = Duration::from_micros(100);
const PATIENCE: Duration = Duration::from_secs(60);

struct Fleet {
    feeds: Vec<FeedRevocations>,
    servers: Vec<Sessions<(), FeedRevocations>>,
}

fn feed(server: &dyn Server, realm: &Realm, key: &FeedKey, every: u64) -> FeedRevocations {
    let connector = server.connector(realm.clone());
    FeedRevocations::builder(realm.clone(), FeedKeys::new(key.clone()), connector)
        .snapshot_every(every)
        .patience(PATIENCE)
        .start()
        .unwrap()
}

fn sessions(ring: &KeyRing, feed: &FeedRevocations) -> Sessions<(), FeedRevocations> {
    Sessions::builder(ring.clone(), feed.clone())
        .purpose("session")
        .audience("")
        .aal2()
        .build()
        .unwrap()
}

impl Fleet {
    /// One that revokes and so many that follow.
    fn new(server: &dyn Server, followers: usize) -> Self {
        let (realm, key) = (realm(), FeedKey::generate().unwrap());
        let ring = KeyRing::generate(&SystemClock, time::Duration::hours(12)).unwrap();
        let feeds: Vec<_> = (0..=followers)
            .map(|_| feed(server, &realm, &key, 4096))
            .collect();
        assert!(feeds.iter().all(|feed| feed.wait_until_fresh(PATIENCE)));
        let servers = feeds.iter().map(|feed| sessions(&ring, feed)).collect();
        Self { feeds, servers }
    }
}

struct Figures(Vec<Duration>);

impl Figures {
    fn at(&mut self, percent: usize) -> f64 {
        self.0.sort();
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0[rank - 1].as_secs_f64() * 1e3
    }

    fn line(&mut self, what: &str) {
        let [median, late, worst] = [50, 99, 100].map(|percent| self.at(percent));
        let n = self.0.len();
        println!("  {what:<44} {n:>5} {median:>9.2} {late:>9.2} {worst:>9.2}");
    }
}

/// From the call to revoke until the last of the followers refuses, and until the caller knows.
fn propagation(server: &dyn Server, followers: usize) {
    let fleet = Fleet::new(server, followers);
    let (mut known, mut refused) = (Figures(Vec::new()), Figures(Vec::new()));
    for round in 0..REVOCATIONS {
        let issued = fleet.servers[0].issue("ada", &()).unwrap();
        let (token, id) = (issued.token, issued.session.id());
        let started = Instant::now();
        thread::scope(|scope| {
            let waiting: Vec<_> = fleet.servers[1..]
                .iter()
                .map(|server| {
                    let token = token.as_str();
                    scope.spawn(move || {
                        while server.verify(token).is_ok() {
                            thread::sleep(LOOK);
                        }
                        started.elapsed()
                    })
                })
                .collect();
            fleet.servers[0].revoke(id).unwrap().accepted().unwrap();
            known.0.push(started.elapsed());
            let all = waiting.into_iter().map(|one| one.join().unwrap());
            refused.0.extend(all);
        });
        // At all phases of the heartbeat.
        thread::sleep(Duration::from_micros(
            3_000 + (round as u64 * 7_919) % 9_000,
        ));
    }
    known.line(&format!("accepted, {followers} following"));
    refused.line(&format!("refused by a follower, {followers} following"));
}

/// From the moment the engine freezes until a follower says so, and from the thaw until it is fresh.
fn frozen(server: &dyn Server) {
    let fleet = Fleet::new(server, 1);
    let (mut noticed, mut recovered) = (Figures(Vec::new()), Figures(Vec::new()));
    let until = |fresh: bool| {
        let started = Instant::now();
        while (fleet.feeds[1].freshness() == Freshness::Fresh) != fresh {
            thread::sleep(LOOK);
        }
        started.elapsed()
    };
    for round in 0..FREEZES {
        thread::sleep(Duration::from_millis(1_000 + round * 67));
        server.freeze();
        noticed.0.push(until(false));
        thread::sleep(Duration::from_millis(500));
        server.thaw();
        recovered.0.push(until(true));
    }
    noticed.line("a frozen engine is noticed");
    recovered.line("fresh again after the thaw");
}

/// A server without a disk of its own starts when the feed has a million entries.
fn cold_start(server: &dyn Server) {
    const PARTS: u64 = 20;
    const EACH: u64 = 50_000;
    let (realm, key) = (realm(), FeedKey::generate().unwrap());
    let first = feed(server, &realm, &key, 5);
    assert!(first.wait_until_fresh(PATIENCE));
    let now = SystemClock.now().unwrap();
    let id = |n: u64| {
        let spread = u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        Revocation::session(SessionId::from_bytes(spread.to_be_bytes()))
    };
    for part in 0..PARTS {
        let all: Vec<_> = (part * EACH..(part + 1) * EACH).map(id).collect();
        let delivery = first.publish(&all, now).unwrap();
        delivery.accepted().unwrap();
    }
    let mut starts = Figures(Vec::new());
    for _ in 0..3 {
        let started = Instant::now();
        let newcomer = feed(server, &realm, &key, 4096);
        assert!(newcomer.wait_until_fresh(PATIENCE));
        starts.0.push(started.elapsed());
        assert!(newcomer.stats().sessions as u64 >= PARTS * EACH);
    }
    starts.line("start without a disk, 1,000,000 entries");
}

fn figures(name: &str, server: &dyn Server) {
    println!(
        "{name:<46} {:>5} {:>9} {:>9} {:>9}",
        "n", "p50 ms", "p99 ms", "max ms"
    );
    propagation(server, 1);
    propagation(server, 4);
    frozen(server);
    cold_start(server);
}

fn main() {
    if let Some(server) = RedisServer::start_with(DURABLE) {
        figures("Redis", &server);
    }
    if let Some(server) = PostgresServer::start_with(&["fsync=on"]) {
        figures("PostgreSQL", &server);
    }
}
