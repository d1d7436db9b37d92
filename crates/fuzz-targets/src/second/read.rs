//! Bytes one by one, and the varints of SPEC §7.1.

/// What is left to read.
#[derive(Clone)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let count = usize::try_from(count).ok()?;
        if count > self.0.len() {
            return None;
        }
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    /// A varint of `bits`: `shortest` in claims, any form within the type's bytes in payloads.
    pub(crate) fn varint(&mut self, bits: u32, shortest: bool) -> Option<u64> {
        let most = bits.div_ceil(7);
        let mut value = 0_u128;
        for index in 0..most {
            let byte = self.byte()?;
            value |= u128::from(byte % 128) << (7 * index);
            if byte < 128 {
                let long = shortest && index > 0 && byte == 0;
                return (!long && value >> bits == 0).then_some(value as u64);
            }
        }
        None
    }
}
