//! Root keys and their text form (SPEC §4.1, §4.5).

use alloc::string::String;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use crate::key::error::{KeyError, Looks};
use crate::key::id::KeyId;
use crate::key::unit::Unit;
use crate::seal::derive::{self, Context};
use crate::secret::Secret;

/// The prefix of a root key's text.
pub(crate) const PREFIX: &str = "clkkey1.";
const BYTES: usize = 36;
const CHARS: usize = 48;

/// A root key: 32 random bytes from which everything else is derived.
///
/// Wiped when dropped; `Debug` shows the key id alone; there is no `Display`.
///
/// ```
/// use cloakroom::Key;
///
/// let key = Key::generate()?;
/// let text = key.to_text();
/// assert!(text.expose().starts_with("clkkey1."));
/// assert_eq!(Key::parse(text.expose())?.id(), key.id());
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    bytes: Secret<32>,
    id: KeyId,
}

impl Key {
    /// A key from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the system gives no random bytes.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn generate() -> Result<Self, KeyError> {
        Self::generate_from(&mut getrandom::SysRng)
    }

    /// A key from a random source of the caller's.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the source fails, [`KeyError::Weak`] when it returns equal bytes.
    pub fn generate_from<R: TryCryptoRng + ?Sized>(random: &mut R) -> Result<Self, KeyError> {
        let bytes = Secret::fill_with(|bytes| random.try_fill_bytes(bytes))
            .map_err(|_| KeyError::Random)?;
        Self::checked(bytes)
    }

    /// The key with these 32 bytes, for keys that come from a key management service. They must be
    /// uniformly random: a password is not a key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Weak`] when all bytes are equal.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Self::checked(Secret::copy_from(bytes))
    }

    /// Reads the text form, `clkkey1.` and 48 characters.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong; a mistyped character is found by the checksum.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let raw = decode::<BYTES>(text, PREFIX, CHARS)?;
        let (bytes, id) = raw
            .expose()
            .split_first_chunk::<32>()
            .ok_or(KeyError::Alphabet)?;
        let key = Self::checked(Secret::copy_from(bytes))?;
        if key.id.0 == id {
            Ok(key)
        } else {
            Err(KeyError::Checksum)
        }
    }

    fn checked(bytes: Secret<32>) -> Result<Self, KeyError> {
        if is_weak(bytes.expose()) {
            return Err(KeyError::Weak);
        }
        let id = KeyId(derive::key_id(bytes.expose()));
        Ok(Self { bytes, id })
    }

    /// The public name of this key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret text form, for a key file.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let mut raw = [0; BYTES];
        raw[..32].copy_from_slice(self.bytes.expose());
        raw[32..].copy_from_slice(&self.id.0);
        let text = encode(PREFIX, &raw);
        raw.zeroize();
        text
    }

    /// The unit for one purpose and audience, for a service that must not open anything else.
    ///
    /// # Errors
    ///
    /// [`KeyError::BadContext`] for an empty purpose or more than 255 bytes of either.
    pub fn derive_unit(&self, purpose: &[u8], audience: &[u8]) -> Result<Unit, KeyError> {
        let context = Context::new(purpose, audience).map_err(|_| KeyError::BadContext)?;
        Ok(Unit::derived(self.id, self.unit(&context), &context))
    }

    pub(crate) fn unit(&self, context: &Context) -> Secret<32> {
        derive::unit(self.bytes.expose(), context)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Text that is a secret: wiped when dropped, redacted in `Debug`, read with [`expose`](Self::expose)
/// alone, so that every place that reads it can be found.
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
