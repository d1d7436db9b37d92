//! One answer that a thread or a task waits for, without a runtime.

use core::panic::AssertUnwindSafe;
use core::task::{Context, Poll, Waker};
use std::panic::catch_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) struct Promise<T> {
    state: Mutex<State<T>>,
    answered: Condvar,
}

struct State<T> {
    answer: Option<T>,
    waker: Option<Waker>,
}

impl<T> Default for Promise<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                answer: None,
                waker: None,
            }),
            answered: Condvar::new(),
        }
    }
}

impl<T: Clone> Promise<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, answer: T) {
        let waker = {
            let mut state = self.lock();
            state.answer = Some(answer);
            state.waker.take()
        };
        self.answered.notify_all();
        // Outside of the lock: a waker may poll at once, on this thread.
        // It runs an executor's code, and whoever answers has others to answer.
        if let Some(waker) = waker {
            let _panicked = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }

    pub(crate) fn wait(&self) -> T {
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

    /// The answer, if it comes in time.
    #[cfg(all(feature = "feed", feature = "redb"))]
    pub(crate) fn wait_for(&self, most: core::time::Duration) -> Option<T> {
        let state = self.lock();
        let waiting = |state: &mut State<T>| state.answer.is_none();
        let waited = self.answered.wait_timeout_while(state, most, waiting);
        let (state, _timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state.answer.clone()
    }

    /// The answer, if it is there.
    pub(crate) fn peek(&self) -> Option<T> {
        self.lock().answer.clone()
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<T> {
        let mut state = self.lock();
        if let Some(answer) = &state.answer {
            return Poll::Ready(answer.clone());
        }
        // The latest: the task may have moved to another executor's thread since.
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
