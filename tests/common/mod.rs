//! What the tests of sessions share: sessions on a clock that a test moves, a revocation view whose
//! every answer a test sets, and random sources that repeat or fail.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "each test binary uses a part of it, and a test may panic"
)]

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use cloakroom::{
    Clock, ClockError, Facts, Freshness, Key, KeyRing, ManualClock, Missing, OwnedPayload, Payload,
    RandomError, RandomSource, Reason, Revocation, RevocationList, RevocationPublish,
    RevocationView, Scope, Session, Sessions, SessionsBuilder, Terms, Timestamp, VerifyError,
};
use serde::{Deserialize, Serialize};
use time::Duration;

/// When tests start, in Unix seconds.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The idle timeout of `builder`.
pub(crate) const IDLE: u64 = 1_800;
/// The absolute timeout of `builder`.
pub(crate) const ABSOLUTE: u64 = 28_800;
/// The tolerance of `builder`, the default.
pub(crate) const TOLERANCE: u64 = 60;
pub(crate) const PURPOSE: &str = "session";
pub(crate) const AUDIENCE: &str = "app.example";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) admin: bool,
}
cloakroom::payload!(User);

pub(crate) fn user(name: &str) -> User {
    User {
        name: name.into(),
        admin: false,
    }
}

pub(crate) fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::seconds(i64::try_from(seconds).unwrap())
}

/// A key that is the same in every run, and another one for every number.
pub(crate) fn key(number: u8) -> Key {
    let mut bytes = [number; 32];
    bytes[0] = 0xA5;
    Key::from_bytes(&bytes).unwrap()
}

/// One key that was active long ago, for tokens of up to `lifetime` seconds.
pub(crate) fn ring_for(lifetime: u32) -> KeyRing {
    KeyRing::new(key(1), at(1), Duration::seconds(i64::from(lifetime))).unwrap()
}

/// Sessions with the timeouts above on `clock`; a test says what it wants otherwise.
pub(crate) fn builder<T: Payload, R: RevocationView>(
    clock: &ManualClock,
    view: R,
) -> SessionsBuilder<T, R> {
    Sessions::builder(ring_for(u32::MAX), view)
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(seconds(IDLE))
        .absolute_timeout(seconds(ABSOLUTE))
        .clock(clock.clone())
        .random(Seeded::new(7))
}

/// One server: its clock, its list, its sessions.
pub(crate) struct World<T: Payload> {
    pub(crate) clock: ManualClock,
    pub(crate) list: RevocationList,
    pub(crate) sessions: Sessions<T>,
}

pub(crate) fn world() -> World<User> {
    world_of()
}

pub(crate) fn world_of<T: Payload>() -> World<T> {
    world_with(|builder| builder)
}

pub(crate) fn world_with<T: Payload>(
    change: impl FnOnce(SessionsBuilder<T, RevocationList>) -> SessionsBuilder<T, RevocationList>,
) -> World<T> {
    let (clock, list) = (ManualClock::at(NOW), RevocationList::new());
    let sessions = change(builder(&clock, list.clone())).build().unwrap();
    World {
        clock,
        list,
        sessions,
    }
}

impl<T: OwnedPayload> World<T> {
    pub(crate) fn outcome(&self, token: &str) -> Outcome {
        outcome(&self.sessions, token)
    }

    pub(crate) fn session(&self, token: &str) -> Session<T> {
        self.sessions.verify(token).unwrap()
    }
}

/// What a verification answers, without the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Live,
    Rejected(Reason),
    Unavailable(Missing),
}

pub(crate) const REVOKED: Outcome = Outcome::Rejected(Reason::Revoked);
pub(crate) const EXPIRED: Outcome = Outcome::Rejected(Reason::Expired);
pub(crate) const IDLED: Outcome = Outcome::Rejected(Reason::Idle);
pub(crate) const NOT_YET: Outcome = Outcome::Rejected(Reason::NotYet);
pub(crate) const INVALID: Outcome = Outcome::Rejected(Reason::Invalid);
pub(crate) const WRONG_SCHEMA: Outcome = Outcome::Rejected(Reason::WrongSchema);

impl From<VerifyError> for Outcome {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Rejected(rejected) => Self::Rejected(rejected.reason()),
            VerifyError::Unavailable(unavailable) => Self::Unavailable(unavailable.missing()),
        }
    }
}

pub(crate) fn outcome<T: OwnedPayload, R: RevocationView>(
    sessions: &Sessions<T, R>,
    token: &str,
) -> Outcome {
    match sessions.verify(token) {
        Ok(_) => Outcome::Live,
        Err(error) => error.into(),
    }
}

/// Session ids that are the same in every run.
pub(crate) struct Seeded(AtomicU64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl RandomSource for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        for chunk in out.chunks_mut(8) {
            // SplitMix64: distinct for 2^64 draws.
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            for (to, from) in chunk.iter_mut().zip(z.to_be_bytes()) {
                *to = from;
            }
        }
        Ok(())
    }
}

pub(crate) struct NoRandom;

impl RandomSource for NoRandom {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError::new())
    }
}

/// A clock that counts how often it is read, and moves by `step` seconds with every reading.
#[derive(Clone)]
pub(crate) struct RestlessClock {
    pub(crate) inner: ManualClock,
    pub(crate) step: u64,
    pub(crate) reads: Arc<AtomicUsize>,
}

impl RestlessClock {
    pub(crate) fn new(step: u64) -> Self {
        Self {
            inner: ManualClock::at(NOW),
            step,
            reads: Arc::default(),
        }
    }
}

impl Clock for RestlessClock {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let now = self.inner.now();
        self.inner.advance(self.step);
        self.reads.fetch_add(1, Ordering::SeqCst);
        now
    }
}

/// A view that answers what a test sets, and writes down what it is asked to publish.
#[derive(Clone)]
pub(crate) struct FakeView(Arc<Mutex<Fake>>);

pub(crate) struct Fake {
    pub(crate) freshness: Freshness,
    pub(crate) verdict: Option<Scope>,
    pub(crate) start_bound: u64,
    pub(crate) high_water_mark: u64,
    pub(crate) staleness_bound: u32,
    /// What the view turns into right after it gave a verdict: a feed that catches up at this
    /// moment.
    pub(crate) after_verdict: Option<(Freshness, Option<Scope>)>,
    pub(crate) fail_publish: bool,
    pub(crate) published: Vec<Vec<Revocation>>,
    pub(crate) terms: Vec<Terms>,
}

/// What the fake promises: the number of publications before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FakeReceipt(pub(crate) usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreDown;

impl fmt::Display for StoreDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store does not answer")
    }
}

impl std::error::Error for StoreDown {}

impl FakeView {
    pub(crate) fn fresh() -> Self {
        Self(Arc::new(Mutex::new(Fake {
            freshness: Freshness::Fresh,
            verdict: None,
            start_bound: 0,
            high_water_mark: 0,
            staleness_bound: 0,
            after_verdict: None,
            fail_publish: false,
            published: Vec::new(),
            terms: Vec::new(),
        })))
    }

    pub(crate) fn set(&self) -> MutexGuard<'_, Fake> {
        self.0.lock().unwrap()
    }
}

impl RevocationView for FakeView {
    fn verdict(&self, _: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        let mut fake = self.set();
        let verdict = fake.verdict;
        if let Some((freshness, next)) = fake.after_verdict.take() {
            (fake.freshness, fake.verdict) = (freshness, next);
        }
        verdict
    }

    fn freshness(&self) -> Freshness {
        self.set().freshness
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        self.set().start_bound
    }

    fn high_water_mark(&self) -> u64 {
        self.set().high_water_mark
    }

    fn staleness_bound(&self) -> u32 {
        self.set().staleness_bound
    }

    fn register(&self, terms: Terms) {
        self.set().terms.push(terms);
    }
}

impl RevocationPublish for FakeView {
    type Receipt = FakeReceipt;
    type Error = StoreDown;

    fn publish(&self, revocations: &[Revocation], _: Timestamp) -> Result<FakeReceipt, StoreDown> {
        let mut fake = self.set();
        if fake.fail_publish {
            return Err(StoreDown);
        }
        fake.published.push(revocations.to_vec());
        Ok(FakeReceipt(fake.published.len() - 1))
    }
}

/// The value of a result that can't be an error.
pub(crate) fn certain<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
