//! What a feed takes from its surroundings besides the engine: two clocks and chance.

use core::time::Duration;
use std::time::Instant;

use rand_core::TryRng as _;

use crate::time::ClockError;

/// Clocks and random bytes of a feed. [`SystemEnvironment`] is what servers use; a simulation brings
/// its own.
pub trait Environment: Send + Sync + 'static {
    /// Unix time in milliseconds. Compared with that of other servers.
    ///
    /// # Errors
    ///
    /// [`ClockError`]; then nothing is fresh.
    fn unix_millis(&self) -> Result<u64, ClockError>;

    /// Time since some moment in the past, never set back. Ages are measured with it.
    fn monotonic(&self) -> Duration;

    /// Fills `out` with random bytes: for the name of an epoch, and so that a fleet does not do
    /// everything in the same millisecond. `false` when there are none.
    fn random(&self, out: &mut [u8]) -> bool;
}

/// The clocks and the random source of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemEnvironment {
    started: Instant,
}

impl SystemEnvironment {
    /// Counts from now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemEnvironment {
    fn default() -> Self {
        Self::new()
    }
}

impl Environment for SystemEnvironment {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_err(|_| ClockError::new())?;
        u64::try_from(since.as_millis()).map_err(|_| ClockError::new())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn random(&self, out: &mut [u8]) -> bool {
        getrandom::SysRng.try_fill_bytes(out).is_ok()
    }
}
