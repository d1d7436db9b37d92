//! What is compared: the list, through all of its verdict, and maps with their default hashers that
//! answer for sessions alone.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;
use cloakroom::{
    Facts, Freshness, KeyRing, Record, Revocation, RevocationList, RevocationPublish as _,
    RevocationView, Scope, SessionId, Sessions, SystemClock, Timestamp,
};

pub(crate) const NOW: u64 = 1_800_000_000;
/// Of the entries: an hour.
pub(crate) const EXPIRES: u64 = NOW + 3_600;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW).unwrap()
}

/// Hands the facts of a token to a measurement, which goes on asking with other names in them.
struct Probe<F>(F);

impl<F: Fn(Facts<'_>) + Send + Sync> RevocationView for Probe<F> {
    fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        (self.0)(*facts);
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

/// Runs `with` once, with the facts of the token of a user with this name.
pub(crate) fn facts(subject: &str, with: impl Fn(Facts<'_>) + Send + Sync) {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let sessions = Sessions::<(), _>::builder(ring, Probe(with))
        .purpose("session")
        .audience("api.example.com")
        .aal3()
        .build()
        .unwrap();
    sessions.issue(subject, &()).unwrap();
}

/// One way to know who was logged out.
pub(crate) trait Table: Send + Sync {
    fn name(&self) -> &'static str;
    fn insert(&self, id: [u8; 16]);
    /// Whether the session of these facts is refused.
    fn refuses(&self, facts: &Facts<'_>) -> bool;
}

#[derive(Default)]
pub(crate) struct Ours(pub(crate) RevocationList);

impl Table for Ours {
    fn name(&self) -> &'static str {
        "cloakroom, all scopes"
    }

    fn insert(&self, id: [u8; 16]) {
        let revocation = Revocation::session(SessionId::from_bytes(id));
        let merged = self.0.merge(&[Record::new(revocation, EXPIRES)], now());
        assert_eq!(merged.applied, 1);
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        self.0.verdict(facts, now()).is_some()
    }
}

impl Ours {
    /// As a logout does it, with the purge that is due.
    pub(crate) fn publish(&self, id: [u8; 16]) {
        let revocation = Revocation::session(SessionId::from_bytes(id));
        let Ok(_) = self.0.publish(&[revocation], now());
    }
}

/// The lowest live generation, and the expiry.
type Entry = (u32, u64);
const LOGGED_OUT: Entry = (u32::MAX, EXPIRES);

#[derive(Default)]
pub(crate) struct Locked(RwLock<HashMap<[u8; 16], Entry>>);

impl Table for Locked {
    fn name(&self) -> &'static str {
        "RwLock<HashMap>"
    }

    fn insert(&self, id: [u8; 16]) {
        self.0.write().unwrap().insert(id, LOGGED_OUT);
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let map = self.0.read().unwrap();
        map.get(&facts.session.to_bytes())
            .is_some_and(|entry| facts.generation < entry.0)
    }
}

#[derive(Default)]
pub(crate) struct Scc(scc::HashIndex<[u8; 16], Entry>);

impl Table for Scc {
    fn name(&self) -> &'static str {
        "scc::HashIndex"
    }

    fn insert(&self, id: [u8; 16]) {
        assert!(self.0.insert_sync(id, LOGGED_OUT).is_ok());
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let refuses = |_: &[u8; 16], entry: &Entry| facts.generation < entry.0;
        self.0.peek_with(&facts.session.to_bytes(), refuses) == Some(true)
    }
}

struct Growing {
    below: AtomicU32,
    _expires: AtomicU64,
}

/// With values that can be raised in place: `scc` moves entries while it grows, and what is raised in
/// the copy left behind would be lost.
#[derive(Default)]
pub(crate) struct SccOfArcs(scc::HashIndex<[u8; 16], Arc<Growing>>);

impl Table for SccOfArcs {
    fn name(&self) -> &'static str {
        "scc::HashIndex of Arcs"
    }

    fn insert(&self, id: [u8; 16]) {
        let entry = Growing {
            below: AtomicU32::new(LOGGED_OUT.0),
            _expires: AtomicU64::new(LOGGED_OUT.1),
        };
        assert!(self.0.insert_sync(id, Arc::new(entry)).is_ok());
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let refuses = |_: &[u8; 16], entry: &Arc<Growing>| {
            facts.generation < entry.below.load(Ordering::Acquire)
        };
        self.0.peek_with(&facts.session.to_bytes(), refuses) == Some(true)
    }
}

/// A blocked filter before the library's table: one cache line says "no" to nearly all. Made for a
/// number of entries that is known; one that grows has to be made anew from time to time.
pub(crate) struct Filtered {
    filter: ArcSwap<Vec<[AtomicU64; 4]>>,
    seed: [u128; 3],
    behind: SccOfArcs,
}

impl Filtered {
    /// For so many entries at 16 bits each.
    pub(crate) fn with_room(entries: u64) -> Self {
        let blocks = (entries * 16).div_ceil(256).max(1);
        let random = || u128::from(RandomState::new().hash_one(0)) << 64 | 1;
        Self {
            filter: ArcSwap::from_pointee((0..blocks).map(|_| Default::default()).collect()),
            seed: std::array::from_fn(|_| random()),
            behind: SccOfArcs::default(),
        }
    }

    fn place(&self, id: &[u8; 16], blocks: usize) -> (usize, [u64; 4]) {
        let id = u128::from_ne_bytes(*id);
        let [sum, first, second] = self.seed;
        let hash = sum
            .wrapping_add(first.wrapping_mul(id >> 64))
            .wrapping_add(second.wrapping_mul(id & u128::from(u64::MAX)));
        let block = ((hash >> 64) * blocks as u128) >> 64;
        let bits = std::array::from_fn(|i| {
            let part = (hash >> (64 + i * 12)) as u64;
            (1 << (part & 63)) | (1 << ((part >> 6) & 63))
        });
        (block as usize, bits)
    }
}

impl Table for Filtered {
    fn name(&self) -> &'static str {
        "scc of Arcs behind a filter"
    }

    fn insert(&self, id: [u8; 16]) {
        self.behind.insert(id);
        let filter = self.filter.load();
        let (block, bits) = self.place(&id, filter.len());
        for (word, bits) in filter[block].iter().zip(bits) {
            word.fetch_or(bits, Ordering::Release);
        }
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let filter = self.filter.load();
        let (block, bits) = self.place(&facts.session.to_bytes(), filter.len());
        let mut words = filter[block].iter().zip(bits);
        words.all(|(word, bits)| word.load(Ordering::Acquire) & bits == bits)
            && self.behind.refuses(facts)
    }
}

#[derive(Default)]
pub(crate) struct Papaya(papaya::HashMap<[u8; 16], Entry>);

impl Table for Papaya {
    fn name(&self) -> &'static str {
        "papaya"
    }

    fn insert(&self, id: [u8; 16]) {
        self.0.pin().insert(id, LOGGED_OUT);
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let map = self.0.pin();
        map.get(&facts.session.to_bytes())
            .is_some_and(|entry| facts.generation < entry.0)
    }
}

#[derive(Default)]
pub(crate) struct Dash(dashmap::DashMap<[u8; 16], Entry>);

impl Table for Dash {
    fn name(&self) -> &'static str {
        "dashmap"
    }

    fn insert(&self, id: [u8; 16]) {
        self.0.insert(id, LOGGED_OUT);
    }

    fn refuses(&self, facts: &Facts<'_>) -> bool {
        let entry = self.0.get(&facts.session.to_bytes());
        entry.is_some_and(|entry| facts.generation < entry.0)
    }
}

/// All of them, ours first, each with room for nothing but what it makes itself.
pub(crate) fn all(entries: u64) -> Vec<Box<dyn Table>> {
    vec![
        Box::new(Ours::default()),
        Box::new(Locked::default()),
        Box::new(Scc::default()),
        Box::new(SccOfArcs::default()),
        Box::new(Filtered::with_room(entries)),
        Box::new(Papaya::default()),
        Box::new(Dash::default()),
    ]
}
