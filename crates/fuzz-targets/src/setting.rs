//! What the targets share: sessions with a fixed key and clock, so that a finding repeats.

use std::sync::LazyLock;

use cloakroom::hazmat::{For, Opener};
use cloakroom::{Key, KeyRing, ManualClock, RevocationList, Sessions, Timestamp};
use serde::{Deserialize, Serialize};
use time::Duration;

/// The time of every target.
pub const NOW: u64 = 1_800_000_000;

/// The bytes of the key of every target.
pub(crate) const ROOT: [u8; 32] = {
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 32 {
        bytes[index] = index as u8;
        index += 1;
    }
    bytes
};

pub(crate) const PURPOSE: &[u8] = b"session";
pub(crate) const AUDIENCE: &[u8] = b"fuzz";
pub(crate) const IDLE: u32 = 30 * 60;
pub(crate) const ABSOLUTE: u32 = 8 * 60 * 60;
/// What a builder uses unless it is told.
pub(crate) const TOLERANCE: u64 = 60;

/// What every token here is sealed for.
pub(crate) const OURS: For<'static> = For {
    purpose: PURPOSE,
    audience: AUDIENCE,
    binding: b"",
};

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW).expect("before the year 9999")
}

pub(crate) fn key() -> Key {
    Key::from_bytes(&ROOT).expect("not a weak key")
}

/// One key, active since the day before.
fn ring() -> KeyRing {
    let activate = Timestamp::from_unix(NOW - 86_400).expect("before the year 9999");
    KeyRing::new(key(), activate, Duration::hours(8)).expect("a ring of one key")
}

/// A payload with every kind of value, and with what hostile lengths are good for.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by the tests")]
#[expect(missing_docs, reason = "the names say it")]
pub struct Everything {
    pub flag: bool,
    pub number: u64,
    pub signed: i32,
    pub text: String,
    pub bytes: Vec<u8>,
    pub option: Option<Box<Self>>,
    pub list: Vec<u16>,
    pub nothing: Vec<()>,
    pub map: std::collections::BTreeMap<String, u8>,
    pub choice: Choice,
    #[serde(default)]
    pub later: Option<String>,
}

/// An enum with each kind of variant.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "made by the tests")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Choice {
    #[default]
    A,
    B(u32),
    C(u8, f64),
    D {
        x: bool,
    },
}

cloakroom::payload!(Everything, schema = (1, 1));

/// Sessions that every target opens tokens with.
pub(crate) static SESSIONS: LazyLock<Sessions<Everything>> = LazyLock::new(|| {
    Sessions::builder(ring(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(Duration::seconds(IDLE.into()))
        .absolute_timeout(Duration::seconds(ABSOLUTE.into()))
        .clock(ManualClock::at(NOW))
        .build()
        .expect("a valid configuration")
});

/// The same, stage by stage.
pub(crate) static OPENER: LazyLock<Opener> =
    LazyLock::new(|| Opener::new(&ring(), PURPOSE, AUDIENCE).expect("the ring has a root key"));
