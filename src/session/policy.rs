//! How long sessions live (SPEC §8.1, §8.2).

use core::fmt;

use time::Duration;

use crate::error::Reason;
use crate::key::fault::RingError;
use crate::key::ring::KeyRing;
use crate::wire::claims::Claims;

/// The greatest leeway and tolerance, in seconds.
pub(crate) const MAX_SKEW_ALLOWANCE: u32 = 300;

/// What ordinary verification does while the revocation view is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StalePolicy {
    /// Nobody is let in: the answer is "unavailable".
    FailClosed,
    /// Go on for at most this long after the view's last proof of freshness. A logout that happened
    /// since is not noticed until then.
    ContinueFor(Duration),
}

/// The timeouts and tolerances of sessions, all in seconds.
///
/// Built by [`Sessions::builder`](crate::Sessions::builder). `Display` prints what an auditor asks
/// for: every limit, and the range of the effective idle limit (ASVS 5.0, 7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// 0 = none.
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    pub(crate) leeway: u32,
    pub(crate) tolerance: u32,
    pub(crate) skew: u32,
    /// Share of the idle timeout after which a renewal is due, as a fraction.
    pub(crate) share: (u32, u32),
    pub(crate) stale: StalePolicy,
}

impl Policy {
    /// Seconds without a renewal after which a session ends, if there is such a limit.
    #[must_use]
    pub const fn idle_timeout(&self) -> Option<u32> {
        if self.idle == 0 {
            None
        } else {
            Some(self.idle)
        }
    }

    /// Seconds after the login at which a session ends, whatever happens.
    #[must_use]
    pub const fn absolute_timeout(&self) -> u32 {
        self.absolute
    }

    /// Seconds for which a token is accepted after a deadline.
    #[must_use]
    pub const fn leeway(&self) -> u32 {
        self.leeway
    }

    /// Seconds by which a token may start in the future.
    #[must_use]
    pub const fn tolerance(&self) -> u32 {
        self.tolerance
    }

    /// The difference between the clocks of servers, in seconds, that a cut-off "now" allows for.
    #[must_use]
    pub const fn skew(&self) -> u32 {
        self.skew
    }

    /// What ordinary verification does while the revocation view is stale.
    #[must_use]
    pub const fn stale(&self) -> StalePolicy {
        self.stale
    }

    /// The longest life of one token in seconds: what a key ring and a revocation list plan for.
    #[must_use]
    pub const fn token_lifetime(&self) -> u32 {
        if self.idle == 0 || self.idle > self.absolute {
            self.absolute
        } else {
            self.idle
        }
    }

    /// The age in seconds from which a token is renewed, if it has an idle timeout of `idle`.
    pub(crate) fn renew_age(&self, idle: u32) -> u64 {
        let (share, whole) = self.share;
        u64::from(idle)
            .saturating_mul(u64::from(share))
            .checked_div(u64::from(whole))
            .unwrap_or(0)
    }

    /// A verifier may be stricter than the token, never laxer: the smaller of both, where 0 is
    /// none.
    #[inline]
    pub(crate) const fn effective(&self, claims: &Claims<'_>) -> (u32, u32) {
        let idle = match (claims.idle, self.idle) {
            (0, idle) | (idle, 0) => idle,
            (token, policy) if token < policy => token,
            (_, policy) => policy,
        };
        let absolute = if claims.absolute < self.absolute {
            claims.absolute
        } else {
            self.absolute
        };
        (idle, absolute)
    }

    /// The deadlines of a token under this policy, in Unix seconds: idle, if any, and absolute.
    #[inline]
    pub(crate) fn deadlines(&self, claims: &Claims<'_>) -> (Option<u64>, u64) {
        let (idle, absolute) = self.effective(claims);
        let idle = (idle > 0).then(|| claims.issued_at().saturating_add(u64::from(idle)));
        (
            idle,
            claims.authenticated_at.saturating_add(u64::from(absolute)),
        )
    }

    /// SPEC §8.2, CheckTime. Dead at the deadline, not after it; the order of the reasons is
    /// normative.
    #[inline]
    pub(crate) fn check_time(&self, claims: &Claims<'_>, now: u64) -> Result<(), Reason> {
        let latest = now.saturating_add(u64::from(self.tolerance));
        if claims.authenticated_at > latest || claims.issued_at() > latest {
            return Err(Reason::NotYet);
        }
        let passed = |deadline: u64| now >= deadline.saturating_add(u64::from(self.leeway));
        let (idle, absolute) = self.deadlines(claims);
        if passed(absolute) {
            return Err(Reason::Expired);
        }
        if idle.is_some_and(passed) {
            return Err(Reason::Idle);
        }
        Ok(())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.idle == 0 {
            writeln!(f, "idle timeout: none")?;
        } else if self.idle >= self.absolute {
            let idle = self.idle;
            writeln!(
                f,
                "idle timeout: {idle} s, which the absolute timeout comes before"
            )?;
        } else {
            let least = u64::from(self.idle).saturating_sub(self.renew_age(self.idle));
            writeln!(
                f,
                "idle timeout: {} s; a session ends {least} to {} s after its last use",
                self.idle, self.idle
            )?;
        }
        writeln!(f, "absolute timeout: {} s after the login", self.absolute)?;
        writeln!(f, "leeway after a deadline: {} s", self.leeway)?;
        writeln!(
            f,
            "tolerance for a start in the future: {} s",
            self.tolerance
        )?;
        writeln!(f, "clock skew that a cut-off allows for: {} s", self.skew)?;
        match self.stale {
            StalePolicy::FailClosed => write!(f, "stale revocation view: unavailable"),
            StalePolicy::ContinueFor(d) => write!(
                f,
                "stale revocation view: go on for {} s after the last proof",
                d.whole_seconds()
            ),
        }
    }
}

impl Policy {
    /// Keys retire when no token of the planned life can be alive; a longer life breaks that.
    pub(crate) fn check_ring(&self, ring: &KeyRing) -> Result<(), RingError> {
        let (policy, ring) = (self.token_lifetime(), ring.max_lifetime());
        if policy > ring {
            Err(RingError::LifetimeTooShort { policy, ring })
        } else {
            Ok(())
        }
    }
}
