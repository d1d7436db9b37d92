//! Inputs of two classes, in random order.

use dudect_bencher::rand::RngExt as _;
use dudect_bencher::{BenchRng, Class};

/// Of both classes together.
const SAMPLES: usize = 100_000;

/// As many inputs as are measured. What both classes are made of is drawn for every input, and
/// each is a copy in memory of its own, so that neither is better known to the cache.
pub(crate) fn pairs<S, T>(
    rng: &mut BenchRng,
    draw: impl Fn(&mut BenchRng) -> S,
    left: impl Fn(&S) -> T,
    right: impl Fn(&S) -> T,
) -> Vec<(Class, T)> {
    let one = |_| {
        let drawn = draw(rng);
        if rng.random::<bool>() {
            (Class::Left, left(&drawn))
        } else {
            (Class::Right, right(&drawn))
        }
    };
    (0..SAMPLES).map(one).collect()
}

/// The bytes with one of them changed; counted from the end if negative.
pub(crate) fn flip(bytes: &[u8], at: isize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = usize::try_from(at).unwrap_or_else(|_| changed.len() - at.unsigned_abs());
    changed[at] ^= 0x40;
    changed
}
