//! What a publisher waits on, with a thread or with a task.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::revocation::entries::Merged;
use crate::store::error::StoreError;

/// What publishing to a [`DurableRevocations`](crate::store::DurableRevocations) promises: it is on
/// this machine's disk, fsync included, and this process refuses. Other servers know nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Durable;

/// What was done, as far as the kind of work has something to say.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Done {
    pub(in crate::store) merged: Merged,
    pub(in crate::store) forgotten: usize,
}

pub(in crate::store) type Answer = Result<Done, StoreError>;

#[derive(Default)]
pub(in crate::store) struct Ticket {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

impl Ticket {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::store) fn answer(&self, answer: Answer) {
        let waker = {
            let mut state = self.lock();
            state.answer = Some(answer);
            state.waker.take()
        };
        self.answered.notify_all();
        // Outside of the lock: a waker may poll at once, on this thread.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(in crate::store) fn wait(&self) -> Answer {
        let mut state = self.lock();
        loop {
            if let Some(answer) = &state.answer {
                return answer.clone();
            }
            state = self
                .answered
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Answer> {
        let mut state = self.lock();
        if let Some(answer) = &state.answer {
            return Poll::Ready(answer.clone());
        }
        // The latest: the task may have moved to another executor's thread since.
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// A publication on its way to the disk.
///
/// It needs no runtime: the store's own thread wakes the task. Dropping it does not take the
/// publication back.
#[must_use = "nothing is promised until it was awaited"]
pub struct Publishing(pub(in crate::store) Arc<Ticket>);

impl Future for Publishing {
    type Output = Result<Durable, StoreError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|answer| answer.map(|_| Durable))
    }
}

impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.0.lock().answer.is_some();
        f.debug_struct("Publishing")
            .field("answered", &answered)
            .finish()
    }
}
