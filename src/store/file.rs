//! Making the file, finding it damaged, moving it aside: never silently empty.

use alloc::string::ToString as _;
use core::fmt;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::engine::RedbLog;
use crate::store::error::OpenError;
use crate::store::fault::Fault;
use crate::store::log::Standing;
use crate::store::place;
use crate::time::Timestamp;

/// Seconds added to the time of a recovery: sessions that another server's clock, a little ahead,
/// started before it are meant too (SPEC §9.6, with the skew of the default policy).
const SKEW: u64 = 3;

/// A store was lost and replaced by an empty one. Somebody has to look into it.
///
/// Everybody was logged out: with the file went the memory of who had logged out, and cutting all
/// sessions off is the only way not to let those back in. Not covered are revoked *keys*
/// ([`disable_key`](crate::Sessions::disable_key)): whoever has such a key makes sessions that
/// start later. Mark the keys as disabled in the ring file, and revoke them again.
#[derive(Debug)]
#[must_use = "logouts were lost; report it to somebody, and revoke leaked keys again"]
#[non_exhaustive]
pub struct Alarm {
    /// Where the damaged file is now; `None` if there was no file.
    pub moved_to: Option<PathBuf>,
    /// What was wrong.
    pub why: OpenError,
    /// Every session that started before is refused from now on.
    pub everything_before: Timestamp,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        if let Some(path) = &self.moved_to {
            write!(f, "; the file is kept as {}", path.display())?;
        }
        write!(
            f,
            "; replaced by an empty store, every session that started before {} is logged out, \
             revoked keys have to be revoked again",
            self.everything_before
        )
    }
}

/// Opens the file, and makes it if there is none. The second half of the answer says whether.
pub(in crate::store) fn open_or_create(path: &Path) -> Result<(RedbLog, bool), OpenError> {
    match RedbLog::open(path) {
        Err(OpenError::Missing { .. }) => {}
        other => return other.map(|log| (log, false)),
    }
    let _turn = Turn::take(path)?;
    match RedbLog::open(path) {
        // Another process was faster.
        Err(OpenError::Missing { .. }) => {}
        other => return other.map(|log| (log, false)),
    }
    put_new(path, Standing::default())?;
    Ok((RedbLog::open(path)?, true))
}

/// Opens the file; if it is damaged or missing, puts an empty one in its place that refuses every
/// session which started before `now`. Whether it is damaged, `open` finds out: some damage shows
/// only when the entries are read. It is told whether the store is a new one.
pub(in crate::store) fn open_or_replace<T>(
    path: &Path,
    now: Timestamp,
    open: impl Fn(RedbLog, bool) -> Result<T, OpenError>,
) -> Result<(T, Option<Alarm>), OpenError> {
    let open = |created| open(RedbLog::open(path)?, created);
    if let Ok(opened) = open(false) {
        return Ok((opened, None));
    }
    let _turn = Turn::take(path)?;
    // Looked at again: another process may have replaced it, and what it acknowledged since must
    // not be moved aside with it.
    let why = match open(false) {
        Ok(opened) => return Ok((opened, None)),
        Err(why @ (OpenError::Damaged { .. } | OpenError::Missing { .. })) => why,
        Err(other) => return Err(other),
    };
    let moved_to = match why {
        OpenError::Missing { .. } => None,
        _ => Some(keep(path, now)?),
    };
    let before = now.unix().saturating_add(SKEW);
    let everything_before = Timestamp::saturating_from_unix(before);
    // Born with the cut-off: an empty store without it, for however short a time, is what the next
    // start would find after a crash, and take for a list on which nobody is.
    let standing = Standing {
        everything_before: everything_before.unix(),
        ..Standing::default()
    };
    put_new(path, standing)?;
    let alarm = Alarm {
        moved_to,
        why,
        everything_before,
    };
    Ok((open(true)?, Some(alarm)))
}

/// Makes a new file whole and puts it in place at once: a start that is interrupted leaves either
/// no file or a complete one.
fn put_new(path: &Path, standing: Standing) -> Result<(), OpenError> {
    let new = beside(path, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(OpenError::io(
                &new,
                "removing what a start left over",
                error,
            ));
        }
        _ => {}
    }
    let created = RedbLog::create(&new, standing);
    created.map_err(|fault| match fault {
        // The directory is missing, not the file.
        Fault::Io(error) => OpenError::io(&new, "creating the file", error),
        other => other.at(&new, "creating the file"),
    })?;
    fs::rename(&new, path).map_err(|error| OpenError::io(path, "naming the file", error))?;
    sync_directory(path)
}

/// Gives the damaged file a second name. The first stays until the new file takes it, so that a
/// crash in between leaves the damage to be found, not a missing file.
fn keep(path: &Path, now: Timestamp) -> Result<PathBuf, OpenError> {
    let doing = "keeping the damaged file";
    let base = ".damaged-".to_string() + &now.unix().to_string();
    for attempt in 0..1000_u32 {
        let suffix = match attempt {
            0 => base.clone(),
            _ => base.clone() + "-" + &attempt.to_string(),
        };
        let aside = beside(path, &suffix);
        if aside.exists() {
            continue;
        }
        // Not every file system has links.
        fs::hard_link(path, &aside)
            .or_else(|_| copy(path, &aside))
            .map_err(|error| OpenError::io(&aside, doing, error))?;
        sync_directory(path)?;
        return Ok(aside);
    }
    let error = io::Error::from(io::ErrorKind::AlreadyExists);
    Err(OpenError::io(path, doing, error))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// A name is durable when its directory is.
fn sync_directory(path: &Path) -> Result<(), OpenError> {
    if cfg!(unix) {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| OpenError::io(directory, "syncing the directory", error))?;
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// The right to put a file in place, of one process at a time. The lock of the store itself can't
/// give it: it belongs to the file that is replaced.
struct Turn(#[expect(dead_code, reason = "closing it gives the lock back")] File);

impl Turn {
    #[expect(
        clippy::incompatible_msrv,
        reason = "the feature `redb` needs a newer compiler than the rest, which has it"
    )]
    fn take(path: &Path) -> Result<Self, OpenError> {
        // Never removed: whoever waits for it would hold the lock of a file that is gone.
        let name = beside(path, ".lock");
        place::check(&name, "creating the lock file")?;
        let file = place::private()
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(|error| OpenError::io(&name, "creating the lock file", error))?;
        file.lock()
            .map_err(|error| OpenError::io(&name, "locking", error))?;
        Ok(Self(file))
    }
}
