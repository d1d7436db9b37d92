//! A snapshot that a follower can start from: authentic, and with its place (SPEC §17.5).

use alloc::vec::Vec;
use core::fmt;

use crate::feed::batch::BadBatch;
use crate::feed::key::{FeedKeys, Untrusted};
use crate::feed::position::Position;
use crate::feed::realm::Realm;
use crate::revocation::snapshot::{Snapshot, SnapshotError};

const MAGIC: &[u8; 8] = b"clkfsnp1";
const LABEL: &[u8] = b"clkfeed1 snapshot\0";

/// Why a snapshot was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSnapshot {
    /// Not a snapshot of a feed of this version.
    Format,
    /// As for a batch.
    Untrusted(BadBatch),
    /// Authentic, and its list is malformed.
    Malformed(SnapshotError),
    /// Authentic, and its high-water mark lies ahead of this server's clock by more than the
    /// tolerance: the clock of the server that made it was fast, or this one's is slow. With the
    /// mark every token would look expired, without it one whose revocation that server forgot
    /// would live again. Set the clocks right and found the feed anew.
    ClockAhead,
}

impl fmt::Display for BadSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str(
                "the snapshot of the feed is none of version 1: of a later one, or written by somebody \
                 without the feed key",
            ),
            Self::Untrusted(BadBatch::UnknownKey) => {
                f.write_str(
                    "the snapshot of the feed names a feed key that this server does not have, or \
                     somebody without the feed key wrote to the engine",
                )
            }
            Self::Untrusted(_) => f.write_str("the snapshot of the feed is not authentic"),
            Self::Malformed(why) => why.fmt(f),
            Self::ClockAhead => f.write_str(
                "the snapshot of the feed has a high-water mark far in the future: the clock of the \
                 server that made it was fast, or this one's is slow",
            ),
        }
    }
}

impl core::error::Error for BadSnapshot {}

impl From<Untrusted> for BadSnapshot {
    fn from(why: Untrusted) -> Self {
        Self::Untrusted(why.into())
    }
}

/// What a snapshot says.
#[derive(Debug)]
pub(crate) struct Image {
    /// Everything up to here is in it.
    pub(crate) at: Position,
    /// How long entries of its writer live, in seconds (L of SPEC §9.8).
    pub(crate) life: u32,
    pub(crate) list: Snapshot,
}

/// `list` is a snapshot of SPEC §9.12.
pub(crate) fn seal(
    keys: &FeedKeys,
    realm: &Realm,
    at: &Position,
    life: u32,
    list: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(list.len().saturating_add(64));
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&keys.writing_id());
    out.extend_from_slice(&at.to_bytes());
    out.extend_from_slice(&life.to_be_bytes());
    out.extend_from_slice(list);
    keys.seal(LABEL, realm, &mut out);
    out
}

pub(crate) fn open(keys: &FeedKeys, realm: &Realm, bytes: &[u8]) -> Result<Image, BadSnapshot> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(BadSnapshot::Format)?;
    let (id, _) = rest.split_first_chunk::<4>().ok_or(BadSnapshot::Format)?;
    let covered = keys.open(LABEL, realm, *id, bytes)?;
    let short = || BadSnapshot::Malformed(SnapshotError::Format);
    let (_, rest) = covered.split_at_checked(12).ok_or_else(short)?;
    let (at, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (life, list) = rest.split_first_chunk().ok_or_else(short)?;
    Ok(Image {
        at: Position::from_bytes(at),
        life: u32::from_be_bytes(*life),
        list: Snapshot::decode(list).map_err(BadSnapshot::Malformed)?,
    })
}
