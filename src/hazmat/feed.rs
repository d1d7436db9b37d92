//! Batches and snapshots of a feed as bytes (SPEC §17).

use alloc::vec::Vec;

use crate::feed::{BadBatch, BadSnapshot, FeedKey, FeedKeys, Position, Realm};
use crate::feed::{open_batch as open, open_image, seal_batch as seal, seal_image};
use crate::revocation::record::Record;

/// What an authentic batch says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// The writer's clock, in Unix milliseconds.
    pub time: u64,
    /// Its records.
    pub records: Vec<Record>,
    /// The position after it.
    pub becomes: Position,
}

/// The position before the first batch of an epoch.
#[must_use]
pub fn start(realm: &Realm, epoch: [u8; 16]) -> Position {
    Position::start(realm, epoch)
}

/// The key that tags are made with.
#[must_use]
pub fn mac_key(key: &FeedKey) -> [u8; 32] {
    key.mac_key()
}

/// The batch that follows `onto`, and the position after it; `None` for more than 65,535 records or
/// at the end of numbers.
#[must_use]
pub fn seal_batch(
    keys: &FeedKeys,
    realm: &Realm,
    onto: &Position,
    time: u64,
    records: &[Record],
) -> Option<(Vec<u8>, Position)> {
    seal(keys, realm, onto, time, records)
}

/// Opens the batch that is to follow `onto`.
///
/// # Errors
///
/// [`BadBatch`].
pub fn open_batch(
    keys: &FeedKeys,
    realm: &Realm,
    onto: &Position,
    bytes: &[u8],
) -> Result<Batch, BadBatch> {
    open(keys, realm, onto, bytes).map(|opened| Batch {
        time: opened.time,
        records: opened.records,
        becomes: opened.becomes,
    })
}

/// The authenticated form of a snapshot (SPEC §17.5); `list` is one of SPEC §9.12.
#[must_use]
pub fn seal_snapshot(
    keys: &FeedKeys,
    realm: &Realm,
    at: &Position,
    life: u32,
    list: &[u8],
) -> Vec<u8> {
    seal_image(keys, realm, at, life, list)
}

/// Position, life of entries in seconds, and the snapshot within.
///
/// # Errors
///
/// [`BadSnapshot`].
pub fn open_snapshot(
    keys: &FeedKeys,
    realm: &Realm,
    bytes: &[u8],
) -> Result<(Position, u32, Vec<u8>), BadSnapshot> {
    open_image(keys, realm, bytes).map(|image| (image.at, image.life, image.list.encode()))
}
