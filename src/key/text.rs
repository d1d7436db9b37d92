//! What both key texts share: the alphabet, the order of the errors, and text that is a secret.

use alloc::string::String;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroize as _;

use crate::key::error::{KeyError, Looks};
use crate::secret::Secret;

/// Text that is a secret: wiped when dropped, redacted in `Debug`, read with
/// [`expose`](Self::expose) alone, so that every place that reads it can be found.
///
/// ```
/// # use cloakroom::Key;
/// let text = Key::generate()?.to_text();
/// assert_eq!(format!("{text:?}"), "SecretText(REDACTED)");
/// assert_eq!(text.expose().len(), 56);
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
pub struct SecretText(String);

impl SecretText {
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    /// Takes the text over. Copies of it that were made before are not wiped.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(REDACTED)")
    }
}

/// All bytes equal, which includes all zero.
pub(crate) fn is_weak(bytes: &[u8; 32]) -> bool {
    // Without an early return: the time must not depend on the key.
    let first = bytes[0];
    bytes.iter().fold(0, |all, byte| all | (byte ^ first)) == 0
}

/// The bytes behind `prefix`, with the errors in the order a person would look.
pub(crate) fn decode<const N: usize>(
    text: &str,
    prefix: &'static str,
    chars: usize,
) -> Result<Secret<N>, KeyError> {
    let wanted = prefix.len().saturating_add(chars);
    let Some(encoded) = text.strip_prefix(prefix) else {
        return Err(KeyError::Prefix {
            found: Looks::of(text),
            wanted: prefix,
        });
    };
    if !encoded.is_ascii() {
        return Err(KeyError::Alphabet);
    }
    if encoded.len() != chars {
        return Err(KeyError::Length {
            found: text.chars().count(),
            wanted,
        });
    }
    Secret::fill_with(
        |bytes: &mut [u8; N]| match Base64UrlUnpadded::decode(encoded, bytes) {
            Ok(decoded) if decoded.len() == N => Ok(()),
            _ => Err(KeyError::Alphabet),
        },
    )
}

pub(crate) fn encode(prefix: &str, raw: &[u8]) -> SecretText {
    let mut buffer = [0_u8; 64];
    let mut text = String::with_capacity(prefix.len().saturating_add(buffer.len()));
    text.push_str(prefix);
    if let Ok(encoded) = Base64UrlUnpadded::encode(raw, &mut buffer) {
        text.push_str(encoded);
    }
    buffer.zeroize();
    SecretText(text)
}
