//! What the threads of a feed change, and what everybody may look at meanwhile.

use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::feed::clocks::Others;
use crate::feed::event::{FeedEvent, FeedStatus};
use crate::feed::failures::Failures;
use crate::feed::local::Keeping;
use crate::feed::outbox::Known;
use crate::feed::position::Position;
use crate::feed::proof::Proof;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) position: Option<Position>,
    pub(crate) proof: Proof,
    /// What the engine has to be told, apart from publications that somebody waits for.
    pub(crate) outbox: Known,
    /// Batches of this server of which nobody knows whether they were accepted, and those that were
    /// read since.
    pub(crate) doubts: Vec<Position>,
    pub(crate) confirmed: Vec<Position>,
    /// The last batch that says to everybody whose clock is right that somebody writes.
    pub(crate) last_beat_at: Option<Duration>,
    pub(crate) others: Others,
    /// The epoch for which a snapshot of all that is handed back was tried.
    pub(crate) listed: Option<[u8; 16]>,
    /// Where the engine says that its snapshot was made: a hint when the next is due, and no more.
    pub(crate) snapshot_at: u64,
    /// The newest that this server made or checked: epoch and number.
    pub(crate) snapshot_seen: ([u8; 16], u64),
    /// What was taken in last, which is on the disk after everything before it.
    pub(crate) keeping: Keeping,
    pub(crate) failures: Failures,
    /// What can't be used of the feed, and was told.
    pub(crate) unusable: Option<FeedEvent>,
    pub(crate) status: FeedStatus,
    /// To be told when the lock is released: a hook may ask for the status.
    pub(crate) events: Vec<FeedEvent>,
}

impl State {
    /// As others see it; without the age, which is a matter of now.
    fn shown(&self) -> FeedStatus {
        FeedStatus {
            pending: self.outbox.len(),
            failure: self.failures.first(),
            ..self.status.clone()
        }
    }
}

/// The state and a copy of what is shown of it: whoever asks how things stand must not wait for a
/// thread that takes in a million entries.
#[derive(Default)]
pub(crate) struct Guarded {
    state: Mutex<State>,
    shown: Mutex<FeedStatus>,
}

impl Guarded {
    pub(crate) fn new(state: State) -> Self {
        Self {
            shown: Mutex::new(state.shown()),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        Locked {
            state: self.state.lock().unwrap_or_else(PoisonError::into_inner),
            shown: &self.shown,
        }
    }

    pub(crate) fn shown(&self) -> MutexGuard<'_, FeedStatus> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows what became of the state when it is released.
pub(crate) struct Locked<'a> {
    state: MutexGuard<'a, State>,
    shown: &'a Mutex<FeedStatus>,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let shown = self.state.shown();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }
}
