//! One entry of a revocation list, and its bytes (SPEC §9.3).

use alloc::vec::Vec;

use crate::key::id::KeyId;
use crate::seal::derive;
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// Sessions below this generation are all of a session: it was logged out.
pub(crate) const LOGGED_OUT: u32 = u32::MAX;
/// The expiry of an entry that must never be forgotten.
pub(crate) const NEVER: u64 = u64::MAX;
/// The latest cut-off.
const MAX_CUTOFF: u64 = Timestamp::MAX.unix() + (1 << 32);

const SESSION: u8 = 1;
const SUBJECT: u8 = 2;
const AUDIENCE: u8 = 3;
const KEY: u8 = 4;
const SUBJECT_EXEMPT: u8 = 0x82;

/// "Everything that started before `before`, but for `exempt`."
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cutoff {
    /// Unix seconds.
    pub(crate) before: u64,
    pub(crate) exempt: Option<SessionId>,
}

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Session { id: SessionId, below: u32 },
    Subject { key: [u8; 16], cutoff: Cutoff },
    Audience { key: [u8; 16], before: u64 },
    Key { key: [u8; 16] },
}

/// Something to be refused from now on: what a [`RevocationPublish`](crate::RevocationPublish) is
/// given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revocation(pub(crate) Target);

impl Revocation {
    /// Everything of one session.
    #[must_use]
    pub const fn session(id: SessionId) -> Self {
        Self(Target::Session {
            id,
            below: LOGGED_OUT,
        })
    }

    /// The tokens of one session whose generation is below `generation`, at least 1: none is below
    /// 0.
    #[must_use]
    pub fn older_generations(id: SessionId, generation: u32) -> Self {
        let below = generation.max(1);
        Self(Target::Session { id, below })
    }

    /// The sessions of one subject that started before `before` (Unix seconds, at most those of
    /// SPEC §9.1), all or all but one. The empty subject is nobody's: no session ever matches it.
    #[must_use]
    pub fn subject(subject: &[u8], before: u64, exempt: Option<SessionId>) -> Self {
        let before = before.min(MAX_CUTOFF);
        let key = derive::revocation_key(SUBJECT, subject);
        Self(Target::Subject {
            key,
            cutoff: Cutoff { before, exempt },
        })
    }

    /// The sessions of one purpose and audience that started before `before` (Unix seconds), by the
    /// name that [`Sessions::audience_key`](crate::Sessions::audience_key) gives.
    #[must_use]
    pub fn audience(key: [u8; 16], before: u64) -> Self {
        let before = before.min(MAX_CUTOFF);
        Self(Target::Audience { key, before })
    }

    /// Every token sealed under one key.
    #[must_use]
    pub fn key(key: KeyId) -> Self {
        Self(Target::Key {
            key: derive::revocation_key(KEY, &key.to_bytes()),
        })
    }

    /// The time before which sessions are cut off, for the two kinds that have one.
    pub(crate) const fn cutoff(&self) -> Option<u64> {
        match self.0 {
            Target::Subject { cutoff, .. } => Some(cutoff.before),
            Target::Audience { before, .. } => Some(before),
            Target::Session { .. } | Target::Key { .. } => None,
        }
    }
}

/// The name of a purpose and audience in a revocation list.
pub(crate) fn audience_key(context: &derive::Context) -> [u8; 16] {
    derive::revocation_key(AUDIENCE, context.as_bytes())
}

/// The name of a subject in a revocation list.
pub(crate) fn subject_key(subject: &[u8]) -> [u8; 16] {
    derive::revocation_key(SUBJECT, subject)
}

/// A revocation and the time from which it may be forgotten: what lists exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub(crate) revocation: Revocation,
    /// Unix seconds.
    pub(crate) expires: u64,
}

/// Records whose expiries were reckoned while entries lived for `life` seconds.
///
/// A policy that came into use since made that longer and extended the entries that it found. These
/// were not there yet, and must not be the ones that it missed.
#[cfg(feature = "feed")]
#[derive(Debug, Default)]
pub(crate) struct Reckoned {
    pub(crate) records: Vec<Record>,
    pub(crate) life: u64,
}

#[cfg(feature = "feed")]
impl Reckoned {
    /// The records where entries live for `life` seconds.
    pub(crate) fn at(&self, life: u64) -> Vec<Record> {
        let longer = life.saturating_sub(self.life);
        let longer = |record: &Record| record.with_expiry(|at| at.saturating_add(longer));
        self.records.iter().map(longer).collect()
    }
}

/// Bytes that are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadRecord;

impl core::fmt::Display for BadRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("these bytes are not a revocation record")
    }
}

impl core::error::Error for BadRecord {}

impl Record {
    /// A record of a revocation that may be forgotten at `expires`, in Unix seconds. The entry of a
    /// key never may, whatever is given here: whoever has the key can mint tokens for as long as
    /// anybody accepts them.
    #[must_use]
    pub const fn new(revocation: Revocation, expires: u64) -> Self {
        let expires = if matches!(revocation.0, Target::Key { .. }) {
            NEVER
        } else {
            expires
        };
        Self {
            revocation,
            expires,
        }
    }

    /// The bytes of SPEC §9.3: 33, or 49 for a cut-off with an exemption.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(49);
        self.encode(&mut bytes);
        bytes
    }

    /// Reads the bytes of one record and nothing else.
    ///
    /// # Errors
    ///
    /// [`BadRecord`] for an unknown kind, a value out of range, or another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadRecord> {
        match Self::decode(bytes)? {
            (record, []) => Ok(record),
            _ => Err(BadRecord),
        }
    }

    /// When it may be forgotten, in Unix seconds; `u64::MAX` for never.
    #[must_use]
    pub const fn expires(&self) -> u64 {
        self.expires
    }

    /// The same with another expiry, unless it never expires.
    #[cfg(any(feature = "redb", feature = "feed"))]
    pub(crate) fn with_expiry(&self, change: impl FnOnce(u64) -> u64) -> Self {
        let expires = match self.expires {
            NEVER => NEVER,
            expires => change(expires),
        };
        Self::new(self.revocation, expires)
    }

    /// Appends the bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let (kind, key, value, exempt) = match self.revocation.0 {
            Target::Session { id, below } => (SESSION, id.to_bytes(), u64::from(below), None),
            Target::Subject { key, cutoff } => {
                let kind = if cutoff.exempt.is_some() {
                    SUBJECT_EXEMPT
                } else {
                    SUBJECT
                };
                (kind, key, cutoff.before, cutoff.exempt)
            }
            Target::Audience { key, before } => (AUDIENCE, key, before, None),
            Target::Key { key } => (KEY, key, u64::MAX, None),
        };
        out.push(kind);
        out.extend_from_slice(&key);
        out.extend_from_slice(&value.to_be_bytes());
        out.extend_from_slice(&self.expires.to_be_bytes());
        if let Some(exempt) = exempt {
            out.extend_from_slice(&exempt.to_bytes());
        }
    }

    /// Reads one record; returns what follows it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), BadRecord> {
        let ([kind], rest) = bytes.split_first_chunk().ok_or(BadRecord)?;
        let (key, rest) = rest.split_first_chunk::<16>().ok_or(BadRecord)?;
        let (value, rest) = rest.split_first_chunk().ok_or(BadRecord)?;
        let (expires, rest) = rest.split_first_chunk().ok_or(BadRecord)?;
        let (value, expires) = (u64::from_be_bytes(*value), u64::from_be_bytes(*expires));
        let before = (value <= MAX_CUTOFF).then_some(value).ok_or(BadRecord);
        let (target, rest) = match *kind {
            SESSION => {
                let below = u32::try_from(value).ok().filter(|below| *below > 0);
                let id = SessionId::from_bytes(*key);
                (
                    Target::Session {
                        id,
                        below: below.ok_or(BadRecord)?,
                    },
                    rest,
                )
            }
            SUBJECT => {
                let cutoff = Cutoff {
                    before: before?,
                    exempt: None,
                };
                (Target::Subject { key: *key, cutoff }, rest)
            }
            SUBJECT_EXEMPT => {
                let (exempt, rest) = rest.split_first_chunk().ok_or(BadRecord)?;
                let exempt = Some(SessionId::from_bytes(*exempt));
                (
                    Target::Subject {
                        key: *key,
                        cutoff: Cutoff {
                            before: before?,
                            exempt,
                        },
                    },
                    rest,
                )
            }
            AUDIENCE => (
                Target::Audience {
                    key: *key,
                    before: before?,
                },
                rest,
            ),
            KEY if value == u64::MAX && expires == NEVER => (Target::Key { key: *key }, rest),
            _ => return Err(BadRecord),
        };
        Ok((
            Self {
                revocation: Revocation(target),
                expires,
            },
            rest,
        ))
    }
}
