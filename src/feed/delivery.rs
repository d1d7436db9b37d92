//! What is true of a publication, each degree a type of its own (SPEC §9.10).

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::feed::position::Position;
use crate::promise::Promise;

/// Refused on this server from now on, and not yet accepted by the engine: other servers know
/// nothing of it. It is delivered as soon as the engine answers again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    pub(crate) durable: bool,
}

impl Pending {
    /// Whether this server's disk has it, so that it is delivered also if the process ends first.
    #[must_use]
    pub const fn is_durable(&self) -> bool {
        self.durable
    }
}

/// Accepted by the engine: every server refuses within the staleness bound, or answers nobody.
///
/// That rests on the engine keeping what it accepted. One that loses its latest writes (a failover, a
/// disk that was not flushed) gets them back from any server that has read them; while none of those
/// runs, the others can't know what is missing. [`Replicated`] is for engines that may fail over. A
/// server with a store of its own has it on its disk by now, so that it is one of them also after a
/// crash, unless that disk took longer than a fifth of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub(crate) at: Position,
}

impl Accepted {
    /// Its place in the feed.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.at
    }
}

/// Accepted, and held by further machines of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicated {
    pub(crate) accepted: Accepted,
    pub(crate) machines: u32,
}

impl Replicated {
    /// What is true as well.
    #[must_use]
    pub const fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// How many machines besides the one that accepted it.
    #[must_use]
    pub const fn machines(&self) -> u32 {
        self.machines
    }
}

/// How far a publication came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a pending revocation is not in effect on other servers"]
#[non_exhaustive]
pub enum Delivery {
    /// Here alone, so far.
    Pending(Pending),
    /// Everywhere within the bound.
    Accepted(Accepted),
    /// Everywhere within the bound, also if the engine's first machine is lost.
    Replicated(Replicated),
}

impl Delivery {
    /// The promise that every server refuses within the bound, if it can be given.
    ///
    /// # Errors
    ///
    /// [`Pending`] when it can't be given yet.
    pub const fn accepted(self) -> Result<Accepted, Pending> {
        match self {
            Self::Pending(pending) => Err(pending),
            Self::Accepted(accepted) => Ok(accepted),
            Self::Replicated(replicated) => Ok(replicated.accepted),
        }
    }
}

/// Why nothing can be promised about a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedError {
    /// Neither this server's disk nor the engine has it. It is in effect in this process.
    Unremembered {
        /// What the disk said.
        local: String,
        /// What the engine said last.
        engine: String,
    },
    /// A rotation that the engine did not confirm in time: no token was made, and the old one may
    /// or may not be refused from now on.
    Undecided {
        /// What the engine said last.
        engine: String,
    },
    /// More revocations in one call than a batch holds, 65,535.
    TooMany,
    /// This server was set up to follow only.
    FollowsOnly,
    /// The feed was closed.
    Closed,
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unremembered { local, engine } => write!(
                f,
                "the revocation is in effect until this process ends and may be forgotten then: \
                 the local store says \"{local}\", the engine \"{engine}\""
            ),
            Self::Undecided { engine } => write!(
                f,
                "the engine did not confirm the rotation in time (\"{engine}\"); no token was made"
            ),
            Self::TooMany => f.write_str("more than 65535 revocations at once; publish in parts"),
            Self::FollowsOnly => f.write_str(
                "this server was set up to follow the feed only; revoke on one that may write",
            ),
            Self::Closed => f.write_str("the feed is being closed"),
        }
    }
}

impl core::error::Error for FeedError {}

/// `None`: another rotation came first.
pub(crate) type Answer = Result<Option<Delivery>, FeedError>;

/// A publication on its way to the engine.
///
/// It needs no runtime: the feed's own thread wakes the task, at the latest when its patience ends.
/// Dropping it does not take the publication back.
#[must_use = "nothing is promised until it was awaited"]
pub struct Delivering(pub(crate) Arc<Promise<Answer>>);

impl Future for Delivering {
    type Output = Result<Delivery, FeedError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0
            .poll(context)
            .map(|answer| answer.and_then(|delivery| delivery.ok_or(FeedError::Closed)))
    }
}

impl fmt::Debug for Delivering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivering")
            .field("answered", &self.0.peek().is_some())
            .finish()
    }
}
