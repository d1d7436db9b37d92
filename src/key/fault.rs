//! Why a set of keys is not a ring. Talkative: the operator reads it.

use core::fmt;

use crate::key::error::KeyError;
use crate::key::id::KeyId;
use crate::time::Timestamp;

/// Keys that a ring holds at most.
pub(crate) const MAX_KEYS: usize = 256;

/// Why a set of keys is not a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RingError {
    /// There is no key.
    Empty,
    /// There are more than 256 keys.
    TooManyKeys,
    /// The key text of one key is wrong.
    Key(KeyError),
    /// Root keys and derived units in one ring: this key is not of the kind of the first.
    MixedKinds(KeyId),
    /// Two keys have one key id: the same key twice, or a collision made on purpose.
    SameId(KeyId),
    /// Two keys become active at the same time, so which one seals would be chance.
    SameActivation(KeyId, KeyId),
    /// A key retires although no key succeeds it.
    NoSuccessor(KeyId),
    /// A key retires while tokens under it may be alive.
    RetiresEarly {
        /// The key.
        key: KeyId,
        /// When no token under it can be alive any more.
        earliest: Timestamp,
    },
    /// A key retires before its successor seals, which not even `forced` allows: nobody would seal.
    RetiresBeforeSuccessor {
        /// The key.
        key: KeyId,
        /// When its successor becomes active.
        successor: Timestamp,
    },
    /// No key may seal at this time: all are disabled, or become active later.
    NoSealingKey,
    /// The clock failed, so there is no time from which the key could seal.
    Clock,
    /// The ring names no such key.
    UnknownKey(KeyId),
    /// The new ring drops or retires a key whose tokens may be alive.
    DropsKey {
        /// The key.
        key: KeyId,
        /// When no token under it can be alive any more.
        until: Timestamp,
    },
    /// The rollout time is not a whole number of seconds from 0 to 4,294,967,295.
    Rollout,
    /// A note is longer than 80 bytes, holds a control character, or begins or ends so that a file
    /// would not give it back.
    Note,
    /// The maximum lifetime is not a whole number of seconds from 1 to 4,294,967,295.
    Lifetime,
    /// A policy gives tokens a longer life than the ring plans for, in seconds.
    LifetimeTooShort {
        /// What the policy gives.
        policy: u32,
        /// What the ring plans for.
        ring: u32,
    },
}

impl RingError {
    /// The key that the error is about; of two, the later one.
    pub(crate) const fn key(&self) -> Option<KeyId> {
        match self {
            Self::MixedKinds(key)
            | Self::SameId(key)
            | Self::SameActivation(_, key)
            | Self::NoSuccessor(key)
            | Self::UnknownKey(key)
            | Self::RetiresEarly { key, .. }
            | Self::RetiresBeforeSuccessor { key, .. }
            | Self::DropsKey { key, .. } => Some(*key),
            Self::Empty
            | Self::TooManyKeys
            | Self::Key(_)
            | Self::NoSealingKey
            | Self::Clock
            | Self::Lifetime
            | Self::Rollout
            | Self::Note
            | Self::LifetimeTooShort { .. } => None,
        }
    }
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the ring has no key; make a new one, as `cloakroom keys new FILE --force` does"),
            Self::TooManyKeys => write!(f, "the ring has more than {MAX_KEYS} keys"),
            Self::Key(error) => error.fmt(f),
            Self::MixedKinds(_) => f.write_str(
                "root keys (clkkey1.) and derived units (clksub1.) can't be in one ring",
            ),
            Self::SameId(key) => write!(
                f,
                "two keys have the id {key}: the same key twice, or a collision; remove one"
            ),
            Self::SameActivation(one, other) => write!(
                f,
                "keys {one} and {other} become active at the same time; give one a later time"
            ),
            Self::NoSuccessor(key) => write!(
                f,
                "key {key} retires but no key succeeds it; add a key that becomes active before"
            ),
            Self::RetiresEarly { key, earliest } => write!(
                f,
                "key {key} retires while its tokens may be alive; {earliest} is the earliest safe \
                 time, `forced` logs those users out"
            ),
            Self::RetiresBeforeSuccessor { key, successor } => write!(
                f,
                "key {key} retires before its successor becomes active at {successor}; not even \
                 `forced` allows that"
            ),
            Self::NoSealingKey => f.write_str(
                "no key of the ring may seal now; all are disabled or become active later, add one that \
                 seals at once, as `cloakroom keys add FILE --at now --force` does",
            ),
            Self::Clock => f.write_str("the clock gives no time between the years 1970 and 9999"),
            Self::UnknownKey(key) => write!(f, "the ring has no key {key}"),
            Self::DropsKey { key, until } => write!(
                f,
                "the new ring drops key {key}, whose tokens may be alive until {until}; keep it \
                 until then, or force it and log those users out"
            ),
            Self::Lifetime => f.write_str(
                "the maximum lifetime is a whole number of seconds from 1 to 4294967295",
            ),
            Self::Rollout => {
                f.write_str("the rollout time is a whole number of seconds from 0 to 4294967295")
            }
            Self::Note => f.write_str(
                "a note has at most 80 bytes, no control characters, no `#` at its beginning and \
                 no spaces at its ends",
            ),
            Self::LifetimeTooShort { policy, ring } => write!(
                f,
                "the policy gives tokens {policy} seconds but the ring's max-lifetime is {ring}; \
                 keys would retire under live tokens. Raise max-lifetime on all servers first, or \
                 shorten the timeout"
            ),
        }
    }
}

impl core::error::Error for RingError {}

impl From<KeyError> for RingError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}
