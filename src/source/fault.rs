//! Why a ring could not be had from its source. Talkative: the operator reads it at night. No
//! variant holds anything of what was read.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt;
use std::io;

use crate::key::file_error::{MAX_FILE, RingFileError};

/// A source gave no key ring: which one, and why.
///
/// `Display` is a sentence with the way out. Nothing of the keys is in it, not even where somebody
/// wrote a key in the place of a name.
///
/// ```
/// use cloakroom::KeyRing;
///
/// let error = KeyRing::from_env("NO_SUCH_VARIABLE").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "environment variable NO_SUCH_VARIABLE: it is not set; set it to the text of a ring file"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    pub(crate) place: String,
    pub(crate) fault: SourceFault,
    /// Whether a ring was looked for, and not another secret.
    pub(crate) of_ring: bool,
}

/// Why a source gave no key ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceFault {
    /// The environment variable is not set.
    NotSet,
    /// The environment variable is not UTF-8.
    NotUnicode,
    /// There is no such file.
    NotFound,
    /// `CREDENTIALS_DIRECTORY` is not set: systemd did not start this process, or the unit names no
    /// credential.
    NoCredentials,
    /// A name that is not the name of a file in a directory: empty, `.`, `..` or with a separator.
    BadName,
    /// A directory stands where a file belongs.
    Directory,
    /// A pipe, a socket or a device stands where a file belongs.
    NotAFile,
    /// More bytes than any ring file has.
    TooLarge {
        /// Bytes at most.
        limit: usize,
    },
    /// Others may write the file, or its group.
    Writable {
        /// The permission bits of the file.
        mode: u32,
    },
    /// Others may read the file.
    Readable {
        /// The permission bits of the file.
        mode: u32,
    },
    /// The operating system did not let it be read.
    Io {
        /// The kind of the error.
        kind: io::ErrorKind,
        /// What the system says.
        message: String,
    },
    /// What was read is not a ring file.
    Ring(RingFileError),
    /// What unwraps the keys failed, in its own words.
    Unwrap(String),
    /// Code that was called to read or unwrap the keys panicked.
    Panicked,
}

impl SourceError {
    /// Why.
    #[must_use]
    pub const fn fault(&self) -> &SourceFault {
        &self.fault
    }

    /// The source, as `Display` names it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl SourceFault {
    pub(crate) fn io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            kind => Self::Io {
                kind,
                message: error.to_string(),
            },
        }
    }
}

impl SourceFault {
    /// What to do where a password, a key of a feed or an address stands, and no ring; `None` where that
    /// is the same.
    fn of_secret(&self) -> Option<String> {
        Some(match self {
            Self::NotFound => "there is no such file; correct the path".to_string(),
            Self::Directory => "this is a directory; name the file in it".to_string(),
            Self::NotAFile => {
                "this is a pipe, a socket or a device; a secret is read from a regular file"
                    .to_string()
            }
            Self::TooLarge { limit } => {
                format!("more than {limit} bytes, so this is another file")
            }
            Self::Writable { mode } => format!(
                "others may write this file (mode {mode:04o}); `chmod 600` it, and replace what is in \
                 it if somebody may have changed it"
            ),
            Self::Readable { mode } => format!(
                "others may read this file (mode {mode:04o}); `chmod 600` it, and replace what is in \
                 it if somebody did"
            ),
            _ => return None,
        })
    }
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str("it is not set; set it to the text of a ring file"),
            Self::NotUnicode => {
                f.write_str("its value is not UTF-8; set it to the text of a ring file")
            }
            Self::NotFound => f.write_str(
                "there is no such file; make a ring file and put it there, or correct the path",
            ),
            Self::NoCredentials => f.write_str(
                "CREDENTIALS_DIRECTORY is not set; start the service by systemd, with \
                 LoadCredential= or LoadCredentialEncrypted= in its unit",
            ),
            Self::BadName => f.write_str(
                "this is not the name of one file; give a name without a directory",
            ),
            Self::Directory => {
                f.write_str("this is a directory; name the file in it that holds the ring")
            }
            Self::NotAFile => f.write_str(
                "this is a pipe, a socket or a device; a key ring is read from a regular file, so \
                 that it can be read again",
            ),
            Self::TooLarge { limit } => write!(
                f,
                "more than {limit} bytes; a ring file has at most {MAX_FILE}, so this is another \
                 file"
            ),
            Self::Writable { mode } => write!(
                f,
                "others may write this file (mode {mode:04o}); `chmod 640` it, and replace the \
                 keys if somebody may have changed them"
            ),
            Self::Readable { mode } => write!(
                f,
                "others may read this file (mode {mode:04o}); `chmod 640` it, and replace the keys \
                 if somebody did. A secret that the platform mounted is read as a directory"
            ),
            Self::Io { kind, message } => {
                write!(f, "{message}")?;
                if *kind == io::ErrorKind::PermissionDenied {
                    f.write_str("; let the user or the group of this process read it")?;
                }
                if *kind == io::ErrorKind::NotADirectory {
                    f.write_str("; a file stands in the path where a directory belongs, correct it")?;
                }
                Ok(())
            }
            Self::Ring(error) => error.fmt(f),
            Self::Unwrap(message) => write!(f, "the keys could not be unwrapped: {message}"),
            Self::Panicked => f.write_str(
                "the code that reads or unwraps the keys panicked; its message is on standard error",
            ),
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match self.fault.of_secret().filter(|_| !self.of_ring) {
            Some(sentence) => f.write_str(&sentence),
            None => self.fault.fmt(f),
        }
    }
}

impl core::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.fault {
            SourceFault::Ring(error) => Some(error),
            _ => None,
        }
    }
}

/// `text` unless it holds what looks like a key, a token or a wrapped ring, or nearly: people paste
/// keys where names belong, and an error is printed and kept.
pub(crate) fn without_secrets(text: &str) -> &str {
    const PREFIXES: [&str; 6] = [
        "clkkey",
        "clksub",
        "clkfeed",
        "clkwrap",
        "clk1.",
        "cloakroom-ring",
    ];
    let small = text.to_ascii_lowercase();
    // A part of a key, without its prefix. Names of people's folders are not mixed like this, and
    // those of machines are hexadecimal.
    let mixed = |word: &str| {
        word.len() >= 14
            && word.contains(|c: char| c.is_ascii_uppercase())
            && word.contains(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| c.is_ascii_digit())
    };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    if PREFIXES.iter().any(|prefix| small.contains(prefix)) || words.any(mixed) {
        "(not shown: it looks like a key)"
    } else {
        text
    }
}
