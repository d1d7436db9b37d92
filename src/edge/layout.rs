//! An export as bytes (SPEC §18.2).

use alloc::vec::Vec;
use core::fmt;

use crate::edge::filter::{self, Filter};
use crate::edge::key::{EdgeKeys, EdgeSigner, SIGNATURE};
use crate::feed::{Position, Realm};
use crate::revocation::record::{LOGGED_OUT, Record, Target};
use crate::time::Timestamp;

const MAGIC: &[u8; 8] = b"clkedge1";
/// Everything before the name of the realm, with its length.
const HEADER: usize = 101;
/// The longest export, in bytes; more than a hundred million sessions. Readers look at nothing of a
/// longer one.
pub const MAX_LEN: usize = 1 << 28;
/// The longest validity, in milliseconds: a day.
pub(crate) const MAX_VALIDITY: u64 = 86_400_000;
/// The latest time, in milliseconds.
const MAX_TIME: u64 = Timestamp::MAX.unix() * 1000 + 999;

/// Why an export was not used. What the view had before is still in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadExport {
    /// More than [`MAX_LEN`] bytes.
    TooLong,
    /// Not an export of this version.
    Format,
    /// Signed under a key that this edge does not accept.
    UnknownKey,
    /// The signature does not fit: bytes were changed.
    Forged,
    /// Authentic, and of another realm.
    OtherRealm,
    /// Authentic, and not what the format allows.
    Malformed,
    /// Authentic, and older than one that was seen before.
    Older,
    /// Authentic, and past its validity.
    Expired,
    /// Authentic, and made later than this edge's clock says it is.
    Ahead,
    /// The clock gives no time to judge it by.
    Clock,
}

impl fmt::Display for BadExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the edge export is longer than any that is made",
            Self::Format => "this is not an edge export of version 1",
            Self::UnknownKey => {
                "the edge export is signed under a key that this edge does not accept; give it both \
                 keys while they are changed"
            }
            Self::Forged => "the edge export is not authentic: its signature does not fit",
            Self::OtherRealm => "the edge export is of another realm",
            Self::Malformed => "the edge export is authentic and malformed; its maker is defective",
            Self::Older => {
                "the edge export is older than one that was seen before: a cache is behind, or \
                 somebody holds logouts back"
            }
            Self::Expired => "the edge export is past its validity",
            Self::Ahead => {
                "the edge export was made later than it is now; this edge's clock is behind, or the \
                 origin's ahead"
            }
            Self::Clock => "the clock gives no time to judge the edge export by",
        })
    }
}

impl core::error::Error for BadExport {}

/// What stands before the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Everything up to here is in it, and perhaps more.
    pub(crate) at: Position,
    /// Everything accepted before this moment is in it: Unix milliseconds.
    pub(crate) made_at: u64,
    pub(crate) valid_until: u64,
    /// Unix seconds.
    pub(crate) high_water_mark: u64,
    /// Policies that the origin remembers long enough for: token lifetime, leeway and twice the
    /// tolerance together, in seconds.
    pub(crate) life: u32,
    pub(crate) salt: [u8; 16],
}

impl Head {
    const fn is_sound(&self) -> bool {
        self.made_at < self.valid_until
            && self.valid_until <= MAX_TIME
            && self.valid_until.saturating_sub(self.made_at) <= MAX_VALIDITY
            && self.high_water_mark <= Timestamp::MAX.unix()
    }
}

/// An authentic and well-formed export.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) head: Head,
    pub(crate) records: Vec<Record>,
    pub(crate) filter: Filter,
}

/// Whether a record stands in the export as it is, and not in the filter.
const fn is_exact(record: &Record) -> bool {
    !matches!(
        record.revocation.0,
        Target::Session {
            below: LOGGED_OUT,
            ..
        }
    )
}

/// The bytes; `records` are those that are not in the filter, in any order. `None` where they would
/// not be accepted.
pub(crate) fn seal(
    signer: &EdgeSigner,
    realm: &Realm,
    head: &Head,
    records: &[Record],
    sessions: &[[u8; 16]],
) -> Option<Vec<u8>> {
    if !head.is_sound() || !records.iter().all(is_exact) {
        return None;
    }
    let mut encoded: Vec<Vec<u8>> = records.iter().map(Record::to_bytes).collect();
    encoded.sort_unstable();
    encoded.dedup();
    let mut set = Vec::new();
    let (places, count) = filter::encode(&head.salt, sessions, &mut set)?;
    let mut out = Vec::with_capacity(set.len().checked_add(512)?);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&signer.public_key().id());
    out.extend_from_slice(&head.at.to_bytes());
    out.extend_from_slice(&head.made_at.to_be_bytes());
    out.extend_from_slice(&head.valid_until.to_be_bytes());
    out.extend_from_slice(&head.high_water_mark.to_be_bytes());
    out.extend_from_slice(&head.life.to_be_bytes());
    out.extend_from_slice(&head.salt);
    out.extend_from_slice(&u32::try_from(encoded.len()).ok()?.to_be_bytes());
    out.extend_from_slice(&places.to_be_bytes());
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&realm.prefixed());
    encoded
        .iter()
        .for_each(|record| out.extend_from_slice(record));
    out.append(&mut set);
    let signature = signer.sign(&out);
    out.extend_from_slice(&signature);
    (out.len() <= MAX_LEN).then_some(out)
}

/// Checks the signature before it reads anything else, and everything before it gives anything out.
pub(crate) fn open(keys: &EdgeKeys, realm: &Realm, bytes: &[u8]) -> Result<Opened, BadExport> {
    if bytes.len() > MAX_LEN {
        return Err(BadExport::TooLong);
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(BadExport::Format)?;
    let (id, _) = rest.split_first_chunk::<4>().ok_or(BadExport::Format)?;
    let key = keys.find(*id).ok_or(BadExport::UnknownKey)?;
    let (covered, signature) = bytes
        .split_last_chunk::<SIGNATURE>()
        .ok_or(BadExport::Forged)?;
    if !key.verifies(covered, signature) {
        return Err(BadExport::Forged);
    }
    let (header, rest) = covered
        .split_first_chunk::<HEADER>()
        .ok_or(BadExport::Malformed)?;
    let (name, rest) = rest
        .split_at_checked(header[HEADER - 1].into())
        .ok_or(BadExport::Malformed)?;
    if name != realm.as_str().as_bytes() {
        return Err(BadExport::OtherRealm);
    }
    read(header, rest).ok_or(BadExport::Malformed)
}

fn read(header: &[u8; HEADER], rest: &[u8]) -> Option<Opened> {
    let (at, numbers) = header.get(12..)?.split_first_chunk()?;
    let (made_at, numbers) = numbers.split_first_chunk()?;
    let (valid_until, numbers) = numbers.split_first_chunk()?;
    let (mark, numbers) = numbers.split_first_chunk()?;
    let (life, numbers) = numbers.split_first_chunk()?;
    let (salt, numbers) = numbers.split_first_chunk()?;
    let (exact, numbers) = numbers.split_first_chunk()?;
    let (places, numbers) = numbers.split_first_chunk()?;
    let (count, _) = numbers.split_first_chunk()?;
    let head = Head {
        at: Position::from_bytes(at),
        made_at: u64::from_be_bytes(*made_at),
        valid_until: u64::from_be_bytes(*valid_until),
        high_water_mark: u64::from_be_bytes(*mark),
        life: u32::from_be_bytes(*life),
        salt: *salt,
    };
    let (records, rest) = exact_entries(u32::from_be_bytes(*exact), rest)?;
    let size = (u32::from_be_bytes(*places), u32::from_be_bytes(*count));
    let filter = Filter::decode(head.salt, size, rest)?;
    head.is_sound().then_some(Opened {
        head,
        records,
        filter,
    })
}

/// Reserves nothing by `count`: it is a number that somebody wrote.
fn exact_entries(count: u32, mut rest: &[u8]) -> Option<(Vec<Record>, &[u8])> {
    let mut records = Vec::new();
    let mut previous: &[u8] = &[];
    for _ in 0..count {
        let (record, after) = Record::decode(rest).ok()?;
        let bytes = rest.get(..rest.len().checked_sub(after.len())?)?;
        if bytes <= previous || !is_exact(&record) {
            return None;
        }
        (previous, rest) = (bytes, after);
        records.push(record);
    }
    Some((records, rest))
}
