//! How things stand, as gauges.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::key::id::KeyId;
use crate::key::plan::KeyState;
use crate::key::ring::KeyRing;
use crate::key::timeline::KeyPlan;
use crate::key::warning::{Fleet, RingWarning};
use crate::observe::{KeyGauges, ViewGauges};
use crate::revocation::view::{Freshness, RevocationView};
use crate::session::sessions::Sessions;
use crate::time::Timestamp;
use crate::wire::payload::Payload;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Writes down how everything stands in the gauges of the feature `metrics`: the revocations and
    /// their age, the feed, the plan of the keys. Counters count by themselves.
    ///
    /// A [`KeyWatch`](crate::reload::KeyWatch) calls it with each look. Without one, call it before
    /// each scrape or every few seconds. May wait for a lock that writers hold.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// sessions.record_metrics();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn record_metrics(&self) {
        let status = self.status();
        let feed = status.view.feed;
        let clock = self.inner.clock.now().ok();
        let meters = self.inner.observer.meters();
        meters.view(&ViewGauges {
            entries: status.view.entries,
            bytes: status.view.bytes,
            quarantined: status.view.quarantined,
            stale: status.freshness != Freshness::Fresh,
            age: status.view.proof_age.map(time::Duration::as_seconds_f64),
            bound: status.staleness_bound,
            ahead: clock.map(|clock| status.high_water_mark.saturating_sub(clock.unix())),
            feed_applied: feed.map(|feed| feed.applied),
            feed_behind: feed.and_then(|feed| feed.behind()),
            feed_pending: feed.map(|feed| feed.pending),
            waiting: status.waiting,
            index_failures: status.index.map(|index| index.failures),
        });
        if let Some(now) = status.now {
            meters.keys(&plan(&self.key_ring(), &self.fleet(), now));
        }
    }
}

/// Of the ids of the keys, which are public, and their states. How many there are of each state does not
/// tell two rings apart.
fn fingerprint(keys: &[KeyPlan]) -> u64 {
    let mut keys: Vec<(KeyId, KeyState)> = keys.iter().map(|key| (key.id, key.state)).collect();
    keys.sort_by_key(|(id, _)| id.to_bytes());
    let mut hash = Sha256::new();
    for (id, state) in keys {
        hash.update(id.to_bytes());
        hash.update(state.to_string());
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.iter()
        .take(6)
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn plan(ring: &KeyRing, fleet: &Fleet, now: Timestamp) -> KeyGauges {
    let timeline = ring.timeline(now);
    let count = |state: KeyState| {
        let keys = timeline.keys().iter();
        let keys = keys.filter(|key| key.state == state).count();
        u64::try_from(keys).unwrap_or(u64::MAX)
    };
    let until = |becomes: KeyState| {
        let mut turns = timeline.turns().iter();
        let turn = turns.find(|turn| turn.at > now && turn.becomes == becomes)?;
        Some(turn.at.unix().saturating_sub(now.unix()))
    };
    let given = ring.warnings(now, fleet);
    let warned = |name: &str| given.iter().any(|warning| warning.as_str() == name);
    KeyGauges {
        fingerprint: fingerprint(timeline.keys()),
        states: [
            ("announced", count(KeyState::Announced)),
            ("sealing", count(KeyState::Sealing)),
            ("open-only", count(KeyState::OpenOnly)),
            ("retired", count(KeyState::Retired)),
            ("disabled", count(KeyState::Disabled)),
        ],
        activation: until(KeyState::Sealing),
        retirement: until(KeyState::Retired),
        warnings: RingWarning::STANDING.map(|name| (name, warned(name))),
    }
}
