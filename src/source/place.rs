//! The places that a ring is read from, and how each is called in an error.

use alloc::string::{String, ToString as _};
use core::fmt;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::source::fault::{SourceFault, without_secrets};

/// Set by systemd to the folder of the unit's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

#[derive(Clone)]
pub(crate) enum Place {
    Env(OsString),
    File(PathBuf),
    Credential(String),
    Directory(PathBuf, String),
    Custom(String),
}

/// Which permissions a file may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Neither read nor written by others.
    Private,
    /// Mounted by a platform: not written by others.
    Mounted,
}

impl Place {
    /// The file, for places that are files.
    pub(crate) fn file(&self) -> Result<Option<(PathBuf, Rule)>, SourceFault> {
        Ok(match self {
            Self::Env(_) | Self::Custom(_) => None,
            Self::File(path) => Some((path.clone(), Rule::Private)),
            Self::Credential(name) => {
                let folder = std::env::var_os(CREDENTIALS).ok_or(SourceFault::NoCredentials)?;
                Some((Path::new(&folder).join(plain(name)?), Rule::Mounted))
            }
            Self::Directory(folder, name) => Some((folder.join(plain(name)?), Rule::Mounted)),
        })
    }

    /// Whether the platform swaps what is there under a reader: Kubernetes makes a new folder, lets
    /// `..data` point to it, and removes the old one.
    pub(crate) fn is_swapped(&self) -> bool {
        match self {
            Self::Directory(folder, _) => folder.join("..data").exists(),
            _ => false,
        }
    }
}

/// A name of one file: with more, a name from a configuration could lead out of the directory.
fn plain(name: &str) -> Result<&str, SourceFault> {
    let separator = |c: char| std::path::is_separator(c) || c == '\0';
    if name.is_empty() || name == "." || name == ".." || name.contains(separator) {
        Err(SourceFault::BadName)
    } else {
        Ok(name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &Path| without_secrets(&path.display().to_string()).to_string();
        match self {
            Self::Env(name) => {
                let name = name.to_string_lossy();
                write!(f, "environment variable {}", without_secrets(&name))
            }
            Self::File(file) => write!(f, "file {}", path(file)),
            Self::Credential(name) => write!(f, "credential {}", without_secrets(name)),
            Self::Directory(folder, name) => {
                write!(f, "secret {} in {}", without_secrets(name), path(folder))
            }
            Self::Custom(name) => f.write_str(without_secrets(name)),
        }
    }
}
