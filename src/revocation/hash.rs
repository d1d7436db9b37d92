//! Where an entry stands in its table.

use core::hash::BuildHasher as _;
use std::hash::RandomState;

/// The 16 bytes that name an entry.
pub(crate) type Key = [u64; 2];

pub(crate) fn key(bytes: &[u8; 16]) -> Key {
    halves(u128::from_be_bytes(*bytes))
}

pub(crate) fn bytes([high, low]: Key) -> [u8; 16] {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

#[expect(clippy::cast_possible_truncation, reason = "each half by itself")]
pub(crate) const fn halves(both: u128) -> [u64; 2] {
    [(both >> 64) as u64, both as u64]
}

/// A secret of one table in one process, from which all places in it follow.
///
/// The sum of the seed and of both halves of the key, each times a number of the seed, modulo 2^128,
/// of which the upper half is the hash: two different keys, whatever they are, meet in any b of its
/// bits with probability 2^-b over the seed, and nobody outside knows the seed. So names that were
/// chosen (a registered user name is hashed with SHA-256 first, but that can be searched for at home)
/// cluster no more than random ones do. A faster hash with a fixed or short key would allow to pile
/// names up in one place, and every verification would then walk along the pile.
pub(crate) struct Seed(pub(crate) [u128; 3]);

impl Seed {
    /// From the random keys that the standard library takes from the operating system.
    pub(crate) fn random() -> Self {
        let source = RandomState::new();
        let number = |n: u8| {
            let (high, low) = (source.hash_one([n, 0]), source.hash_one([n, 1]));
            u128::from_be_bytes(bytes([high, low]))
        };
        Self([number(0), number(1), number(2)])
    }

    pub(crate) fn hash(&self, [high, low]: Key) -> Hash {
        let [sum, first, second] = self.0;
        let sum = sum
            .wrapping_add(first.wrapping_mul(u128::from(high)))
            .wrapping_add(second.wrapping_mul(u128::from(low)));
        let [upper, _] = halves(sum);
        Hash(upper)
    }
}

/// Eight bits for the shard, eight for the tag, and what is between for the place; the lowest of
/// these also say which bit of an overflow byte, and the next which bits of a word of the filter.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) const fn shard(self) -> u8 {
        let [shard, ..] = self.0.to_be_bytes();
        shard
    }

    /// One of 0 to `range` - 1, evenly.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than `range`, which was a usize"
    )]
    pub(crate) fn place(self, range: usize) -> usize {
        let spread = u128::from(self.0 << 8).wrapping_mul(range as u128);
        (spread >> 64) as usize
    }

    /// Four bits of 64, or fewer where they meet. From a part of the hash that the tag does not use,
    /// so that a name which passes a filter by chance has no better chance with the tags.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a shift takes the lowest six bits"
    )]
    pub(crate) const fn bits(self) -> u64 {
        let one = 1_u64.wrapping_shl((self.0 >> 11) as u32);
        let two = 1_u64.wrapping_shl((self.0 >> 17) as u32);
        let three = 1_u64.wrapping_shl((self.0 >> 23) as u32);
        let four = 1_u64.wrapping_shl((self.0 >> 29) as u32);
        one | two | three | four
    }

    /// One bit of eight.
    pub(crate) const fn bit(self) -> u8 {
        let [.., number, _] = self.0.to_be_bytes();
        1_u8.wrapping_shl(number as u32)
    }

    /// Never one of those that mark a slot without an entry.
    pub(crate) const fn tag(self) -> u8 {
        let [.., tag] = self.0.to_be_bytes();
        match tag {
            0 | 1 => tag | 2,
            tag => tag,
        }
    }
}
