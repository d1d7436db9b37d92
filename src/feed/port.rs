//! The port behind which a shared engine stands: Redis, PostgreSQL, or a third.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::feed::position::Position;

/// What an engine holds behind some batch, all of it read at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by engines")]
pub struct Tail {
    /// Where the feed ends; `None` when the engine has no feed of this realm.
    pub head: Option<Position>,
    /// The batches that follow, oldest first: those that the engine still has, up to the limit
    /// asked for.
    pub batches: Vec<Vec<u8>>,
}

/// What came of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "made by engines")]
pub enum Appended {
    /// It is the last batch now.
    Accepted,
    /// The feed ends elsewhere, and nothing was changed.
    Conflict,
}

/// Why an engine gave no answer.
#[derive(Clone, PartialEq, Eq)]
pub struct EngineError {
    message: String,
    lasting: bool,
}

impl EngineError {
    /// It did not answer in time, or the connection broke. The connection is given up and another
    /// is made.
    #[must_use]
    pub fn unavailable(why: impl fmt::Display) -> Self {
        Self {
            message: why.to_string(),
            lasting: false,
        }
    }

    /// It answered, and will answer so again until somebody changes something: wrong credentials, a
    /// missing right, a setting that would lose revocations, data that is not a feed.
    #[must_use]
    pub fn refused(why: impl fmt::Display) -> Self {
        Self {
            message: why.to_string(),
            lasting: true,
        }
    }

    /// Whether somebody has to change something first.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        self.lasting
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineError")
            .field("message", &self.message)
            .field("lasting", &self.lasting)
            .finish()
    }
}

impl core::error::Error for EngineError {}

/// Makes connections to the engine of one realm.
///
/// Everything of a feed is made and checked by those who follow it; an engine only keeps bytes in
/// order. Its own promises are three: an append is one step, what it answers to a read was true at
/// one moment after the call, and no call takes much longer than the time-out it was configured
/// with.
pub trait FeedConnector: Send + Sync + 'static {
    /// A connection. Two are used at a time, one that waits for news and one that writes.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError>;
}

/// One connection to the engine of one realm. After an error it is dropped and another is made.
///
/// An engine keeps, for its realm: the head ([`Position`], 32 bytes), the batches by number, and at
/// most one snapshot with the number it was made at.
pub trait FeedEngine: Send {
    /// The head, and the batches with numbers above `after`, at most `limit`.
    ///
    /// Fewer than there are where they would be very large together, at least one; a batch longer than
    /// [`MAX_BATCH`](crate::feed::MAX_BATCH) is an error and not read.
    ///
    /// If there is no batch above `after`, waits up to `wait` for one, then answers with what there
    /// is. Head and batches must be of one moment, and that moment not before the call.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError>;

    /// If the head is `onto`, adds `batch` with number `becomes.n` and makes `becomes` the head, in
    /// one step; else changes nothing.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; then nobody knows whether it was added, and the caller looks.
    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError>;

    /// Waits until `wanted` further machines hold what this connection had appended when the question
    /// was put, or for `wait`; says how many do. One that does not wait is asked again after as long
    /// as it was given, and after the next append.
    ///
    /// Answered with fewer than `wanted`, it is the same question that is put again: about the same
    /// batches, or about all so far where the engine can't tell one from the other. Else a machine
    /// that lags behind a connection which appends all the time would never be counted. Answered
    /// with as many or by an error, it is over.
    ///
    /// # Errors
    ///
    /// [`EngineError`], also when the engine can't tell.
    fn replicated(&mut self, wanted: u32, wait: Duration) -> Result<u32, EngineError>;

    /// If the head is `instead_of`, forgets batches and snapshot and makes `first` the head, in one
    /// step; says whether it did.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError>;

    /// Bytes of the largest snapshot that this connection reads. Whoever can write to the engine
    /// without a feed key can make every server read what it left there; a larger one is refused
    /// before it is read, and none is put. Without limit unless an engine says otherwise.
    fn largest_snapshot(&self) -> usize {
        usize::MAX
    }

    /// The snapshot, if there is one.
    ///
    /// # Errors
    ///
    /// [`EngineError`], also when it is larger than [`largest_snapshot`](Self::largest_snapshot).
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError>;

    /// If the head is `at`, or of its epoch and after it, and there is no snapshot of this epoch
    /// made at `at.n` or later: keeps `snapshot` instead of the one before, and may then drop
    /// the batches up to and including `drop_to`, which is below `at.n`. In one step as others see
    /// it. Says whether it did.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError>;

    /// The number that the snapshot was made at, without reading it; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError>;
}
