//! Names of keys, and the head as the hash holds it (SPEC §17.7).

use cloakroom::feed::{EngineError, Position, Realm};

/// The keys of one realm. The braces put all of them in one slot of a cluster.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) head: String,
    pub(crate) log: String,
    pub(crate) snap: String,
}

impl Keys {
    pub(crate) fn of(realm: &Realm) -> Self {
        let key = |what: &str| format!("{{cloakroom:{realm}}}:{what}");
        Self {
            head: key("head"),
            log: key("log"),
            snap: key("snap"),
        }
    }

    pub(crate) fn all(&self) -> [&str; 3] {
        [&self.head, &self.log, &self.snap]
    }
}

/// A position as the hash holds it: epoch and chain as they are, the number in decimal.
pub(crate) struct Fields {
    pub(crate) epoch: [u8; 16],
    pub(crate) n: String,
    pub(crate) chain: [u8; 8],
}

impl Fields {
    pub(crate) fn of(position: &Position) -> Self {
        Self {
            epoch: position.epoch,
            n: position.n.to_string(),
            chain: position.chain,
        }
    }

    pub(crate) fn fields(&self) -> [&[u8]; 3] {
        [&self.epoch, self.n.as_bytes(), &self.chain]
    }
}

/// Reads `fmt`, `epoch`, `n` and `chain`; `None` when there is no head.
pub(crate) fn head(fields: &[Option<Vec<u8>>]) -> Result<Option<Position>, EngineError> {
    if fields.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [Some(fmt), Some(epoch), Some(n), Some(chain)] = fields else {
        return Err(EngineError::refused("redis: the head lacks fields"));
    };
    if fmt != b"1" {
        return Err(EngineError::refused("redis: the head is of another format"));
    }
    let position = || {
        Some(Position {
            epoch: epoch.as_slice().try_into().ok()?,
            n: number(n)?,
            chain: chain.as_slice().try_into().ok()?,
        })
    };
    let unreadable = || EngineError::refused("redis: the head is no head of a feed");
    position().map(Some).ok_or_else(unreadable)
}

/// Decimal without leading zeros, as the scripts compare it.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let number: u64 = core::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}
