//! The text form of a token: `clk1.` and canonical base64url without padding (SPEC §5.1).

use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
#[cfg(feature = "ring")]
use base64_simd::Out;

use crate::backend::Backend;

/// The prefix that names the format and its version.
pub(crate) const PREFIX: &str = "clk1.";
/// The shortest token: a body of 45 bytes, one of them ciphertext.
pub(crate) const MIN_TOKEN: usize = 65;
/// The longest token in characters.
pub(crate) const MAX_TOKEN: usize = 4096;
/// The longest body in bytes.
pub(crate) const MAX_BODY: usize = 3068;
/// The bytes of a body that are not ciphertext: key id, nonce and tag.
pub(crate) const OVERHEAD: usize = 44;

const _: () = assert!(token_len(MAX_BODY) == MAX_TOKEN);
const _: () = assert!(token_len(OVERHEAD + 1) == MIN_TOKEN);

/// Not the text form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadText;

/// The characters of a token with a body of `body` bytes.
pub(crate) const fn token_len(body: usize) -> usize {
    PREFIX
        .len()
        .saturating_add(body.saturating_mul(4).div_ceil(3))
}

/// The exact body length of a token text, after the gates that cost nothing: length, then prefix.
///
/// Both come before any decoding, so a megabyte of garbage costs what a short one costs.
#[inline]
pub(crate) fn body_len(text: &str) -> Result<usize, BadText> {
    if !(MIN_TOKEN..=MAX_TOKEN).contains(&text.len()) {
        return Err(BadText);
    }
    let encoded = text.strip_prefix(PREFIX).ok_or(BadText)?;
    // One character too many for whole bytes: six bits that can't be a byte.
    if encoded.len() % 4 == 1 {
        return Err(BadText);
    }
    Ok(encoded.len().saturating_mul(3) / 4)
}

/// Decodes into exactly [`body_len`] bytes. Strict: no padding, no white space, no other alphabet,
/// no bits set beyond the last byte, so that a token has one spelling.
#[inline]
pub(crate) fn decode(by: Backend, text: &str, body: &mut [u8]) -> Result<(), BadText> {
    #[cfg(not(feature = "ring"))]
    let _ = by;
    let encoded = text.strip_prefix(PREFIX).ok_or(BadText)?;
    let wanted = body.len();
    // Looks the characters up in a table, unlike what reads the texts of keys: a token is a
    // ciphertext, all of which goes over the network and through the server's parsers. The time of
    // the accepted depends on their length alone; which of four cache lines were touched by it is
    // seen by neighbours on the processor, not by those who send tokens.
    #[cfg(feature = "ring")]
    if by.is_fast() {
        // The decoder panics when there is no room. `body` has the length that the text has told.
        if wanted != encoded.len().saturating_mul(3) / 4 {
            return Err(BadText);
        }
        let decoded =
            base64_simd::URL_SAFE_NO_PAD.decode(encoded.as_bytes(), Out::from_slice(body));
        return decoded.map(drop).map_err(|_| BadText);
    }
    if URL_SAFE_NO_PAD.decode_slice(encoded, body) == Ok(wanted) {
        Ok(())
    } else {
        Err(BadText)
    }
}

/// The text of a body, in one allocation of its exact size.
#[inline]
pub(crate) fn encode(by: Backend, body: &[u8]) -> String {
    #[cfg(not(feature = "ring"))]
    let _ = by;
    let mut text = String::with_capacity(token_len(body.len()));
    text.push_str(PREFIX);
    #[cfg(feature = "ring")]
    if by.is_fast() {
        base64_simd::URL_SAFE_NO_PAD.encode_append(body, &mut text);
        return text;
    }
    URL_SAFE_NO_PAD.encode_string(body, &mut text);
    text
}
