//! What is wrong with a description of sessions. Talkative: its author reads it.

use core::fmt;

use crate::key::fault::RingError;
use crate::wire::claims::Schema;
use crate::wire::text::{MAX_TOKEN, MIN_TOKEN};

/// Sessions can't be built as they were described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Something that has no default was not said.
    Missing(&'static str),
    /// A duration is not whole seconds within its limits.
    Duration {
        /// Which one.
        name: &'static str,
        /// The least number of seconds.
        least: u32,
        /// The greatest.
        greatest: u32,
    },
    /// The share of the idle timeout after which renewals are due is not a fraction below 1.
    Share,
    /// The clock skew is too large for the tolerance: a cut-off "now" would be refused.
    Skew,
    /// Going on with a stale view for longer than half the life of a token.
    Stale {
        /// The limit in seconds.
        limit: u32,
    },
    /// The token limit is not between 65 and 4096 characters.
    TokenLimit,
    /// The ring and this configuration do not fit.
    Ring(RingError),
    /// The clock gives no time.
    Clock,
    /// A payload type, or a previous one, has a minor other than 0 and is no struct with named
    /// fields: it can't have grown at its end, and its next change would be read as something else.
    Minor {
        /// The schema of the type.
        schema: Schema,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "sessions need {what}; call it on the builder"),
            Self::Duration {
                name,
                least,
                greatest,
            } => {
                write!(f, "`{name}` takes whole seconds from {least} to {greatest}")
            }
            Self::Share => f.write_str("`renew_share` takes a fraction below 1, such as 1, 2"),
            Self::Skew => f.write_str(
                "`skew` must be less than half of `tolerance`, or nothing can be revoked \"now\"",
            ),
            Self::Stale { limit } => write!(
                f,
                "`on_stale` may go on for at most {limit} seconds with these timeouts (half the \
                 life of a token)"
            ),
            Self::TokenLimit => {
                write!(
                    f,
                    "`max_token_len` takes {MIN_TOKEN} to {MAX_TOKEN} characters"
                )
            }
            Self::Ring(error) => error.fmt(f),
            Self::Minor { schema } => write!(
                f,
                "a payload of schema ({}, {}) is not a struct with named fields, so its minor must \
                 be 0: raise the major",
                schema.major(),
                schema.minor()
            ),
            Self::Clock => f.write_str("the clock gives no time between the years 1970 and 9999"),
        }
    }
}

impl core::error::Error for BuildError {}

impl From<RingError> for BuildError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}
