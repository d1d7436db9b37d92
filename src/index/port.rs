//! The port behind which an index stands.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::index::entry::IndexEntry;
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// Where sessions are remembered for "my devices".
///
/// [`Sessions`](crate::Sessions) tell it about logins, renewals and logouts as they happen, on the
/// threads of requests, so an implementation does not wait for a disk or a network in
/// [`put`](Self::put) and [`remove`](Self::remove): it queues. Whatever fails here fails no login;
/// it is counted in [`Sessions::status`](crate::Sessions::status).
///
/// An index stays bounded: it forgets entries at their [`expires`](IndexEntry::expires), and keeps
/// no more of one subject than some fixed number.
pub trait SessionIndex: Send + Sync {
    /// Keeps an entry: [merged](IndexEntry::merged) with the one of the same session, if there is
    /// one. If it replaces another session, that one is removed and
    /// [its label goes on](IndexEntry::replacing).
    ///
    /// # Errors
    ///
    /// [`IndexError`]; then nothing has changed.
    fn put(
        &self,
        entry: IndexEntry,
        replaces: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), IndexError>;

    /// Forgets a session, if it is known. It was logged out.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    fn remove(&self, session: SessionId) -> Result<(), IndexError>;

    /// The entries of a subject, by the name that [`IndexEntry::subject`] gives, in any order, all
    /// that was put before. May wait.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    fn of_subject(&self, subject: &[u8; 16]) -> Result<Vec<IndexEntry>, IndexError>;

    /// How it is.
    fn report(&self) -> IndexReport {
        IndexReport::default()
    }
}

/// How an index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexReport {
    /// Sessions in it, where that is known.
    pub entries: Option<u64>,
    /// Entries that could not be kept since it was opened.
    pub failures: u64,
    /// Why the last of them could not.
    pub last_failure: Option<IndexError>,
}

/// Why an index could not do what it was asked.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexError(Arc<str>);

impl IndexError {
    /// It failed.
    #[must_use]
    pub fn new(why: impl fmt::Display) -> Self {
        let text: String = why.to_string();
        Self(text.into())
    }
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session index: {}", self.0)
    }
}

impl fmt::Debug for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IndexError").field(&self.0).finish()
    }
}

impl core::error::Error for IndexError {}

impl<I: SessionIndex + ?Sized> SessionIndex for Arc<I> {
    fn put(
        &self,
        entry: IndexEntry,
        replaces: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), IndexError> {
        (**self).put(entry, replaces, now)
    }

    fn remove(&self, session: SessionId) -> Result<(), IndexError> {
        (**self).remove(session)
    }

    fn of_subject(&self, subject: &[u8; 16]) -> Result<Vec<IndexEntry>, IndexError> {
        (**self).of_subject(subject)
    }

    fn report(&self) -> IndexReport {
        (**self).report()
    }
}
