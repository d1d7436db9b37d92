//! What an operator should hear of, and what a feed says about itself.

use core::fmt;
use core::time::Duration;

use crate::feed::batch::BadBatch;
use crate::feed::image::BadSnapshot;
use crate::feed::port::EngineError;
use crate::feed::position::Position;
use crate::observe::{self, Loudness};

/// Why a follower read everything again. What it knew it keeps in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resync {
    /// This server knew no place in the feed: its first start, or one without a disk.
    ColdStart,
    /// The engine has a feed that was founded anew.
    NewEpoch,
    /// The engine lacks batches that it had: it lost its latest writes.
    LostWrites,
    /// The engine has other batches than those that were read from it: it lost its latest writes
    /// and counted on.
    OtherHistory,
    /// The engine has dropped the next batches while this server was away.
    Trimmed,
}

/// Something that calls for a line in the log, most for an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedEvent {
    /// The engine does not answer.
    Unavailable(EngineError),
    /// It answers again.
    Available,
    /// Everything was read again.
    Resynced {
        /// Why.
        why: Resync,
        /// Revocations that this server knows and the engine does not; they are handed back.
        handed_back: usize,
    },
    /// There was no feed, or it was to be replaced, and this server founded one.
    Founded(Position),
    /// A batch can't be used; nothing behind it is read.
    BadBatch(BadBatch),
    /// The snapshot can't be used.
    BadSnapshot(BadSnapshot),
    /// The snapshot is older than one that this server made or checked before, or gone: somebody
    /// replaced it, or the engine lost the newer one. With a store below the feed that is
    /// remembered over restarts. It was merged, and nothing known is lost.
    OlderSnapshot,
    /// The list has become larger than a snapshot that the connection to the engine reads, so none
    /// is put: the log is not shortened, and one that starts reads all of it. Raise the limit on all
    /// servers. The bytes that it takes.
    SnapshotTooLarge(usize),
    /// The log does not follow the snapshot: parts of the feed are missing for good.
    Broken,
    /// A heartbeat from the future: the clocks of two servers differ by more than the allowance.
    ClockAhead,
    /// Cut-offs so far ahead that they wait for their time: some server's clock is fast.
    Quarantined(usize),
}

impl FeedEvent {
    /// A stable lower-case name, for logs and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Available => "available",
            Self::Resynced { .. } => "resynced",
            Self::Founded(_) => "founded",
            Self::BadBatch(_) => "bad-batch",
            Self::BadSnapshot(_) => "bad-snapshot",
            Self::OlderSnapshot => "older-snapshot",
            Self::SnapshotTooLarge(_) => "snapshot-too-large",
            Self::Broken => "broken",
            Self::ClockAhead => "clock-ahead",
            Self::Quarantined(_) => "quarantined",
        }
    }

    /// Of every event.
    pub(crate) const NAMES: [&'static str; 11] = [
        "unavailable",
        "available",
        "resynced",
        "founded",
        "bad-batch",
        "bad-snapshot",
        "older-snapshot",
        "snapshot-too-large",
        "broken",
        "clock-ahead",
        "quarantined",
    ];

    /// Counts it once more, and tells nobody.
    pub(crate) fn count(&self) {
        observe::feed_event_again(self.as_str());
    }

    /// Counts it and tells the log.
    pub(crate) fn observe(&self) {
        let loudness = match self {
            Self::Available => Loudness::Info,
            Self::Resynced { .. }
            | Self::Founded(_)
            | Self::OlderSnapshot
            | Self::ClockAhead
            | Self::Quarantined(_) => Loudness::Warn,
            Self::Unavailable(_)
            | Self::BadBatch(_)
            | Self::BadSnapshot(_)
            | Self::SnapshotTooLarge(_)
            | Self::Broken => Loudness::Error,
        };
        observe::feed_event(self.as_str(), loudness, self);
    }
}

impl fmt::Display for FeedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => write!(f, "the revocation feed does not answer: {error}"),
            Self::Available => f.write_str("the revocation feed answers again"),
            Self::Resynced { why, handed_back } => write!(
                f,
                "the revocation feed was read from the start ({why:?}); {handed_back} revocations \
                 that it lacked are handed back"
            ),
            Self::Founded(at) => write!(f, "a new revocation feed was founded at {at}"),
            Self::BadBatch(why) => write!(f, "the revocation feed can't be followed: {why}"),
            Self::BadSnapshot(why) => write!(f, "the revocation feed can't be followed: {why}"),
            Self::OlderSnapshot => {
                f.write_str("the snapshot of the revocation feed is older than one seen before")
            }
            Self::SnapshotTooLarge(bytes) => write!(
                f,
                "no snapshot of the revocation feed is put: it takes {bytes} bytes, more than are \
                 read; raise the limit on all servers"
            ),
            Self::Broken => f.write_str(
                "the revocation feed lacks batches behind its snapshot and can't be followed; \
                 found it anew from a server that knows its revocations",
            ),
            Self::ClockAhead => f.write_str(
                "a heartbeat of the revocation feed is from the future: the clocks of two servers \
                 differ by more than the allowance",
            ),
            Self::Quarantined(count) => write!(
                f,
                "{count} cut-offs lie too far in the future and wait: some server's clock is fast"
            ),
        }
    }
}

/// Counts since the start, and how things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedStatus {
    /// Up to where this server has read; `None` before it read anything.
    pub position: Option<Position>,
    /// Number of the engine's last batch, when it answered last.
    pub head: Option<u64>,
    /// How old the proof is that nothing is missed; `None` while there is none.
    pub age: Option<Duration>,
    /// Revocations that the engine has not accepted yet.
    pub pending: usize,
    /// Batches read.
    pub batches: u64,
    /// Batches and snapshots that could not be used.
    pub rejected: u64,
    /// Snapshots older than one that was seen before, in the place of it.
    pub older_snapshots: u64,
    /// How often everything was read again.
    pub resyncs: u64,
    /// Revocations handed back to an engine that had lost them.
    pub handed_back: u64,
    /// What the engine said when it last gave no answer; `None` while it answers.
    pub failure: Option<EngineError>,
}
