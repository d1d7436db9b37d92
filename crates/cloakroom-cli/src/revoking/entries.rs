//! The entries of a list, out of its snapshot (SPEC §9.12).

use cloakroom::{Record, Timestamp};
use serde_json::{Value, json};

use crate::hex;

/// Magic, two times and a count; a digest at the end.
const HEAD: usize = 8 + 8 + 8 + 4;
const DIGEST: usize = 32;
/// A record, and one that exempts a session.
const RECORD: usize = 33;
const EXEMPTING: usize = 49;
const SUBJECT_EXEMPT: u8 = 0x82;

/// One entry, as it is shown.
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) says: String,
    /// `None` for one that is kept for good.
    pub(crate) expires: Option<Timestamp>,
    exempt: Option<String>,
}

/// The entries of a snapshot that the library just made; `None` if it is none.
pub(crate) fn entries(snapshot: &[u8]) -> Option<Vec<Entry>> {
    let end = snapshot.len().checked_sub(DIGEST)?;
    let mut rest = snapshot.get(HEAD..end)?;
    let mut entries = Vec::new();
    while let Some(kind) = rest.first() {
        let length = if *kind == SUBJECT_EXEMPT { EXEMPTING } else { RECORD };
        let (bytes, after) = rest.split_at_checked(length)?;
        let record = Record::from_bytes(bytes).ok()?;
        entries.push(entry(bytes, &record)?);
        rest = after;
    }
    Some(entries)
}

fn entry(bytes: &[u8], record: &Record) -> Option<Entry> {
    let (kind, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_first_chunk::<16>()?;
    let (value, rest) = rest.split_first_chunk::<8>()?;
    let exempt = rest.get(8..).filter(|exempt| !exempt.is_empty()).map(hex::encode);
    let value = u64::from_be_bytes(*value);
    let before = || match Timestamp::from_unix(value) {
        Some(time) => format!("started before {time}"),
        None => "whenever it started".into(),
    };
    let (kind, says) = match kind {
        1 if value == u64::from(u32::MAX) => ("session", "logged out".into()),
        1 => ("session", format!("generations below {value}")),
        2 | &SUBJECT_EXEMPT => ("subject", before()),
        3 => ("audience", before()),
        _ => ("key", "every token".into()),
    };
    Some(Entry {
        kind,
        name: hex::encode(name),
        says,
        expires: Timestamp::from_unix(record.expires()),
        exempt,
    })
}

impl Entry {
    pub(crate) fn line(&self) -> String {
        let expires = self.expires.map_or_else(|| "never".into(), |time| time.to_string());
        let exempt = match &self.exempt {
            Some(exempt) => format!(", except session {exempt}"),
            None => String::new(),
        };
        let (kind, name, says) = (self.kind, &self.name, &self.says);
        format!("{kind:<8}  {name}  {expires:<20}  {says}{exempt}\n")
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "kind": self.kind, "name": self.name, "says": self.says, "exempt": self.exempt,
            "forgotten": self.expires.map(|time| time.to_string()) })
    }
}
