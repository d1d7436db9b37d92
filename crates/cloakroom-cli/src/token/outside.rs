//! What of a token can be read by everybody (SPEC §5).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::hazmat::{Opener, Stage};
use cloakroom::{Key, KeyId, KeyRing, Timestamp};
use time::Duration;

use crate::exit::Failure;

/// The cleartext of a well-formed token.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) characters: usize,
    pub(crate) key: KeyId,
    pub(crate) nonce: [u8; 24],
    pub(crate) sealed: usize,
    pub(crate) tag: [u8; 16],
}

/// `None` for what is no token by its form.
pub(crate) fn outside(token: &str) -> Result<Option<Outside>, Failure> {
    if !is_well_formed(token)? {
        return Ok(None);
    }
    let encoded = token.strip_prefix("clk1.").unwrap_or_default();
    let body = Base64UrlUnpadded::decode_vec(encoded).unwrap_or_default();
    Ok(parts(token.len(), &body))
}

fn parts(characters: usize, body: &[u8]) -> Option<Outside> {
    let (key, rest) = body.split_first_chunk::<4>()?;
    let (nonce, rest) = rest.split_first_chunk::<24>()?;
    let (sealed, tag) = rest.split_last_chunk::<16>()?;
    Some(Outside {
        characters,
        key: KeyId::from_bytes(*key),
        nonce: *nonce,
        sealed: sealed.len(),
        tag: *tag,
    })
}

/// The library decides: with a key that nobody has, every token fails at its key, and everything
/// else at its text.
fn is_well_formed(token: &str) -> Result<bool, Failure> {
    let key = Key::generate().map_err(Failure::unavailable)?;
    let now = Timestamp::UNIX_EPOCH;
    let ring = KeyRing::new(key, now, Duration::hours(1)).map_err(Failure::unavailable)?;
    let opener = Opener::new(&ring, b"inspect", b"").map_err(Failure::unavailable)?;
    Ok(!matches!(opener.open(token, &[], now), Err(Stage::Text)))
}

/// What a text is that is not a token, in a sentence with the way out.
pub(crate) fn what_else(text: &str) -> String {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
    let what = if begins(&["clkkey", "clksub", "clkfeed"]) {
        "this is a key; treat it as leaked if it was pasted, and give the token instead"
    } else if begins(&["clkwrap", "cloakroom-ring"]) {
        "this is a ring file; give the token instead, and the ring as --ring FILE"
    } else if begins(&["eyJ"]) {
        "this is a JSON web token of another system"
    } else if begins(&["v1.", "v2.", "v3.", "v4.", "k1.", "k2.", "k3.", "k4."]) {
        "this is a PASETO token or key of another system"
    } else if begins(&["-----BEGIN"]) {
        "this is a PEM file, not a token"
    } else if begins(&["Bearer ", "bearer ", "Authorization"]) {
        "this is a header; give what stands behind `Bearer` alone"
    } else if text.contains("=clk1.") {
        "this is a cookie with its name; give what stands behind the `=` and before the `;` alone"
    } else if text.starts_with("clk1.") && text.contains(char::is_whitespace) {
        "there is white space in it; was it broken into lines when it was copied?"
    } else if text.starts_with("clk1.") {
        "it starts as a token does, and a part of it is missing or changed; copy it again, whole"
    } else {
        "a token starts with `clk1.`"
    };
    what.to_owned()
}
