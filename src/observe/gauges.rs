//! How things stand, written down whenever somebody asks for it, and the rare counters.

use alloc::sync::Arc;

use metrics::{counter, gauge};

use crate::observe::meters::Meters;
use crate::observe::names;

/// The view of revocations and what hangs on it; what is not known is left as it was.
#[derive(Default)]
pub(crate) struct ViewGauges {
    pub(crate) entries: Option<u64>,
    pub(crate) bytes: Option<u64>,
    pub(crate) quarantined: Option<u64>,
    pub(crate) stale: bool,
    /// Seconds.
    pub(crate) age: Option<f64>,
    /// Seconds.
    pub(crate) bound: u32,
    /// Seconds that the clock is behind a time that was seen.
    pub(crate) ahead: Option<u64>,
    pub(crate) feed_applied: Option<u64>,
    pub(crate) feed_behind: Option<u64>,
    pub(crate) feed_pending: Option<u64>,
    pub(crate) waiting: usize,
    pub(crate) index_failures: Option<u64>,
}

/// The plan of the key ring.
pub(crate) struct KeyGauges {
    /// How many keys are in each state; every state is named, also with none.
    pub(crate) states: [(&'static str, u64); 5],
    /// The same on two servers whose rings have the same keys in the same states, and hardly on
    /// others; below 2^48, so that a float holds it exactly.
    pub(crate) fingerprint: u64,
    /// Seconds until the next key takes over, if one is announced.
    pub(crate) activation: Option<u64>,
    /// Seconds until the next key retires, if that is planned.
    pub(crate) retirement: Option<u64>,
    /// Every warning there is, and whether the ring has it.
    pub(crate) warnings: [(&'static str, bool); 6],
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; nothing here comes near 2^53"
)]
fn float(number: u64) -> f64 {
    number as f64
}

impl Meters {
    pub(crate) fn view(&self, now: &ViewGauges) {
        let set = |name: &'static str, value: Option<f64>| {
            if let Some(value) = value {
                gauge!(name, "purpose" => Arc::clone(&self.purpose)).set(value);
            }
        };
        set(names::ENTRIES, now.entries.map(float));
        set(names::BYTES, now.bytes.map(float));
        set(names::QUARANTINED, now.quarantined.map(float));
        set(names::STALE, Some(f64::from(u8::from(now.stale))));
        set(names::AGE, now.age);
        set(names::BOUND, Some(f64::from(now.bound)));
        set(names::AHEAD, now.ahead.map(float));
        set(names::FEED_APPLIED, now.feed_applied.map(float));
        set(names::FEED_BEHIND, now.feed_behind.map(float));
        set(names::FEED_PENDING, now.feed_pending.map(float));
        let waiting = u64::try_from(now.waiting).unwrap_or(u64::MAX);
        set(names::WAITING, Some(float(waiting)));
        set(names::INDEX_FAILURES, now.index_failures.map(float));
    }

    pub(crate) fn keys(&self, now: &KeyGauges) {
        let of = || Arc::clone(&self.purpose);
        for (state, count) in now.states {
            gauge!(names::KEYS, "purpose" => of(), "state" => state).set(float(count));
        }
        gauge!(names::FINGERPRINT, "purpose" => of()).set(float(now.fingerprint));
        // Infinite, where nothing is planned: a comparison with "sooner than" is false then.
        let seconds = |until: Option<u64>| until.map_or(f64::INFINITY, float);
        gauge!(names::ACTIVATION, "purpose" => of()).set(seconds(now.activation));
        gauge!(names::RETIREMENT, "purpose" => of()).set(seconds(now.retirement));
        for (warning, given) in now.warnings {
            let given = f64::from(u8::from(given));
            gauge!(names::WARNINGS, "purpose" => of(), "warning" => warning).set(given);
        }
    }
}

pub(super) fn reloaded(result: &'static str, failures: u64, age: Option<u64>) {
    for known in ["unchanged", "replaced", "failed"] {
        let more = u64::from(known == result);
        counter!(names::RELOADS, "result" => known).increment(more);
    }
    gauge!(names::RELOAD_FAILURES).set(float(failures));
    if let Some(age) = age {
        gauge!(names::RELOAD_AGE).set(float(age));
    }
}

/// The first event of a series that was not there before is no increase, and no alarm.
#[cfg(feature = "feed")]
pub(super) fn feed_begins(events: &[&'static str]) {
    for name in events {
        counter!(names::FEED_EVENTS, "event" => *name).increment(0);
    }
}

#[cfg(feature = "feed")]
pub(super) fn feed_event(name: &'static str) {
    counter!(names::FEED_EVENTS, "event" => name).increment(1);
}

#[cfg(any(feature = "tower", feature = "actix-4"))]
pub(super) fn web_event(code: &'static str) {
    counter!(names::WEB_EVENTS, "event" => code).increment(1);
}
