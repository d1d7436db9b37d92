//! Names: random, and different ones for what is in a table, what is asked and what is added.

pub(crate) struct Ids(u64);

impl Ids {
    /// Names that are in the table.
    pub(crate) const fn known() -> Self {
        Self(0)
    }

    /// Names that are not.
    pub(crate) const fn unknown() -> Self {
        Self(1 << 40)
    }

    /// Names that are added while something else is measured.
    pub(crate) const fn new(run: u64) -> Self {
        Self((2 << 40) + (run << 30))
    }

    pub(crate) fn next(&mut self) -> [u8; 16] {
        self.0 += 1;
        let (high, low) = (mix(self.0), mix(self.0 ^ (1 << 63)));
        ((u128::from(high) << 64) | u128::from(low)).to_ne_bytes()
    }
}

const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
