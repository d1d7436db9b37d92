//! Taking in what a feed says, batch by batch. No thread and no clock of its own: whoever drives it
//! brings the engine.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Condvar, Mutex};

use crate::feed::batch::{self, BadBatch, Written};
use crate::feed::environment::Environment;
use crate::feed::event::{FeedEvent, FeedStatus, Resync};
use crate::feed::key::FeedKeys;
use crate::feed::local::Local;
use crate::feed::outbox::Known;
use crate::feed::port::{EngineError, FeedEngine, Tail};
use crate::feed::position::Position;
use crate::feed::proof::Proof;
use crate::feed::realm::Realm;
use crate::feed::settings::Settings;
use crate::feed::state::{Guarded, Locked, State};
use crate::feed::unwinding::caught;

/// Batches asked for at once, at most. Fewer after a request that failed: on a slow link so many may
/// take longer than the engine's time-out, again and again.
const LIMIT: usize = 256;
/// No proof.
const NEVER: i64 = i64::MIN;

pub(crate) type Hook = Box<dyn Fn(&FeedEvent) + Send + Sync>;

/// What the threads of a feed and its handles share.
pub(crate) struct Follower {
    pub(crate) realm: Realm,
    pub(crate) keys: FeedKeys,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) local: Local,
    pub(crate) settings: Settings,
    pub(crate) hook: Hook,
    state: Guarded,
    /// One at a time reads everything again.
    pub(crate) resyncing: Mutex<()>,
    /// Microseconds of the monotonic clock at which the age of this view was 0, and before which it
    /// is not settled: read by every verification, which waits for nobody.
    basis: AtomicI64,
    settled_at: AtomicU64,
    /// Batches to ask for at once.
    reach: AtomicUsize,
    /// Whether it ever stood at a position: for verifications, too.
    pub(crate) placed: AtomicBool,
    changed: Condvar,
}

/// How far a look at the engine got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// At the end of the feed.
    AtEnd,
    /// On the way there.
    Behind,
    /// Everything has to be read again.
    Lost(Resync),
    /// The engine has no feed of this realm.
    NoFeed,
    /// The next batch can't be used.
    Stuck(BadBatch),
}

impl Follower {
    pub(crate) fn new(
        (realm, keys): (Realm, FeedKeys),
        environment: Box<dyn Environment>,
        local: Local,
        settings: Settings,
        hook: Hook,
    ) -> Self {
        let left = local.left();
        let position = left.position;
        let outbox: Known = left.pending.into_iter().collect();
        let status = FeedStatus {
            position,
            ..FeedStatus::default()
        };
        let follower = Self {
            realm,
            keys,
            environment,
            local,
            settings,
            hook,
            state: Guarded::new(State {
                position,
                outbox,
                status,
                snapshot_seen: left.snapshot.unwrap_or_default(),
                ..State::default()
            }),
            placed: AtomicBool::new(position.is_some()),
            resyncing: Mutex::new(()),
            basis: AtomicI64::new(NEVER),
            settled_at: AtomicU64::new(0),
            reach: AtomicUsize::new(LIMIT),
            changed: Condvar::new(),
        };
        // By no clock but that of the feed (SPEC §17.6), which was not heard yet.
        follower.local.list().forget_until(0);
        // The store may have forgotten what it still has to deliver.
        follower.uphold();
        follower
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        self.state.lock()
    }

    /// How things stand, without waiting for whoever changes them.
    pub(crate) fn status(&self) -> FeedStatus {
        let shown = self.state.shown().clone();
        FeedStatus {
            age: self.age().map(|(age, _)| age),
            ..shown
        }
    }

    /// What happened while the lock was held.
    pub(crate) fn tell(&self) {
        let events = core::mem::take(&mut self.lock().events);
        for event in &events {
            self.event_of(event);
        }
    }

    /// Whether it ever stood at a position.
    pub(crate) fn is_placed(&self) -> bool {
        self.placed.load(Ordering::SeqCst)
    }

    pub(crate) fn event(&self, event: FeedEvent) {
        self.event_of(&event);
    }

    /// Something of the feed can't be used. It is read again with every attempt and counted each time,
    /// and told once: who can write to the engine without a feed key must not fill the logs of all
    /// servers.
    pub(crate) fn unusable(&self, event: FeedEvent) {
        let known = self.lock().unusable.replace(event.clone());
        if known.as_ref() == Some(&event) {
            event.count();
        } else {
            self.event(event);
        }
    }

    fn event_of(&self, event: &FeedEvent) {
        // What an application does with it must not end the thread that all publications wait for.
        let _panicked = caught(|| {
            event.observe();
            (self.hook)(event);
        });
    }

    /// Asks the engine for what follows, waiting up to `wait` for news, and takes it in.
    pub(crate) fn look(
        &self,
        engine: &mut dyn FeedEngine,
        wait: Duration,
    ) -> Result<Look, EngineError> {
        let before = self.lock().position;
        let after = before.map_or(u64::MAX, |position| position.n);
        let wait = if before.is_some() {
            wait
        } else {
            Duration::ZERO
        };
        let asked = self.environment.monotonic();
        let tail = self.read(engine, after, 1, wait)?;
        let look = self.take(asked, before, &tail);
        self.tell();
        Ok(look)
    }

    /// As many batches as the link to the engine carries in time, in so many times larger pieces.
    pub(crate) fn read(
        &self,
        engine: &mut dyn FeedEngine,
        after: u64,
        times: usize,
        wait: Duration,
    ) -> Result<Tail, EngineError> {
        let reach = self.reach.load(Ordering::Relaxed);
        let asked = reach.saturating_mul(times);
        let tail = engine.read(after, asked, wait);
        let next = match &tail {
            // Fast while nothing depends on it, slowly while catching up: each attempt at too much
            // costs a time-out.
            Ok(tail) if tail.batches.len() < asked => reach.saturating_mul(2),
            Ok(_) => reach.saturating_add(reach / 8),
            Err(_) => (reach / 2).max(1),
        };
        self.reach.store(next.min(LIMIT), Ordering::Relaxed);
        tail
    }

    fn take(&self, asked: Duration, before: Option<Position>, tail: &Tail) -> Look {
        let mut state = self.lock();
        state.status.head = tail.head.map(|head| head.n);
        let Some(head) = tail.head else {
            self.prove(&mut state, Proof::none);
            return Look::NoFeed;
        };
        let (Some(before), Some(mut at)) = (before, state.position) else {
            return self.lost(&mut state, Resync::ColdStart);
        };
        if at.epoch != before.epoch || at.n < before.n {
            // The other thread has read everything again meanwhile.
            return Look::Behind;
        }
        if before.epoch != head.epoch {
            return self.lost(&mut state, Resync::NewEpoch);
        }
        if head.n < before.n {
            return self.lost(&mut state, Resync::LostWrites);
        }
        if head.n == before.n && head.chain != before.chain {
            return self.lost(&mut state, Resync::OtherHistory);
        }
        let mut reckoned = self.reckoning();
        let (mut written, mut bad) = (Vec::new(), None);
        for bytes in &tail.batches {
            match batch::number(bytes) {
                // Read and taken in by the other thread meanwhile.
                Some(n) if n <= at.n => continue,
                Some(n) if n > at.n.saturating_add(1) => {
                    return self.lost(&mut state, Resync::Trimmed);
                }
                _ => {}
            }
            match batch::open(&self.keys, &self.realm, &at, bytes) {
                Ok(opened) => {
                    let count = opened.records.len();
                    self.extend_lives(&mut reckoned, opened.records, opened.time);
                    at = opened.becomes;
                    let own = state.doubts.contains(&at);
                    written.push(Written {
                        time: opened.time,
                        records: count,
                        own,
                    });
                    state.status.batches = state.status.batches.saturating_add(1);
                    if own {
                        state.confirmed.push(at);
                    }
                }
                Err(BadBatch::OutOfPlace) => {
                    return self.lost(&mut state, Resync::OtherHistory);
                }
                Err(why) => {
                    bad = Some(why);
                    break;
                }
            }
        }
        self.settle_on(&mut state, &written);
        self.arrive(&mut state, at, &written, reckoned, &[]);
        if let Some(why) = bad {
            state.status.rejected = state.status.rejected.saturating_add(1);
            return Look::Stuck(why);
        }
        if at == head {
            state.unusable = None;
            self.prove(&mut state, |proof| proof.at_end(asked));
            return Look::AtEnd;
        }
        if head.n == at.n {
            return self.lost(&mut state, Resync::OtherHistory);
        }
        // Behind the head without a next batch: the engine has dropped it, or something else stands
        // in its place. Before the head: the answer is older than what this server appended since,
        // and says nothing.
        if head.n > at.n && at == before {
            return self.lost(&mut state, Resync::Trimmed);
        }
        Look::Behind
    }

    fn lost(&self, state: &mut State, why: Resync) -> Look {
        self.prove(state, Proof::none);
        Look::Lost(why)
    }

    /// Changes the proof, and what verifications see of it.
    pub(crate) fn prove(&self, state: &mut State, change: impl FnOnce(&mut Proof)) {
        change(&mut state.proof);
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let now = self.environment.monotonic();
        let basis = state.proof.age(now).map_or(NEVER, |age| {
            micros(now).saturating_sub(micros(age)).max(NEVER + 1)
        });
        let settled = u64::try_from(state.proof.settled_at().as_micros()).unwrap_or(u64::MAX);
        self.settled_at.store(settled, Ordering::SeqCst);
        self.basis.store(basis, Ordering::SeqCst);
        self.changed.notify_all();
    }

    /// The age of the proof, and whether a fresh view may be relied on at all yet.
    pub(crate) fn age(&self) -> Option<(Duration, bool)> {
        let basis = self.basis.load(Ordering::SeqCst);
        if basis == NEVER {
            return None;
        }
        let now = self.environment.monotonic();
        let micros = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let age = u64::try_from(micros.saturating_sub(basis)).unwrap_or(0);
        let settled = u128::from(self.settled_at.load(Ordering::SeqCst)) <= now.as_micros();
        Some((Duration::from_micros(age), settled))
    }

    /// Waits until something about the proof changed, or for `at_most`.
    pub(crate) fn wait_for_change(&self, at_most: Duration) {
        let shown = self.state.shown();
        let _waited = self.changed.wait_timeout(shown, at_most);
    }
}
