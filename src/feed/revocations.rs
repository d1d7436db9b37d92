//! One revocation list for many servers.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::feed::batch::MAX_RECORDS;
use crate::feed::delivery::{Accepted, Answer, Delivering, Delivery, FeedError};
use crate::feed::event::FeedStatus;
use crate::feed::follower::Follower;
use crate::feed::queue::{Job, Queue, Task};
use crate::promise::Promise;
use crate::revocation::changes::Changes;
use crate::revocation::list::ListStats;
use crate::revocation::record::Revocation;
use crate::revocation::report::{FeedPosition, ViewReport};
use crate::revocation::view::{Facts, Freshness, RevocationPublish, RevocationView, Scope, Terms};
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// Revocations that reach every server that shares an engine.
///
/// It answers like a [`RevocationList`](crate::RevocationList) and is used in its place: reading
/// does no I/O and waits for no lock. Two threads follow the engine and write to it. Clones are the
/// same feed; when the last one is dropped, what was asked for is delivered if the engine answers,
/// and the threads end. That waits for a call to the engine that is under way, so for up to twice
/// its time-out.
///
/// [`publish`](RevocationPublish::publish) says what is true: [`Delivery::Accepted`] when every
/// server refuses within the staleness bound, [`Delivery::Pending`] when the engine did not answer
/// in time.
///
/// ```
/// use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Realm};
/// use cloakroom::{KeyRing, Sessions, SystemClock};
///
/// let engine = MemoryEngine::new(); // or that of cloakroom-redis, cloakroom-postgres
/// let keys = FeedKeys::new(FeedKey::generate()?); // the same on all servers
/// let feed = FeedRevocations::builder(Realm::new("shop")?, keys, engine).start()?;
/// assert!(feed.wait_until_fresh(std::time::Duration::from_secs(10)));
///
/// let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// let sessions = Sessions::<(), _>::builder(ring, feed)
///     .purpose("session").audience("").aal2().build()?;
/// let login = sessions.issue("ada", &())?;
/// let delivery = sessions.revoke_subject("ada")?;
/// assert!(delivery.accepted().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FeedRevocations(pub(crate) Arc<Handle>);

pub(crate) struct Handle {
    pub(crate) follower: Arc<Follower>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) rotating: Mutex<BTreeSet<(SessionId, u32)>>,
    pub(crate) threads: Vec<JoinHandle<()>>,
    /// Whether there was something to know before the engine answered.
    pub(crate) remembers: bool,
}

impl FeedRevocations {
    /// How far this server is, how old its proof is, and what went wrong so far.
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        self.0.follower.status()
    }

    /// Entries and memory.
    #[must_use]
    pub fn stats(&self) -> ListStats {
        self.0.follower.local.list().stats()
    }

    /// All entries as bytes (SPEC §9.12).
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Vec<u8> {
        self.0.follower.local.list().snapshot(now)
    }

    /// Waits until this view is fresh, or for `at_most`; says whether it is. A server that opens its
    /// port only then never answers "unavailable" at its start.
    #[must_use]
    pub fn wait_until_fresh(&self, at_most: Duration) -> bool {
        let until = std::time::Instant::now().checked_add(at_most);
        loop {
            if self.freshness() == Freshness::Fresh {
                return true;
            }
            let left = until.map_or(at_most, |until| {
                until.saturating_duration_since(std::time::Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            // Time alone can make it fresh, so not for long.
            let pause = left.min(Duration::from_millis(20));
            self.0.follower.wait_for_change(pause);
        }
    }

    /// Publishes without blocking the thread: for tasks of any runtime. It is in effect here when
    /// this returns, and under way, also if the future is dropped.
    pub fn publish_async(&self, revocations: &[Revocation], now: Timestamp) -> Delivering {
        Delivering(self.submit(revocations, now))
    }

    /// Founds the feed anew in place of one that can't be followed any more
    /// ([`FeedEvent::Broken`](crate::feed::FeedEvent::Broken), a batch that nobody can read). All
    /// servers hand back what they know; what none of them knows is lost, and nobody is fresh before
    /// they had the [settling time](crate::feed::FeedBuilder::settling_time) for that.
    ///
    /// # Errors
    ///
    /// [`FeedError`]; [`FeedError::FollowsOnly`] on a server that only follows, which could hand
    /// nothing back and would leave the others nothing to read.
    pub fn found_anew(&self) -> Result<Accepted, FeedError> {
        let answer = self.ask_to_found().wait()?;
        match answer.map(Delivery::accepted) {
            Some(Ok(accepted)) => Ok(accepted),
            _ => Err(FeedError::Closed),
        }
    }

    pub(crate) fn ask_to_found(&self) -> Arc<Promise<Answer>> {
        if self.0.follower.settings.follows_only {
            return refused(FeedError::FollowsOnly);
        }
        self.ask(Task::FoundAnew)
    }

    fn submit(&self, revocations: &[Revocation], now: Timestamp) -> Arc<Promise<Answer>> {
        if self.0.follower.settings.follows_only {
            return refused(FeedError::FollowsOnly);
        }
        if revocations.len() > MAX_RECORDS {
            return refused(FeedError::TooMany);
        }
        let keeping = self.0.follower.local.publish(revocations, now);
        self.ask(Task::Publish {
            revocations: revocations.to_vec(),
            keeping,
        })
    }

    pub(crate) fn ask(&self, task: Task) -> Arc<Promise<Answer>> {
        let follower = &self.0.follower;
        let answer = Arc::new(Promise::default());
        let patience = match task {
            // Nobody waits for it but an operator, and a feed that can't be followed is looked at
            // seldom.
            Task::FoundAnew => follower.settings.patience.saturating_mul(10),
            Task::Publish { .. } | Task::Rotate { .. } => follower.settings.patience,
        };
        let asked = self.0.queue.put(Job {
            task,
            until: follower.environment.monotonic().saturating_add(patience),
            doubts: Vec::new(),
            answer: Arc::clone(&answer),
        });
        if !asked {
            answer.answer(Err(FeedError::Closed));
        }
        answer
    }
}

fn refused(error: FeedError) -> Arc<Promise<Answer>> {
    let answer = Promise::default();
    answer.answer(Err(error));
    Arc::new(answer)
}

impl RevocationView for FeedRevocations {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.0.follower.local.view().verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        let follower = &self.0.follower;
        let local = follower.local.freshness();
        if local != Freshness::Fresh {
            return local;
        }
        let stale = |age: Duration| Freshness::Stale {
            age: time::Duration::try_from(age).unwrap_or(time::Duration::MAX),
        };
        match follower.age() {
            Some((age, true)) if age <= follower.settings.bound => Freshness::Fresh,
            Some((age, _)) => stale(age),
            // What was remembered is from before the start, and nobody knows how long before.
            None if self.0.remembers || follower.is_placed() => stale(Duration::MAX),
            None => Freshness::Blind,
        }
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let view = self.0.follower.local.view();
        view.start_bound(subject, audience, now)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let view = self.0.follower.local.view();
        view.cutoff_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        self.0.follower.local.view().tick(now);
    }

    fn high_water_mark(&self) -> u64 {
        self.0.follower.local.view().high_water_mark()
    }

    fn staleness_bound(&self) -> u32 {
        self.0.follower.settings.bound_seconds()
    }

    fn register(&self, terms: Terms) {
        // The list below knows of no bound; in the life of an entry it is one more term of the sum.
        let leeway = terms.leeway.saturating_add(self.staleness_bound());
        self.0
            .follower
            .local
            .view()
            .register(Terms { leeway, ..terms });
    }

    fn report(&self) -> ViewReport {
        let status = self.status();
        let feed = status.position.map(|position| FeedPosition {
            applied: position.n,
            newest: status.head,
            pending: u64::try_from(status.pending).unwrap_or(u64::MAX),
        });
        ViewReport {
            proof_age: status
                .age
                .map(|age| time::Duration::try_from(age).unwrap_or(time::Duration::MAX)),
            feed,
            ..self.0.follower.local.view().report()
        }
    }

    fn changes(&self) -> Option<&Changes> {
        self.0.follower.local.view().changes()
    }
}

impl RevocationPublish for FeedRevocations {
    type Receipt = Delivery;
    type Error = FeedError;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<Delivery, FeedError> {
        let answer = self.submit(revocations, now).wait()?;
        answer.ok_or(FeedError::Closed)
    }

    fn delivery(&self, receipt: &Delivery) -> &'static str {
        match receipt {
            Delivery::Pending(_) => "pending",
            Delivery::Accepted(_) => "accepted",
            Delivery::Replicated(_) => "replicated",
        }
    }

    /// Compared and published in one step for all servers: the batch is appended only to a feed of
    /// which this server has taken in everything.
    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        _: Timestamp,
    ) -> Result<Option<Delivery>, FeedError> {
        match self.rotate(session, generation)? {
            None => Ok(None),
            Some(rotating) => rotating.answer.wait(),
        }
    }
}

/// A rotation that waits for its answer. While it does, no other of this server to the same
/// generation is begun.
pub(crate) struct Rotating {
    pub(crate) answer: Arc<Promise<Answer>>,
    feed: FeedRevocations,
    to: (SessionId, u32),
}

impl FeedRevocations {
    /// `None` when one to this generation waits already: two of this server would stand in one
    /// batch, where neither comes first.
    pub(crate) fn rotate(
        &self,
        session: SessionId,
        generation: u32,
    ) -> Result<Option<Rotating>, FeedError> {
        if self.0.follower.settings.follows_only {
            return Err(FeedError::FollowsOnly);
        }
        let to = (session, generation);
        if !self.rotating().insert(to) {
            return Ok(None);
        }
        let task = Task::Rotate {
            session,
            generation,
        };
        Ok(Some(Rotating {
            answer: self.ask(task),
            feed: self.clone(),
            to,
        }))
    }

    fn rotating(&self) -> MutexGuard<'_, BTreeSet<(SessionId, u32)>> {
        let rotating = self.0.rotating.lock();
        rotating.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Rotating {
    fn drop(&mut self) {
        self.feed.rotating().remove(&self.to);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // Not on one of its own threads, where an event's hook may have dropped the last handle.
            if thread.thread().id() != std::thread::current().id() {
                let _ended = thread.join();
            }
        }
    }
}

impl fmt::Debug for FeedRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedRevocations")
            .field("realm", &self.0.follower.realm)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
