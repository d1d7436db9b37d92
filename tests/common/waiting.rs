//! What the tests of waiting share: a task that is polled only when it was woken, so that a lost
//! wake-up is a failure and not a delay.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use cloakroom::{Ended, Reason, Rejected};

/// Far longer than anything takes, and not for ever.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(crate) struct Bell {
    rings: Mutex<usize>,
    rung: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rings.lock().unwrap() += 1;
        self.rung.notify_all();
    }
}

impl Bell {
    pub(crate) fn rings(&self) -> usize {
        *self.rings.lock().unwrap()
    }

    /// Waits until it has rung once more, and forgets about it.
    pub(crate) fn answer(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let rings = self.rings.lock().unwrap();
        let (mut rings, _) = self
            .rung
            .wait_timeout_while(rings, left, |rings| *rings == 0)
            .unwrap();
        std::mem::take(&mut *rings) > 0
    }
}

/// A future and the bell that its executor would hear.
pub(crate) struct Task {
    pub(crate) ended: Ended,
    pub(crate) bell: Arc<Bell>,
}

impl Task {
    pub(crate) fn new(ended: Ended) -> Self {
        Self {
            ended,
            bell: Arc::default(),
        }
    }

    /// One that waits already.
    pub(crate) fn waiting(ended: Ended) -> Self {
        let mut task = Self::new(ended);
        assert_eq!(task.poll(), None, "it ended before it waited");
        task
    }

    pub(crate) fn poll_with(&mut self, waker: &Waker) -> Option<Rejected> {
        match Pin::new(&mut self.ended).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(rejected) => Some(rejected),
            Poll::Pending => None,
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Reason> {
        let waker = Waker::from(Arc::clone(&self.bell));
        self.poll_with(&waker).map(|rejected| rejected.reason())
    }

    /// The end, which must come by being woken.
    pub(crate) fn end(&mut self) -> Reason {
        self.woken_within(PATIENCE).expect("never woken")
    }

    /// What it ends with, if it is woken in time for it.
    pub(crate) fn woken_within(&mut self, time: Duration) -> Option<Reason> {
        let deadline = Instant::now() + time;
        while self.bell.answer(deadline) {
            if let Some(reason) = self.poll() {
                return Some(reason);
            }
        }
        None
    }
}
