//! What goes wrong with a store: when it is opened, and later.

use alloc::string::{String, ToString as _};
use core::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an engine could not do what it was asked.
#[derive(Clone, PartialEq, Eq)]
pub struct LogError {
    message: String,
    damaged: bool,
}

impl LogError {
    /// It failed: the disk is full, a write or an fsync was refused.
    #[must_use]
    pub fn new(why: impl fmt::Display) -> Self {
        Self {
            message: why.to_string(),
            damaged: false,
        }
    }

    /// What was stored can't be read as what was written.
    #[must_use]
    pub fn damaged(why: impl fmt::Display) -> Self {
        Self {
            message: why.to_string(),
            damaged: true,
        }
    }

    /// Whether what was stored is damaged.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        self.damaged
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogError").field(&self.message).finish()
    }
}

impl core::error::Error for LogError {}

/// A publication of which nobody can say whether it will be remembered.
///
/// It is in effect in this process. Tell the user that the logout may not have worked, and the
/// operator that the store has to be opened again, which a restart of the server does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Writing failed just now.
    Failed(LogError),
    /// Writing failed earlier, and after a failed write or fsync nobody knows what is on the disk.
    /// Nothing more is written until the store is opened again.
    Poisoned(LogError),
    /// The bytes are no undamaged snapshot; nothing of them was used.
    Snapshot(crate::revocation::snapshot::SnapshotError),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) => write!(
                f,
                "the revocation store failed ({why}); what was to be published is in effect until \
                 this process ends and may be forgotten then; open the store again"
            ),
            Self::Poisoned(why) => write!(
                f,
                "the revocation store failed earlier ({why}) and writes nothing until it is opened \
                 again; what was to be published is in effect until this process ends"
            ),
            Self::Snapshot(why) => why.fmt(f),
        }
    }
}

impl core::error::Error for StoreError {}

/// Why a store can't be opened. Nothing was changed, unless the text says so.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another part of this one, has the file open.
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file, and it was to exist.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, cut short, or no store at all.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file was written by a newer version.
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The file is an intact database of something else.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A directory, a pipe, a socket or a device stands where the file belongs.
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// Everybody may write the file, and so take logouts out of it.
    Writable {
        /// The file.
        path: PathBuf,
        /// The permission bits of the file.
        mode: u32,
    },
    /// The operating system refused: permissions, a read-only or full disk, a missing directory.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

impl OpenError {
    /// The file or directory that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::InUse { path }
            | Self::Missing { path }
            | Self::Damaged { path, .. }
            | Self::Newer { path }
            | Self::Foreign { path }
            | Self::NotAFile { path }
            | Self::Writable { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    pub(in crate::store) fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::Io {
            path,
            doing,
            source,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revocation store {}: ", self.path().display())?;
        match self {
            Self::InUse { .. } => f.write_str(
                "another process, or another part of this one, has it open; one process at a time",
            ),
            Self::Missing { .. } => f.write_str(
                "the file does not exist; if it did, its logouts are forgotten: restore it, or \
                 let the server open it with `DurableRevocations::recover`, which logs everybody out",
            ),
            Self::Damaged { why, .. } => write!(
                f,
                "the file is damaged ({why}); put an intact copy in its place and cut off what \
                 started since, or let the server open it with \
                 `DurableRevocations::recover`, which moves it aside and logs everybody out"
            ),
            Self::Newer { .. } => f.write_str(
                "the file was written by a newer version; use that version, nothing was changed",
            ),
            Self::Foreign { .. } => {
                f.write_str("the file is a database of something else; is the path right?")
            }
            Self::NotAFile { path } if path.is_dir() => f.write_str(
                "this is a directory; name the file in it, which is made if there is none",
            ),
            Self::NotAFile { .. } => {
                f.write_str("this is a pipe, a socket or a device; name a regular file")
            }
            Self::Writable { mode, .. } => write!(
                f,
                "everybody may write this file (mode {mode:04o}), and so let those in again who \
                 logged out; `chmod 600` it, and find out who did"
            ),
            Self::Io { doing, source, .. } => write!(f, "{doing}: {source}"),
        }
    }
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
