//! Root keys and their text form (SPEC §4.1, §4.5).

use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroize;

use crate::key::error::KeyError;
use crate::key::id::KeyId;
use crate::key::text::{SecretText, decode, encode, is_weak};
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
    /// ```
    /// use cloakroom::{Key, KeyError};
    ///
    /// # let from_the_key_service: [u8; 32] = core::array::from_fn(|i| i as u8);
    /// let key = Key::from_bytes(&from_the_key_service)?;
    /// assert_eq!(key.id(), Key::from_bytes(&from_the_key_service)?.id());
    /// assert!(matches!(Key::from_bytes(&[0; 32]), Err(KeyError::Weak)));
    /// # Ok::<(), KeyError>(())
    /// ```
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
