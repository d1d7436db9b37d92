//! A revocation list as bytes (SPEC §9.12).

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::revocation::record::Record;
use crate::time::Timestamp;

const MAGIC: &[u8; 8] = b"clkrevs1";
const DIGEST: usize = 32;

/// Bytes that are not an undamaged snapshot. Nothing of them was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// They do not start as a snapshot of this version does.
    Format,
    /// The digest over the rest does not fit: bytes were changed or lost.
    Damaged,
    /// The digest fits but a record is not well-formed, or not in its place.
    Malformed,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "this is not a revocation snapshot of version 1",
            Self::Damaged => "the revocation snapshot is damaged; nothing of it was used",
            Self::Malformed => {
                "the revocation snapshot has a malformed record; nothing of it was used"
            }
        })
    }
}

impl core::error::Error for SnapshotError {}

/// What a snapshot says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Unix seconds.
    pub(crate) made_at: u64,
    pub(crate) high_water_mark: u64,
    pub(crate) records: Vec<Record>,
}

impl Snapshot {
    /// The bytes; equal lists have equal bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut encoded: Vec<Vec<u8>> = self
            .records
            .iter()
            .map(|record| {
                let mut bytes = Vec::with_capacity(49);
                record.encode(&mut bytes);
                bytes
            })
            .collect();
        encoded.sort_unstable();
        encoded.dedup();
        let count = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(encoded.len().saturating_mul(49).saturating_add(64));
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.made_at.to_be_bytes());
        out.extend_from_slice(&self.high_water_mark.to_be_bytes());
        out.extend_from_slice(&count.to_be_bytes());
        for record in encoded.iter().take(u32::MAX as usize) {
            out.extend_from_slice(record);
        }
        let digest = Sha256::digest(&out);
        out.extend_from_slice(&digest);
        out
    }

    /// Reads all of it or nothing.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::Format)?;
        let (covered, digest) = bytes
            .split_last_chunk::<DIGEST>()
            .ok_or(SnapshotError::Damaged)?;
        // Not a secret comparison: the digest is public and authenticates nothing.
        if Sha256::digest(covered).as_slice() != digest {
            return Err(SnapshotError::Damaged);
        }
        let (rest, _) = rest
            .split_last_chunk::<DIGEST>()
            .ok_or(SnapshotError::Malformed)?;
        let (made_at, rest) = rest.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        let (mark, rest) = rest.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        let (count, mut rest) = rest.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        let mut records = Vec::new();
        let mut previous: &[u8] = &[];
        for _ in 0..u32::from_be_bytes(*count) {
            let (record, after) = Record::decode(rest).map_err(|_| SnapshotError::Malformed)?;
            let length = rest.len().saturating_sub(after.len());
            let bytes = rest.get(..length).unwrap_or_default();
            if bytes <= previous {
                return Err(SnapshotError::Malformed);
            }
            (previous, rest) = (bytes, after);
            records.push(record);
        }
        if !rest.is_empty() {
            return Err(SnapshotError::Malformed);
        }
        let (made_at, high_water_mark) = (u64::from_be_bytes(*made_at), u64::from_be_bytes(*mark));
        // A mark beyond every clock would refuse every token for good.
        if made_at.max(high_water_mark) > Timestamp::MAX.unix() {
            return Err(SnapshotError::Malformed);
        }
        Ok(Self {
            made_at,
            high_water_mark,
            records,
        })
    }
}
