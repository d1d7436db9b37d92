//! Opens and reads a file that must be private, whatever stands at its path.

use alloc::vec::Vec;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::source::fault::SourceFault;
use crate::source::place::Rule;

/// All bytes of the file, at most `limit`.
///
/// The checks are of what was opened, not of the path: between a check of a path and its opening
/// another file can take its place.
pub(crate) fn read(
    path: &Path,
    rule: Rule,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, SourceFault> {
    let file = open(path).map_err(|error| SourceFault::io(&error))?;
    let metadata = file.metadata().map_err(|error| SourceFault::io(&error))?;
    check(&metadata, rule)?;
    if metadata.len() > limit as u64 {
        return Err(SourceFault::TooLarge { limit });
    }
    // A file may grow while it is read, and some have no size: one byte more tells.
    let bound = limit.saturating_add(1);
    // Room for everything at once: growing would leave copies of keys in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(bound));
    let mut piece = Zeroizing::new([0_u8; 4096]);
    let mut from = file.take(bound as u64);
    loop {
        match from.read(piece.as_mut_slice()) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SourceFault::io(&error)),
        }
    }
    if bytes.len() > limit {
        return Err(SourceFault::TooLarge { limit });
    }
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new()
        .read(true)
        // To open a pipe waits for a writer, which may never come, and then a server never starts.
        // A terminal would become the one that can stop this process.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

fn check(metadata: &Metadata, rule: Rule) -> Result<(), SourceFault> {
    if metadata.is_dir() {
        return Err(SourceFault::Directory);
    }
    if !metadata.is_file() {
        return Err(SourceFault::NotAFile);
    }
    permissions(metadata, rule)
}

#[cfg(unix)]
fn permissions(metadata: &Metadata, rule: Rule) -> Result<(), SourceFault> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(SourceFault::Writable { mode });
    }
    if rule == Rule::Private && mode & 0o004 != 0 {
        return Err(SourceFault::Readable { mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn permissions(_: &Metadata, _: Rule) -> Result<(), SourceFault> {
    Ok(())
}
