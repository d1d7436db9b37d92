//! Unsigned LEB128 in its shortest form (SPEC §7.1).
//!
//! postcard reads long forms too (`80 00` for zero). One value with several spellings would let two
//! implementations disagree about which tokens are well-formed, so claims are read here.

/// Not a shortest-form varint of the wanted size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadVarint;

/// Reads at most `max_bytes` bytes; returns the value and what follows it.
#[inline]
fn read(input: &[u8], max_bytes: usize) -> Result<(u64, &[u8]), BadVarint> {
    match input.split_first() {
        Some((&byte @ ..0x80, rest)) => Ok((u64::from(byte), rest)),
        _ => read_long(input, max_bytes),
    }
}

#[inline]
fn read_long(input: &[u8], max_bytes: usize) -> Result<(u64, &[u8]), BadVarint> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    for (index, &byte) in input.iter().take(max_bytes).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let placed = bits.checked_shl(shift).ok_or(BadVarint)?;
        if placed >> shift != bits {
            return Err(BadVarint);
        }
        value |= placed;
        if byte & 0x80 == 0 {
            // A last byte of zero adds nothing: the value had a shorter form.
            if byte == 0 && index > 0 {
                return Err(BadVarint);
            }
            let rest = input.get(index.saturating_add(1)..).ok_or(BadVarint)?;
            return Ok((value, rest));
        }
        shift = shift.saturating_add(7);
    }
    Err(BadVarint)
}

/// Reads a value of at most 32 bits.
#[inline]
pub(crate) fn read_u32(input: &[u8]) -> Result<(u32, &[u8]), BadVarint> {
    let (value, rest) = read(input, 5)?;
    u32::try_from(value)
        .map(|value| (value, rest))
        .map_err(|_| BadVarint)
}

/// Reads a value of at most 64 bits.
#[inline]
pub(crate) fn read_u64(input: &[u8]) -> Result<(u64, &[u8]), BadVarint> {
    read(input, 10)
}

/// Writes the shortest form of `value` to the start of `out`; returns what is left behind it, or
/// nothing if it does not fit.
#[inline]
pub(crate) fn write(mut value: u64, mut out: &mut [u8]) -> Option<&mut [u8]> {
    loop {
        let (slot, rest) = out.split_first_mut()?;
        out = rest;
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            *slot = low;
            return Some(out);
        }
        *slot = low | 0x80;
    }
}

/// The length of the shortest form, 1 to 10 bytes.
pub(crate) const fn len(value: u64) -> usize {
    let bits = 64_u32.saturating_sub(value.leading_zeros());
    let bytes = bits.div_ceil(7);
    if bytes == 0 { 1 } else { bytes as usize }
}
