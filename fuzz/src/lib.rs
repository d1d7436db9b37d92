//! What the fuzz targets share: sessions with a fixed key and clock, so that a finding repeats.

use cloakroom::{Key, KeyRing, ManualClock, RevocationList, Sessions, Timestamp};
use serde::{Deserialize, Serialize};
use time::Duration;

/// The time of every target.
pub const NOW: u64 = 1_800_000_000;

/// The key of every target.
pub fn key() -> Key {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = index as u8;
    }
    Key::from_bytes(&bytes).expect("not a weak key")
}

/// The ring of every target: one key, active since the start of the session.
pub fn ring() -> KeyRing {
    let activate = Timestamp::from_unix(NOW - 86_400).expect("before the year 9999");
    KeyRing::new(key(), activate, Duration::hours(8)).expect("a ring of one key")
}

/// A payload with every kind of value, and with what hostile lengths are good for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Everything {
    pub flag: bool,
    pub number: u64,
    pub signed: i32,
    pub text: String,
    pub bytes: Vec<u8>,
    pub option: Option<Box<Everything>>,
    pub list: Vec<u16>,
    pub nothing: Vec<()>,
    pub map: std::collections::BTreeMap<String, u8>,
    pub choice: Choice,
    #[serde(default)]
    pub later: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Choice {
    A,
    B(u32),
    C(u8, f64),
    D { x: bool },
}

cloakroom::payload!(Everything, schema = (1, 1));

/// Sessions that every target opens tokens with.
pub fn sessions() -> Sessions<Everything> {
    Sessions::builder(ring(), RevocationList::new())
        .purpose("session")
        .audience("fuzz")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(ManualClock::at(NOW))
        .build()
        .expect("a valid configuration")
}
