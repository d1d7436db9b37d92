//! What can go wrong when a token is made or taken back: one type for each operation. Talkative,
//! because the program's author or operator reads them, never the client.

use core::fmt;

use crate::error::{Fault, Unavailable, VerifyError};
use crate::key::fault::RingError;
use crate::wire::claims::MAX_SUBJECT;

/// A payload that can't be put into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadError {
    /// The token would be too long, now or at a later renewal.
    TooLarge {
        /// Characters that the token needs at its longest.
        needed: usize,
        /// Characters that it may have.
        limit: usize,
    },
    /// postcard can't write the type: `flatten`, or a `Serialize` of its own that failed.
    Unsupported,
    /// A field was left out, by `skip_serializing_if` or a `Serialize` of its own: the next field
    /// would be read in its place.
    LeftOut,
    /// postcard wrote the payload but can't read it back as what it is: `untagged`, internally
    /// tagged, fields that are only written or only read (`skip_serializing`,
    /// `skip_deserializing`) or under another name, more than 64 levels, more than 4,096 elements.
    Unreadable,
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { needed, limit } => write!(
                f,
                "the session needs a token of {needed} characters, {limit} are allowed; keep large \
                 or growing things in a database and their id in the session"
            ),
            Self::Unsupported => f.write_str(
                "the payload's type can't be written: it uses #[serde(flatten)] or its Serialize \
                 failed",
            ),
            Self::LeftOut => f.write_str(
                "the payload leaves a field out, and the next one would be read in its place: \
                 remove #[serde(skip_serializing_if)]",
            ),
            Self::Unreadable => f.write_str(
                "the payload could be written but not read back as what it is: look for \
                 #[serde(untagged)], #[serde(tag)], #[serde(skip_serializing)], \
                 #[serde(skip_deserializing)], names that differ between writing and reading, deep \
                 nesting or thousands of elements",
            ),
        }
    }
}

impl core::error::Error for PayloadError {}

/// No session was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// Clock, random source, sealing key or a fresh revocation view are missing.
    Unavailable(Unavailable),
    /// The subject is longer than 255 bytes.
    SubjectTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The payload can't be put into a token.
    Payload(PayloadError),
    /// A cut-off for this subject or audience lies so far ahead that the session would start in the
    /// future: the clock of the server that made it is fast.
    CutOffAhead {
        /// By how many seconds.
        seconds: u64,
    },
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => unavailable(f, error),
            Self::SubjectTooLong { length } => subject_too_long(f, *length),
            Self::Payload(error) => error.fmt(f),
            Self::CutOffAhead { seconds } => write!(
                f,
                "a cut-off lies {seconds} seconds in the future; no session can start before it, \
                 check the servers' clocks"
            ),
        }
    }
}

impl core::error::Error for IssueError {}

/// A session was not updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError {
    /// The session ended meanwhile, or that can't be found out.
    Verify(VerifyError),
    /// A newer program wrote the payload; writing it back would drop fields that this program never
    /// saw.
    ReadOnly,
    /// The new payload can't be put into a token.
    Payload(PayloadError),
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify(error) => error.fmt(f),
            Self::ReadOnly => f.write_str(
                "the session's payload was written by a newer version of this program and can't be \
                 updated by this one; it can be renewed and read",
            ),
            Self::Payload(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for UpdateError {}

/// A session was not rotated; the old token stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateError<E> {
    /// As for an update.
    Update(UpdateError),
    /// The session was rotated 4,294,967,294 times.
    GenerationsExhausted,
    /// The older generations could not be revoked, so no token was made.
    Publish(E),
}

impl<E: fmt::Display> fmt::Display for RotateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update(error) => error.fmt(f),
            Self::GenerationsExhausted => f.write_str("the session was rotated too often"),
            Self::Publish(error) => write!(f, "the older tokens could not be revoked: {error}"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for RotateError<E> {}

/// No new session was issued; the old one stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReauthenticateError<E> {
    /// As for a login.
    Issue(IssueError),
    /// The session was verified for another purpose, audience or binding.
    OtherContext,
    /// The old session could not be revoked, so no token was made.
    Publish(E),
}

impl<E: fmt::Display> fmt::Display for ReauthenticateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(error) => error.fmt(f),
            Self::OtherContext => f.write_str(
                "the session was verified for another purpose, audience or binding than these",
            ),
            Self::Publish(error) => write!(f, "the old session could not be revoked: {error}"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for ReauthenticateError<E> {}

/// Nothing was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevokeError<E> {
    /// The empty subject belongs to no one: revoking it would log out nobody or everybody.
    NoSubject,
    /// The subject is longer than 255 bytes, so no session can have it.
    SubjectTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The cut-off lies further ahead than half the tolerance: until then nobody could log in.
    CutOffAhead {
        /// By how many seconds.
        seconds: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// The clock is missing.
    Unavailable(Unavailable),
    /// The store did not take it.
    Publish(E),
}

impl<E: fmt::Display> fmt::Display for RevokeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubject => f.write_str(
                "the empty subject belongs to no one; revoke the session by its id instead",
            ),
            Self::SubjectTooLong { length } => subject_too_long(f, *length),
            Self::CutOffAhead { seconds, limit } => write!(
                f,
                "the cut-off lies {seconds} seconds in the future, {limit} are allowed; until then \
                 nobody could log in"
            ),
            Self::Unavailable(error) => unavailable(f, error),
            Self::Publish(error) => write!(f, "the revocation could not be published: {error}"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for RevokeError<E> {}

/// The keys were not replaced; the old ring stays in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplaceKeysError {
    /// The new ring can't take the old one's place.
    Ring(RingError),
    /// The clock is missing.
    Unavailable(Unavailable),
}

impl fmt::Display for ReplaceKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring(error) => error.fmt(f),
            Self::Unavailable(error) => unavailable(f, error),
        }
    }
}

impl core::error::Error for ReplaceKeysError {}

impl IssueError {
    /// Whose fault it is: 503 for [`Fault::Unavailable`], 500 for the rest.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            // Time heals a cut-off that lies ahead.
            Self::Unavailable(_) | Self::CutOffAhead { .. } => Fault::Unavailable,
            Self::SubjectTooLong { .. } | Self::Payload(_) => Fault::Configuration,
        }
    }
}

impl UpdateError {
    /// Whose fault it is: 401 for [`Fault::Client`], 503 for [`Fault::Unavailable`], 500 for the
    /// rest.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Verify(error) => error.fault(),
            // A client sends it in every rolling deploy; a server of the newer program, or the end
            // of the deploy, heals it.
            Self::ReadOnly => Fault::Unavailable,
            Self::Payload(_) => Fault::Configuration,
        }
    }
}

impl<E> RotateError<E> {
    /// Whose fault it is, as for [`UpdateError::fault`]; a store that failed is unavailable.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Update(error) => error.fault(),
            Self::GenerationsExhausted => Fault::Client,
            Self::Publish(_) => Fault::Unavailable,
        }
    }
}

impl<E> ReauthenticateError<E> {
    /// Whose fault it is, as for [`IssueError::fault`]; a store that failed is unavailable.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Issue(error) => error.fault(),
            Self::OtherContext => Fault::Configuration,
            Self::Publish(_) => Fault::Unavailable,
        }
    }
}

impl<E> RevokeError<E> {
    /// Whose fault it is: 503 for [`Fault::Unavailable`], 500 for the rest.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Unavailable(_) | Self::Publish(_) => Fault::Unavailable,
            Self::NoSubject | Self::SubjectTooLong { .. } | Self::CutOffAhead { .. } => {
                Fault::Configuration
            }
        }
    }
}

fn unavailable(f: &mut fmt::Formatter<'_>, error: &Unavailable) -> fmt::Result {
    use crate::error::Missing;
    f.write_str(match error.missing() {
        Missing::Clock => "the clock gives no time",
        Missing::Random => "the random source gives nothing",
        Missing::Revocations => "the revocation view is not fresh",
        Missing::SealingKey => "no key of the ring may seal at this time",
        Missing::Origin => "only the origin of the revocations can tell, or make a token",
    })
}

fn subject_too_long(f: &mut fmt::Formatter<'_>, length: usize) -> fmt::Result {
    write!(
        f,
        "the subject has {length} bytes, at most {MAX_SUBJECT} are allowed; use an id"
    )
}

macro_rules! from {
    ($($source:ty => $target:ty, $variant:ident;)*) => {$(
        impl From<$source> for $target {
            fn from(error: $source) -> Self {
                Self::$variant(error.into())
            }
        }
    )*};
}

from! {
    Unavailable => IssueError, Unavailable;
    PayloadError => IssueError, Payload;
    VerifyError => UpdateError, Verify;
    Unavailable => UpdateError, Verify;
    PayloadError => UpdateError, Payload;
    RingError => ReplaceKeysError, Ring;
    Unavailable => ReplaceKeysError, Unavailable;
}

impl<E, S: Into<UpdateError>> From<S> for RotateError<E> {
    fn from(error: S) -> Self {
        Self::Update(error.into())
    }
}

impl<E, S: Into<IssueError>> From<S> for ReauthenticateError<E> {
    fn from(error: S) -> Self {
        Self::Issue(error.into())
    }
}

impl<E> From<Unavailable> for RevokeError<E> {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}
