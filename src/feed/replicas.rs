//! Publications that were accepted, and wait for further machines that hold them.

use alloc::vec::Vec;
use core::time::Duration;

use crate::feed::delivery::{Accepted, Delivery, Replicated};
use crate::feed::queue::Job;

/// How long one question may take: heartbeats and other publications go on between two of them, or
/// one server that waits for a lost replica would make all views stale. And how long there is none
/// after an engine that did not wait.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

struct Replicating {
    job: Job,
    accepted: Accepted,
}

impl Replicating {
    /// What is true without further machines.
    fn settle(self) {
        let delivery = Delivery::Accepted(self.accepted);
        self.job.answer.answer(Ok(Some(delivery)));
    }
}

#[derive(Default)]
pub(crate) struct Replicas {
    waiting: Vec<Replicating>,
    /// When the engine is asked again, on the monotonic clock.
    ask_at: Duration,
}

impl Replicas {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Asked about at once: machines that hold the last batch hold those before.
    pub(crate) fn add(&mut self, job: Job, accepted: Accepted) {
        self.waiting.push(Replicating { job, accepted });
        self.ask_at = Duration::ZERO;
    }

    /// How long there is nothing to ask.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.ask_at.saturating_sub(now)
    }

    /// A question that was asked at `asked` was answered.
    pub(crate) fn answered(&mut self, asked: Duration) {
        self.ask_at = asked.saturating_add(SLICE);
    }

    /// So many machines hold what everybody waits for.
    pub(crate) fn reached(&mut self, machines: u32) {
        for Replicating { job, accepted } in self.waiting.drain(..) {
            let replicated = Replicated { accepted, machines };
            let delivery = Delivery::Replicated(replicated);
            job.answer.answer(Ok(Some(delivery)));
        }
    }

    /// Nobody can tell any more.
    pub(crate) fn settle(&mut self) {
        self.waiting.drain(..).for_each(Replicating::settle);
    }

    /// Those whose patience has ended.
    pub(crate) fn expire(&mut self, now: Duration) {
        for one in core::mem::take(&mut self.waiting) {
            if one.job.until <= now {
                one.settle();
            } else {
                self.waiting.push(one);
            }
        }
    }
}

/// What is true of a publication, now that the engine has accepted it.
pub(crate) fn accept(job: Job, accepted: Accepted) {
    Replicating { job, accepted }.settle();
}
