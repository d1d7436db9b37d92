//! How old the proof is that a view misses nothing (SPEC §9.9, §17.6).

use core::time::Duration;

/// What a follower knows about its own age.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proof {
    /// When the last request was sent whose answer showed this view to be at the end of the feed.
    asked: Option<Duration>,
    /// What of the age at `seen` is not measured by this server's own clock, and `seen`.
    heartbeat: Option<(Duration, Duration)>,
    /// Nothing is fresh before: a feed was founded, and others may still bring what it lacks.
    settled_at: Duration,
}

impl Proof {
    /// At the end of the feed, by the answer to a request that was sent at `asked`.
    pub(crate) fn at_end(&mut self, asked: Duration) {
        self.asked = Some(self.asked.map_or(asked, |before| before.max(asked)));
    }

    /// A batch was read at `seen`, when this server's clock showed `now`, that another wrote when
    /// its clock showed `written` (Unix milliseconds).
    ///
    /// A time from the future by more than the clocks may differ proves nothing: it would keep a
    /// view fresh whose engine was cut off long ago.
    pub(crate) fn heartbeat(
        &mut self,
        written: u64,
        now: u64,
        seen: Duration,
        skew: Duration,
    ) -> bool {
        let allowance = u64::try_from(skew.as_millis()).unwrap_or(u64::MAX);
        if written > now.saturating_add(allowance) {
            return false;
        }
        let age = now.saturating_sub(written).saturating_add(allowance);
        self.heartbeat = Some((Duration::from_millis(age), seen));
        true
    }

    pub(crate) fn settles_at(&mut self, when: Duration) {
        self.settled_at = when;
    }

    /// Forgets everything: the view was found not to be at the end after all.
    pub(crate) fn none(&mut self) {
        self.asked = None;
        self.heartbeat = None;
    }

    /// The age at `now`, or `None` while there is no proof.
    pub(crate) fn age(&self, now: Duration) -> Option<Duration> {
        let asked = now.saturating_sub(self.asked?);
        let (before, seen) = self.heartbeat?;
        Some(asked.max(before.saturating_add(now.saturating_sub(seen))))
    }

    pub(crate) const fn settled_at(&self) -> Duration {
        self.settled_at
    }
}
