//! What a view says about itself, for dashboards and alarms.

use time::Duration;

/// How a [`RevocationView`](crate::RevocationView) is. Every part is `None` where the view does not
/// know it or has no such thing. Made with `default` and filled field by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewReport {
    /// Entries in effect.
    pub entries: Option<u64>,
    /// Their memory, in bytes.
    pub bytes: Option<u64>,
    /// Cut-offs waiting for their time. More than none calls for an alarm: some clock is fast.
    pub quarantined: Option<u64>,
    /// How long ago the view last had proof that it misses nothing.
    pub proof_age: Option<Duration>,
    /// Where it stands in a feed that it follows.
    pub feed: Option<FeedPosition>,
}

/// How far a feed was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedPosition {
    /// The number of the last batch that is in effect here.
    pub applied: u64,
    /// The number of the newest batch that the engine is known to have.
    pub newest: Option<u64>,
    /// Revocations of this server that the engine has not accepted yet.
    pub pending: u64,
}

impl FeedPosition {
    /// Batches that are known to be missing here.
    #[must_use]
    pub fn behind(&self) -> Option<u64> {
        let newest = self.newest?;
        Some(newest.saturating_sub(self.applied))
    }
}
