//! No more than one line in a while, however often something happens: who can send requests must not
//! be able to fill a disk with them.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Limit {
    started: Instant,
    /// Milliseconds between two lines.
    pause: u64,
    /// Milliseconds after the start from which on a line may be written.
    next: AtomicU64,
    /// What was left out since the last line.
    left_out: AtomicU64,
}

impl Limit {
    pub(super) fn every(seconds: u64) -> Self {
        Self {
            started: Instant::now(),
            pause: seconds.saturating_mul(1_000),
            next: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Whether it is time for a line, and how many were left out before it.
    pub(super) fn turn(&self) -> Option<u64> {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        let after = now.saturating_add(self.pause);
        let taken = now >= next
            && self
                .next
                .compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if taken {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}
