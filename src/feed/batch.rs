//! What is appended to a feed at once (SPEC §17.4).

use alloc::vec::Vec;
use core::fmt;

use crate::feed::key::{FeedKeys, Untrusted};
use crate::feed::position::Position;
use crate::feed::realm::Realm;
use crate::revocation::record::Record;
use crate::time::Timestamp;

const VERSION: u8 = 1;
const LABEL: &[u8] = b"clkfeed1 batch\0";
/// Version, key id, epoch, number, chain, time, count.
const HEADER: usize = 1 + 4 + 16 + 8 + 8 + 8 + 2;
/// Of a heartbeat.
const LEAST: usize = HEADER + FeedKeys::TAG;
/// Records in one batch; a batch without any is a heartbeat.
pub(crate) const MAX_RECORDS: usize = u16::MAX as usize;
/// Bytes of a batch, at most: 65,535 records of the longest kind. An engine that holds a longer one
/// under this name holds something else.
pub const MAX_BATCH: usize = LEAST + MAX_RECORDS * 49;
/// Whoever has more to hand back than fits into one batch puts at least so many into it (SPEC §17.5).
pub(crate) const FULL: usize = 512;
/// The latest time a batch may carry, in milliseconds.
const MAX_TIME: u64 = Timestamp::MAX.unix() * 1000 + 999;

/// Of a batch, all but its records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// The writer's clock, Unix milliseconds.
    pub(crate) time: u64,
    pub(crate) records: usize,
    /// By this server.
    pub(crate) own: bool,
}

impl Written {
    /// Whoever hands back fills its batches, so behind a full one there may be more.
    pub(crate) const fn is_full(&self) -> bool {
        self.records >= FULL
    }
}

/// Why a batch was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadBatch {
    /// It names a feed key that this server does not have. Anybody can write that who can write to the
    /// engine.
    UnknownKey,
    /// The tag does not fit: bytes were changed, or it is of another realm.
    Forged,
    /// It begins as a batch of another version would. Anybody can write that who can write to the
    /// engine.
    Version,
    /// Authentic, and not what the format allows.
    Malformed,
    /// Authentic, and it does not follow what was read before.
    OutOfPlace,
}

impl fmt::Display for BadBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKey => {
                "the batch names a feed key that this server does not have: give it both keys while \
                 they are changed; else somebody without the feed key wrote to the engine"
            }
            Self::Forged => {
                "the batch is not authentic: somebody without the feed key wrote to the engine, or \
                 it belongs to another realm"
            }
            Self::Version => {
                "the batch is of no version of the feed that this server knows: upgrade it if the \
                 others were; else somebody without the feed key wrote to the engine"
            }
            Self::Malformed => "the batch is authentic and malformed; its writer is defective",
            Self::OutOfPlace => "the batch does not follow the one before it",
        })
    }
}

impl core::error::Error for BadBatch {}

impl From<Untrusted> for BadBatch {
    fn from(why: Untrusted) -> Self {
        match why {
            Untrusted::UnknownKey => Self::UnknownKey,
            Untrusted::Forged => Self::Forged,
        }
    }
}

/// An authentic batch in its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) records: Vec<Record>,
    /// The writer's clock, Unix milliseconds.
    pub(crate) time: u64,
    /// Where the feed stands after it.
    pub(crate) becomes: Position,
}

/// The bytes of the batch that follows `onto`, and the position after it; `None` at the end of
/// numbers or for too many records.
pub(crate) fn seal(
    keys: &FeedKeys,
    realm: &Realm,
    onto: &Position,
    time: u64,
    records: &[Record],
) -> Option<(Vec<u8>, Position)> {
    let count = u16::try_from(records.len()).ok()?;
    let n = onto.n.checked_add(1)?;
    let size = records.len().saturating_mul(49).saturating_add(LEAST);
    let mut out = Vec::with_capacity(size);
    out.push(VERSION);
    out.extend_from_slice(&keys.writing_id());
    out.extend_from_slice(&onto.epoch);
    out.extend_from_slice(&n.to_be_bytes());
    out.extend_from_slice(&onto.chain);
    out.extend_from_slice(&time.to_be_bytes());
    out.extend_from_slice(&count.to_be_bytes());
    for record in records {
        record.encode(&mut out);
    }
    keys.seal(LABEL, realm, &mut out);
    let becomes = onto.after(&out)?;
    Some((out, becomes))
}

/// Number that a batch claims, unauthenticated: to skip what was read already.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    let n = bytes.get(21..)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*n))
}

/// Checks that a batch is authentic and follows `onto`.
pub(crate) fn open(
    keys: &FeedKeys,
    realm: &Realm,
    onto: &Position,
    bytes: &[u8],
) -> Result<Opened, BadBatch> {
    let (version, rest) = bytes.split_first().ok_or(BadBatch::Forged)?;
    if *version != VERSION {
        return Err(BadBatch::Version);
    }
    let id = rest.first_chunk::<4>().ok_or(BadBatch::Forged)?;
    keys.knows(*id)?;
    if bytes.len() < LEAST {
        return Err(BadBatch::Forged);
    }
    let covered = keys.open(LABEL, realm, *id, bytes)?;
    let (header, mut rest) = covered
        .split_first_chunk::<HEADER>()
        .ok_or(BadBatch::Malformed)?;
    let follows = header.get(5..21) == Some(onto.epoch.as_slice())
        && number(header) == onto.n.checked_add(1)
        && header.get(29..37) == Some(onto.chain.as_slice());
    if !follows {
        return Err(BadBatch::OutOfPlace);
    }
    let (_, tail) = header.split_at(37);
    let (time, count) = tail.split_first_chunk().ok_or(BadBatch::Malformed)?;
    let count = count.first_chunk().ok_or(BadBatch::Malformed)?;
    let time = u64::from_be_bytes(*time);
    if time > MAX_TIME {
        return Err(BadBatch::Malformed);
    }
    let mut records = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (record, after) = Record::decode(rest).map_err(|_| BadBatch::Malformed)?;
        records.push(record);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(BadBatch::Malformed);
    }
    Ok(Opened {
        records,
        time,
        becomes: onto.after(bytes).ok_or(BadBatch::Malformed)?,
    })
}
