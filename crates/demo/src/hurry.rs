//! A clock for tests of the program: the system's, and each line on standard input is a number of
//! seconds to jump ahead. It begins `CLOAKROOM_TEST_AHEAD` seconds ahead, for a server that is started
//! again: time does not go back with a restart. Whoever starts the program holds its input, and nobody on the network does.

use std::io::{BufRead as _, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use cloakroom::{Clock, ClockError, SystemClock, Timestamp};

pub(crate) struct HurriedClock(Arc<AtomicU64>);

impl HurriedClock {
    pub(crate) fn from_stdin() -> Self {
        let ahead = std::env::var("CLOAKROOM_TEST_AHEAD").ok();
        let ahead = ahead.and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
        let ahead = Arc::new(AtomicU64::new(ahead));
        let moved = Arc::clone(&ahead);
        thread::spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                let seconds: u64 = line.trim().parse().unwrap_or(0);
                let now = moved
                    .fetch_add(seconds, Ordering::SeqCst)
                    .saturating_add(seconds);
                println!("ahead: {now}");
            }
        });
        Self(ahead)
    }
}

impl Clock for HurriedClock {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let now = SystemClock.now()?.unix();
        let ahead = self.0.load(Ordering::SeqCst);
        Timestamp::from_unix(now.saturating_add(ahead)).ok_or(ClockError::new())
    }
}
