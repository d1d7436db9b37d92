//! The port behind which an engine stands.

use crate::revocation::record::Record;
use crate::revocation::view::Terms;
use crate::store::error::LogError;

/// What a store remembers besides entries. All of it but what is of a feed only ever grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Entries may have been forgotten under any clock up to this time, in Unix seconds.
    pub high_water_mark: u64,
    /// Sessions that started before this time are refused, whatever their audience; 0 for none. Set
    /// when a damaged store was replaced by an empty one.
    pub everything_before: u64,
    /// The most that any policy ever demanded. Kept, because tokens outlive a restart with another
    /// policy.
    pub terms: Terms,
    /// Seconds by which every applied record lives longer than it says: the sum of what policies
    /// demanded that came into use after it was written (SPEC §9.8). Kept beside the records,
    /// because a million of them are not rewritten while a server starts.
    pub extended: u64,
    /// Up to where a feed was taken in (a position of SPEC §17.3 as bytes), where the
    /// store stands under one.
    pub cursor: Option<[u8; 32]>,
    /// The newest snapshot of that feed that was made or read: the epoch (16 bytes) and the number
    /// (u64, big-endian) of its position.
    pub snapshot: Option<[u8; 24]>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            high_water_mark: 0,
            everything_before: 0,
            terms: Terms {
                token_lifetime: 0,
                leeway: 0,
                tolerance: 0,
            },
            extended: 0,
            cursor: None,
            snapshot: None,
        }
    }
}

impl Standing {
    /// How a record in effect stands in the log: loading adds what is taken away here.
    pub(in crate::store) fn row(&self, record: &Record) -> Record {
        record.with_expiry(|expires| expires.saturating_sub(self.extended))
    }
}

/// One record of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an engine has to keep every kind there is"
)]
pub enum Stored {
    /// In effect. Its expiry is that of the log, as it was appended: the store adds
    /// [`Standing::extended`].
    Applied(Record),
    /// A cut-off so far ahead that it waits for its time.
    Waiting(Record),
    /// In effect here, and not yet accepted by the feed above the store; applied as well.
    Pending(Record),
}

/// What is written in one commit: all of it or nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Batch<'a> {
    /// Records in effect, to be added, with expiries less [`Standing::extended`].
    pub applied: &'a [Record],
    /// Waiting records, to be added.
    pub waiting: &'a [Record],
    /// Waiting records to be removed: their time has come, and `applied` has them.
    pub released: &'a [Record],
    /// Records that the feed has to be told, to be added.
    pub pending: &'a [Record],
    /// Pending records to be removed: the feed has them.
    pub delivered: &'a [Record],
    /// Replaces what was stored before.
    pub standing: Standing,
}

impl<'a> Batch<'a> {
    pub(in crate::store) const fn of(standing: Standing) -> Self {
        let none: &'a [Record] = &[];
        Self {
            applied: none,
            waiting: none,
            released: none,
            pending: none,
            delivered: none,
            standing,
        }
    }
}

/// An engine: a durable set of records. [`RedbLog`](crate::store::RedbLog) is one.
///
/// Records are compared as a whole, so that adding one never replaces another: a logout and a
/// rotation of one session are two records, and which of them counts is decided when they are
/// merged. All calls come from one thread at a time. After an error nothing is called any more but
/// `drop`.
#[diagnostic::on_unimplemented(message = "`{Self}` is no engine for revocations")]
pub trait RevocationLog: Send + 'static {
    /// Hands over everything that was committed.
    ///
    /// # Errors
    ///
    /// [`LogError::damaged`] when it is not what was written; never fewer records instead.
    fn load(&mut self, each: &mut dyn FnMut(Stored)) -> Result<Standing, LogError>;

    /// Writes a batch, and returns when it would survive the loss of power. Adding what is there
    /// already changes nothing.
    ///
    /// # Errors
    ///
    /// [`LogError`]; then nobody knows whether the batch was written.
    fn append(&mut self, batch: &Batch<'_>) -> Result<(), LogError>;

    /// Whether there are applied records whose expiry, as it was appended, is `now` or before. `true` where an engine can't
    /// tell, which is the default; then the high-water mark rises with every purge, whether or not it
    /// removes anything.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    fn has_expired(&mut self, now: u64) -> Result<bool, LogError> {
        let _ = now;
        Ok(true)
    }

    /// Removes at most `at_most` of the applied records whose expiry, as it was appended, is `now` or
    /// before, and says how many. A high-water mark of at least `now` was appended before. Waiting
    /// records stay.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    fn purge(&mut self, now: u64, at_most: usize) -> Result<usize, LogError>;
}
