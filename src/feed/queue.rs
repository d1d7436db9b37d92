//! What waits for the thread that writes to the engine.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::feed::delivery::Answer;
use crate::feed::local::Keeping;
use crate::feed::position::Position;
use crate::promise::Promise;
use crate::revocation::record::Revocation;
use crate::wire::session_id::SessionId;

pub(crate) enum Task {
    /// In effect here already, and on its way to this server's disk.
    Publish {
        revocations: Vec<Revocation>,
        keeping: Keeping,
    },
    /// To be compared and published in one step, here and on all servers.
    Rotate { session: SessionId, generation: u32 },
    /// The operator wants a new feed in place of the one that can't be followed.
    FoundAnew,
}

pub(crate) struct Job {
    pub(crate) task: Task,
    /// When patience ends, on the monotonic clock.
    pub(crate) until: Duration,
    /// Batches with this job of which nobody knows whether they were accepted.
    pub(crate) doubts: Vec<Position>,
    pub(crate) answer: Arc<Promise<Answer>>,
}

impl Job {
    pub(crate) fn revocations(&self) -> Vec<Revocation> {
        match &self.task {
            Task::Publish { revocations, .. } => revocations.clone(),
            Task::Rotate {
                session,
                generation,
            } => Vec::from([Revocation::older_generations(*session, *generation)]),
            Task::FoundAnew => Vec::new(),
        }
    }
}

#[derive(Default)]
struct Inner {
    jobs: VecDeque<Job>,
    closed: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    more: Condvar,
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when nobody will look at it any more.
    pub(crate) fn put(&self, job: Job) -> bool {
        let mut inner = self.lock();
        if inner.closed {
            return false;
        }
        inner.jobs.push_back(job);
        drop(inner);
        self.more.notify_one();
        true
    }

    /// All jobs that wait, after waiting for the first for at most `wait`.
    pub(crate) fn take(&self, wait: Duration) -> VecDeque<Job> {
        let mut inner = self.lock();
        if inner.jobs.is_empty() && !inner.closed && !wait.is_zero() {
            inner = self
                .more
                .wait_timeout(inner, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        core::mem::take(&mut inner.jobs)
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.more.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}
