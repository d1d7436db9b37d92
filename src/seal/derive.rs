//! Every key is derived from one root (SPEC §4.2, §6.2).

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

use crate::seal::mac::{self, SHA256_START};
use crate::secret::Secret;

/// HMAC-SHA-256 with its key already absorbed.
pub(crate) type Prf = Hmac<Sha256>;

/// The keyed state for a 32-byte key, which fits HMAC's block, so that this can't fail.
pub(crate) fn prf(key: &[u8; 32]) -> Prf {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    // By reference: `block.into()` would be a second copy of the key, which nobody wipes.
    let keyed = Prf::new((&block).into());
    zeroize::Zeroize::zeroize(&mut block);
    keyed
}

/// SPEC §4.2: `Expand(k, info, L)` is HKDF-Expand-SHA256 of RFC 5869 for one block, `L` at most 32.
/// `info` is the concatenation of `parts`.
pub(crate) fn expand<const L: usize>(key: &[u8; 32], parts: &[&[u8]]) -> Secret<L> {
    const { assert!(L <= 32, "one block of HKDF-Expand") }
    let mut mac = prf(key);
    for part in parts {
        mac.update(part);
    }
    mac.update(&[1]);
    let mut block = mac.finalize().into_bytes();
    let out = Secret::fill_with(|bytes: &mut [u8; L]| {
        for (to, from) in bytes.iter_mut().zip(block.iter()) {
            *to = *from;
        }
        Ok::<(), core::convert::Infallible>(())
    });
    zeroize::Zeroize::zeroize(block.as_mut_slice());
    match out {
        Ok(secret) => secret,
        Err(never) => match never {},
    }
}

/// A purpose and an audience, encoded so that no two pairs have the same bytes: with plain
/// concatenation the tokens of ("ab", "c") would open for ("a", "bc").
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Context(Vec<u8>);

/// The purpose is empty, or one of the two is longer than 255 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadContext;

impl Context {
    pub(crate) fn new(purpose: &[u8], audience: &[u8]) -> Result<Self, BadContext> {
        let (Ok(purpose_len @ 1..), Ok(audience_len)) =
            (u8::try_from(purpose.len()), u8::try_from(audience.len()))
        else {
            return Err(BadContext);
        };
        let mut bytes = Vec::with_capacity(
            purpose
                .len()
                .saturating_add(audience.len())
                .saturating_add(2),
        );
        bytes.push(purpose_len);
        bytes.extend_from_slice(purpose);
        bytes.push(audience_len);
        bytes.extend_from_slice(audience);
        Ok(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", self.0.escape_ascii())
    }
}

/// `kid = Expand(K, "clk1 kid\0", 4)`.
pub(crate) fn key_id(root: &[u8; 32]) -> [u8; 4] {
    *expand::<4>(root, &[b"clk1 kid\0"]).expose()
}

/// `S = Expand(K, "clk1 sub\0" || ctx, 32)`.
pub(crate) fn unit(root: &[u8; 32], context: &Context) -> Secret<32> {
    expand(root, &[b"clk1 sub\0", context.as_bytes()])
}

/// `chk = Expand(S, "clk1 chk\0" || kid || ctx, 6)`.
pub(crate) fn unit_check(unit: &[u8; 32], kid: [u8; 4], context: &Context) -> [u8; 6] {
    *expand::<6>(unit, &[b"clk1 chk\0", &kid, context.as_bytes()]).expose()
}

/// `Expand(S, "clk1 log\0" || session id, 8)`: names a session in a log without being of use to
/// whoever reads the log.
pub(crate) fn log_reference(unit: &[u8; 32], session: &[u8; 16]) -> [u8; 8] {
    *expand::<8>(unit, &[b"clk1 log\0", session]).expose()
}

/// What a form of one session has to send back: `HMAC-SHA256(Kf, be64(|binding|) || binding ||
/// session id || be32(generation))` with `Kf = Expand(S, "clk1 frm\0", 32)`.
///
/// A key of its own, so that what stands in a page says nothing about a key that seals. The lengths
/// of all parts are fixed but the binding's, which is stated.
pub(crate) fn form_mac(
    unit: &[u8; 32],
    binding: &[u8],
    session: &[u8; 16],
    generation: u32,
) -> Prf {
    let key = expand::<32>(unit, &[b"clk1 frm\0"]);
    let mut mac = prf(key.expose());
    mac.update(&(binding.len() as u64).to_be_bytes());
    mac.update(binding);
    mac.update(session);
    mac.update(&generation.to_be_bytes());
    mac
}

/// Names a purpose, audience and binding within this process, so that a session verified for one is
/// not renewed into another. The context is self-delimiting, so the binding can follow it.
pub(crate) fn scope(context: &Context, binding: &[u8]) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(b"clk1 scope\0")
        .chain_update(context.as_bytes());
    first_16(hash.chain_update(binding))
}

fn first_16(hash: Sha256) -> [u8; 16] {
    let mut name = [0; 16];
    for (to, from) in name.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    name
}

/// SPEC §9.2: `D(kind, x)`, the fixed-size name of a subject, audience or key in a revocation list.
///
/// A cryptographic hash, because with a fast unkeyed one an attacker registers a user name that
/// collides with a victim's and logs the victim out at will.
pub(crate) fn revocation_key(kind: u8, name: &[u8]) -> [u8; 16] {
    match only_block(kind, name) {
        Some(block) => {
            let mut state = SHA256_START;
            compress256(&mut state, &[block]);
            let mut key = [0; 16];
            mac::write(&state, &mut key);
            key
        }
        None => first_16(
            Sha256::new()
                .chain_update(REVOCATION)
                .chain_update([kind])
                .chain_update(name),
        ),
    }
}

const REVOCATION: &[u8; 4] = b"rvk1";

/// All that SHA-256 is given, padded, where that is one block: nearly every name of a subject. Each
/// verification hashes one while anybody has a cut-off, and should not pay for a buffer that it does
/// not need.
fn only_block(kind: u8, name: &[u8]) -> Option<[u8; 64]> {
    let mut block = [0; 64];
    let (text, _) = block.split_last_chunk_mut::<8>()?;
    let (label, text) = text.split_first_chunk_mut()?;
    *label = *REVOCATION;
    let (is, text) = text.split_first_mut()?;
    *is = kind;
    let (to, padding) = text.split_at_mut_checked(name.len())?;
    to.copy_from_slice(name);
    // For the one bit, before the length.
    padding.first()?;
    // Label and kind are five bytes.
    let used = name.len().saturating_add(5);
    mac::close(&mut block, used, used);
    Some(block)
}
