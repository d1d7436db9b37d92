//! An engine within one process: for tests and examples.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::feed::port::{Appended, EngineError, FeedConnector, FeedEngine, Tail};
use crate::feed::position::Position;

/// A feed in the memory of one process, with the promises that [`FeedEngine`] asks for. Clones are
/// the same engine: give one to each of several [`FeedRevocations`](crate::feed::FeedRevocations) to
/// test what an application does when a session ends elsewhere.
///
/// ```
/// use cloakroom::feed::{FeedConnector, MemoryEngine};
///
/// let engine = MemoryEngine::new();
/// let mut connection = engine.connect()?;
/// assert!(connection.snapshot()?.is_none());
/// # Ok::<(), cloakroom::feed::EngineError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryEngine(Arc<Shared>);

#[derive(Default)]
struct Shared {
    feed: Mutex<Feed>,
    news: Condvar,
}

#[derive(Default)]
struct Feed {
    head: Option<Position>,
    batches: BTreeMap<u64, Vec<u8>>,
    snapshot: Option<(Position, Vec<u8>)>,
}

impl MemoryEngine {
    /// An engine without a feed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loses everything, as a server without persistence does when it restarts.
    pub fn clear(&self) {
        *self.lock() = Feed::default();
        self.0.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Feed> {
        self.0.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedConnector for MemoryEngine {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl FeedEngine for MemoryEngine {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        let first = after.saturating_add(1);
        let has_news = |feed: &Feed| feed.batches.range(first..).next().is_some();
        let mut feed = self.lock();
        if after < u64::MAX && !wait.is_zero() && !has_news(&feed) {
            let waited = self
                .0
                .news
                .wait_timeout_while(feed, wait, |feed| !has_news(feed));
            feed = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let batches = if after == u64::MAX {
            Vec::new()
        } else {
            let following = feed.batches.range(first..).take(limit);
            following.map(|(_, batch)| batch.clone()).collect()
        };
        Ok(Tail {
            head: feed.head,
            batches,
        })
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let mut feed = self.lock();
        if feed.head != Some(*onto) {
            return Ok(Appended::Conflict);
        }
        feed.batches.insert(becomes.n, batch.to_vec());
        feed.head = Some(*becomes);
        drop(feed);
        self.0.news.notify_all();
        Ok(Appended::Accepted)
    }

    /// There are none, and none to wait for.
    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        Ok(0)
    }

    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError> {
        let mut feed = self.lock();
        if feed.head.as_ref() != instead_of {
            return Ok(false);
        }
        *feed = Feed {
            head: Some(*first),
            ..Feed::default()
        };
        drop(feed);
        self.0.news.notify_all();
        Ok(true)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let feed = self.lock();
        Ok(feed.snapshot.as_ref().map(|(_, bytes)| bytes.clone()))
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let mut feed = self.lock();
        let reached = feed
            .head
            .is_some_and(|head| head == *at || (head.epoch == at.epoch && head.n > at.n));
        let newer = feed
            .snapshot
            .as_ref()
            .is_none_or(|(made, _)| made.epoch != at.epoch || made.n < at.n);
        if !reached || !newer {
            return Ok(false);
        }
        feed.snapshot = Some((*at, snapshot.to_vec()));
        feed.batches = feed.batches.split_off(&drop_to.saturating_add(1));
        Ok(true)
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let feed = self.lock();
        Ok(feed.snapshot.as_ref().map(|(at, _)| at.n))
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feed = self.lock();
        f.debug_struct("MemoryEngine")
            .field("head", &feed.head)
            .field("batches", &feed.batches.len())
            .finish_non_exhaustive()
    }
}
