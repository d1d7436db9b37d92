//! What redb says, in the words of a store.

use alloc::format;
use alloc::string::String;
use std::io;
use std::path::Path;

use crate::store::error::{LogError, OpenError};

/// Why the file is of no use, without the name of the file.
pub(in crate::store) enum Fault {
    InUse,
    Damaged(String),
    Newer,
    Foreign,
    Io(io::Error),
}

impl Fault {
    pub(in crate::store) fn from_redb(error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::InUse,
            redb::Error::Io(error) => match error.kind() {
                io::ErrorKind::InvalidData => Self::Damaged(format!("{error}")),
                io::ErrorKind::UnexpectedEof => Self::Damaged("it ends too early".into()),
                _ => Self::Io(error),
            },
            redb::Error::Corrupted(why) => Self::Damaged(why),
            redb::Error::UpgradeRequired(_) => Self::Damaged("two formats at once".into()),
            error @ (redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }) => Self::Damaged(format!("{error}")),
            other => Self::Io(io::Error::other(format!("{other}"))),
        }
    }

    #[cfg(feature = "hazmat")]
    pub(in crate::store) fn into_log_error(self) -> LogError {
        match self {
            Self::Damaged(why) => LogError::damaged(why),
            Self::Io(error) => LogError::new(error),
            Self::InUse => LogError::new("it is in use"),
            Self::Newer => LogError::new("it was written by a newer version"),
            Self::Foreign => LogError::new("it is a database of something else"),
        }
    }

    pub(in crate::store) fn at(self, path: &Path, doing: &'static str) -> OpenError {
        let file = path;
        let path = file.to_path_buf();
        match self {
            Self::InUse => OpenError::InUse { path },
            Self::Damaged(why) => OpenError::Damaged { path, why },
            Self::Newer => OpenError::Newer { path },
            Self::Foreign => OpenError::Foreign { path },
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                OpenError::Missing { path }
            }
            Self::Io(error) => OpenError::io(file, doing, error),
        }
    }
}

pub(in crate::store) fn log_error(error: redb::Error) -> LogError {
    match Fault::from_redb(error) {
        Fault::Damaged(why) => LogError::damaged(why),
        Fault::Io(error) => LogError::new(error),
        _ => LogError::new("the engine lost its file"),
    }
}
