//! The index in a file of its own.
//!
//! Not in the file of the revocation store: what is written with every renewal must not stand in
//! the way of a logout, and a list that may be deleted at any time must not share the fate of one
//! that must not.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition, WriteTransaction,
};

use crate::index::entry::IndexEntry;
use crate::index::memory::MOST_OF_A_SUBJECT;
use crate::index::port::{IndexError, IndexReport, SessionIndex};
use crate::store::place;
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

const ENTRIES: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("entries");
/// `subject || session`.
const BY_SUBJECT: TableDefinition<'_, [u8; 32], ()> = TableDefinition::new("by-subject");
/// `expires || session`.
const BY_EXPIRY: TableDefinition<'_, [u8; 24], ()> = TableDefinition::new("by-expiry");

/// What may wait to be written. A disk that stalls must not take the memory of the server.
const MOST_WAITING: usize = 65_536;
/// Expired entries forgotten with each one that comes.
const SLICE: usize = 4;
/// Bytes of pages kept in memory.
const CACHE: usize = 8 << 20;

/// A [`SessionIndex`] in a file, written by a thread of its own. Clones are the same index; when
/// the last is dropped, what waits is written and the file is closed.
///
/// It keeps 64 sessions of a subject, the latest, and each until it expires. What was put in the
/// last moment before a crash or a loss of power may be missing; it comes back with the next
/// renewal, without its label. A file that is damaged can be deleted: nobody is logged in or out by
/// it. The file holds session ids and labels, and subjects as unkeyed hashes.
///
/// ```
/// use cloakroom::index::{FileIndex, SessionIndex as _};
///
/// # let folder = std::env::temp_dir().join(format!("cloakroom-doc-index-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("devices.redb");
/// let index = FileIndex::open(&path)?; // for `session_index` of the builder
/// assert_eq!(index.report().entries, Some(0));
/// # drop(index);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FileIndex(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    database: Database,
    queue: Mutex<Queue>,
    /// Rung when there is something to write, and when something was written.
    bell: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Work>,
    /// Batches taken and batches written, to wait for.
    taken: u64,
    written: u64,
    closed: bool,
    failures: u64,
    last_failure: Option<IndexError>,
}

enum Work {
    Put(IndexEntry, Option<SessionId>, u64),
    Remove(SessionId),
}

impl FileIndex {
    /// Opens the index in this file, and makes it if there is no such file.
    ///
    /// # Errors
    ///
    /// [`IndexError`]: the file can't be made or read, is in use, or is no index. It may be
    /// deleted.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, IndexError> {
        let path = path.as_ref();
        // Who is logged in, from where and since when is nobody else's business.
        place::check(path, "opening the file").map_err(|_| {
            IndexError::new(
                "this is no regular file, or everybody may write it; delete it, it is made anew",
            )
        })?;
        place::private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(IndexError::new)?;
        let database = Database::builder()
            .set_cache_size(CACHE)
            .create(path)
            .map_err(IndexError::new)?;
        let prepare = || -> Result<(), redb::Error> {
            let write = database.begin_write()?;
            write.open_table(ENTRIES)?;
            write.open_table(BY_SUBJECT)?;
            write.open_table(BY_EXPIRY)?;
            Ok(write.commit()?)
        };
        prepare().map_err(IndexError::new)?;
        let shared = Arc::new(Shared {
            database,
            queue: Mutex::default(),
            bell: Condvar::new(),
        });
        let writer = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("cloakroom-index".into())
            .spawn(move || writer.run())
            .map_err(IndexError::new)?;
        let thread = Some(thread);
        Ok(Self(Arc::new(Handle { shared, thread })))
    }
}

impl SessionIndex for FileIndex {
    fn put(
        &self,
        entry: IndexEntry,
        replaces: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), IndexError> {
        self.0.shared.ask(Work::Put(entry, replaces, now.unix()))
    }

    fn remove(&self, session: SessionId) -> Result<(), IndexError> {
        self.0.shared.ask(Work::Remove(session))
    }

    fn of_subject(&self, subject: &[u8; 16]) -> Result<Vec<IndexEntry>, IndexError> {
        self.0.shared.settle();
        let read = || -> Result<Vec<IndexEntry>, redb::Error> {
            let read = self.0.shared.database.begin_read()?;
            let (entries, names) = (read.open_table(ENTRIES)?, read.open_table(BY_SUBJECT)?);
            let mut found = Vec::new();
            for name in names.range(of(subject))? {
                if let Some(entry) = entries.get(session_in(&name?.0.value()))? {
                    // One that a later version wrote, or a bit that flipped, is left out.
                    found.extend(IndexEntry::from_bytes(entry.value()));
                }
            }
            Ok(found)
        };
        read().map_err(IndexError::new)
    }

    fn report(&self) -> IndexReport {
        let count = || -> Result<u64, redb::Error> {
            let read = self.0.shared.database.begin_read()?;
            Ok(read.open_table(ENTRIES)?.len()?)
        };
        let queue = self.0.shared.lock();
        IndexReport {
            entries: count().ok(),
            failures: queue.failures,
            last_failure: queue.last_failure.clone(),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, work: Work) -> Result<(), IndexError> {
        let mut queue = self.lock();
        if queue.waiting.len() >= MOST_WAITING {
            return Err(IndexError::new("the disk does not keep up"));
        }
        queue.waiting.push(work);
        drop(queue);
        self.bell.notify_all();
        Ok(())
    }

    /// Waits until what was asked for before is written, or has failed.
    fn settle(&self) {
        let mut queue = self.lock();
        let last = queue
            .taken
            .saturating_add(u64::from(!queue.waiting.is_empty()));
        while queue.written < last && !queue.closed {
            queue = self
                .bell
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(&self) {
        loop {
            let mut queue = self.lock();
            while queue.waiting.is_empty() {
                if queue.closed {
                    return;
                }
                queue = self
                    .bell
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            let works = core::mem::take(&mut queue.waiting);
            queue.taken = queue.taken.saturating_add(1);
            drop(queue);
            // A panic would end this thread and leave everybody waiting for it.
            let result = catch_unwind(AssertUnwindSafe(|| self.write(&works)));
            let result = match result {
                Ok(result) => result.map_err(IndexError::new),
                Err(_) => Err(IndexError::new("the engine panicked")),
            };
            let mut queue = self.lock();
            queue.written = queue.written.saturating_add(1);
            if let Err(error) = result {
                let lost = u64::try_from(works.len()).unwrap_or(u64::MAX);
                queue.failures = queue.failures.saturating_add(lost);
                queue.last_failure = Some(error);
            }
            drop(queue);
            self.bell.notify_all();
        }
    }

    /// All that waits in one commit.
    fn write(&self, works: &[Work]) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        for work in works {
            match work {
                Work::Put(entry, replaces, now) => put(&write, entry.clone(), *replaces, *now)?,
                Work::Remove(session) => drop(remove(&write, *session)?),
            }
        }
        Ok(write.commit()?)
    }
}

fn put(
    write: &WriteTransaction,
    mut entry: IndexEntry,
    replaces: Option<SessionId>,
    now: u64,
) -> Result<(), redb::Error> {
    if let Some(session) = replaces
        && let Some(old) = remove(write, session)?
    {
        entry = entry.replacing(&old);
    }
    match remove(write, entry.session)? {
        Some(known) => entry = entry.merged(&known),
        None => forget_oldest(write, &entry.subject)?,
    }
    let session = entry.session.to_bytes();
    let bytes = entry.to_bytes();
    write
        .open_table(ENTRIES)?
        .insert(session, bytes.as_slice())?;
    let by_subject = name(&entry.subject, entry.session);
    write.open_table(BY_SUBJECT)?.insert(by_subject, ())?;
    let by_expiry = expiry(entry.expires, entry.session);
    write.open_table(BY_EXPIRY)?.insert(by_expiry, ())?;
    forget_some(write, now)
}

fn remove(write: &WriteTransaction, session: SessionId) -> Result<Option<IndexEntry>, redb::Error> {
    let mut entries = write.open_table(ENTRIES)?;
    let Some(bytes) = entries.remove(session.to_bytes())? else {
        return Ok(None);
    };
    let Ok(entry) = IndexEntry::from_bytes(bytes.value()) else {
        return Ok(None);
    };
    write
        .open_table(BY_SUBJECT)?
        .remove(name(&entry.subject, session))?;
    write
        .open_table(BY_EXPIRY)?
        .remove(expiry(entry.expires, session))?;
    Ok(Some(entry))
}

/// The subject has as many as it may: the one that was quiet for longest goes.
fn forget_oldest(write: &WriteTransaction, subject: &[u8; 16]) -> Result<(), redb::Error> {
    let mut known = Vec::new();
    {
        let (names, entries) = (write.open_table(BY_SUBJECT)?, write.open_table(ENTRIES)?);
        for name in names.range(of(subject))? {
            let session = session_in(&name?.0.value());
            if let Some(entry) = entries.get(session)? {
                known.extend(IndexEntry::from_bytes(entry.value()));
            }
        }
    }
    if known.len() >= MOST_OF_A_SUBJECT {
        let oldest = known.iter().min_by_key(|entry| entry.renewed());
        if let Some(oldest) = oldest {
            remove(write, oldest.session)?;
        }
    }
    Ok(())
}

fn forget_some(write: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
    for _ in 0..SLICE {
        let first = {
            let by_expiry = write.open_table(BY_EXPIRY)?;
            by_expiry.first()?.map(|row| row.0.value())
        };
        let Some(row) = first else {
            return Ok(());
        };
        let (expires, session) = row.split_first_chunk().unwrap_or((&[0xFF; 8], &[]));
        if u64::from_be_bytes(*expires) > now {
            return Ok(());
        }
        let session: [u8; 16] = session.try_into().unwrap_or_default();
        // Also where the entry is gone or can't be read, or the row would stand in the way for ever.
        write.open_table(BY_EXPIRY)?.remove(row)?;
        remove(write, SessionId::from_bytes(session))?;
    }
    Ok(())
}

fn name(subject: &[u8; 16], session: SessionId) -> [u8; 32] {
    join(subject, &session.to_bytes())
}

fn expiry(expires: u64, session: SessionId) -> [u8; 24] {
    join(&expires.to_be_bytes(), &session.to_bytes())
}

/// All names of a subject.
fn of(subject: &[u8; 16]) -> core::ops::RangeInclusive<[u8; 32]> {
    join(subject, &[0; 16])..=join(subject, &[0xFF; 16])
}

fn session_in(name: &[u8; 32]) -> [u8; 16] {
    name.last_chunk().copied().unwrap_or_default()
}

fn join<const N: usize>(one: &[u8], other: &[u8]) -> [u8; N] {
    let mut joined = [0; N];
    for (to, from) in joined.iter_mut().zip(one.iter().chain(other)) {
        *to = *from;
    }
    joined
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.bell.notify_all();
        // So that the file is free when this returns.
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for FileIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileIndex").field(&self.report()).finish()
    }
}
