//! What records say, read from their bytes by the specification alone (SPEC 9.1, 9.3): the model
//! must not share a mistake with the code that it judges.

use cloakroom::{Record, Revocation};

/// Bytes before the records of a batch, and behind them.
const HEADER: usize = 47;
const TAG: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) kind: u8,
    pub(crate) key: [u8; 16],
    pub(crate) value: u64,
    pub(crate) exempt: Option<[u8; 16]>,
}

/// As far as a revocation concerns it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claims {
    pub(crate) id: [u8; 16],
    pub(crate) generation: u32,
    pub(crate) started: u64,
    /// The name of its subject in a record.
    pub(crate) subject: [u8; 16],
    pub(crate) audience: [u8; 16],
}

impl Said {
    pub(crate) fn of(revocation: &Revocation) -> Self {
        Self::read(&Record::new(*revocation, 0).to_bytes())
            .unwrap()
            .0
    }

    /// One record, its expiry, and what follows.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, u64, &[u8])> {
        let number = |from: usize| {
            let eight = bytes.get(from..from + 8)?;
            Some(u64::from_be_bytes(eight.try_into().unwrap()))
        };
        let (kind, exempt, length) = match bytes.first()? {
            0x82 => (2, Some(bytes.get(33..49)?.try_into().unwrap()), 49),
            kind => (*kind, None, 33),
        };
        let said = Self {
            kind,
            key: bytes.get(1..17)?.try_into().unwrap(),
            value: number(17)?,
            exempt,
        };
        Some((said, number(25)?, bytes.get(length..)?))
    }

    pub(crate) fn all(mut bytes: &[u8]) -> Vec<(Self, u64)> {
        let mut all = Vec::new();
        while let Some((said, expires, rest)) = Self::read(bytes) {
            all.push((said, expires));
            bytes = rest;
        }
        all
    }

    /// What an authentic batch says.
    pub(crate) fn in_batch(batch: &[u8]) -> Vec<Self> {
        let records = batch.get(HEADER..batch.len() - TAG).unwrap_or_default();
        Self::all(records)
            .into_iter()
            .map(|(said, _)| said)
            .collect()
    }

    /// What a snapshot of a list says, with the expiry of each.
    pub(crate) fn in_snapshot(bytes: &[u8]) -> Vec<(Self, u64)> {
        Self::all(&bytes[28..bytes.len() - 32])
    }

    pub(crate) fn refuses(&self, token: &Claims) -> bool {
        match self.kind {
            1 => self.key == token.id && u64::from(token.generation) < self.value,
            2 => {
                self.key == token.subject
                    && token.started < self.value
                    && self.exempt != Some(token.id)
            }
            3 => self.key == token.audience && token.started < self.value,
            _ => true,
        }
    }

    /// Whether it says as much and more.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        (self.kind, self.key, self.exempt) == (other.kind, other.key, other.exempt)
            && self.value >= other.value
    }
}
