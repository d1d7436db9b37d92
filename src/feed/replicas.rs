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
    /// How many of them the question is about that was put to the engine and not answered well: the
    /// first. The others were appended after it was put, and while somebody always is, one question
    /// about all would never be answered.
    asked_about: Option<usize>,
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

    /// Everybody who waits was appended before the engine is asked now; those who come later are not
    /// meant.
    pub(crate) fn ask(&mut self) {
        let all = self.waiting.len();
        self.asked_about.get_or_insert(all);
    }

    /// A question that was asked at `asked` was answered.
    pub(crate) fn answered(&mut self, asked: Duration) {
        self.ask_at = asked.saturating_add(SLICE);
    }

    /// So many machines hold what the question was about.
    pub(crate) fn reached(&mut self, machines: u32) {
        let meant = self.asked_about.take().unwrap_or_default();
        let rest = self.waiting.split_off(meant.min(self.waiting.len()));
        self.ask_at = Duration::ZERO;
        for Replicating { job, accepted } in core::mem::replace(&mut self.waiting, rest) {
            let replicated = Replicated { accepted, machines };
            let delivery = Delivery::Replicated(replicated);
            job.answer.answer(Ok(Some(delivery)));
        }
    }

    /// Nobody can tell any more.
    pub(crate) fn settle(&mut self) {
        self.asked_about = None;
        self.waiting.drain(..).for_each(Replicating::settle);
    }

    /// Those whose patience has ended.
    pub(crate) fn expire(&mut self, now: Duration) {
        // An answer to a question about those who gave up says nothing about those behind them.
        let meant = self.asked_about;
        for (place, one) in core::mem::take(&mut self.waiting).into_iter().enumerate() {
            if one.job.until > now {
                self.waiting.push(one);
                continue;
            }
            one.settle();
            if meant.is_some_and(|meant| place < meant) {
                self.asked_about = self.asked_about.map(|meant| meant.saturating_sub(1));
            }
        }
    }
}

/// What is true of a publication, now that the engine has accepted it.
pub(crate) fn accept(job: Job, accepted: Accepted) {
    Replicating { job, accepted }.settle();
}
