//! Authentic texts of another realm, and of another key: what an attacker can find elsewhere.

use cloakroom::feed::{FeedConnector as _, FeedKeys, FeedRevocations, MemoryEngine, Realm};
use cloakroom::{Revocation, SessionId, Timestamp};

use crate::server::feed_key;

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
            let builder = FeedRevocations::builder(realm, keys, engine.clone()).snapshot_every(1);
            let (feed, mut hands) = builder.by_hand().unwrap();
            let logout = Revocation::session(SessionId::from_bytes([9; 16]));
            let now = Timestamp::from_unix(1_800_000_000).unwrap();
            let _pending = feed.publish_async(&[logout], now);
            hands.write();
            let mut connection = engine.connect().unwrap();
            let tail = connection.read(0, 10, core::time::Duration::ZERO).unwrap();
            foreign.batches.extend(tail.batches);
            foreign.snapshots.extend(connection.snapshot().unwrap());
        }
        assert_eq!((foreign.batches.len(), foreign.snapshots.len()), (2, 2));
        foreign
    }
}
