//! The types of payload that the targets read: each kind of value, each kind of outermost value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    pub map: BTreeMap<String, u8>,
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

/// The next major, which reads tokens of the one before: a newtype around the struct that may grow.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by the tests")]
pub struct Account(pub Profile);

/// What [`Account`] wraps.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by the tests")]
#[expect(missing_docs, reason = "the names say it")]
pub struct Profile {
    pub id: Id,
    pub others: Vec<Id>,
    pub letter: char,
    pub ratio: f32,
    pub pair: (i16, bool),
    #[serde(default)]
    pub note: Option<String>,
}

/// A newtype within a payload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by the tests")]
pub struct Id(pub u64);

impl From<Everything> for Account {
    fn from(old: Everything) -> Self {
        Self(Profile {
            id: Id(old.number),
            others: old.list.into_iter().map(|id| Id(id.into())).collect(),
            letter: old.text.chars().next().unwrap_or('-'),
            ratio: 0.5,
            pair: (-1, old.flag),
            note: old.later,
        })
    }
}

cloakroom::payload!(Account, schema = (2, 1), previous = Everything);

/// An outermost value that is no struct, and so can't grow.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "made by the tests")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Grant {
    Nothing,
    These(Vec<Id>),
    Pair(u8, String),
    One { only: Option<Id> },
}

cloakroom::payload!(Grant);
