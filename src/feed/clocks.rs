//! What time it is by the other servers of a feed (SPEC §17.6): one clock alone, when it is wrong,
//! would forget entries that live tokens still need, and tell everybody that it did.

use core::time::Duration;

/// The clocks of others, as their batches show them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Others {
    /// The latest time in a batch, Unix milliseconds, and when it was read.
    latest: Option<(u64, Duration)>,
    /// When the last batch was read that another server wrote.
    heard: Option<Duration>,
}

impl Others {
    /// A batch of another server, whose time is plausible, was read at `seen`. What was heard
    /// longer than `within` before counts no more.
    pub(crate) fn hear(&mut self, time: u64, seen: Duration, within: Duration) {
        let known = self.time(seen, within);
        self.heard = Some(seen);
        if known.is_none_or(|known| time >= known) {
            self.latest = Some((time, seen));
        }
    }

    /// What time it is by them, in Unix milliseconds; `None` where none wrote anything lately, and
    /// a server has but its own clock.
    pub(crate) fn time(&self, now: Duration, within: Duration) -> Option<u64> {
        let heard = self.heard?;
        let (time, seen) = self.latest?;
        let passed = now.saturating_sub(seen).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        (now.saturating_sub(heard) <= within).then_some(time.saturating_add(passed))
    }
}
