//! Code of others that panics on the threads of a feed: an event's hook, an engine, a clock. Every
//! publication of the server waits for these threads, so they must live on.
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

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use cloakroom::feed::{
    Appended, Delivery, EngineError, Environment, FeedBuilder, FeedConnector, FeedEngine,
    FeedError, FeedEvent, FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Position, Realm,
    SystemEnvironment, Tail,
};
use cloakroom::{ClockError, Revocation, RevocationPublish as _, SessionId, Timestamp};

/// A bound on a hang, and no measurement.
const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Fragile {
    engine: MemoryEngine,
    panics: Arc<AtomicBool>,
    panicked: Arc<AtomicU64>,
}

impl Fragile {
    fn pass(&self) {
        if self.panics.load(SeqCst) {
            self.panicked.fetch_add(1, SeqCst);
            panic!("an engine with a defect");
        }
    }
}

impl FeedConnector for Fragile {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl FeedEngine for Fragile {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        self.pass();
        self.engine.read(after, limit, wait)
    }
    fn append(&mut self, o: &Position, b: &[u8], n: &Position) -> Result<Appended, EngineError> {
        self.pass();
        self.engine.append(o, b, n)
    }
    fn replicated(&mut self, wanted: u32, wait: Duration) -> Result<u32, EngineError> {
        self.engine.replicated(wanted, wait)
    }
    fn found(&mut self, old: Option<&Position>, first: &Position) -> Result<bool, EngineError> {
        self.engine.found(old, first)
    }
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.snapshot()
    }
    fn put_snapshot(&mut self, at: &Position, s: &[u8], drop: u64) -> Result<bool, EngineError> {
        self.engine.put_snapshot(at, s, drop)
    }
    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        self.engine.snapshot_at()
    }
}

fn builder(engine: impl FeedConnector) -> FeedBuilder {
    let keys = FeedKeys::new(FeedKey::generate().unwrap());
    FeedRevocations::builder(Realm::new("test").unwrap(), keys, engine)
        .staleness_bound(Duration::from_secs(1))
        .heartbeat(Duration::from_millis(200))
        .clock_allowance(Duration::from_millis(200))
}

fn log_out(feed: &FeedRevocations, number: u8) -> Result<Delivery, FeedError> {
    let (answer, answered) = mpsc::channel();
    let feed = feed.clone();
    std::thread::spawn(move || {
        let one = Revocation::session(SessionId::from_bytes([number; 16]));
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let _gone = answer.send(feed.publish(&[one], now));
    });
    answered.recv_timeout(LONG).expect("a logout that hangs")
}

fn until(what: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !what() {
        assert!(started.elapsed() < LONG, "never");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_hook_that_panics_ends_no_thread() {
    let heard: Arc<AtomicU64> = Arc::default();
    let counted = Arc::clone(&heard);
    let engine = Fragile::default();
    let feed = builder(engine.clone())
        .on_event(move |_: &FeedEvent| {
            counted.fetch_add(1, SeqCst);
            panic!("a hook with a defect");
        })
        .start()
        .unwrap();
    assert!(feed.wait_until_fresh(LONG));
    // Both threads meet with an event: everything has to be read again, and a feed to be founded.
    for round in 0..2 {
        let before = heard.load(SeqCst);
        engine.engine.clear();
        until(|| heard.load(SeqCst) > before + 1);
        assert!(feed.wait_until_fresh(LONG));
        let delivery = log_out(&feed, round).unwrap();
        assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
    }
}

#[test]
fn an_engine_that_panics_is_one_that_does_not_answer() {
    let engine = Fragile::default();
    let feed = builder(engine.clone()).start().unwrap();
    assert!(feed.wait_until_fresh(LONG));
    engine.panics.store(true, SeqCst);
    until(|| engine.panicked.load(SeqCst) > 1);
    let delivery = log_out(&feed, 1).unwrap();
    assert!(matches!(delivery, Delivery::Pending(_)), "{delivery:?}");
    let failure = feed.status().failure.unwrap();
    assert!(!failure.is_lasting());
    assert!(failure.to_string().contains("panicked"), "{failure}");
    engine.panics.store(false, SeqCst);
    until(|| feed.status().pending == 0);
    assert!(feed.wait_until_fresh(LONG));
    let delivery = log_out(&feed, 2).unwrap();
    assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
}

#[derive(Clone)]
struct Clocks(SystemEnvironment, Arc<AtomicBool>, Arc<AtomicU64>);

impl Environment for Clocks {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        if self.1.load(SeqCst) && std::thread::current().name() != Some("main") {
            self.2.fetch_add(1, SeqCst);
            panic!("a clock with a defect");
        }
        self.0.unix_millis()
    }
    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
    fn random(&self, out: &mut [u8]) -> bool {
        self.0.random(out)
    }
}

#[test]
fn a_clock_that_panics_ends_no_thread() {
    let clocks = Clocks(SystemEnvironment::new(), Arc::default(), Arc::default());
    let feed = builder(MemoryEngine::new())
        .environment(clocks.clone())
        .start()
        .unwrap();
    assert!(feed.wait_until_fresh(LONG));
    clocks.1.store(true, SeqCst);
    until(|| clocks.2.load(SeqCst) > 3);
    clocks.1.store(false, SeqCst);
    let delivery = log_out(&feed, 1).unwrap();
    assert!(matches!(delivery, Delivery::Accepted(_)), "{delivery:?}");
}
