//! Where in a feed one stands, and the chain that tells one history from another (SPEC §17.3).

use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::feed::realm::Realm;

const LABEL: &[u8] = b"clkfeed1 chain\0";

/// A place in a feed: after batch `n` of an epoch, with everything before it as `chain` says.
///
/// A number alone can't tell two histories apart: after a failover that lost acknowledged writes the
/// new primary counts on, and a follower that compares numbers sees nothing missing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an engine stores these three and nothing else"
)]
pub struct Position {
    /// Chosen at random when the feed was founded.
    pub epoch: [u8; 16],
    /// Number of the last batch; 0 before the first.
    pub n: u64,
    /// Hash over all batches so far.
    pub chain: [u8; 8],
}

impl Position {
    /// Bytes of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = 32;

    /// Before the first batch of an epoch.
    #[must_use]
    pub(crate) fn start(realm: &Realm, epoch: [u8; 16]) -> Self {
        let mut hash = Sha256::new();
        hash.update(LABEL);
        hash.update(realm.prefixed());
        hash.update(epoch);
        Self {
            epoch,
            n: 0,
            chain: first_eight(&hash.finalize()),
        }
    }

    /// After one more batch, or `None` at the end of numbers.
    pub(crate) fn after(&self, batch: &[u8]) -> Option<Self> {
        let mut hash = Sha256::new();
        hash.update(self.chain);
        hash.update(batch);
        Some(Self {
            epoch: self.epoch,
            n: self.n.checked_add(1)?,
            chain: first_eight(&hash.finalize()),
        })
    }

    /// `epoch || n || chain`, numbers big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let (epoch, rest) = out.split_at_mut(16);
        let (n, chain) = rest.split_at_mut(8);
        epoch.copy_from_slice(&self.epoch);
        n.copy_from_slice(&self.n.to_be_bytes());
        chain.copy_from_slice(&self.chain);
        out
    }

    /// Reads [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut position = Self {
            epoch: [0; 16],
            n: 0,
            chain: [0; 8],
        };
        let mut n = [0; 8];
        let (epoch, rest) = bytes.split_at(16);
        let (number, chain) = rest.split_at(8);
        position.epoch.copy_from_slice(epoch);
        n.copy_from_slice(number);
        position.chain.copy_from_slice(chain);
        position.n = u64::from_be_bytes(n);
        position
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `1f3a09c2/128-5a6b7c8d9e0f1a2b`: the first bytes of the epoch, the number, the chain.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.epoch.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "/{}-", self.n)?;
        self.chain
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn first_eight(digest: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}
