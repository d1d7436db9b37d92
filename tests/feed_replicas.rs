//! Waiting for further machines: an engine that answers at once is asked now and then, and not as fast
//! as a thread can; nothing else waits meanwhile.
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

#[path = "feed/world.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cloakroom::feed::{
    Appended, Delivering, Delivery, EngineError, Environment, FeedConnector, FeedEngine, FeedKeys,
    FeedRevocations, MemoryEngine, Position, Tail,
};
use cloakroom::{
    Clock as _, ClockError, Revocation, RevocationPublish as _, SessionId, SystemClock,
};
use world::{feed_key, realm};

const MILLISECOND: Duration = Duration::from_millis(1);

/// An engine in memory with so many machines, that says how often it was asked about them.
#[derive(Clone, Default)]
struct Counted {
    engine: MemoryEngine,
    machines: Arc<AtomicU32>,
    asked: Arc<AtomicU32>,
}

impl FeedConnector for Counted {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl FeedEngine for Counted {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        self.engine.read(after, limit, wait)
    }
    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        self.engine.append(onto, batch, becomes)
    }
    /// Without waiting, whatever was asked for.
    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.machines.load(Ordering::SeqCst))
    }
    fn found(&mut self, old: Option<&Position>, first: &Position) -> Result<bool, EngineError> {
        self.engine.found(old, first)
    }
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.snapshot()
    }
    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        self.engine.put_snapshot(at, snapshot, drop_to)
    }
    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        self.engine.snapshot_at()
    }
}

fn start(engine: &Counted, patience: Duration) -> FeedRevocations {
    let keys = FeedKeys::new(feed_key(1));
    let builder = FeedRevocations::builder(realm(), keys, engine.clone());
    let feed = builder.replicas(1).patience(patience).start().unwrap();
    assert!(feed.wait_until_fresh(Duration::from_secs(20)));
    feed
}

fn logout(number: u8) -> [Revocation; 1] {
    [Revocation::session(SessionId::from_bytes([number; 16]))]
}

#[test]
fn an_engine_that_answers_at_once_is_asked_ten_times_a_second() {
    let engine = Counted::default();
    let feed = start(&engine, 1_000 * MILLISECOND);
    let delivery = feed.publish(&logout(1), SystemClock.now().unwrap());
    assert!(
        matches!(delivery, Ok(Delivery::Accepted(_))),
        "{delivery:?}"
    );
    let asked = engine.asked.load(Ordering::SeqCst);
    // Every tenth of a second until patience ends, and with each heartbeat.
    assert!((5..=16).contains(&asked), "asked {asked} times");
}

#[test]
fn machines_that_come_late_are_counted_and_another_publication_does_not_wait_for_them() {
    let engine = Counted::default();
    let feed = start(&engine, 20_000 * MILLISECOND);
    let now = SystemClock.now().unwrap();
    let first = feed.publish_async(&logout(1), now);
    let asked = || engine.asked.load(Ordering::SeqCst);
    let started = Instant::now();
    let within = |what: &dyn Fn() -> bool| {
        while !what() {
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(MILLISECOND);
        }
    };
    within(&|| asked() > 1);
    // This one brings a question of its own.
    let second = feed.publish_async(&logout(2), now);
    let before = asked();
    within(&|| feed.status().position.unwrap().n > 0 && asked() > before);
    engine.machines.store(1, Ordering::SeqCst);
    for delivering in [first, second] {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let delivery = runtime.unwrap().block_on(delivering).unwrap();
        let Delivery::Replicated(replicated) = delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!(replicated.machines(), 1);
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn by_hand_it_is_asked_once_until_time_passes_and_again_after_an_append() {
    let engine = Counted::default();
    let keys = FeedKeys::new(feed_key(1));
    let builder = FeedRevocations::builder(realm(), keys, engine.clone()).replicas(1);
    let clocks = Still::default();
    let builder = builder.environment(clocks.clone());
    let (feed, mut hands) = builder.by_hand().unwrap();
    hands.write();
    let now = cloakroom::Timestamp::from_unix(world::NOW).unwrap();
    let mut delivering = feed.publish_async(&logout(1), now);
    let mut asked = |times: u32| {
        (0..5).for_each(|_| hands.write());
        assert_eq!(engine.asked.load(Ordering::SeqCst), times);
    };
    asked(1);
    clocks.pass(99);
    asked(1);
    clocks.pass(1);
    asked(2);
    let _under_way = feed.publish_async(&logout(2), now);
    asked(3);
    engine.machines.store(2, Ordering::SeqCst);
    asked(3);
    clocks.pass(100);
    // Once about the first, and once about the second, which came after that question was put.
    asked(5);
    let answer = world::poll(&mut delivering).unwrap().unwrap();
    assert!(matches!(answer, Delivery::Replicated(_)), "{answer:?}");
    // Nobody waits any more.
    clocks.pass(100);
    asked(5);
}

/// What an engine says of the batches it was asked about is not taken for an answer about those that
/// were appended since, and those need not wait until nothing is appended any more.
#[test]
fn an_answer_is_about_what_was_appended_before_the_question() {
    let engine = Counted::default();
    let keys = FeedKeys::new(feed_key(1));
    let patience = Duration::from_secs(1);
    let clocks = Still::default();
    let (feed, mut hands) = FeedRevocations::builder(realm(), keys, engine.clone())
        .replicas(1)
        .patience(patience)
        .environment(clocks.clone())
        .by_hand()
        .unwrap();
    hands.write();
    let now = cloakroom::Timestamp::from_unix(world::NOW).unwrap();
    let mut publish = |number: u8, machines: u32| {
        let delivering = feed.publish_async(&logout(number), now);
        engine.machines.store(machines, Ordering::SeqCst);
        hands.write();
        engine.machines.store(0, Ordering::SeqCst);
        clocks.pass(100);
        delivering
    };
    let replicated = |delivering: &mut Delivering| {
        let answer = world::poll(delivering);
        answer.map(|answer| matches!(answer, Ok(Delivery::Replicated(_))))
    };
    // The question is put with the first, and answered behind the third.
    let mut first = publish(1, 0);
    let mut second = publish(2, 0);
    let mut third = publish(3, 1);
    assert_eq!(replicated(&mut first), Some(true));
    assert_eq!(replicated(&mut second), None);
    assert_eq!(replicated(&mut third), None);
    // The next is about these two.
    let mut fourth = publish(4, 0);
    let mut fifth = publish(5, 1);
    assert_eq!(replicated(&mut second), Some(true));
    assert_eq!(replicated(&mut third), Some(true));
    assert_eq!(replicated(&mut fourth), Some(true));
    assert_eq!(replicated(&mut fifth), None);
    // Nobody who is meant waits any more when this one is answered.
    let mut sixth = publish(6, 0);
    clocks.pass(1_000);
    let mut seventh = publish(7, 0);
    assert_eq!(replicated(&mut fifth), Some(false));
    let mut eighth = publish(8, 1);
    assert_eq!(replicated(&mut sixth), Some(false));
    assert_eq!(replicated(&mut seventh), None);
    assert_eq!(replicated(&mut eighth), None);
    let _ninth = publish(9, 1);
    assert_eq!(replicated(&mut seventh), Some(true));
}

/// Clocks that a test moves.
#[derive(Clone, Default)]
struct Still(Arc<AtomicU32>);

impl Still {
    fn pass(&self, millis: u32) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Environment for Still {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        Ok(world::NOW * 1000 + u64::from(self.0.load(Ordering::SeqCst)))
    }
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).into())
    }
    fn random(&self, out: &mut [u8]) -> bool {
        out.fill(7);
        true
    }
}
