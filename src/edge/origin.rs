//! Who is asked about what an export can't tell.

use crate::revocation::view::{Answer, Facts};
use crate::time::Timestamp;

/// Answers for the sessions of which an export can't tell: with what the origin's own view says.
///
/// Called on a hit of the filter alone: for each session that was logged out, and for one in 65,536 of
/// the others. It is called
///
/// - within [`verify`](crate::Sessions::verify), on the thread that verifies;
/// - when the future of [`ended`](crate::Sessions::ended) is polled, on the thread that polls, be it
///   one of an asynchronous runtime: with its first poll, and again after each export that was
///   loaded, which wakes everybody who waits. An answer of [`Unknown`](Answer::Unknown) ends no
///   waiting.
///
/// It may take as long as the request that waits for it may take. A server whose threads must not
/// block does without it, and sends requests that end in
/// [`Missing::Origin`](crate::Missing::Origin) to the origin as they are; then the waiting of a
/// session that was logged out ends with its next request, or its token.
///
/// Any `Fn(&Facts, Timestamp) -> Answer` is one. Where the origin does not answer, the answer is
/// [`Answer::Unknown`].
pub trait Origin: Send + Sync + 'static {
    /// What the origin says of the token.
    fn ask(&self, facts: &Facts<'_>, now: Timestamp) -> Answer;
}

impl<F: Fn(&Facts<'_>, Timestamp) -> Answer + Send + Sync + 'static> Origin for F {
    fn ask(&self, facts: &Facts<'_>, now: Timestamp) -> Answer {
        self(facts, now)
    }
}
