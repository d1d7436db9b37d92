//! The file of an index and its tables, whole from the first moment.

use alloc::format;
use core::sync::atomic::{AtomicU32, Ordering};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use redb::{Database, TableDefinition};

use crate::index::port::IndexError;
use crate::store::place;

pub(in crate::index) const ENTRIES: TableDefinition<'_, [u8; 16], &[u8]> =
    TableDefinition::new("entries");
/// `subject || session`.
pub(in crate::index) const BY_SUBJECT: TableDefinition<'_, [u8; 32], ()> =
    TableDefinition::new("by-subject");
/// `expires || session`.
pub(in crate::index) const BY_EXPIRY: TableDefinition<'_, [u8; 24], ()> =
    TableDefinition::new("by-expiry");

/// Bytes of pages kept in memory.
const CACHE: usize = 8 << 20;

/// Opens the file, and makes it if there is none.
pub(in crate::index) fn open(path: &Path) -> Result<Database, IndexError> {
    // Who is logged in, from where and since when is nobody else's business.
    place::check(path, "opening the file").map_err(|_| {
        IndexError::new(
            "this is no regular file, or everybody may write it; delete it, it is made anew",
        )
    })?;
    if !path.exists() {
        put_new(path)?;
    }
    prepared(path).map_err(IndexError::new)
}

/// The file with its tables.
fn prepared(path: &Path) -> Result<Database, redb::Error> {
    let database = Database::builder().set_cache_size(CACHE).create(path)?;
    let write = database.begin_write()?;
    write.open_table(ENTRIES)?;
    write.open_table(BY_SUBJECT)?;
    write.open_table(BY_EXPIRY)?;
    write.commit()?;
    Ok(database)
}

/// Makes a new file whole and gives it its name at once: one that was killed half made could never be
/// opened again, and the server not started, for a list that is expendable.
fn put_new(path: &Path) -> Result<(), IndexError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut new = OsString::from(path);
    new.push(format!(".new-{}-{number}", std::process::id()));
    let new = PathBuf::from(new);
    // Of a process with the same number that was killed.
    let _left_over = fs::remove_file(&new);
    let made = place::private()
        .create_new(true)
        .open(&new)
        .map_err(redb::Error::from)
        .and_then(|_| prepared(&new))
        .map_err(IndexError::new)
        .and_then(|database| {
            drop(database);
            match fs::hard_link(&new, path) {
                // Another was faster, and its file is as good.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                // Not every file system has links.
                Err(_) => fs::rename(&new, path).map_err(IndexError::new),
                Ok(()) => Ok(()),
            }
        });
    let _renamed = fs::remove_file(&new);
    made
}
