//! The engine: redb, a copy-on-write tree with checksums, committed in two phases.

use alloc::vec::Vec;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Builder, Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    WriteTransaction,
};

use crate::revocation::record::Record;
use crate::revocation::view::Terms;
use crate::store::error::{LogError, OpenError};
use crate::store::fault::{Fault, log_error};
use crate::store::log::{Batch, RevocationLog, Standing, Stored};
use crate::store::place;

/// Records in effect: `expires || kind || key || value || exempt`, so that those that expired stand
/// together at the front. The whole record is the key: of two records for one session neither may
/// replace the other.
const APPLIED: TableDefinition<'_, &[u8], ()> = TableDefinition::new("applied");
/// Waiting records, as in SPEC §9.3.
const WAITING: TableDefinition<'_, &[u8], ()> = TableDefinition::new("waiting");
/// Records that the feed has to be told, as in SPEC §9.3.
const OUTBOX: TableDefinition<'_, &[u8], ()> = TableDefinition::new("outbox");
/// Numbers by name.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

/// One row: up to where the feed was taken in.
const CURSOR: TableDefinition<'_, (), &[u8; 32]> = TableDefinition::new("cursor");
/// One row: the newest snapshot of the feed. Made with the first.
const SNAPSHOT: TableDefinition<'_, (), &[u8; 24]> = TableDefinition::new("snapshot");

const FORMAT: &str = "format";
const FORMAT_HERE: u64 = 1;
const HIGH_WATER_MARK: &str = "high-water-mark";
const EVERYTHING_BEFORE: &str = "everything-before";
const TOKEN_LIFETIME: &str = "token-lifetime";
const LEEWAY: &str = "leeway";
const TOLERANCE: &str = "tolerance";
const EXTENDED: &str = "extended";

/// The file format of redb 3 and 4. Stores were never written in an earlier one.
const ENGINE_FORMAT: u8 = 3;

/// Bytes of pages kept in memory. All entries are in the list already, and rows are added at one
/// end.
const CACHE: usize = 16 << 20;

/// The engine of [`DurableRevocations`](crate::store::DurableRevocations): a file of `redb`.
///
/// Of use by itself only to wrap it, for counting or tracing.
pub struct RedbLog {
    database: Database,
}

impl RedbLog {
    /// Opens an existing file and checks every page of it.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        place::check(path, "opening the file")?;
        Self::open_file(path).map_err(|fault| fault.at(path, "opening the file"))
    }

    fn open_file(path: &Path) -> Result<Self, Fault> {
        let database = builder().open(path).map_err(|error| {
            let fault = Fault::from_redb(error);
            match (&fault, engine_format(path)) {
                (Fault::Damaged(_), Ok(Some(format))) if format > ENGINE_FORMAT => Fault::Newer,
                (Fault::Damaged(_), Ok(Some(format))) if format < ENGINE_FORMAT => Fault::Foreign,
                _ => fault,
            }
        })?;
        let log = Self { database };
        log.check_format()?;
        Ok(log)
    }

    /// Makes a new store where no file is.
    pub(in crate::store) fn create(path: &Path, standing: Standing) -> Result<(), Fault> {
        let file = place::private()
            .read(true)
            .create_new(true)
            .open(path)
            .map_err(Fault::Io)?;
        let backend = FileBackend::new(file).map_err(Fault::from_redb)?;
        let database = builder()
            .create_with_backend(backend)
            .map_err(Fault::from_redb)?;
        Self { database }.initialize(standing)?;
        let file = File::open(path).map_err(Fault::Io)?;
        file.sync_all().map_err(Fault::Io)
    }

    /// A store on a disk of your own, made if it is empty: for simulations of power loss.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    pub fn with_backend(backend: impl redb::StorageBackend) -> Result<Self, LogError> {
        let empty = backend.len().map_err(LogError::new)? == 0;
        let database = builder()
            .create_with_backend(backend)
            .map_err(|error| log_error(error.into()))?;
        let log = Self { database };
        if empty {
            log.initialize(Standing::default())
                .map_err(Fault::into_log_error)?;
        }
        log.check_format().map_err(Fault::into_log_error)?;
        Ok(log)
    }

    fn initialize(&self, standing: Standing) -> Result<(), Fault> {
        self.change(|write| {
            write.open_table(APPLIED)?;
            write.open_table(WAITING)?;
            write.open_table(OUTBOX)?;
            write.open_table(ABOUT)?.insert(FORMAT, FORMAT_HERE)?;
            put_standing(write, &standing)
        })
        .map_err(Fault::from_redb)
    }

    fn check_format(&self) -> Result<(), Fault> {
        let read = self.database.begin_read().map_err(Fault::from_redb)?;
        let about = match read.open_table(ABOUT) {
            Ok(about) => about,
            Err(redb::TableError::Storage(error)) => return Err(Fault::from_redb(error)),
            Err(_) => return Err(Fault::Foreign),
        };
        match about.get(FORMAT).map_err(Fault::from_redb)? {
            Some(format) if format.value() > FORMAT_HERE => Err(Fault::Newer),
            Some(format) if format.value() == FORMAT_HERE => Ok(()),
            _ => Err(Fault::Foreign),
        }
    }

    /// One commit.
    fn change<T>(
        &self,
        what: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let mut write = self.database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        // With one phase, what was committed rests on a checksum that an attacker who chooses what
        // is written could cheat; and the worst bugs of redb's recovery so far spared two phases.
        write.set_two_phase_commit(true);
        let result = what(&write)?;
        write.commit()?;
        Ok(result)
    }

    fn any_before(&self, bound: &[u8]) -> Result<bool, redb::Error> {
        let applied = self.database.begin_read()?.open_table(APPLIED)?;
        let first = applied.first()?;
        Ok(first.is_some_and(|row| row.0.value() < bound))
    }

    fn read(&self, each: &mut dyn FnMut(Stored)) -> Result<Standing, redb::Error> {
        let damaged = || redb::Error::Corrupted("a malformed record".into());
        let read = self.database.begin_read()?;
        for row in read.open_table(APPLIED)?.iter()? {
            let record = from_row(row?.0.value()).ok_or_else(damaged)?;
            each(Stored::Applied(record));
        }
        for row in read.open_table(WAITING)?.iter()? {
            let record = Record::from_bytes(row?.0.value()).map_err(|_| damaged())?;
            each(Stored::Waiting(record));
        }
        for row in read.open_table(OUTBOX)?.iter()? {
            let record = Record::from_bytes(row?.0.value()).map_err(|_| damaged())?;
            each(Stored::Pending(record));
        }
        let cursor = read.open_table(CURSOR)?.get(())?.map(|row| *row.value());
        let snapshot = match read.open_table(SNAPSHOT) {
            Ok(table) => table.get(())?.map(|row| *row.value()),
            Err(redb::TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let about = read.open_table(ABOUT)?;
        let number = |name: &str| -> Result<u64, redb::Error> {
            Ok(about.get(name)?.ok_or_else(damaged)?.value())
        };
        let small = |name: &str| -> Result<u32, redb::Error> {
            u32::try_from(number(name)?).map_err(|_| damaged())
        };
        Ok(Standing {
            high_water_mark: number(HIGH_WATER_MARK)?,
            everything_before: number(EVERYTHING_BEFORE)?,
            terms: Terms {
                token_lifetime: small(TOKEN_LIFETIME)?,
                leeway: small(LEEWAY)?,
                tolerance: small(TOLERANCE)?,
            },
            extended: number(EXTENDED)?,
            cursor,
            snapshot,
        })
    }
}

/// What stands before it has expired. One more, because the bound is exclusive. At the end of time
/// nothing is left to do: keys expire never, and stand there.
const fn expired_by(now: u64) -> [u8; 8] {
    now.saturating_add(1).to_be_bytes()
}

impl RevocationLog for RedbLog {
    fn load(&mut self, each: &mut dyn FnMut(Stored)) -> Result<Standing, LogError> {
        self.read(each).map_err(log_error)
    }

    fn append(&mut self, batch: &Batch<'_>) -> Result<(), LogError> {
        self.change(|write| {
            let mut applied = write.open_table(APPLIED)?;
            for record in batch.applied {
                applied.insert(to_row(record).as_slice(), ())?;
            }
            let mut waiting = write.open_table(WAITING)?;
            for record in batch.waiting {
                waiting.insert(record.to_bytes().as_slice(), ())?;
            }
            for record in batch.released {
                waiting.remove(record.to_bytes().as_slice())?;
            }
            let mut outbox = write.open_table(OUTBOX)?;
            for record in batch.pending {
                outbox.insert(record.to_bytes().as_slice(), ())?;
            }
            for record in batch.delivered {
                outbox.remove(record.to_bytes().as_slice())?;
            }
            put_standing(write, &batch.standing)
        })
        .map_err(log_error)
    }

    fn has_expired(&mut self, now: u64) -> Result<bool, LogError> {
        self.any_before(&expired_by(now)).map_err(log_error)
    }

    fn purge(&mut self, now: u64, at_most: usize) -> Result<usize, LogError> {
        let bound = expired_by(now);
        // Mostly nothing expired since the last time, and a commit costs two fsyncs.
        if !self.any_before(&bound).map_err(log_error)? {
            return Ok(0);
        }
        self.change(|write| {
            let mut applied = write.open_table(APPLIED)?;
            let expired = applied.extract_from_if::<&[u8], _>(..bound.as_slice(), |_, ()| true)?;
            let mut removed = 0_usize;
            for row in expired.take(at_most) {
                row?;
                removed = removed.saturating_add(1);
            }
            Ok(removed)
        })
        .map_err(log_error)
    }
}

impl core::fmt::Debug for RedbLog {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RedbLog").finish_non_exhaustive()
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    // Without it only a file that was not closed is checked, and a bit that flipped in any other is
    // a logout forgotten.
    builder.set_check_integrity_on_open(true);
    builder
}

/// The format of redb that wrote the file. redb itself calls a later one damage, and damage may be
/// moved aside. Each of its two commit slots begins with the number; if only one is off, a bit
/// flipped.
fn engine_format(path: &Path) -> Result<Option<u8>, Fault> {
    const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
    const SLOTS: (usize, usize) = (64, 192);
    let mut start = Vec::new();
    let file = File::open(path).map_err(Fault::Io)?;
    file.take(320).read_to_end(&mut start).map_err(Fault::Io)?;
    let formats = (start.get(SLOTS.0), start.get(SLOTS.1));
    Ok(match formats {
        (Some(one), Some(other)) if one == other && start.starts_with(MAGIC) => Some(*one),
        _ => None,
    })
}

fn put_standing(write: &WriteTransaction, standing: &Standing) -> Result<(), redb::Error> {
    let mut about = write.open_table(ABOUT)?;
    about.insert(HIGH_WATER_MARK, standing.high_water_mark)?;
    about.insert(EVERYTHING_BEFORE, standing.everything_before)?;
    about.insert(TOKEN_LIFETIME, u64::from(standing.terms.token_lifetime))?;
    about.insert(LEEWAY, u64::from(standing.terms.leeway))?;
    about.insert(TOLERANCE, u64::from(standing.terms.tolerance))?;
    about.insert(EXTENDED, standing.extended)?;
    let mut cursor = write.open_table(CURSOR)?;
    if let Some(position) = &standing.cursor {
        cursor.insert((), position)?;
    }
    if let Some(place) = &standing.snapshot {
        write.open_table(SNAPSHOT)?.insert((), place)?;
    }
    Ok(())
}

/// Where `expires` stands in a record: behind kind, key and value.
const EXPIRES: core::ops::Range<usize> = 25..33;

fn to_row(record: &Record) -> Vec<u8> {
    let bytes = record.to_bytes();
    let part = |range: core::ops::Range<usize>| bytes.get(range).unwrap_or_default();
    [
        part(EXPIRES),
        part(0..EXPIRES.start),
        part(EXPIRES.end..bytes.len()),
    ]
    .concat()
}

fn from_row(row: &[u8]) -> Option<Record> {
    let (expires, rest) = row.split_at_checked(EXPIRES.len())?;
    let (front, exempt) = rest.split_at_checked(EXPIRES.start)?;
    Record::from_bytes(&[front, expires, exempt].concat()).ok()
}
