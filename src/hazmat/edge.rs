//! Edge exports as bytes (SPEC §18), with a salt of the caller's.

use alloc::vec::Vec;

use crate::edge::{BadExport, EdgeKeys, EdgeSigner, Head, open, seal, value};
use crate::feed::{FeedKey, Position, Realm};
use crate::revocation::record::Record;
use crate::wire::session_id::SessionId;

/// What an export says, without its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "these are the fields of the format"
)]
pub struct Export {
    /// Up to where of the feed it reaches.
    pub position: Position,
    /// Unix milliseconds.
    pub made_at: u64,
    /// Unix milliseconds.
    pub valid_until: u64,
    /// Unix seconds.
    pub high_water_mark: u64,
    /// Seconds.
    pub life: u32,
    /// Of the filter.
    pub salt: [u8; 16],
    /// What is in it exactly.
    pub records: Vec<Record>,
}

/// An export that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// What it says.
    pub export: Export,
    whole: crate::edge::Opened,
}

impl Opened {
    /// Whether the filter has the session, or one with its value.
    #[must_use]
    pub fn hits(&self, session: SessionId) -> bool {
        self.whole.filter.contains(&session.to_bytes())
    }
}

/// The secret from which the key that signs is made.
#[must_use]
pub fn seed(key: &FeedKey) -> [u8; 32] {
    *key.edge_seed().expose()
}

/// The value of a session in a filter of so many places.
#[must_use]
pub fn filter_value(salt: &[u8; 16], places: u32, session: SessionId) -> u64 {
    value(salt, places, &session.to_bytes())
}

/// The bytes of an export of these records and logged-out sessions; `None` for what no reader
/// accepts. A session that is given twice is one.
#[must_use]
pub fn seal_export(
    signer: &EdgeSigner,
    realm: &Realm,
    export: &Export,
    sessions: &[SessionId],
) -> Option<Vec<u8>> {
    let head = Head {
        at: export.position,
        made_at: export.made_at,
        valid_until: export.valid_until,
        high_water_mark: export.high_water_mark,
        life: export.life,
        salt: export.salt,
    };
    let mut sessions: Vec<[u8; 16]> = sessions.iter().map(|id| id.to_bytes()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    seal(signer, realm, &head, &export.records, &sessions)
}

/// Reads an export; judges neither its time nor what was seen before.
///
/// # Errors
///
/// [`BadExport`].
pub fn open_export(keys: &EdgeKeys, realm: &Realm, bytes: &[u8]) -> Result<Opened, BadExport> {
    let opened = open(keys, realm, bytes)?;
    let head = opened.head;
    let export = Export {
        position: head.at,
        made_at: head.made_at,
        valid_until: head.valid_until,
        high_water_mark: head.high_water_mark,
        life: head.life,
        salt: head.salt,
        records: opened.records.clone(),
    };
    Ok(Opened {
        export,
        whole: opened,
    })
}

/// Appends the signature over whatever is in `bytes`: to get malformed exports past it.
pub fn sign(signer: &EdgeSigner, bytes: &mut Vec<u8>) {
    let signature = signer.sign(bytes);
    bytes.extend_from_slice(&signature);
}
