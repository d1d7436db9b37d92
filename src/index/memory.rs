//! The index in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::index::entry::IndexEntry;
use crate::index::port::{IndexError, IndexReport, SessionIndex};
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// Sessions kept of one subject.
pub(crate) const MOST_OF_A_SUBJECT: usize = 64;
/// Expired entries forgotten with each one that comes: more than one, so that they run out.
const SLICE: usize = 4;

/// A [`SessionIndex`] that forgets with the process; sessions come back into it when they are
/// renewed, without their labels. Clones are the same index.
///
/// It keeps 64 sessions of a subject, the latest, and each until it expires.
#[derive(Clone, Default)]
pub struct MemoryIndex(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    entries: BTreeMap<SessionId, IndexEntry>,
    by_subject: BTreeSet<([u8; 16], SessionId)>,
    by_expiry: BTreeSet<(u64, SessionId)>,
}

impl MemoryIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn remove(&mut self, session: SessionId) -> Option<IndexEntry> {
        let entry = self.entries.remove(&session)?;
        self.by_subject.remove(&(entry.subject, session));
        self.by_expiry.remove(&(entry.expires, session));
        Some(entry)
    }

    fn insert(&mut self, entry: IndexEntry) {
        self.by_subject.insert((entry.subject, entry.session));
        self.by_expiry.insert((entry.expires, entry.session));
        self.entries.insert(entry.session, entry);
    }

    fn of_subject(&self, subject: [u8; 16]) -> impl Iterator<Item = &IndexEntry> {
        let first = SessionId::from_bytes([0; 16]);
        let last = SessionId::from_bytes([0xFF; 16]);
        self.by_subject
            .range((subject, first)..=(subject, last))
            .filter_map(|(_, session)| self.entries.get(session))
    }

    fn forget_some(&mut self, now: u64) {
        for _ in 0..SLICE {
            match self.by_expiry.first().copied() {
                Some((expires, session)) if expires <= now => drop(self.remove(session)),
                _ => return,
            }
        }
    }

    /// The subject has too many: a script that logs in again and again would fill the memory.
    fn forget_oldest(&mut self, subject: [u8; 16], new: SessionId) {
        let others = || {
            self.of_subject(subject)
                .filter(|entry| entry.session != new)
        };
        if others().count() < MOST_OF_A_SUBJECT {
            return;
        }
        if let Some(oldest) = others().min_by_key(|entry| entry.renewed()) {
            let session = oldest.session;
            self.remove(session);
        }
    }
}

impl SessionIndex for MemoryIndex {
    fn put(
        &self,
        mut entry: IndexEntry,
        replaces: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), IndexError> {
        let mut tables = self.lock();
        if let Some(old) = replaces.and_then(|session| tables.remove(session)) {
            entry = entry.replacing(&old);
        }
        match tables.remove(entry.session) {
            Some(known) => entry = entry.merged(&known),
            None => tables.forget_oldest(entry.subject, entry.session),
        }
        tables.insert(entry);
        tables.forget_some(now.unix());
        Ok(())
    }

    fn remove(&self, session: SessionId) -> Result<(), IndexError> {
        self.lock().remove(session);
        Ok(())
    }

    fn of_subject(&self, subject: &[u8; 16]) -> Result<Vec<IndexEntry>, IndexError> {
        Ok(self.lock().of_subject(*subject).cloned().collect())
    }

    fn report(&self) -> IndexReport {
        IndexReport {
            entries: u64::try_from(self.lock().entries.len()).ok(),
            ..IndexReport::default()
        }
    }
}

impl fmt::Debug for MemoryIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryIndex").field(&self.report()).finish()
    }
}
