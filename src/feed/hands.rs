//! A feed without threads, for simulations: its two halves, and what would block.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use crate::feed::delivery::{Accepted, Answer, Delivery, FeedError};
use crate::feed::reader::Reader;
use crate::feed::revocations::{FeedRevocations, Rotating};
use crate::feed::writer::Writer;
use crate::promise::Promise;
use crate::wire::session_id::SessionId;

/// The two halves of a feed without threads.
#[derive(Debug)]
pub struct Hands {
    reading: ReadingHand,
    writing: WritingHand,
}

/// What the reading thread would do.
pub struct ReadingHand(Reader);

/// What the writing thread would do.
pub struct WritingHand(Writer);

impl Hands {
    pub(crate) const fn new(reader: Reader, writer: Writer) -> Self {
        Self {
            reading: ReadingHand(reader),
            writing: WritingHand(writer),
        }
    }

    /// Looks at the engine once, as the reading thread does; says how long that would pause.
    pub fn read(&mut self, wait: Duration) -> Duration {
        self.reading.read(wait)
    }

    /// Delivers what waits, as the writing thread does.
    pub fn write(&mut self) {
        self.writing.write();
    }

    /// Both halves, so that one can run while the other waits for the engine.
    #[must_use]
    pub fn split(self) -> (ReadingHand, WritingHand) {
        (self.reading, self.writing)
    }
}

impl ReadingHand {
    /// Looks at the engine once; says how long the thread would pause then.
    pub fn read(&mut self, wait: Duration) -> Duration {
        self.0.turn(wait)
    }
}

impl WritingHand {
    /// Delivers what waits.
    pub fn write(&mut self) {
        self.0.turn(Duration::ZERO);
    }
}

impl fmt::Debug for ReadingHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadingHand").finish_non_exhaustive()
    }
}

impl fmt::Debug for WritingHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WritingHand").finish_non_exhaustive()
    }
}

impl FeedRevocations {
    /// [`publish_rotation`](crate::RevocationPublish::publish_rotation) without waiting; `None`
    /// where one of this server to the same generation waits already.
    ///
    /// # Errors
    ///
    /// [`FeedError::FollowsOnly`].
    pub fn publish_rotation_by_hand(
        &self,
        session: SessionId,
        generation: u32,
    ) -> Result<Option<RotatingByHand>, FeedError> {
        let rotating = self.rotate(session, generation)?;
        Ok(rotating.map(RotatingByHand))
    }

    /// [`found_anew`](Self::found_anew) without waiting.
    pub fn found_anew_by_hand(&self) -> FoundingByHand {
        FoundingByHand(self.ask_to_found())
    }
}

/// A rotation on its way; `None` when another came first.
#[must_use = "nothing is promised until it was awaited"]
pub struct RotatingByHand(Rotating);

impl Future for RotatingByHand {
    type Output = Result<Option<Delivery>, FeedError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.answer.poll(context)
    }
}

impl fmt::Debug for RotatingByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingByHand").finish_non_exhaustive()
    }
}

/// A new feed on its way.
#[must_use = "nothing is promised until it was awaited"]
pub struct FoundingByHand(Arc<Promise<Answer>>);

impl Future for FoundingByHand {
    type Output = Result<Accepted, FeedError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|answer| {
            let accepted = answer?.map(Delivery::accepted);
            accepted.and_then(Result::ok).ok_or(FeedError::Closed)
        })
    }
}

impl fmt::Debug for FoundingByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundingByHand").finish_non_exhaustive()
    }
}
