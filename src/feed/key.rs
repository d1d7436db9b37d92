//! The keys that authenticate a feed (SPEC §17.2).

use alloc::vec::Vec;
use core::fmt;

use hmac::Mac as _;
use zeroize::Zeroize as _;

use crate::feed::realm::Realm;
use crate::key::error::KeyError;
use crate::key::text::{SecretText, decode, encode, is_weak};
use crate::seal::derive::{expand, prf};
use crate::secret::Secret;

const PREFIX: &str = "clkfeed1.";
const BYTES: usize = 36;
const CHARS: usize = 48;

/// A key that authenticates revocations between servers. It opens no token and seals none; who has
/// it can log everybody out, and hide a logout from those who trust it.
///
/// Wiped when dropped; `Debug` shows the public id alone.
///
/// ```
/// use cloakroom::feed::FeedKey;
///
/// let key = FeedKey::generate()?;
/// assert!(key.to_text().expose().starts_with("clkfeed1."));
/// assert_eq!(FeedKey::parse(key.to_text().expose())?.id(), key.id());
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
#[derive(Clone)]
pub struct FeedKey {
    bytes: Secret<32>,
    id: [u8; 4],
    mac: Secret<32>,
}

impl FeedKey {
    /// A key from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        use rand_core::TryRng as _;
        let bytes = Secret::fill_with(|bytes| getrandom::SysRng.try_fill_bytes(bytes))
            .map_err(|_| KeyError::Random)?;
        Self::checked(bytes)
    }

    /// The key with these 32 uniformly random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Weak`] when all bytes are equal.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Self::checked(Secret::copy_from(bytes))
    }

    /// Reads the text form, `clkfeed1.` and 48 characters.
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
        if key.id == id {
            Ok(key)
        } else {
            Err(KeyError::Checksum)
        }
    }

    fn checked(bytes: Secret<32>) -> Result<Self, KeyError> {
        if is_weak(bytes.expose()) {
            return Err(KeyError::Weak);
        }
        let id = *expand::<4>(bytes.expose(), &[b"clkfeed1 id\0"]).expose();
        let mac = expand::<32>(bytes.expose(), &[b"clkfeed1 mac\0"]);
        Ok(Self { bytes, id, mac })
    }

    /// The public name of this key.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The secret text form.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let mut raw = [0; BYTES];
        raw[..32].copy_from_slice(self.bytes.expose());
        raw[32..].copy_from_slice(&self.id);
        let text = encode(PREFIX, &raw);
        raw.zeroize();
        text
    }

    /// From which the key that signs edge exports is made.
    #[cfg(feature = "edge")]
    pub(crate) fn edge_seed(&self) -> Secret<32> {
        expand::<32>(self.bytes.expose(), &[b"clkfeed1 edge\0"])
    }

    #[cfg(feature = "hazmat")]
    pub(crate) fn mac_key(&self) -> [u8; 32] {
        *self.mac.expose()
    }

    fn mac(&self, label: &[u8], realm: &Realm, bytes: &[u8]) -> crate::seal::derive::Prf {
        let mut mac = prf(self.mac.expose());
        mac.update(label);
        mac.update(&realm.prefixed());
        mac.update(bytes);
        mac
    }
}

impl fmt::Debug for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedKey(")?;
        self.id
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// The key a server writes with, and one more that it accepts while the fleet changes from one to
/// the other.
#[derive(Clone, Debug)]
pub struct FeedKeys {
    writing: FeedKey,
    accepted: Option<FeedKey>,
}

/// What is wrong with an authenticated text before its contents are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untrusted {
    UnknownKey,
    Forged,
}

impl FeedKeys {
    /// One key, for writing and reading.
    #[must_use]
    pub const fn new(key: FeedKey) -> Self {
        Self {
            writing: key,
            accepted: None,
        }
    }

    /// Accepts this key as well. To change the key of a fleet: every server accepts the new one,
    /// then every server writes with it and accepts the old one, then the old one is dropped.
    #[must_use]
    pub fn and_accept(mut self, key: FeedKey) -> Self {
        self.accepted = Some(key);
        self
    }

    /// Bytes of the id before and the tag behind what is authenticated.
    pub(crate) const TAG: usize = 16;

    pub(crate) fn writing_id(&self) -> [u8; 4] {
        self.writing.id
    }

    /// Appends the tag over everything that is in `out`.
    pub(crate) fn seal(&self, label: &[u8], realm: &Realm, out: &mut Vec<u8>) {
        let tag = self.writing.mac(label, realm, out).finalize().into_bytes();
        out.extend_from_slice(tag.get(..Self::TAG).unwrap_or_default());
    }

    /// Whether one of the two has this id.
    pub(crate) fn knows(&self, id: [u8; 4]) -> Result<&FeedKey, Untrusted> {
        let mut keys = core::iter::once(&self.writing).chain(&self.accepted);
        keys.find(|key| key.id == id).ok_or(Untrusted::UnknownKey)
    }

    /// What stands before the tag.
    pub(crate) fn open<'b>(
        &self,
        label: &[u8],
        realm: &Realm,
        id: [u8; 4],
        bytes: &'b [u8],
    ) -> Result<&'b [u8], Untrusted> {
        let key = self.knows(id)?;
        let (covered, tag) = bytes
            .split_last_chunk::<{ Self::TAG }>()
            .ok_or(Untrusted::Forged)?;
        key.mac(label, realm, covered)
            .verify_truncated_left(tag)
            .map_err(|_| Untrusted::Forged)?;
        Ok(covered)
    }
}
