//! One connection of a thread, made again when it breaks.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use crate::feed::event::FeedEvent;
use crate::feed::failures::Half;
use crate::feed::follower::Follower;
use crate::feed::port::{EngineError, FeedConnector, FeedEngine};
use crate::feed::unwinding::caught;

/// The shortest and the longest pause before the next attempt. Short, because nothing is minted
/// meanwhile; longer for what somebody has to mend first.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(1000));

pub(crate) struct Link {
    connector: Arc<dyn FeedConnector>,
    engine: Option<Box<dyn FeedEngine>>,
    half: Half,
    pause: Duration,
    /// Not before this moment of the monotonic clock.
    retry_at: Duration,
}

impl Link {
    pub(crate) fn new(connector: Arc<dyn FeedConnector>, half: Half) -> Self {
        Self {
            connector,
            engine: None,
            half,
            pause: PAUSES.0,
            retry_at: Duration::ZERO,
        }
    }

    /// How long there is nothing to try.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.retry_at.saturating_sub(now)
    }

    /// Calls with a connection, and gives it up after an error: what was asked on it may be
    /// answered later, to another question. `None` when it failed or is not to be tried yet.
    pub(crate) fn with<T>(
        &mut self,
        follower: &Follower,
        call: impl FnOnce(&mut dyn FeedEngine) -> Result<T, EngineError>,
    ) -> Option<T> {
        let now = follower.environment.monotonic();
        if now < self.retry_at {
            return None;
        }
        let (connector, known) = (&self.connector, &mut self.engine);
        let result = caught(|| match known {
            Some(engine) => call(&mut **engine),
            None => {
                let engine = known.insert(connector.connect()?);
                call(&mut **engine)
            }
        });
        let result = result.unwrap_or_else(|| Err(EngineError::unavailable("the engine panicked")));
        match result {
            Ok(value) => {
                self.pause = PAUSES.0;
                self.answered(follower);
                Some(value)
            }
            Err(error) => {
                let given_up = self.engine.take();
                let _panicked = caught(|| drop(given_up));
                let mut jitter = [0];
                let _without = follower.environment.random(&mut jitter);
                let share = u32::from(jitter[0]).saturating_add(128);
                let pause = self
                    .pause
                    .saturating_mul(share)
                    .checked_div(256)
                    .unwrap_or_default();
                self.retry_at = follower.environment.monotonic().saturating_add(pause);
                self.pause = self.pause.saturating_mul(2).min(PAUSES.1);
                self.failed(follower, error);
                None
            }
        }
    }

    fn answered(&self, follower: &Follower) {
        let mut state = follower.lock();
        let before = state.failures.first();
        *state.failures.of(self.half) = None;
        let over = before.is_some() && state.failures.first().is_none();
        drop(state);
        if over {
            follower.event(FeedEvent::Available);
        }
    }

    fn failed(&self, follower: &Follower, error: EngineError) {
        let mut state = follower.lock();
        let known = state.failures.has(&error);
        *state.failures.of(self.half) = Some(error.clone());
        drop(state);
        // Once, not with every attempt: a log that repeats itself is not read.
        if !known {
            follower.event(FeedEvent::Unavailable(error));
        }
    }
}
