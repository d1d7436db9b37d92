//! Following the feed.

use alloc::sync::Arc;
use core::time::Duration;

use crate::feed::follower::Follower;
use crate::feed::link::Link;
use crate::feed::queue::Queue;
use crate::feed::unwinding::caught;

/// How often a follower that may not found a feed looks whether there is one.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct Reader {
    follower: Arc<Follower>,
    link: Link,
}

impl Reader {
    pub(crate) const fn new(follower: Arc<Follower>, link: Link) -> Self {
        Self { follower, link }
    }

    /// Until the feed is closed.
    pub(crate) fn run(mut self, queue: &Queue) {
        while !queue.is_closed() {
            let wait = self.follower.settings.wait();
            // Clocks and observers are code of others, too.
            let pause = caught(|| self.turn(wait)).unwrap_or(LOOK);
            if !pause.is_zero() {
                std::thread::sleep(pause.min(LOOK));
            }
        }
    }

    /// One look, waiting up to `wait` for news; then the pause before the next.
    pub(crate) fn turn(&mut self, wait: Duration) -> Duration {
        let follower = Arc::clone(&self.follower);
        match self
            .link
            .with(&follower, |engine| follower.catch_up(engine, wait))
        {
            Some(true) => Duration::ZERO,
            Some(false) => LOOK,
            None => self.link.wait(follower.environment.monotonic()),
        }
    }
}
