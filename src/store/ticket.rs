//! What a publisher waits on, with a thread or with a task.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::promise::Promise;
use crate::revocation::entries::Merged;
use crate::store::error::StoreError;

/// What publishing to a [`DurableRevocations`](crate::store::DurableRevocations) promises: it is on
/// this machine's disk, fsync included, and this process refuses. Other servers know nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Durable;

/// What was done, as far as the kind of work has something to say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    pub(crate) merged: Merged,
    pub(crate) forgotten: usize,
}

pub(crate) type Answer = Result<Done, StoreError>;

pub(crate) type Ticket = Promise<Answer>;

/// A publication on its way to the disk.
///
/// It needs no runtime: the store's own thread wakes the task. Dropping it does not take the
/// publication back.
#[must_use = "nothing is promised until it was awaited"]
pub struct Publishing(pub(in crate::store) Arc<Ticket>);

impl Future for Publishing {
    type Output = Result<Durable, StoreError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|answer| answer.map(|_| Durable))
    }
}

impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.0.peek().is_some();
        f.debug_struct("Publishing")
            .field("answered", &answered)
            .finish()
    }
}
