//! HMAC-SHA-256 (RFC 2104) of what lies in one piece, over the block function of `sha2`.
//!
//! The crate `hmac` is what everything else here uses. Under the synthetic nonce, which is computed
//! for every token that is sealed or opened, what its interface copies and wipes again (two keyed
//! states and a buffer) is time that a verification with `ring` does not have (DESIGN.md). This is no
//! primitive: it calls one for two hashes, in the order of the RFC, and `tests/seal_mac.rs` holds it to
//! `hmac` at every length.

use sha2::Sha256;
use sha2::block_api::compress256;
use sha2::digest::array::Array;
use sha2::digest::block_api::Block;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// FIPS 180-4, 5.3.3.
pub(crate) const SHA256_START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

const BLOCK: usize = 64;
/// Of the length in bits, at the end of the last block.
const LENGTH: usize = 8;

/// The block of the outer hash, ready for the inner: 32 bytes, a one bit, and the length of key block
/// and hash in bits.
const OUTER_END: [u8; BLOCK] = {
    let mut end = [0; BLOCK];
    end[32] = 0x80;
    end[62] = 3;
    end
};

/// A key, absorbed: the two states behind it, which are as good as the key. Wiped when dropped.
pub(crate) struct Mac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Mac {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut mac = Self {
            inner: SHA256_START,
            outer: SHA256_START,
        };
        for (state, pad) in [(&mut mac.inner, 0x36), (&mut mac.outer, 0x5c)] {
            let mut block = [[pad; BLOCK]];
            for (to, from) in block.as_flattened_mut().iter_mut().zip(key) {
                *to ^= from;
            }
            compress256(state, &block);
            block.as_flattened_mut().zeroize();
        }
        mac
    }

    /// The MAC of a message.
    #[inline]
    pub(crate) fn of(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        let (blocks, rest) = Block::<Sha256>::slice_as_chunks(message);
        compress256(&mut state, Array::cast_slice_to_core(blocks));
        let mut end = [[0; BLOCK]; 2];
        let blocks = if rest.len() < BLOCK - LENGTH { 1 } else { 2 };
        let padded = end.get_mut(..blocks).unwrap_or_default();
        let flat = padded.as_flattened_mut();
        if let Some(place) = flat.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        // The message follows the block that the key filled.
        close(flat, rest.len(), message.len().saturating_add(BLOCK));
        compress256(&mut state, padded);
        let mut last = OUTER_END;
        write(&state, &mut last);
        state = self.outer;
        compress256(&mut state, &[last]);
        // The end of the message may be of a plaintext.
        end.as_flattened_mut().zeroize();
        let mut mac = [0; 32];
        write(&state, &mut mac);
        mac
    }
}

/// FIPS 180-4, 5.1.1: behind the `used` first bytes of `blocks` a one bit, the zeros that are there, and
/// at the end the length of the whole message, given in bytes, in bits.
#[inline]
pub(crate) fn close(blocks: &mut [u8], used: usize, length: usize) {
    if let Some(one) = blocks.get_mut(used) {
        *one = 0x80;
    }
    if let Some(bits) = blocks.last_chunk_mut::<LENGTH>() {
        *bits = (length as u64).saturating_mul(8).to_be_bytes();
    }
}

/// As many of a state's words as `out` has room for.
#[inline]
pub(crate) fn write(state: &[u32; 8], out: &mut [u8]) {
    for (to, word) in out.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
}

impl Drop for Mac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl ZeroizeOnDrop for Mac {}
