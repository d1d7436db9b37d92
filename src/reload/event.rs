//! What a watch tells: events as they happen, and how it stands.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::key::fault::RingError;
use crate::key::id::KeyId;
use crate::key::ring::KeyRing;
use crate::key::warning::RingWarning;
use crate::observe::{self, Loudness};
use crate::session::error::ReplaceKeysError;
use crate::source::fault::SourceError;
use crate::time::Timestamp;

/// What one look at the source did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reload {
    /// The ring there is the ring in force.
    Unchanged,
    /// A new ring is in force in all sessions of the watch.
    Replaced,
}

/// Why the old ring stays in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReloadError {
    /// The source gave no ring.
    Source(SourceError),
    /// The sessions do not take the ring.
    Refused {
        /// Where the ring is from, as [`SourceError::place`] names it.
        place: String,
        /// Why.
        error: ReplaceKeysError,
    },
}

impl ReloadError {
    /// Whether the operator would read the same. A key that is missed is missed until later at every
    /// look while it seals.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let missed = |error: &Self| match error {
            Self::Refused {
                error: ReplaceKeysError::Ring(RingError::DropsKey { key, .. }),
                ..
            } => Some(*key),
            _ => None,
        };
        self == other || (missed(self).is_some() && missed(self) == missed(other))
    }
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Refused { place, error } => write!(f, "{place}: {error}"),
        }
    }
}

impl core::error::Error for ReloadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            Self::Source(error) => error,
            Self::Refused { error, .. } => error,
        })
    }
}

/// Something that the operator wants to know. Each is told once, when it begins, not at every look.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeyEvent {
    /// A new ring is in force.
    Replaced {
        /// The ring.
        ring: KeyRing,
        /// Keys that it disables and the ring before it did not. A thief may have had forged tokens
        /// renewed under another key before that: where there is a revocation list, call
        /// [`Sessions::disable_key`](crate::Sessions::disable_key) for each, on one server and once,
        /// because it logs everybody out.
        disabled: Vec<KeyId>,
        /// What this change will hurt.
        warnings: Vec<RingWarning>,
    },
    /// The old ring stays in force, for this reason or for another one than before.
    Failed(ReloadError),
    /// The source gives a ring again that can be used.
    Recovered,
    /// What will hurt if nobody does anything: all of it, whenever it changes, and nothing when all
    /// is well again.
    Warnings(Vec<RingWarning>),
}

impl KeyEvent {
    /// Tells the log.
    pub(crate) fn observe(&self) {
        let loudness = match self {
            Self::Failed(_) => Loudness::Error,
            Self::Replaced {
                disabled, warnings, ..
            } if !disabled.is_empty() || !warnings.is_empty() => Loudness::Warn,
            Self::Warnings(warnings) if !warnings.is_empty() => Loudness::Warn,
            Self::Replaced { .. } | Self::Warnings(_) | Self::Recovered => Loudness::Info,
        };
        observe::key_event(loudness, self);
    }
}

impl fmt::Display for KeyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, warnings: &[RingWarning]| {
            warnings
                .iter()
                .try_for_each(|warning| write!(f, "; {warning}"))
        };
        match self {
            Self::Replaced {
                ring,
                disabled,
                warnings,
            } => {
                write!(f, "a new key ring is in force, with the keys")?;
                for key in ring.keys() {
                    write!(f, " {}", key.id)?;
                }
                for key in disabled {
                    write!(f, "; key {key} is disabled now")?;
                }
                list(f, warnings)
            }
            Self::Failed(error) => write!(f, "the old key ring stays in force: {error}"),
            Self::Recovered => f.write_str("the source of keys can be read again"),
            Self::Warnings(warnings) if warnings.is_empty() => {
                f.write_str("nothing to warn of in the key ring any more")
            }
            Self::Warnings(warnings) => {
                f.write_str("key ring")?;
                list(f, warnings)
            }
        }
    }
}

/// How a watch stands.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WatchStatus {
    /// Looks at the source since the start.
    pub polls: u64,
    /// Rings that were replaced since the start.
    pub replaced: u64,
    /// Looks in a row that failed; 0 while all is well.
    pub failures: u64,
    /// Since when the source can't be used.
    pub failing_since: Option<Timestamp>,
    /// When the source was last found in order.
    pub last_success: Option<Timestamp>,
    /// Why the old ring stays in force, if it does.
    pub error: Option<ReloadError>,
    /// What will hurt if nobody does anything.
    pub warnings: Vec<RingWarning>,
    /// Calls of the callback for events that panicked.
    pub panics: u64,
}

/// A watch could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchError {
    /// No sessions were given, so there is nobody to have the new ring.
    NoSessions,
    /// The time between two looks is not whole seconds from 1 to 86,400.
    Interval,
    /// The system gave no thread.
    Thread,
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSessions => "a watch of keys needs sessions that get the new ring; give some",
            Self::Interval => {
                "the time between two looks at the keys is whole seconds from 1 to 86400"
            }
            Self::Thread => "the system gave no thread to watch the keys with",
        })
    }
}

impl core::error::Error for WatchError {}
