//! The set of logged-out sessions, sixteen bits and a little more for each (SPEC §18.3).
//!
//! Every session has a value below `places * 2^16`; the set of values is written as Elias and Fano
//! do: the sixteen low bits of each, and in unary how many share the high ones. There is nothing to
//! build that could fail, one spelling for one set, and a stranger can write a reader in an hour;
//! a fuse filter of the same rate is no smaller.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

const LABEL: &[u8] = b"clkedge1 filter\0";
/// Places between two marks.
const STEP: usize = 64;

/// The value of a session: uniform below `places * 2^16`, and another one under another salt.
///
/// SHA-256, so that nobody finds sessions that share a value faster than by trying, and none before
/// the salt was drawn.
pub(crate) fn value(salt: &[u8; 16], places: u32, session: &[u8; 16]) -> u64 {
    let hash = Sha256::new()
        .chain_update(LABEL)
        .chain_update(salt)
        .chain_update(session)
        .finalize();
    let first = hash.first_chunk::<8>().copied().unwrap_or_default();
    let span = u128::from(places) << 16;
    let scaled = u128::from(u64::from_be_bytes(first)).wrapping_mul(span) >> 64;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// A set of sessions that may say "perhaps" for others.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    salt: [u8; 16],
    places: u32,
    /// For each place as many ones as it has values, then a zero. Least significant bit first.
    unary: Vec<u64>,
    /// Where in `unary` every 64th place begins.
    marks: Vec<u32>,
    lows: Vec<u16>,
}

/// Writes the sessions; returns the places and the number of values.
pub(crate) fn encode(
    salt: &[u8; 16],
    sessions: &[[u8; 16]],
    out: &mut Vec<u8>,
) -> Option<(u32, u32)> {
    let places = u32::try_from(sessions.len()).ok()?;
    let mut values: Vec<u64> = sessions
        .iter()
        .map(|session| value(salt, places, session))
        .collect();
    values.sort_unstable();
    values.dedup();
    let count = u32::try_from(values.len()).ok()?;
    let bits = values.len().checked_add(sessions.len())?;
    let start = out.len();
    out.resize(start.checked_add(bits.div_ceil(8))?, 0);
    for (rank, value) in values.iter().enumerate() {
        // A one stands behind all the ones before it and the zeros of all places before its own.
        let at = usize::try_from(value >> 16).ok()?.checked_add(rank)?;
        let byte = out.get_mut(start.checked_add(at >> 3)?)?;
        *byte |= 1 << (at & 7);
    }
    for value in &values {
        let [.., high, low] = value.to_be_bytes();
        out.extend_from_slice(&[high, low]);
    }
    Some((places, count))
}

/// Bytes that `decode` wants.
pub(crate) fn len(places: u32, count: u32) -> usize {
    let (places, count) = (places as usize, count as usize);
    let bits = places.saturating_add(count);
    bits.div_ceil(8).saturating_add(count.saturating_mul(2))
}

impl Filter {
    /// Reads what `encode` wrote, and nothing else: every bit is accounted for.
    pub(crate) fn decode(
        salt: [u8; 16],
        (places, count): (u32, u32),
        bytes: &[u8],
    ) -> Option<Self> {
        if count > places || (count == 0) != (places == 0) || bytes.len() != len(places, count) {
            return None;
        }
        let end = (places as usize).checked_add(count as usize)?;
        let (unary, lows) = bytes.split_at_checked(end.div_ceil(8))?;
        let mut filter = Self {
            salt,
            places,
            unary: unary.chunks(8).map(word).collect(),
            marks: Vec::with_capacity((places as usize).div_ceil(STEP)),
            lows: lows.chunks_exact(2).map(low).collect(),
        };
        let (mut at, mut rank) = (0_usize, 0_usize);
        for place in 0..places as usize {
            if place % STEP == 0 {
                filter.marks.push(u32::try_from(at).ok()?);
            }
            let zero = filter.next_zero(at).filter(|zero| *zero < end)?;
            let upto = rank.checked_add(zero.checked_sub(at)?)?;
            let group = filter.lows.get(rank..upto)?;
            if !group.is_sorted_by(|a, b| a < b) {
                return None;
            }
            (at, rank) = (zero.checked_add(1)?, upto);
        }
        let padding = |bit: usize| filter.bit(bit);
        let whole = at == end && rank == count as usize;
        (whole && !(end..unary.len().checked_mul(8)?).any(padding)).then_some(filter)
    }

    fn bit(&self, at: usize) -> bool {
        let word = self.unary.get(at / 64).copied().unwrap_or(0);
        word >> (at % 64) & 1 == 1
    }

    /// The first zero at or behind `at`.
    fn next_zero(&self, at: usize) -> Option<usize> {
        let mut index = at / 64;
        let mut word = !self.unary.get(index)? & (u64::MAX << (at % 64));
        while word == 0 {
            index = index.checked_add(1)?;
            word = !*self.unary.get(index)?;
        }
        let bit = usize::try_from(word.trailing_zeros()).ok()?;
        index.checked_mul(64)?.checked_add(bit)
    }

    /// Whether the session is in the set, or shares its value with one that is.
    pub(crate) fn contains(&self, session: &[u8; 16]) -> bool {
        // A damaged set can't be here; if it were, "perhaps" is the answer that is never wrong.
        self.places > 0 && self.look(session).unwrap_or(true)
    }

    fn look(&self, session: &[u8; 16]) -> Option<bool> {
        let value = value(&self.salt, self.places, session);
        let place = usize::try_from(value >> 16).ok()?;
        let mark = place / STEP;
        let mut at = usize::try_from(*self.marks.get(mark)?).ok()?;
        // Before a mark stand 64 zeros for each mark passed; the rest are ones.
        let zeros_before = mark.checked_mul(STEP)?;
        for _ in zeros_before..place {
            at = self.next_zero(at)?.checked_add(1)?;
        }
        let from = at.checked_sub(place)?;
        let upto = self.next_zero(at)?.checked_sub(place)?;
        let [.., high, low] = value.to_be_bytes();
        let wanted = u16::from_be_bytes([high, low]);
        Some(self.lows.get(from..upto)?.contains(&wanted))
    }

    /// Values in the set.
    pub(crate) fn count(&self) -> usize {
        self.lows.len()
    }

    /// Memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let words = self.unary.len().saturating_mul(8);
        let marks = self.marks.len().saturating_mul(4);
        let lows = self.lows.len().saturating_mul(2);
        words.saturating_add(marks).saturating_add(lows)
    }
}

fn word(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(all)
}

fn low(bytes: &[u8]) -> u16 {
    bytes
        .first_chunk::<2>()
        .copied()
        .map_or(0, u16::from_be_bytes)
}
