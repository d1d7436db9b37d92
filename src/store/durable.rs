//! The list with a disk behind it.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::path::Path;
use std::thread::{self, JoinHandle};

use time::Duration;

use crate::revocation::changes::Changes;
use crate::revocation::entries::Merged;
use crate::revocation::list::ListStats;
#[cfg(feature = "feed")]
use crate::revocation::list::RevocationList;
use crate::revocation::record::{Record, Revocation};
use crate::revocation::report::ViewReport;
use crate::revocation::snapshot::Snapshot;
use crate::revocation::view::{Facts, Freshness, RevocationPublish, RevocationView, Scope, Terms};
use crate::store::committer::Committer;
use crate::store::engine::RedbLog;
use crate::store::error::{LogError, OpenError, StoreError};
use crate::store::file::{Alarm, open_or_create, open_or_replace};
use crate::store::loading::{Loaded, Opening};
use crate::store::log::RevocationLog;
#[cfg(feature = "feed")]
use crate::store::queue::TakenIn;
use crate::store::queue::{Shared, Work};
#[cfg(feature = "feed")]
use crate::store::ticket::Ticket;
use crate::store::ticket::{Done, Durable, Publishing};
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// Revocations that survive the end of the process and the loss of power, for one machine.
///
/// It answers like a [`RevocationList`](crate::RevocationList) and is used in its place. Clones are the same store; when
/// the last one is dropped, what was asked for is written and the file is closed.
///
/// Publishing returns when the revocation is on the disk and this process refuses. All that wait at
/// one time share a commit. If the disk fails, publishing is an error, the entry is in effect in
/// memory nevertheless, and the view is stale from then on: [`Sessions`](crate::Sessions) issue and
/// renew nothing, and verify as their policy says, until the store is opened again.
///
/// ```
/// use cloakroom::store::DurableRevocations;
/// use cloakroom::{Clock, Revocation, RevocationPublish, SessionId, SystemClock};
///
/// # let folder = std::env::temp_dir().join(format!("cloakroom-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("revocations.redb");
/// let now = SystemClock.now()?;
/// let store = DurableRevocations::open(&path, now)?;
/// assert!(store.opening().created);
///
/// let session = SessionId::from_bytes([7; 16]);
/// store.publish(&[Revocation::session(session)], now)?;
/// drop(store);
///
/// let store = DurableRevocations::open(&path, now)?;
/// assert_eq!(store.stats().sessions, 1);
/// # drop(store);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DurableRevocations(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    opening: Opening,
    /// How far a feed was taken in and what it has to be told, when the store was opened.
    #[cfg(feature = "feed")]
    left: (crate::store::log::Standing, Vec<Record>),
}

/// What [`recover`](DurableRevocations::recover) found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Recovered {
    /// The store, as it was left.
    Intact(DurableRevocations),
    /// A new store in place of a damaged or missing one.
    Replaced(DurableRevocations, Alarm),
}

impl DurableRevocations {
    /// Opens the store in this file, and makes it if there is no such file.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    ///
    /// # Security
    ///
    /// A file that was deleted, or a volume that was not mounted, looks like a first start, and
    /// everybody who had logged out is let in again. Look at [`opening`](Self::opening), or use
    /// [`open_existing`](Self::open_existing) or [`recover`](Self::recover).
    pub fn open(path: impl AsRef<Path>, now: Timestamp) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let (log, created) = open_or_create(path)?;
        Self::start(path, log, created, now)
    }

    /// Opens the store in this file, which must exist.
    ///
    /// # Errors
    ///
    /// [`OpenError`], among them [`OpenError::Missing`].
    pub fn open_existing(path: impl AsRef<Path>, now: Timestamp) -> Result<Self, OpenError> {
        Self::start(path.as_ref(), RedbLog::open(path.as_ref())?, false, now)
    }

    /// Opens the store in this file; a damaged one is moved aside, a missing one made.
    ///
    /// The new store refuses every session that started before now, in the same commit that makes
    /// it: who had logged out is not known any more, so nobody from before is let in. Errors that
    /// are not damage (in use, permissions, a newer version) stay errors.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn recover(path: impl AsRef<Path>, now: Timestamp) -> Result<Recovered, OpenError> {
        let path = path.as_ref();
        let start = |log, created| Self::start(path, log, created, now);
        Ok(match open_or_replace(path, now, start)? {
            (store, None) => Recovered::Intact(store),
            (store, Some(alarm)) => Recovered::Replaced(store, alarm),
        })
    }

    /// A store on an engine of your own.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn with_log(log: impl RevocationLog, now: Timestamp) -> Result<Self, LogError> {
        Self::load(Box::new(log), false, now)
    }

    fn start(path: &Path, log: RedbLog, created: bool, now: Timestamp) -> Result<Self, OpenError> {
        Self::load(Box::new(log), created, now).map_err(|error| {
            if error.is_damage() {
                let path = path.to_path_buf();
                let why = error.to_string();
                OpenError::Damaged { path, why }
            } else {
                OpenError::io(path, "reading the entries", std::io::Error::other(error))
            }
        })
    }

    fn load(
        mut log: Box<dyn RevocationLog>,
        created: bool,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        let loaded = Loaded::from(&mut *log, now)?;
        let opening = Opening {
            created,
            entries: loaded.list.stats().entries(),
            quarantined: loaded.quarantined,
        };
        let standing = loaded.standing;
        let shared = Arc::new(Shared::new(loaded.list, standing.everything_before));
        let committer = Committer::new(Arc::clone(&shared), log, standing, loaded.waiting);
        let thread = thread::Builder::new()
            .name("cloakroom-store".into())
            .spawn(move || committer.run())
            .map_err(LogError::new)?;
        Ok(Self(Arc::new(Handle {
            shared,
            thread: Some(thread),
            opening,
            #[cfg(feature = "feed")]
            left: (standing, loaded.pending),
        })))
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn opening(&self) -> Opening {
        self.0.opening
    }

    /// Entries and memory.
    #[must_use]
    pub fn stats(&self) -> ListStats {
        self.0.shared.list.stats()
    }

    /// Why nothing is written any more, or `None` while the store works.
    #[must_use]
    pub fn failure(&self) -> Option<LogError> {
        Some(self.0.shared.failure.get()?.why.clone())
    }

    /// Publishes without blocking the thread: for tasks of any runtime.
    ///
    /// It is under way when this returns, also if the future is dropped.
    pub fn publish_async(&self, revocations: &[Revocation], now: Timestamp) -> Publishing {
        let work = Work::Publish(revocations.to_vec());
        Publishing(self.0.shared.ask(work, now.unix()))
    }

    /// Merges records of another list, durably. The order and the number of merges make no
    /// difference.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the records are in effect nevertheless.
    pub fn merge(&self, records: &[Record], now: Timestamp) -> Result<Merged, StoreError> {
        let work = Work::Merge(records.to_vec(), 0);
        self.ask(work, now).map(|done| done.merged)
    }

    /// Merges a snapshot of another list (SPEC §9.12), durably.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn merge_snapshot(&self, bytes: &[u8], now: Timestamp) -> Result<Merged, StoreError> {
        let image = Snapshot::decode(bytes).map_err(StoreError::Snapshot)?;
        let work = Work::Merge(image.records, image.high_water_mark);
        self.ask(work, now).map(|done| done.merged)
    }

    /// All entries as bytes (SPEC §9.12), to be merged into another list. The cut-off of a recovery
    /// is no entry, and stays here.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Vec<u8> {
        self.0.shared.list.snapshot(now)
    }

    /// Forgets what can match no live token any more, here and on the disk; returns how many
    /// entries that were. Publishing does this by itself once a minute.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn purge(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.ask(Work::Purge, now).map(|done| done.forgotten)
    }

    /// Durable and in effect here when the ticket is answered, and to be delivered to the feed.
    #[cfg(feature = "feed")]
    pub(crate) fn pend(&self, revocations: Vec<Revocation>, now: Timestamp) -> Arc<Ticket> {
        self.0.shared.ask(Work::Pend(revocations), now.unix())
    }

    /// In effect when this returns, and on its way to the disk with the place it was read up to: the
    /// feed keeps it as well, and a crash goes on from the place before.
    #[cfg(feature = "feed")]
    pub(crate) fn take_in(&self, taken: TakenIn, now: Timestamp) -> (Merged, Arc<Ticket>) {
        self.list().raise_mark(taken.high_water_mark);
        let merged = self.list().merge_reckoned(&taken.records, now);
        let ticket = self.0.shared.ask(Work::TakeIn(taken), now.unix());
        (merged, ticket)
    }

    /// The list in front of the file.
    #[cfg(feature = "feed")]
    pub(crate) fn list(&self) -> &RevocationList {
        &self.0.shared.list
    }

    /// Sessions that started before this time are refused without an entry; 0 for none.
    #[cfg(feature = "edge")]
    pub(crate) fn everything_before(&self) -> u64 {
        self.0.shared.everything_before
    }

    /// Up to where a feed was taken in and what it had to be told, when the store was opened.
    #[cfg(feature = "feed")]
    pub(crate) fn left(&self) -> (crate::store::log::Standing, &[Record]) {
        (self.0.left.0, &self.0.left.1)
    }

    fn ask(&self, work: Work, now: Timestamp) -> Result<Done, StoreError> {
        self.0.shared.ask(work, now.unix()).wait()
    }
}

impl RevocationView for DurableRevocations {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        if facts.authenticated_at < self.0.shared.everything_before {
            return Some(Scope::Audience);
        }
        self.0.shared.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        match self.0.shared.failure.get() {
            None => Freshness::Fresh,
            Some(failure) => Freshness::Stale {
                age: Duration::try_from(failure.at.elapsed()).unwrap_or(Duration::MAX),
            },
        }
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let bound = self.0.shared.list.start_bound(subject, audience, now);
        bound.max(self.0.shared.everything_before)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let bound = self.0.shared.list.cutoff_bound(subject, audience, now);
        bound.max(self.0.shared.everything_before)
    }

    fn tick(&self, now: Timestamp) {
        self.0.shared.list.tick(now);
    }

    fn high_water_mark(&self) -> u64 {
        self.0.shared.list.high_water_mark()
    }

    fn register(&self, terms: Terms) {
        // Waits: tokens issued under these terms must not exist before the disk knows how long they
        // live, and how much longer the entries that are there. If it fails, the view is stale and
        // none are issued.
        let now = Timestamp::UNIX_EPOCH;
        let _stale_if_failed = self.ask(Work::Register(terms), now);
    }

    fn report(&self) -> ViewReport {
        self.0.shared.list.report()
    }

    fn changes(&self) -> Option<&Changes> {
        self.0.shared.list.changes()
    }
}

impl RevocationPublish for DurableRevocations {
    type Receipt = Durable;
    type Error = StoreError;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<Durable, StoreError> {
        self.ask(Work::Publish(revocations.to_vec()), now)
            .map(|_| Durable)
    }

    fn delivery(&self, _: &Durable) -> &'static str {
        "disk"
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<Durable>, StoreError> {
        // Compared in memory, where that is one step, then made durable before a token leaves.
        let shared = &self.0.shared;
        let first = shared.list.publish_rotation(session, generation, now);
        if first == Ok(None) {
            return Ok(None);
        }
        let revocation = Revocation::older_generations(session, generation);
        self.publish(&[revocation], now).map(Some)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
        // So that the file is free when this returns. Not on its own thread, where a waker may have
        // dropped the last handle: it would wait for itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for DurableRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableRevocations")
            .field("stats", &self.stats())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
