//! What waits for the thread that writes, and what the handles see of it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use crate::revocation::list::RevocationList;
#[cfg(feature = "feed")]
use crate::revocation::record::Reckoned;
use crate::revocation::record::{Record, Revocation};
use crate::revocation::view::Terms;
use crate::store::error::LogError;
use crate::store::ticket::Ticket;

pub(in crate::store) enum Work {
    Publish(Vec<Revocation>),
    /// Records of another list, and its high-water mark.
    Merge(Vec<Record>, u64),
    /// As `Publish`, and to be delivered to the feed.
    #[cfg(feature = "feed")]
    Pend(Vec<Revocation>),
    /// What a feed brought.
    #[cfg(feature = "feed")]
    TakeIn(TakenIn),
    Register(Terms),
    Purge,
}

/// Records of a feed, how far they reach, and which of one's own are among them.
#[cfg(feature = "feed")]
#[derive(Debug, Default)]
pub(crate) struct TakenIn {
    pub(crate) records: Reckoned,
    pub(crate) high_water_mark: u64,
    pub(crate) cursor: Option<[u8; 32]>,
    pub(crate) snapshot: Option<[u8; 24]>,
    pub(crate) pending: Vec<Revocation>,
    pub(crate) delivered: Vec<Revocation>,
}

pub(in crate::store) struct Job {
    pub(in crate::store) work: Work,
    /// Unix seconds when it was asked for.
    pub(in crate::store) now: u64,
    /// The same moment on a clock that nobody sets.
    pub(in crate::store) asked: Instant,
    pub(in crate::store) ticket: Arc<Ticket>,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    closed: bool,
}

/// When writing failed, and why.
pub(in crate::store) struct Failure {
    pub(in crate::store) at: Instant,
    pub(in crate::store) why: LogError,
}

/// What the handles and the thread share.
pub(in crate::store) struct Shared {
    pub(in crate::store) list: RevocationList,
    /// Set when the file was made, and never after.
    pub(in crate::store) everything_before: u64,
    pub(in crate::store) failure: OnceLock<Failure>,
    queue: Mutex<Queue>,
    waiting: Condvar,
}

impl Shared {
    pub(in crate::store) fn new(list: RevocationList, everything_before: u64) -> Self {
        Self {
            list,
            everything_before,
            failure: OnceLock::new(),
            queue: Mutex::default(),
            waiting: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::store) fn ask(&self, work: Work, now: u64) -> Arc<Ticket> {
        let ticket = Arc::new(Ticket::default());
        self.lock().jobs.push(Job {
            work,
            now,
            asked: Instant::now(),
            ticket: Arc::clone(&ticket),
        });
        self.waiting.notify_one();
        ticket
    }

    /// No more jobs come: the last handle is gone.
    pub(in crate::store) fn close(&self) {
        self.lock().closed = true;
        self.waiting.notify_one();
    }

    /// All jobs that wait; waits for one unless there is other work. `None` at the end.
    pub(in crate::store) fn take(&self, busy: bool) -> Option<Vec<Job>> {
        let mut queue = self.lock();
        while queue.jobs.is_empty() {
            if queue.closed {
                return None;
            }
            if busy {
                return Some(Vec::new());
            }
            queue = self
                .waiting
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Some(core::mem::take(&mut queue.jobs))
    }
}
