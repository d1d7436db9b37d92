//! Numbers that are the same in every run.

use cloakroom::SessionId;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Time to the next event of a Poisson process.
    pub fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }

    pub fn id(&mut self) -> SessionId {
        let both = (u128::from(self.next()) << 64) | u128::from(self.next());
        SessionId::from_bytes(both.to_be_bytes())
    }

    pub fn ids(&mut self, count: usize) -> Vec<SessionId> {
        (0..count).map(|_| self.id()).collect()
    }
}
