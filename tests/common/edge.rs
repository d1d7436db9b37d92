//! What the tests of edge exports share: clocks that a test moves, and exports made by hand.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "each test binary uses a part of it, and a test may panic"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cloakroom::edge::{EdgeBuilder, EdgeKeys, EdgeSigner, EdgeView};
use cloakroom::feed::{Environment, FeedKey, Position, Realm};
use cloakroom::hazmat::edge::{Export, seal_export};
use cloakroom::{ClockError, SessionId};

/// When tests start, in Unix milliseconds.
pub(crate) const NOW: u64 = 1_800_000_000_000;
/// How far the clocks may differ, in milliseconds.
pub(crate) const SKEW: u64 = 750;
/// How long the exports here are valid, in milliseconds.
pub(crate) const VALID: u64 = 30_000;

/// The clocks of one edge.
#[derive(Clone)]
pub(crate) struct Clocks {
    pub(crate) unix: Arc<AtomicU64>,
    pub(crate) monotonic: Arc<AtomicU64>,
    pub(crate) broken: Arc<AtomicBool>,
}

impl Clocks {
    pub(crate) fn new() -> Self {
        Self {
            unix: Arc::new(AtomicU64::new(NOW)),
            monotonic: Arc::new(AtomicU64::new(5_000)),
            broken: Arc::default(),
        }
    }

    pub(crate) fn pass(&self, millis: u64) {
        self.unix.fetch_add(millis, Ordering::SeqCst);
        self.monotonic.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Environment for Clocks {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(ClockError::new());
        }
        Ok(self.unix.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic.load(Ordering::SeqCst))
    }

    fn random(&self, out: &mut [u8]) -> bool {
        out.fill(0x11);
        true
    }
}

pub(crate) fn realm() -> Realm {
    Realm::new("shop.example-1").unwrap()
}

pub(crate) fn signer(number: u8) -> EdgeSigner {
    let mut bytes = [number; 32];
    bytes[0] = 0xA5;
    FeedKey::from_bytes(&bytes).unwrap().edge_signer()
}

pub(crate) fn keys() -> EdgeKeys {
    EdgeKeys::new(signer(1).public_key()).and_accept(signer(2).public_key())
}

pub(crate) fn position(n: u64) -> Position {
    Position {
        epoch: [0xE0; 16],
        n,
        chain: n.to_be_bytes(),
    }
}

/// An export of nothing, made now.
pub(crate) fn empty() -> Export {
    Export {
        position: position(41),
        made_at: NOW,
        valid_until: NOW + VALID,
        high_water_mark: 0,
        life: u32::MAX,
        salt: [0x5A; 16],
        records: Vec::new(),
    }
}

pub(crate) fn sealed(export: &Export, sessions: &[SessionId]) -> Vec<u8> {
    seal_export(&signer(1), &realm(), export, sessions).unwrap()
}

pub(crate) fn builder(clocks: &Clocks) -> EdgeBuilder {
    EdgeView::builder(realm(), keys()).environment(clocks.clone())
}

/// SplitMix64: the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn id(&mut self) -> SessionId {
        let both = (u128::from(self.next()) << 64) | u128::from(self.next());
        SessionId::from_bytes(both.to_be_bytes())
    }

    pub(crate) fn salt(&mut self) -> [u8; 16] {
        self.id().to_bytes()
    }

    pub(crate) fn ids(&mut self, count: usize) -> Vec<SessionId> {
        (0..count).map(|_| self.id()).collect()
    }
}
