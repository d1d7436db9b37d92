//! An engine in memory, for tests and examples.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::feed::port::{Appended, EngineError, FeedConnector, FeedEngine, Tail};
use crate::feed::position::Position;

/// The feed of one realm in the memory of this process, with the promises that [`FeedEngine`] asks
/// for. Clones are the same engine: give one to each of several
/// [`FeedRevocations`](crate::feed::FeedRevocations) to test what an application does when a session
/// ends elsewhere.
///
/// What an engine does to those who rely on it can be done to this one: it can be
/// [down](Self::set_down), [lose everything](Self::clear), and [lose the latest
/// writes](Self::fail_over_to) as in a failover.
///
/// ```
/// use std::time::Duration;
///
/// use cloakroom::feed::{FeedConnector, MemoryEngine};
///
/// let engine = MemoryEngine::new();
/// let tail = engine.connect()?.read(0, 16, Duration::ZERO)?;
/// assert_eq!(tail.head, None);
///
/// engine.set_down(true);
/// assert!(engine.connect().is_err());
/// # Ok::<(), cloakroom::feed::EngineError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryEngine(Arc<Shared>);

#[derive(Default)]
struct Shared {
    feed: Mutex<Feed>,
    changed: Condvar,
}

#[derive(Clone, Default)]
struct Feed {
    head: Option<Position>,
    log: BTreeMap<u64, Vec<u8>>,
    snapshot: Option<(Position, Vec<u8>)>,
    replicas: u32,
    down: bool,
    /// Connections made under an earlier number are broken.
    incarnation: u64,
}

impl Feed {
    /// Breaks all connections there are.
    const fn disconnect(&mut self) {
        self.incarnation = self.incarnation.wrapping_add(1);
    }

    fn tail(&self, after: u64, limit: usize) -> Tail {
        let above = after.checked_add(1).map(|first| self.log.range(first..));
        let above = above.into_iter().flatten();
        Tail {
            head: self.head,
            batches: above.take(limit).map(|(_, batch)| batch.clone()).collect(),
        }
    }
}

impl MemoryEngine {
    /// An engine without a feed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Down: connections break, and none is made until it is up again.
    pub fn set_down(&self, down: bool) {
        let mut feed = self.lock();
        feed.down = down;
        feed.disconnect();
        drop(feed);
        self.0.changed.notify_all();
    }

    /// Loses head, batches and snapshot, and goes on as if it had never had them.
    pub fn clear(&self) {
        self.fail_over_to(&Self::new());
    }

    /// What the engine holds now, in an engine of its own: the replica that
    /// [`fail_over_to`](Self::fail_over_to) takes later.
    #[must_use]
    pub fn replica(&self) -> Self {
        let feed = self.lock().clone();
        Self(Arc::new(Shared {
            feed: Mutex::new(feed),
            changed: Condvar::new(),
        }))
    }

    /// Goes on with what `replica` holds: whatever was written since it was taken is lost. Connections
    /// break.
    pub fn fail_over_to(&self, replica: &Self) {
        // One lock at a time: `replica` may be this engine.
        let of_replica = replica.lock().clone();
        let mut feed = self.lock();
        let Feed {
            head,
            log,
            snapshot,
            ..
        } = of_replica;
        (feed.head, feed.log, feed.snapshot) = (head, log, snapshot);
        feed.disconnect();
        drop(feed);
        self.0.changed.notify_all();
    }

    /// How many further machines it says hold what is appended: none at first.
    pub fn set_replicas(&self, replicas: u32) {
        self.lock().replicas = replicas;
    }

    fn lock(&self) -> MutexGuard<'_, Feed> {
        // No step leaves a feed half changed, so one that panicked elsewhere left a whole one.
        let feed = self.0.feed.lock();
        feed.unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedConnector for MemoryEngine {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        let feed = self.lock();
        if feed.down {
            return Err(down());
        }
        Ok(Box::new(Connection {
            incarnation: feed.incarnation,
            engine: self.clone(),
            appended: false,
        }))
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feed = self.lock();
        f.debug_struct("MemoryEngine")
            .field("head", &feed.head)
            .field("batches", &feed.log.len())
            .field("down", &feed.down)
            .finish_non_exhaustive()
    }
}

struct Connection {
    engine: MemoryEngine,
    incarnation: u64,
    appended: bool,
}

impl Connection {
    fn feed(&self) -> Result<MutexGuard<'_, Feed>, EngineError> {
        let feed = self.engine.lock();
        if feed.incarnation == self.incarnation {
            Ok(feed)
        } else {
            Err(down())
        }
    }
}

impl FeedEngine for Connection {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        let until = Instant::now().checked_add(wait);
        let mut feed = self.feed()?;
        loop {
            let tail = feed.tail(after, limit);
            let left = until.and_then(|until| until.checked_duration_since(Instant::now()));
            let left = left.unwrap_or_default();
            if left.is_zero() || !tail.batches.is_empty() {
                return Ok(tail);
            }
            let woken = self.engine.0.changed.wait_timeout(feed, left);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
            feed = self.feed()?;
        }
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let mut feed = self.feed()?;
        if feed.head.as_ref() != Some(onto) {
            return Ok(Appended::Conflict);
        }
        feed.log.insert(becomes.n, batch.to_vec());
        feed.head = Some(*becomes);
        drop(feed);
        self.engine.0.changed.notify_all();
        self.appended = true;
        Ok(Appended::Accepted)
    }

    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        let replicas = self.feed()?.replicas;
        if !self.appended {
            return Err(EngineError::unavailable("this connection wrote nothing"));
        }
        Ok(replicas)
    }

    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError> {
        let mut feed = self.feed()?;
        if feed.head.as_ref() != instead_of {
            return Ok(false);
        }
        feed.head = Some(*first);
        feed.log.clear();
        feed.snapshot = None;
        drop(feed);
        self.engine.0.changed.notify_all();
        Ok(true)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let feed = self.feed()?;
        Ok(feed.snapshot.as_ref().map(|(_, bytes)| bytes.clone()))
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let mut feed = self.feed()?;
        let reached = feed
            .head
            .is_some_and(|head| head.epoch == at.epoch && head.n >= at.n);
        let newer = feed
            .snapshot
            .as_ref()
            .is_none_or(|(kept, _)| kept.epoch != at.epoch || kept.n < at.n);
        if !(reached && newer) {
            return Ok(false);
        }
        feed.snapshot = Some((*at, snapshot.to_vec()));
        feed.log.retain(|n, _| *n > drop_to);
        Ok(true)
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let feed = self.feed()?;
        Ok(feed.snapshot.as_ref().map(|(at, _)| at.n))
    }
}

fn down() -> EngineError {
    EngineError::unavailable("the engine is down")
}
