//! Servers without threads over one engine, with a clock that the test moves.

#[path = "network.rs"]
mod network;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cloakroom::feed::{
    Delivering, Delivery, Environment, FeedBuilder, FeedConnector as _, FeedError, FeedEvent,
    FeedKey, FeedKeys, FeedRevocations, Hands, MemoryEngine, Position, Realm,
};
use cloakroom::hazmat::feed as stage;
use cloakroom::{ClockError, KeyRing, ManualClock, Revocation, SessionId, Sessions, Timestamp};
pub(crate) use network::{Meanwhile, Network, Way};

pub(crate) const NOW: u64 = 1_800_000_000;

/// One clock for the whole test, in milliseconds; each server may be off by some.
#[derive(Clone, Default)]
pub(crate) struct Time(Arc<AtomicU64>);

impl Time {
    pub(crate) fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn millis(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
pub(crate) struct Env {
    pub(crate) time: Time,
    pub(crate) ahead: Arc<AtomicU64>,
    seed: Arc<AtomicU64>,
    pub(crate) broken: Arc<AtomicBool>,
    meanwhile: Meanwhile,
}

impl Environment for Env {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        self.meanwhile.happen();
        if self.broken.load(Ordering::SeqCst) {
            return Err(ClockError::new());
        }
        // Two's complement: a clock that is behind.
        Ok((NOW * 1000 + self.time.millis()).wrapping_add(self.ahead.load(Ordering::SeqCst)))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.time.millis())
    }

    fn random(&self, out: &mut [u8]) -> bool {
        for byte in out {
            let next = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            *byte =
                u8::try_from((next ^ (next >> 29)).wrapping_mul(0xBF58_476D) >> 40 & 0xff).unwrap();
        }
        true
    }
}

pub(crate) struct Server {
    pub(crate) feed: FeedRevocations,
    pub(crate) hands: Hands,
    pub(crate) env: Env,
    pub(crate) clock: ManualClock,
    pub(crate) sessions: Sessions<(), FeedRevocations>,
    pub(crate) events: Arc<Mutex<Vec<FeedEvent>>>,
}

pub(crate) struct World {
    pub(crate) time: Time,
    pub(crate) engine: MemoryEngine,
    pub(crate) ways: Arc<Mutex<BTreeMap<usize, Way>>>,
    /// What the engine says its snapshot was made at; then it takes no other.
    pub(crate) lie: Arc<Mutex<Option<u64>>>,
    pub(crate) meanwhile: Meanwhile,
    appends: Arc<AtomicUsize>,
    /// Bytes that a server reads of a snapshot, at most.
    pub(crate) largest: Arc<AtomicUsize>,
    pub(crate) keys: FeedKeys,
    pub(crate) ring: KeyRing,
    pub(crate) servers: Vec<Server>,
}

pub(crate) fn feed_key(number: u8) -> FeedKey {
    let mut bytes = [number; 32];
    bytes[31] = 0;
    FeedKey::from_bytes(&bytes).unwrap()
}

pub(crate) fn realm() -> Realm {
    Realm::new("test").unwrap()
}

impl World {
    pub(crate) fn new(servers: usize) -> Self {
        let clock = ManualClock::at(NOW);
        let ring = KeyRing::generate(&clock, time::Duration::hours(12)).unwrap();
        let mut world = Self {
            time: Time::default(),
            engine: MemoryEngine::new(),
            ways: Arc::default(),
            lie: Arc::default(),
            meanwhile: Meanwhile::default(),
            appends: Arc::default(),
            largest: Arc::new(AtomicUsize::new(usize::MAX)),
            keys: FeedKeys::new(feed_key(1)),
            ring,
            servers: Vec::new(),
        };
        for _ in 0..servers {
            world.add(|builder| builder);
        }
        world.run(Duration::from_secs(4));
        world
    }

    /// One more server.
    pub(crate) fn add(&mut self, change: impl FnOnce(FeedBuilder) -> FeedBuilder) -> usize {
        let number = self.servers.len();
        let env = Env {
            time: self.time.clone(),
            ahead: Arc::default(),
            seed: Arc::new(AtomicU64::new(number as u64 + 1)),
            broken: Arc::default(),
            meanwhile: self.meanwhile.clone(),
        };
        let network = Network {
            engine: self.engine.clone(),
            ways: Arc::clone(&self.ways),
            time: self.time.clone(),
            server: number,
            lie: Arc::clone(&self.lie),
            meanwhile: self.meanwhile.clone(),
            appends: Arc::clone(&self.appends),
            largest: Arc::clone(&self.largest),
        };
        let events: Arc<Mutex<Vec<FeedEvent>>> = Arc::default();
        let heard = Arc::clone(&events);
        let builder = FeedRevocations::builder(realm(), self.keys.clone(), network)
            .environment(env.clone())
            .on_event(move |event| heard.lock().unwrap().push(event.clone()));
        let (feed, hands) = change(builder).by_hand().unwrap();
        let clock = ManualClock::at(NOW);
        let sessions = Sessions::builder(self.ring.clone(), feed.clone())
            .purpose("session")
            .audience("")
            .idle_timeout(time::Duration::minutes(30))
            .absolute_timeout(time::Duration::hours(8))
            .clock(clock.clone())
            .build()
            .unwrap();
        self.servers.push(Server {
            feed,
            hands,
            env,
            clock,
            sessions,
            events,
        });
        self.step();
        number
    }

    pub(crate) fn way(&self, server: usize, way: Way) {
        self.ways.lock().unwrap().insert(server, way);
    }

    /// Everybody looks at the engine once and writes once.
    pub(crate) fn step(&mut self) {
        self.appends.store(0, Ordering::SeqCst);
        for server in &mut self.servers {
            let passed = (server.env.unix_millis().unwrap_or(0) / 1000).max(NOW);
            server.clock.set(passed);
            let _pause = server.hands.read(Duration::ZERO);
            server.hands.write();
        }
    }

    /// Time passes for everybody.
    pub(crate) fn run(&mut self, time: Duration) {
        const TICK: Duration = Duration::from_millis(100);
        let mut left = time;
        while !left.is_zero() {
            let tick = left.min(TICK);
            self.time.pass(tick);
            left -= tick;
            self.step();
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix(NOW + self.time.millis() / 1000).unwrap()
    }

    pub(crate) fn publish(&self, server: usize, revocations: &[Revocation]) -> Delivering {
        self.servers[server]
            .feed
            .publish_async(revocations, self.now())
    }

    /// Runs until it is answered.
    pub(crate) fn answer(&mut self, mut delivering: Delivering) -> Result<Delivery, FeedError> {
        let started = std::time::Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if let Some(answer) = poll(&mut delivering) {
                return answer;
            }
            self.run(Duration::from_millis(50));
            // A disk takes time that no clock of the test moves.
            std::thread::yield_now();
        }
        panic!("no answer");
    }

    /// A session of `subject`, issued by `server`.
    pub(crate) fn login(&self, server: usize, subject: &str) -> (String, SessionId) {
        let issued = self.servers[server].sessions.issue(subject, &()).unwrap();
        (issued.token.as_str().to_owned(), issued.session.id())
    }

    pub(crate) fn lives(&self, server: usize, token: &str) -> bool {
        self.servers[server].sessions.verify(token).is_ok()
    }

    pub(crate) fn events(&self, server: usize) -> Vec<FeedEvent> {
        self.servers[server].events.lock().unwrap().clone()
    }
}

pub(crate) fn poll(delivering: &mut Delivering) -> Option<Result<Delivery, FeedError>> {
    let mut context = Context::from_waker(Waker::noop());
    match std::pin::Pin::new(delivering).poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// What an engine holds.
pub(crate) type Held = (Option<Position>, Vec<Vec<u8>>);

pub(crate) fn copy(engine: &MemoryEngine) -> Held {
    let mut connection = engine.connect().unwrap();
    let tail = connection.read(0, usize::MAX, Duration::ZERO).unwrap();
    (tail.head, tail.batches)
}

/// As a replica does that lacks what came later.
pub(crate) fn restore(engine: &MemoryEngine, held: &Held) {
    engine.clear();
    let mut connection = engine.connect().unwrap();
    let Some(head) = held.0 else { return };
    let mut at = stage::start(&realm(), head.epoch);
    assert!(connection.found(None, &at).unwrap());
    for batch in &held.1 {
        let keys = FeedKeys::new(feed_key(1));
        let next = stage::open_batch(&keys, &realm(), &at, batch)
            .unwrap()
            .becomes;
        let _accepted = connection.append(&at, batch, &next).unwrap();
        at = next;
    }
    assert_eq!(at, head);
}
