//! What is wrong with a ring file, and where. Talkative: the operator reads it at night.

use core::fmt;

use crate::key::error::{KeyError, Looks};
use crate::key::fault::{MAX_KEYS, RingError};

/// The longest ring file in bytes.
pub(crate) const MAX_FILE: usize = 65_536;
/// The longest note in bytes: short enough that every ring fits into a ring file.
pub(crate) const MAX_NOTE: usize = 80;

/// A ring file that can't be used, with the place to look at.
///
/// ```
/// use cloakroom::KeyRing;
///
/// let error = KeyRing::parse("cloakroom-ring 1\nmax-lifetime 8h\n").unwrap_err();
/// assert_eq!(error.to_string(), "line 2, column 14: expected a number of seconds from 1 to 4294967295");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingFileError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Expected(&'static str),
    Repeated(&'static str),
    Missing(&'static str),
    /// Nothing but white space.
    Empty,
    /// Something else stands where the header belongs.
    NotARing(Looks),
    Version,
    /// What belongs on lines of its own stands on the first.
    LostLineEnds,
    Control,
    CarriageReturn,
    ByteOrderMark,
    NotUtf8,
    NoteTooLong,
    TooLarge(usize),
    TooManyKeys,
    Key(KeyError),
    Ring(RingError),
}

impl RingFileError {
    pub(crate) const fn whole(fault: Fault) -> Self {
        Self {
            line: 0,
            column: 0,
            fault,
        }
    }

    /// The place behind `valid`, at which the file stops being text.
    pub(crate) fn not_utf8(valid: &str) -> Self {
        let line = valid.rsplit('\n').next().unwrap_or_default();
        Self {
            line: valid.matches('\n').count().saturating_add(1),
            column: line.chars().count().saturating_add(1),
            fault: Fault::NotUtf8,
        }
    }

    /// The line, counted from 1, or `None` if the fault is of the file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        (self.line > 0).then_some(self.line)
    }

    /// The column in characters, counted from 1, or `None` if the fault is of the file as a whole.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        (self.line > 0).then_some(self.column)
    }
}

impl fmt::Display for RingFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        match &self.fault {
            Fault::Expected(what) => write!(f, "expected {what}"),
            Fault::Repeated(what) => write!(f, "`{what}` is given twice"),
            Fault::Missing(what) => write!(f, "the file has no `{what}` line"),
            Fault::Empty => {
                f.write_str("the file is empty; a ring file starts with `cloakroom-ring 1`")
            }
            Fault::NotARing(looks) => not_a_ring(f, *looks),
            Fault::Version => f.write_str(
                "this is another version of the ring file, and this program reads version 1; \
                 write the file as version 1, or upgrade the program",
            ),
            Fault::LostLineEnds => f.write_str(
                "the line ends were lost on the way here; put the variable in quotes where it is \
                 set, or keep the ring in a file",
            ),
            Fault::CarriageReturn => f.write_str(
                "a carriage return that ends no line; save the file with line ends of Unix or \
                 Windows",
            ),
            Fault::Control => f.write_str("a control character or tab; use spaces"),
            Fault::ByteOrderMark => {
                f.write_str("a byte order mark; save the file as UTF-8 without one")
            }
            Fault::NotUtf8 => f.write_str("a byte that is not UTF-8; save the file as UTF-8"),
            Fault::NoteTooLong => write!(f, "a note has at most {MAX_NOTE} bytes"),
            Fault::TooLarge(size) => {
                write!(
                    f,
                    "the file has {size} bytes, a ring file has at most {MAX_FILE}"
                )
            }
            Fault::TooManyKeys => write!(f, "more than {MAX_KEYS} keys; remove retired ones"),
            Fault::Key(error) => error.fmt(f),
            Fault::Ring(error) => error.fmt(f),
        }
    }
}

fn not_a_ring(f: &mut fmt::Formatter<'_>, looks: Looks) -> fmt::Result {
    match looks {
        Looks::Root | Looks::Unit => f.write_str(
            "this is a key alone; a ring file starts with `cloakroom-ring 1`, and a key stands in \
             it as `key KEY activate=TIME`",
        ),
        Looks::Wrapped => f.write_str(
            "this ring file is wrapped with a password; unwrap it with the password it was made \
             with",
        ),
        Looks::Unknown | Looks::Empty | Looks::Ring => {
            f.write_str("expected `cloakroom-ring 1`, the first line of a ring file")
        }
        other => write!(
            f,
            "{}; a ring file starts with `cloakroom-ring 1`",
            other.words()
        ),
    }
}

impl core::error::Error for RingFileError {}
