//! Time as an argument: whole seconds, and a clock that may fail.
//!
//! Nothing below this module reads a clock. Every public operation reads the injected [`Clock`]
//! once and passes the answer down, so that one request is judged at one instant (SPEC §8).

use core::fmt;

use time::UtcDateTime;

/// A point in time in whole Unix seconds, from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
///
/// ```
/// use cloakroom::Timestamp;
///
/// let t = Timestamp::from_unix(1_700_000_000).unwrap();
/// assert_eq!(t.to_string(), "2023-11-14T22:13:20Z");
/// assert!(Timestamp::from_unix(253_402_300_800).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the last second that a token can start at (SPEC §3).
    pub const MAX: Self = Self(253_402_300_799);

    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The time `seconds` after the Unix epoch, or `None` after the year 9999.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX.0 {
            Some(Self(seconds))
        } else {
            None
        }
    }

    /// Unix seconds.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// This time as a calendar date and time.
    #[must_use]
    pub fn to_utc(self) -> UtcDateTime {
        i64::try_from(self.0)
            .ok()
            .and_then(|seconds| UtcDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(UtcDateTime::MAX)
    }

    /// This time and `duration` later, in whole seconds, or `None` before 1970 and after 9999.
    ///
    /// ```
    /// use cloakroom::Timestamp;
    /// use time::Duration;
    ///
    /// let next_day = Timestamp::UNIX_EPOCH.checked_add(Duration::days(1)).unwrap();
    /// assert_eq!(next_day.unix(), 86_400);
    /// assert!(Timestamp::MAX.checked_add(Duration::SECOND).is_none());
    /// ```
    #[must_use]
    pub const fn checked_add(self, duration: time::Duration) -> Option<Self> {
        match self.0.checked_add_signed(duration.whole_seconds()) {
            Some(seconds) => Self::from_unix(seconds),
            None => None,
        }
    }

    /// The nearest representable time to `seconds`: what lies beyond the year 9999 becomes
    /// [`Timestamp::MAX`]. For showing deadlines, never for deciding about them.
    pub(crate) const fn saturating_from_unix(seconds: u64) -> Self {
        if seconds <= Self::MAX.0 {
            Self(seconds)
        } else {
            Self::MAX
        }
    }
}

impl TryFrom<UtcDateTime> for Timestamp {
    type Error = ClockError;

    /// Drops fractions of a second. Fails before 1970 and after 9999.
    fn try_from(value: UtcDateTime) -> Result<Self, ClockError> {
        u64::try_from(value.unix_timestamp())
            .ok()
            .and_then(Self::from_unix)
            .ok_or(ClockError(()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, always 20 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.to_utc();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

/// A clock could not tell the time, or told one outside the years 1970 to 9999.
///
/// Sessions answer "unavailable" to it, never "accepted" and never "rejected": a guess would either
/// revive dead tokens or log everybody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockError(());

impl ClockError {
    /// The error of a clock of your own.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Default for ClockError {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the clock gives no time between the years 1970 and 9999")
    }
}

impl core::error::Error for ClockError {}

/// Where sessions take the time from.
///
/// ```
/// use cloakroom::{Clock, ClockError, Timestamp};
///
/// struct Fixed(u64);
///
/// impl Clock for Fixed {
///     fn now(&self) -> Result<Timestamp, ClockError> {
///         Timestamp::from_unix(self.0).ok_or(ClockError::new())
///     }
/// }
/// assert_eq!(Fixed(5).now()?.unix(), 5);
/// # Ok::<(), ClockError>(())
/// ```
pub trait Clock: Send + Sync {
    /// The present time.
    ///
    /// # Errors
    ///
    /// [`ClockError`] when the time is not known. Whatever was asked of the session is then
    /// answered with "unavailable".
    fn now(&self) -> Result<Timestamp, ClockError>;
}

impl<C: Clock + ?Sized> Clock for alloc::sync::Arc<C> {
    fn now(&self) -> Result<Timestamp, ClockError> {
        (**self).now()
    }
}

/// The operating system's wall clock.
///
/// On Linux this is the coarse one (`CLOCK_REALTIME_COARSE`), which is read in a fraction of the time and
/// is behind by up to a tick of the kernel, normally 1 to 10 milliseconds, and more where a host withholds
/// the processor. The times of a session are whole seconds.
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields and never will")]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Result<Timestamp, ClockError> {
        seconds()
            .and_then(Timestamp::from_unix)
            .ok_or(ClockError(()))
    }
}

#[cfg(feature = "std")]
#[inline]
fn seconds() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};
        let coarse = DynamicClockId::Known(ClockId::RealtimeCoarse);
        // Not the function for known clocks: a sandbox may refuse this one, and that function panics.
        if let Ok(time) = clock_gettime_dynamic(coarse) {
            return u64::try_from(time.tv_sec).ok();
        }
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().map(|since| since.as_secs())
}

/// A clock that stands still until it is told to move, for tests.
///
/// Clones show the same time, so a test can keep one and give the other to the sessions.
///
/// ```
/// use cloakroom::{Clock, ManualClock};
///
/// let clock = ManualClock::at(1_700_000_000);
/// let other = clock.clone();
/// clock.advance(60);
/// assert_eq!(other.now()?.unix(), 1_700_000_060);
/// clock.fail(true);
/// assert!(other.now().is_err());
/// # Ok::<(), cloakroom::ClockError>(())
/// ```
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
#[derive(Clone, Debug, Default)]
pub struct ManualClock(alloc::sync::Arc<core::sync::atomic::AtomicU64>);

#[cfg(feature = "std")]
impl ManualClock {
    const FAILING: u64 = 1 << 63;

    /// A clock that shows `unix` seconds.
    #[must_use]
    pub fn at(unix: u64) -> Self {
        let clock = Self::default();
        clock.set(unix);
        clock
    }

    /// Shows `unix` seconds from now on, and works again if it had been made to fail.
    pub fn set(&self, unix: u64) {
        self.0
            .store(unix & !Self::FAILING, core::sync::atomic::Ordering::SeqCst);
    }

    /// Moves forward by `seconds`.
    pub fn advance(&self, seconds: u64) {
        self.0
            .fetch_add(seconds, core::sync::atomic::Ordering::SeqCst);
    }

    /// Moves back by `seconds`, at most to 1970.
    pub fn step_back(&self, seconds: u64) {
        let now = self.0.load(core::sync::atomic::Ordering::SeqCst);
        self.set((now & !Self::FAILING).saturating_sub(seconds));
    }

    /// Makes the clock fail, or work again.
    pub fn fail(&self, failing: bool) {
        if failing {
            self.0
                .fetch_or(Self::FAILING, core::sync::atomic::Ordering::SeqCst);
        } else {
            self.0
                .fetch_and(!Self::FAILING, core::sync::atomic::Ordering::SeqCst);
        }
    }
}

#[cfg(feature = "std")]
impl Clock for ManualClock {
    fn now(&self) -> Result<Timestamp, ClockError> {
        // A failing clock has the top bit set, which no representable time has.
        Timestamp::from_unix(self.0.load(core::sync::atomic::Ordering::SeqCst))
            .ok_or(ClockError(()))
    }
}
