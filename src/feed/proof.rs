//! How old the proof is that a view misses nothing (SPEC §9.9, §17.6).

use core::time::Duration;

/// What the time in a batch says to the clock of the server that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// From the future, by more than two clocks may differ.
    Ahead,
    /// Written long before it was read, or by a clock that is behind.
    Old,
    Recent,
}

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
    /// view fresh whose engine was cut off long ago. One that is older than what was read before
    /// takes nothing away: a server whose clock is behind would make every other stale.
    pub(crate) fn heartbeat(
        &mut self,
        written: u64,
        now: u64,
        seen: Duration,
        skew: Duration,
    ) -> Heard {
        let allowance = u64::try_from(skew.as_millis()).unwrap_or(u64::MAX);
        if written > now.saturating_add(allowance) {
            return Heard::Ahead;
        }
        let behind = now.saturating_sub(written);
        let age = Duration::from_millis(behind.saturating_add(allowance));
        let known = self.heartbeat.map(|(before, at)| {
            let passed = seen.saturating_sub(at);
            before.saturating_add(passed)
        });
        if known.is_none_or(|known| age <= known) {
            self.heartbeat = Some((age, seen));
        }
        if behind > allowance {
            Heard::Old
        } else {
            Heard::Recent
        }
    }

    pub(crate) fn settles_at(&mut self, when: Duration) {
        self.settled_at = when;
    }

    /// Not before `when`, where others are seen to hand back still.
    pub(crate) fn settles_later(&mut self, when: Duration) {
        self.settled_at = self.settled_at.max(when);
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
