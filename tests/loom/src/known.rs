//! A state that needs a row or does not, and tables of such.

use crate::revocation::hash::{Seed, key};
use crate::revocation::index::{Index, Room};
use crate::revocation::state::{ROW, SHORT, State};

/// The lowest value that needs a row.
pub(crate) const WIDE: u64 = 100;
/// The lowest value that needs a long one.
pub(crate) const LONG: u64 = 200;

/// A value, and an expiry that follows from it: whoever reads two that do not fit has read half of
/// one state and half of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) value: u64,
    pub(crate) expires: u64,
}

pub(crate) const fn known(value: u64) -> Known {
    Known {
        value,
        expires: value * 1_000,
    }
}

impl State for Known {
    fn pack(self) -> Option<u64> {
        (self.value < WIDE).then_some((self.value << 32) | self.expires)
    }

    fn unpack(packed: u64) -> Self {
        Self {
            value: packed >> 32,
            expires: packed & u64::from(u32::MAX),
        }
    }

    fn to_row(self) -> [u64; ROW] {
        [self.value, 0, 0, 0, 0, 0, 0, self.expires]
    }

    fn from_row([value, .., expires]: [u64; ROW]) -> Self {
        Self { value, expires }
    }

    fn to_short(self) -> Option<[u64; SHORT]> {
        (self.value < LONG).then_some([self.value, 0, self.expires])
    }

    fn from_short([value, _, expires]: [u64; SHORT]) -> Self {
        Self { value, expires }
    }

    fn merged(self, other: Self) -> Self {
        known(self.value.max(other.value))
    }

    fn expires(self) -> u64 {
        self.expires
    }
}

/// The same places in every run: the checker repeats runs and wants them to go the same way.
pub(crate) const fn seed() -> Seed {
    Seed([
        0x243F_6A88_85A3_08D3_1319_8A2E_0370_7344,
        0xA409_3822_299F_31D0_082E_FA98_EC4E_6C89,
        0x4528_21E6_38D0_1377_BE54_66CF_34E9_0C6D,
    ])
}

pub(crate) fn name(number: u64) -> [u8; 16] {
    (u128::from(number) << 64 | 7).to_be_bytes()
}

/// A name from `first` on that has its bits in a filter of one group although it was never added:
/// those with smaller numbers have them.
pub(crate) fn passing(first: u64) -> u64 {
    let hash = |number: u64| seed().hash(key(&name(number)));
    let mut words = [0_u64; 2];
    for number in 0..first {
        words[hash(number).place(2)] |= hash(number).bits();
    }
    let passes = |number: &u64| {
        let bits = hash(*number).bits();
        words[hash(*number).place(2)] & bits == bits
    };
    (first..).find(passes).unwrap_or(first)
}

/// A table of one shard with these.
pub(crate) fn table(entries: impl IntoIterator<Item = (u64, Known)>) -> (Index<Known>, Room) {
    let (index, mut room) = Index::new(1, seed());
    for (number, state) in entries {
        index.raise(&mut room, &name(number), state);
    }
    (index, room)
}

/// Numbers of names that all have their home in the first of two groups, and their bits in the first
/// of two words.
pub(crate) fn neighbours() -> impl Iterator<Item = u64> {
    (0..).filter(|number| seed().hash(key(&name(*number))).place(2) == 0)
}
