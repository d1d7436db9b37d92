//! A server's disk: what was acknowledged is there after a crash, of the rest any part.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use cloakroom::Record;
use cloakroom::store::{
    Batch, DurableRevocations, LogError, RedbLog, RevocationLog, Standing, Stored,
};

use crate::random::Random;

/// The log kept as plain sets.
#[derive(Default)]
struct Kept {
    applied: BTreeSet<Record>,
    waiting: BTreeSet<Record>,
    pending: BTreeSet<Record>,
    standing: Standing,
    /// The next write fails, and whether it was done nevertheless.
    fails: Option<bool>,
    /// The process that had it open is gone.
    cut: bool,
}

#[derive(Clone, Default)]
struct PlainLog(Arc<Mutex<Kept>>);

impl PlainLog {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }
}

impl RevocationLog for PlainLog {
    fn load(&mut self, each: &mut dyn FnMut(Stored)) -> Result<Standing, LogError> {
        let kept = self.lock();
        kept.applied
            .iter()
            .for_each(|record| each(Stored::Applied(*record)));
        kept.waiting
            .iter()
            .for_each(|record| each(Stored::Waiting(*record)));
        kept.pending
            .iter()
            .for_each(|record| each(Stored::Pending(*record)));
        Ok(kept.standing)
    }

    fn append(&mut self, batch: &Batch<'_>) -> Result<(), LogError> {
        let mut kept = self.lock();
        if kept.cut {
            return Err(LogError::new("no power"));
        }
        let fails = kept.fails.take();
        if fails != Some(false) {
            kept.applied.extend(batch.applied);
            kept.waiting.extend(batch.waiting);
            kept.waiting
                .retain(|record| !batch.released.contains(record));
            kept.pending.extend(batch.pending);
            kept.pending
                .retain(|record| !batch.delivered.contains(record));
            kept.standing = batch.standing;
        }
        match fails {
            None => Ok(()),
            Some(_) => Err(LogError::new("the disk is full")),
        }
    }

    fn purge(&mut self, now: u64, at_most: usize) -> Result<usize, LogError> {
        let mut kept = self.lock();
        if kept.cut {
            return Err(LogError::new("no power"));
        }
        let expired = kept.applied.iter().filter(|record| record.expires() <= now);
        let expired: Vec<_> = expired.take(at_most).copied().collect();
        expired.iter().for_each(|record| {
            kept.applied.remove(record);
        });
        Ok(expired.len())
    }
}

enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Length(length) => to.resize(*length, 0),
            Self::Write(from, data) => {
                // A write beyond the end whose new length was lost.
                let room = to.len().saturating_sub(*from).min(data.len());
                if room > 0 {
                    to[*from..from + room].copy_from_slice(&data[..room]);
                }
            }
        }
    }
}

/// The bytes under a database.
#[derive(Default)]
struct Platter {
    synced: Vec<u8>,
    seen: Vec<u8>,
    unsynced: Vec<Change>,
    fails: bool,
    cut: bool,
}

impl Platter {
    fn powered(&mut self) -> io::Result<()> {
        if self.cut || std::mem::take(&mut self.fails) {
            return Err(io::Error::other("no power"));
        }
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Platter>>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bytes")
    }
}

impl redb::StorageBackend for Bytes {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.0.lock().unwrap();
        let from = offset as usize;
        let bytes = platter.seen.get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        platter.powered()?;
        platter.seen.resize(len as usize, 0);
        platter.unsynced.push(Change::Length(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        platter.powered()?;
        let changes = std::mem::take(&mut platter.unsynced);
        changes
            .iter()
            .for_each(|change| change.apply(&mut platter.synced));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        platter.powered()?;
        let change = Change::Write(offset as usize, data.to_vec());
        change.apply(&mut platter.seen);
        platter.unsynced.push(change);
        Ok(())
    }
}

/// What a server has under its feed.
#[derive(Default)]
pub(crate) enum Disk {
    #[default]
    None,
    Plain(PlainDisk),
    Database(Database),
}

#[derive(Default)]
pub(crate) struct PlainDisk(PlainLog);

#[derive(Default)]
pub(crate) struct Database(Bytes);

impl Disk {
    pub(crate) fn plain() -> Self {
        Self::Plain(PlainDisk::default())
    }

    pub(crate) fn database() -> Self {
        Self::Database(Database::default())
    }

    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    pub(crate) fn open(&self, now: cloakroom::Timestamp) -> Option<DurableRevocations> {
        match self {
            Self::None => None,
            Self::Plain(disk) => Some(DurableRevocations::with_log(disk.0.clone(), now).unwrap()),
            Self::Database(disk) => {
                let log = RedbLog::with_backend(disk.0.clone()).unwrap();
                Some(DurableRevocations::with_log(log, now).unwrap())
            }
        }
    }

    /// The next write is an error.
    pub(crate) fn fail(&self, executed: bool) {
        match self {
            Self::None => {}
            Self::Plain(disk) => disk.0.lock().fails = Some(executed),
            Self::Database(disk) => disk.0.0.lock().unwrap().fails = true,
        }
    }

    /// No write fails any more, unless one did.
    pub(crate) fn mend(&self) {
        match self {
            Self::None => {}
            Self::Plain(disk) => disk.0.lock().fails = None,
            Self::Database(disk) => disk.0.0.lock().unwrap().fails = false,
        }
    }

    /// From here on the process writes nothing more.
    pub(crate) fn cut(&self) {
        match self {
            Self::None => {}
            Self::Plain(disk) => disk.0.lock().cut = true,
            Self::Database(disk) => disk.0.0.lock().unwrap().cut = true,
        }
    }

    /// For the next process, which must not share anything with one that is still ending.
    pub(crate) fn after_the_cut(self, random: &mut Random) -> Self {
        match self {
            Self::None => Self::None,
            Self::Plain(disk) => {
                let kept = disk.0.lock();
                let left = Kept {
                    applied: kept.applied.clone(),
                    waiting: kept.waiting.clone(),
                    pending: kept.pending.clone(),
                    standing: kept.standing,
                    ..Kept::default()
                };
                Self::Plain(PlainDisk(PlainLog(Arc::new(Mutex::new(left)))))
            }
            Self::Database(disk) => {
                let platter = disk.0.0.lock().unwrap();
                let mut content = platter.synced.clone();
                let kept = [0, 50, 100][random.index(3)];
                for change in &platter.unsynced {
                    if random.below(100) < kept {
                        change.apply(&mut content);
                    }
                }
                let left = Platter {
                    synced: content.clone(),
                    seen: content,
                    ..Platter::default()
                };
                Self::Database(Database(Bytes(Arc::new(Mutex::new(left)))))
            }
        }
    }
}
