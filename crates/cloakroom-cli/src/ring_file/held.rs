//! Whether a file is still the one that was read.

use std::fs::{File, Metadata};
use std::path::Path;

use crate::exit::Failure;
use crate::ring_file::changed;

/// A file, held open from before it was read: its number can't be given to another one, and so tells
/// whether the path still leads to it.
#[derive(Debug)]
pub(crate) struct Held {
    file: File,
    before: Metadata,
}

/// The right to put another file in the place of the one that was read, until it is dropped.
pub(crate) struct Turn<'a>(&'a File);

impl Held {
    /// `None` for what is no file that can be read; whoever reads it says why.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        // To open a pipe waits for a writer, which may never come.
        if !path.metadata().ok()?.is_file() {
            return None;
        }
        let file = File::open(path).ok()?;
        let before = file.metadata().ok()?;
        Some(Self { file, before })
    }

    /// Waits while another edit of the same file is being put in place, and fails if one was. The lock
    /// is held for that moment alone, not while somebody is asked for a password: an emergency must
    /// not wait for a colleague's terminal.
    pub(crate) fn take_turn(&self, path: &Path) -> Result<Turn<'_>, Failure> {
        lock(&self.file);
        let turn = Turn(&self.file);
        let same = match (path.metadata(), self.file.metadata()) {
            (Ok(there), Ok(ours)) => is_same(&there, &ours) && is_untouched(&self.before, &ours),
            _ => false,
        };
        if same { Ok(turn) } else { Err(changed(path)) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Closing the file, which follows, would do it, too.
        let _best_effort = self.0.unlock();
    }
}

/// A file system without locks is no reason to refuse an emergency: what is left without one is the
/// moment between the comparison and the renaming.
#[cfg(unix)]
fn lock(file: &File) {
    let _best_effort = file.lock();
}

/// Locks of other systems keep even this process from reading the file.
#[cfg(not(unix))]
fn lock(_: &File) {}

#[cfg(unix)]
fn is_same(there: &Metadata, ours: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (there.dev(), there.ino()) == (ours.dev(), ours.ino())
}

#[cfg(not(unix))]
fn is_same(there: &Metadata, ours: &Metadata) -> bool {
    is_untouched(there, ours)
}

/// An editor writes into the file that is there.
fn is_untouched(before: &Metadata, now: &Metadata) -> bool {
    before.len() == now.len() && before.modified().ok() == now.modified().ok()
}
