//! Names of keys, and the head as text (SPEC §17, "Redis").

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

/// A position as the hash holds it: readable with any client of Redis.
pub(crate) struct Text {
    pub(crate) epoch: String,
    pub(crate) n: String,
    pub(crate) chain: String,
}

impl Text {
    pub(crate) fn of(position: &Position) -> Self {
        Self {
            epoch: hex(&position.epoch),
            n: position.n.to_string(),
            chain: hex(&position.chain),
        }
    }

    pub(crate) fn fields(&self) -> [&[u8]; 3] {
        [
            self.epoch.as_bytes(),
            self.n.as_bytes(),
            self.chain.as_bytes(),
        ]
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
            epoch: unhex(epoch)?,
            n: number(n)?,
            chain: unhex(chain)?,
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

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |c: &u8| match c {
        b'0'..=b'9' => Some(c.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(c.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    let mut out = [0; N];
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    for (to, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *to = digit(high)? << 4 | digit(low)?;
    }
    Some(out)
}
