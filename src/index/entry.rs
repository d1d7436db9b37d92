//! What an index remembers of one session.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// The longest label in bytes; longer ones are cut.
pub const MAX_LABEL: usize = 128;

/// The version of the bytes.
const FORMAT: u8 = 1;

/// A session as an index remembers it. No token, no payload and no subject: the subject stands
/// there by the hash that revocation lists know it by.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexEntry {
    pub(crate) session: SessionId,
    pub(crate) subject: [u8; 16],
    /// Names purpose, audience and binding.
    pub(crate) scope: [u8; 16],
    pub(crate) generation: u32,
    pub(crate) authenticated_at: u64,
    pub(crate) issued_after: u32,
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    pub(crate) kid: [u8; 4],
    /// Unix seconds.
    pub(crate) expires: u64,
    /// `None` where the label is not known, as after a renewal.
    pub(crate) label: Option<String>,
}

/// Bytes that are not an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadEntry;

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these bytes are not an entry of a session index")
    }
}

impl core::error::Error for BadEntry {}

impl IndexEntry {
    /// The session: the name that entries are replaced and removed by.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The name that entries are listed by: a hash of the subject.
    #[must_use]
    pub const fn subject(&self) -> [u8; 16] {
        self.subject
    }

    /// When the newest token of the session that is known here ends, in Unix seconds. An index
    /// forgets the entry then; a renewal that it hears of later brings it back.
    #[must_use]
    pub const fn expires(&self) -> u64 {
        self.expires
    }

    /// When the newest token that is known here was made: the last sign of life.
    #[must_use]
    pub const fn renewed(&self) -> Timestamp {
        let after = self.issued_after as u64;
        Timestamp::saturating_from_unix(self.authenticated_at.saturating_add(after))
    }

    /// What an index keeps when it is given this entry and has `known` of the same session: the
    /// later of both, and the label that is known.
    #[must_use]
    pub fn merged(self, known: &Self) -> Self {
        let age = |entry: &Self| (entry.generation, entry.issued_after);
        let label = self.label.clone().or_else(|| known.label.clone());
        let later = if age(&self) >= age(known) {
            self
        } else {
            known.clone()
        };
        Self { label, ..later }
    }

    /// What an index keeps when this entry takes the place of another session's: the label goes on.
    #[must_use]
    pub fn replacing(self, old: &Self) -> Self {
        let label = self.label.or_else(|| old.label.clone());
        Self { label, ..self }
    }

    /// The entry as bytes, at most 207.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(80);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.session.to_bytes());
        bytes.extend_from_slice(&self.subject);
        bytes.extend_from_slice(&self.scope);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.authenticated_at.to_be_bytes());
        bytes.extend_from_slice(&self.issued_after.to_be_bytes());
        bytes.extend_from_slice(&self.idle.to_be_bytes());
        bytes.extend_from_slice(&self.absolute.to_be_bytes());
        bytes.extend_from_slice(&self.kid);
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        if let Some(label) = &self.label {
            bytes.push(1);
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`BadEntry`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadEntry> {
        let mut rest = bytes;
        if take::<1>(&mut rest)? != [FORMAT] {
            return Err(BadEntry);
        }
        let entry = Self {
            session: SessionId::from_bytes(take(&mut rest)?),
            subject: take(&mut rest)?,
            scope: take(&mut rest)?,
            generation: u32::from_be_bytes(take(&mut rest)?),
            authenticated_at: u64::from_be_bytes(take(&mut rest)?),
            issued_after: u32::from_be_bytes(take(&mut rest)?),
            idle: u32::from_be_bytes(take(&mut rest)?),
            absolute: u32::from_be_bytes(take(&mut rest)?),
            kid: take(&mut rest)?,
            expires: u64::from_be_bytes(take(&mut rest)?),
            label: None,
        };
        let label = match rest.split_first() {
            None => None,
            Some((1, label)) if label.len() <= MAX_LABEL => {
                let label = core::str::from_utf8(label).map_err(|_| BadEntry)?;
                Some(label.into())
            }
            Some(_) => return Err(BadEntry),
        };
        Ok(Self { label, ..entry })
    }
}

impl fmt::Debug for IndexEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexEntry")
            .field("renewed", &self.renewed())
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], BadEntry> {
    let (first, after) = rest.split_first_chunk::<N>().ok_or(BadEntry)?;
    *rest = after;
    Ok(*first)
}

/// A label fit to be kept: control characters, which could forge lines of a log, become spaces, and
/// what is too long is cut between characters.
pub(crate) fn label(text: &str) -> String {
    let mut label = String::new();
    for character in text.chars() {
        let shown = if character.is_control() {
            ' '
        } else {
            character
        };
        if label.len().saturating_add(shown.len_utf8()) > MAX_LABEL {
            break;
        }
        label.push(shown);
    }
    label
}
