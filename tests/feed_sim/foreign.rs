//! Authentic texts of another realm, and of another key: what an attacker can find elsewhere.

use cloakroom::feed::{
    Environment, FeedConnector as _, FeedKeys, FeedRevocations, MemoryEngine, Realm,
};
use cloakroom::{ClockError, Revocation, SessionId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::server::feed_key;

/// Clocks of that place, in milliseconds.
#[derive(Clone, Default)]
struct Elsewhere(Arc<AtomicU64>);

impl Environment for Elsewhere {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        Ok(1_800_000_000_000 + self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn random(&self, out: &mut [u8]) -> bool {
        out.fill(5);
        true
    }
}

#[derive(Clone)]
pub(crate) struct Foreign {
    pub(crate) batches: Vec<Vec<u8>>,
    pub(crate) snapshots: Vec<Vec<u8>>,
}

impl Foreign {
    pub(crate) const fn none() -> Self {
        Self {
            batches: Vec::new(),
            snapshots: Vec::new(),
        }
    }

    pub(crate) fn new() -> Self {
        let mut foreign = Self {
            batches: Vec::new(),
            snapshots: Vec::new(),
        };
        for (realm, key) in [("other", 1), ("sim", 201)] {
            let engine = MemoryEngine::new();
            let keys = FeedKeys::new(feed_key(key));
            let realm = Realm::new(realm).unwrap();
            let clocks = Elsewhere::default();
            let builder = FeedRevocations::builder(realm, keys, engine.clone())
                .environment(clocks.clone())
                .snapshot_every(1);
            let (feed, mut hands) = builder.by_hand().unwrap();
            let logout = Revocation::session(SessionId::from_bytes([9; 16]));
            let now = Timestamp::from_unix(1_800_000_000).unwrap();
            let _pending = feed.publish_async(&[logout], now);
            hands.write();
            // There is none before the feed has settled.
            clocks.0.store(5_000, Ordering::Relaxed);
            hands.write();
            let mut connection = engine.connect().unwrap();
            let tail = connection.read(0, 10, Duration::ZERO).unwrap();
            foreign.batches.extend(tail.batches.into_iter().take(1));
            foreign.snapshots.extend(connection.snapshot().unwrap());
        }
        assert_eq!((foreign.batches.len(), foreign.snapshots.len()), (2, 2));
        foreign
    }
}
