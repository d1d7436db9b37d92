//! One server: its clocks, its disk, its process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom::feed::{
    Delivering, Environment, FeedError, FeedEvent, FeedKey, FeedKeys, FeedRevocations, Realm,
};
use cloakroom::store::DurableRevocations;
use cloakroom::{
    Clock, ClockError, Facts, Freshness, Key, KeyRing, RandomError, RandomSource, Revocation,
    RevocationPublish, RevocationView, Scope, Sessions, Terms, Timestamp,
};

use crate::connection::Connector;
use crate::disk::Disk;
use crate::net::Net;
use crate::random::Random;
use crate::said::Said;

/// Short lives, so that a run sees entries and tokens come to their end: an entry lives 64 seconds.
pub(crate) const IDLE: u64 = 20;
pub(crate) const ABSOLUTE: u64 = 300;
pub(crate) const TOLERANCE: u64 = 20;
pub(crate) const PURPOSE: &str = "session";
pub(crate) const AUDIENCE: &str = "sim.example";

pub(crate) fn token_key() -> Key {
    let mut bytes = [7; 32];
    bytes[0] = 0xA5;
    Key::from_bytes(&bytes).unwrap()
}

pub(crate) fn ring() -> KeyRing {
    let long = time::Duration::seconds(i64::from(u32::MAX));
    KeyRing::new(token_key(), Timestamp::from_unix(1).unwrap(), long).unwrap()
}

pub(crate) fn feed_key(number: u64) -> FeedKey {
    let mut bytes = [number as u8; 32];
    bytes[0] = 0xA5;
    FeedKey::from_bytes(&bytes).unwrap()
}

/// The clocks of one server.
#[derive(Clone)]
pub(crate) struct Clocks {
    net: Arc<Net>,
    /// How far its wall clock is ahead of true time, in milliseconds.
    ahead: Arc<AtomicI64>,
    broken: Arc<AtomicBool>,
}

impl Clocks {
    pub(crate) fn set(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    pub(crate) fn break_it(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }

    pub(crate) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.net.now().saturating_add_signed(self.ahead()) / 1000
    }
}

impl Environment for Clocks {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(ClockError::new());
        }
        Ok(self.net.now().saturating_add_signed(self.ahead()))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.net.now() - 1_799_000_000_000)
    }

    fn random(&self, out: &mut [u8]) -> bool {
        let mut random = self.net.random();
        out.iter_mut().for_each(|byte| *byte = random.next() as u8);
        true
    }
}

impl Clock for Clocks {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let millis = self.unix_millis()?;
        Timestamp::from_unix(millis / 1000).ok_or(ClockError::new())
    }
}

struct Chance(Arc<Net>);

impl RandomSource for Chance {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        let mut random = self.0.random();
        out.iter_mut().for_each(|byte| *byte = random.next() as u8);
        Ok(())
    }
}

/// The feed, asked without waiting for the answer.
#[derive(Clone)]
pub(crate) struct View(pub(crate) FeedRevocations);

/// A publication that was asked for.
pub(crate) struct Asked {
    pub(crate) said: Vec<Said>,
    pub(crate) delivering: Delivering,
}

impl RevocationView for View {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.0.verdict(facts, now)
    }
    fn freshness(&self) -> Freshness {
        self.0.freshness()
    }
    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.0.start_bound(subject, audience, now)
    }
    fn tick(&self, now: Timestamp) {
        self.0.tick(now);
    }
    fn high_water_mark(&self) -> u64 {
        self.0.high_water_mark()
    }
    fn staleness_bound(&self) -> u32 {
        self.0.staleness_bound()
    }
    fn register(&self, terms: Terms) {
        self.0.register(terms);
    }
}

impl RevocationPublish for View {
    type Receipt = Asked;
    type Error = FeedError;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<Asked, FeedError> {
        Ok(Asked {
            said: revocations.iter().map(Said::of).collect(),
            delivering: self.0.publish_async(revocations, now),
        })
    }
}

/// What the feed reported, by kind.
pub(crate) type Events = BTreeMap<&'static str, u64>;

/// A running process.
pub(crate) struct Up {
    pub(crate) feed: FeedRevocations,
    pub(crate) sessions: Sessions<(), View>,
    pub(crate) store: Option<DurableRevocations>,
    pub(crate) events: Arc<Mutex<Events>>,
}

pub(crate) struct Server {
    pub(crate) number: usize,
    pub(crate) follows: bool,
    pub(crate) clocks: Clocks,
    pub(crate) disk: Disk,
    pub(crate) up: Option<Up>,
    /// How many processes there were.
    pub(crate) lives: u64,
    pub(crate) snapshot_every: u64,
    /// The step of changing the fleet's feed key that it was started in.
    pub(crate) key_step: u64,
    net: Arc<Net>,
}

/// Keys are changed in three steps: accept the next, write with it, drop the old one.
pub(crate) fn keys_of(step: u64) -> FeedKeys {
    let (old, new) = (feed_key(step / 3 + 1), feed_key(step / 3 + 2));
    match step % 3 {
        0 => FeedKeys::new(old),
        1 => FeedKeys::new(old).and_accept(new),
        _ => FeedKeys::new(new).and_accept(old),
    }
}

impl Server {
    pub(crate) fn new(net: &Arc<Net>, number: usize, follows: bool, random: &mut Random) -> Self {
        let disk = match random.below(10) {
            0..=3 => Disk::None,
            4..=8 => Disk::plain(),
            _ => Disk::database(),
        };
        let clocks = Clocks {
            net: Arc::clone(net),
            ahead: Arc::default(),
            broken: Arc::default(),
        };
        Self {
            number,
            follows,
            clocks,
            disk,
            up: None,
            lives: 0,
            snapshot_every: [2, 20, 60, 200][random.index(4)],
            key_step: 0,
            net: Arc::clone(net),
        }
    }

    pub(crate) fn start(&mut self, key_step: u64) {
        // Sessions are not built without a clock.
        let broken = self.clocks.broken.swap(false, Ordering::Relaxed);
        self.key_step = key_step;
        self.lives += 1;
        let events: Arc<Mutex<Events>> = Arc::default();
        let counted = Arc::clone(&events);
        let (net, number) = (Arc::clone(&self.net), self.number);
        net.say(|| {
            format!(
                "server {number} starts, keys {key_step}, follows {}",
                self.follows
            )
        });
        let now = Timestamp::from_unix(self.clocks.seconds()).unwrap();
        let store = self.disk.open(now);
        let connector = Connector {
            net: Arc::clone(&self.net),
            server: self.number,
        };
        let mut builder =
            FeedRevocations::builder(Realm::new("sim").unwrap(), keys_of(key_step), connector)
                .environment(self.clocks.clone())
                .snapshot_every(self.snapshot_every)
                .on_event(move |event| {
                    net.say(|| format!("server {number}: {event:?}"));
                    count(&mut counted.lock().unwrap(), event);
                });
        if self.follows {
            builder = builder.follow_only();
        }
        if let Some(store) = &store {
            builder = builder.durable(store.clone());
        }
        let (feed, hands) = builder.by_hand().unwrap();
        let sessions = Sessions::builder(ring(), View(feed.clone()))
            .purpose(PURPOSE)
            .audience(AUDIENCE)
            .idle_timeout(time::Duration::seconds(IDLE as i64))
            .absolute_timeout(time::Duration::seconds(ABSOLUTE as i64))
            .tolerance(time::Duration::seconds(TOLERANCE as i64))
            .renew_share(1, 10)
            .clock(self.clocks.clone())
            .random(Chance(Arc::clone(&self.net)))
            .build()
            .unwrap();
        self.clocks.break_it(broken);
        let (reading, writing) = hands.split();
        let halves = &self.net.halves[self.number];
        *halves.reading.lock().unwrap() = Some(reading);
        *halves.writing.lock().unwrap() = Some(writing);
        self.up = Some(Up {
            feed,
            sessions,
            store,
            events,
        });
    }

    /// kill -9, and what the disk kept.
    pub(crate) fn crash(&mut self) {
        self.disk.cut();
        let halves = &self.net.halves[self.number];
        *halves.reading.lock().unwrap() = None;
        *halves.writing.lock().unwrap() = None;
        self.up = None;
        let disk = std::mem::take(&mut self.disk);
        self.disk = disk.after_the_cut(&mut self.net.random());
    }

    /// Waits for the thread of the store, so that a run repeats: true if its disk works.
    pub(crate) fn settle(&self) -> bool {
        let store = self.up.as_ref().and_then(|up| up.store.as_ref());
        store.is_none_or(|store| {
            let now = Timestamp::from_unix(self.clocks.seconds()).unwrap();
            // Twice: what is forgotten once a minute is forgotten behind the answer.
            let answered = [(), ()].map(|()| store.merge(&[], now).is_ok());
            answered == [true, true] && store.failure().is_none()
        })
    }
}

fn count(events: &mut Events, event: &FeedEvent) {
    let mut add = |what: &'static str, times: u64| *events.entry(what).or_default() += times;
    match event {
        FeedEvent::Resynced { handed_back, .. } => {
            add("resynced", 1);
            add("handed back", *handed_back as u64);
        }
        FeedEvent::BadBatch(_) | FeedEvent::BadSnapshot(_) | FeedEvent::Broken => {
            add("rejected", 1);
        }
        FeedEvent::OlderSnapshot => add("older snapshot", 1),
        FeedEvent::ClockAhead => add("clock ahead", 1),
        FeedEvent::Founded(_) => add("founded", 1),
        FeedEvent::Quarantined(_) => add("quarantined", 1),
        FeedEvent::Unavailable(_) => add("unavailable", 1),
        _ => {}
    }
}
