//! The numbers of a feed, and how they add up (SPEC §17.6).

use core::fmt;
use core::time::Duration;

/// What a feed does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// B of SPEC §9.9.
    pub(crate) bound: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) skew: Duration,
    /// How long a publication waits for the engine before it is pending.
    pub(crate) patience: Duration,
    pub(crate) replicas: u32,
    pub(crate) follows_only: bool,
    pub(crate) snapshot_every: u64,
    /// How long a feed that was just founded waits for those who hand back.
    pub(crate) settling: Option<Duration>,
}

/// Nobody logs in anywhere for so long after the engine lost its data.
const LONGEST_SETTLING: Duration = Duration::from_secs(3600);

impl Settings {
    pub(crate) const DEFAULT: Self = Self {
        bound: Duration::from_secs(2),
        heartbeat: Duration::from_millis(500),
        skew: Duration::from_millis(750),
        patience: Duration::from_secs(1),
        replicas: 0,
        follows_only: false,
        snapshot_every: 4096,
        settling: None,
    };

    /// How long one request waits for news.
    pub(crate) fn wait(&self) -> Duration {
        self.bound.checked_div(8).unwrap_or(self.bound)
    }

    /// How long a feed that was just founded is fresh for nobody.
    pub(crate) fn settling(&self) -> Duration {
        let least = self.bound.saturating_add(self.skew);
        self.settling.unwrap_or(least)
    }

    /// What is left of the bound for a request that takes its time.
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        if self.bound < Duration::from_secs(1) || self.bound > Duration::from_secs(60) {
            return Err(BadSettings::Bound);
        }
        let spent = self
            .heartbeat
            .saturating_add(self.skew)
            .saturating_add(self.wait());
        if self.heartbeat.is_zero() || spent.saturating_add(self.wait()) > self.bound {
            return Err(BadSettings::Sum);
        }
        let least = self.bound.saturating_add(self.skew);
        if self.settling() < least || self.settling() > LONGEST_SETTLING {
            return Err(BadSettings::Settling);
        }
        Ok(())
    }

    /// In whole seconds, rounded up.
    pub(crate) fn bound_seconds(&self) -> u32 {
        let rest = u64::from(self.bound.subsec_nanos() > 0);
        u32::try_from(self.bound.as_secs().saturating_add(rest)).unwrap_or(u32::MAX)
    }
}

/// Numbers that don't add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSettings {
    /// The bound is below a second or above a minute.
    Bound,
    /// Heartbeat interval, clock allowance and a quarter of the bound are more than the bound.
    Sum,
    /// The settling time is below the bound and the clock allowance together, or above an hour.
    Settling,
}

impl fmt::Display for BadSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bound => "the staleness bound is 1 to 60 seconds",
            Self::Sum => {
                "the staleness bound must be at least the heartbeat interval, the clock allowance \
                 and a quarter of itself together, or a healthy feed would look stale"
            }
            Self::Settling => {
                "the settling time is at least the staleness bound and the clock allowance \
                 together, and at most an hour"
            }
        })
    }
}

impl core::error::Error for BadSettings {}
