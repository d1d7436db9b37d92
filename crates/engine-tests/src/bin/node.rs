//! One server of a fleet, for tests that kill and freeze whole processes: it follows a feed, revokes
//! and answers questions, a line each.
//!
//! `node ENGINE PORT REALM STORE`. Lines: `revoke HEX...`, `audit HEX...`, `clock MILLISECONDS`,
//! `anew`, `status`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::collections::HashSet;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cloakroom::feed::{
    Delivery, Environment, FeedKey, FeedKeys, FeedRevocations, Realm, SystemEnvironment,
};
use cloakroom::store::DurableRevocations;
use cloakroom::{
    Clock, ClockError, Freshness, Key, KeyRing, RevocationView as _, SessionId, Sessions, Timestamp,
};
use engine_tests::subject::Kind;

/// The system's clocks, and a wall clock that a test sets wrong.
#[derive(Clone)]
struct Clocks(SystemEnvironment, Arc<AtomicI64>);

impl Environment for Clocks {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        let shift = self.1.load(Ordering::SeqCst);
        Ok(self.0.unix_millis()?.saturating_add_signed(shift))
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn random(&self, out: &mut [u8]) -> bool {
        self.0.random(out)
    }
}

impl Clock for Clocks {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let seconds = self.unix_millis()?.div_euclid(1000);
        Timestamp::from_unix(seconds).ok_or_else(ClockError::new)
    }
}

/// A key that is the same in every node.
const fn key(first: u8) -> [u8; 32] {
    let mut bytes = [0x5A; 32];
    bytes[0] = first;
    bytes
}

struct Node {
    feed: FeedRevocations,
    sessions: Sessions<(), FeedRevocations>,
    clocks: Clocks,
}

impl Node {
    fn start(arguments: &[String]) -> Self {
        let [engine, port, realm, store] = arguments else {
            panic!("ENGINE PORT REALM STORE");
        };
        let realm = Realm::new(realm).unwrap();
        let keys = FeedKeys::new(FeedKey::from_bytes(&key(1)).unwrap());
        let clocks = Clocks(SystemEnvironment::new(), Arc::default());
        let kind: Kind = engine.parse().unwrap();
        let connector = kind.connector(port.parse().unwrap(), realm.clone());
        let store = DurableRevocations::open(store, clocks.now().unwrap()).unwrap();
        let feed = FeedRevocations::builder(realm, keys, connector)
            .durable(store)
            .snapshot_every(100)
            .environment(clocks.clone())
            .on_event(|event| eprintln!("{event}"))
            .start()
            .unwrap();
        let key = Key::from_bytes(&key(2)).unwrap();
        let long_ago = Timestamp::from_unix(1).unwrap();
        let ring = KeyRing::new(key, long_ago, time::Duration::hours(12)).unwrap();
        let sessions = Sessions::builder(ring, feed.clone())
            .purpose("session")
            .audience("")
            .aal2()
            .clock(clocks.clone())
            .build()
            .unwrap();
        Self {
            feed,
            sessions,
            clocks,
        }
    }

    fn answer(&self, line: &str) -> String {
        let mut words = line.split_whitespace();
        match words.next().unwrap() {
            "revoke" => {
                let answers = words.map(|hex| self.revoke(hex));
                answers.collect::<Vec<_>>().join(" ")
            }
            "audit" => self.audit(words),
            "clock" => {
                let shift = words.next().unwrap().parse().unwrap();
                self.clocks.1.store(shift, Ordering::SeqCst);
                "set".into()
            }
            "anew" => match self.feed.found_anew() {
                Ok(accepted) => format!("accepted {}", accepted.position()),
                Err(error) => format!("error {error}"),
            },
            "status" => format!("{:?}", self.feed.status()),
            other => panic!("{other}?"),
        }
    }

    fn revoke(&self, hex: &str) -> &'static str {
        match self.sessions.revoke(hex.parse::<SessionId>().unwrap()) {
            Ok(Delivery::Replicated(_)) => "replicated",
            Ok(Delivery::Accepted(_)) => "accepted",
            Ok(Delivery::Pending(pending)) if pending.is_durable() => "durable",
            Ok(_) => "pending",
            Err(_) => "error",
        }
    }

    /// How this view stands, how much is pending here, and which of these sessions it does not refuse.
    fn audit<'a>(&self, sessions: impl Iterator<Item = &'a str>) -> String {
        // First: what is fresh at this moment misses nothing later either.
        let freshness = match self.feed.freshness() {
            Freshness::Fresh => "fresh",
            Freshness::Stale { .. } => "stale",
            _ => "blind",
        };
        let pending = self.feed.status().pending;
        let all = self.feed.snapshot(self.clocks.now().unwrap());
        // Wherever they stand in it: this does not need to know the layout.
        let known: HashSet<&[u8]> = all.windows(16).collect();
        let is_missing = |hex: &&str| {
            let id: SessionId = hex.parse().unwrap();
            !known.contains(&id.to_bytes()[..])
        };
        let missing: Vec<&str> = sessions.filter(is_missing).collect();
        format!("{freshness} {pending} {}", missing.join(" "))
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let node = Node::start(&arguments);
    println!("ready");
    for line in stdin().lock().lines() {
        println!("{}", node.answer(&line.unwrap()));
        stdout().flush().unwrap();
    }
}
