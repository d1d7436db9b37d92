//! The keys under which exports are signed and checked (SPEC §18.1).

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::feed::FeedKey;
use crate::key::error::KeyError;
use crate::key::text::{decode, encode};

const PREFIX: &str = "clkedge1.";
const BYTES: usize = 36;
const CHARS: usize = 48;
/// Bytes of a signature.
pub(crate) const SIGNATURE: usize = 64;

/// Signs exports. Made from a [`FeedKey`], so that there is one secret less to keep; whoever has that
/// key can write to the feed anyway.
///
/// Wiped when dropped; `Debug` shows the public id alone.
#[derive(Clone)]
pub struct EdgeSigner {
    key: SigningKey,
    public: EdgeKey,
}

impl FeedKey {
    /// What signs exports for edges that are to trust this key.
    ///
    /// ```
    /// use cloakroom::feed::FeedKey;
    ///
    /// let signer = FeedKey::generate()?.edge_signer();
    /// assert!(signer.public_key().to_text().starts_with("clkedge1."));
    /// # Ok::<(), cloakroom::KeyError>(())
    /// ```
    #[must_use]
    pub fn edge_signer(&self) -> EdgeSigner {
        let key = SigningKey::from_bytes(self.edge_seed().expose());
        let public = EdgeKey::of(key.verifying_key());
        EdgeSigner { key, public }
    }
}

impl EdgeSigner {
    /// What edges check with. Not a secret.
    #[must_use]
    pub const fn public_key(&self) -> EdgeKey {
        self.public
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        self.key.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for EdgeSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EdgeSigner").field(&self.public).finish()
    }
}

/// What an edge checks exports with. Public: it opens no token and signs nothing.
///
/// ```
/// use cloakroom::edge::EdgeKey;
/// use cloakroom::feed::FeedKey;
///
/// let key = FeedKey::generate()?.edge_signer().public_key();
/// assert_eq!(EdgeKey::parse(&key.to_text())?, key);
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EdgeKey {
    key: VerifyingKey,
    id: [u8; 4],
}

impl EdgeKey {
    fn of(key: VerifyingKey) -> Self {
        let hash = Sha256::new().chain_update(b"clkedge1 id\0");
        let hash = hash.chain_update(key.as_bytes()).finalize();
        let mut id = [0; 4];
        for (to, from) in id.iter_mut().zip(hash) {
            *to = from;
        }
        Self { key, id }
    }

    /// Reads the text form, `clkedge1.` and 48 characters.
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
        // Bytes that are no point of the curve were never written by `to_text`, and neither was a
        // second spelling of one: with it one key would have two ids.
        if !is_canonical(bytes) {
            return Err(KeyError::Checksum);
        }
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Checksum)?;
        // Under such a key, signatures for many messages can be found without a secret.
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let key = Self::of(key);
        if key.id == id {
            Ok(key)
        } else {
            Err(KeyError::Checksum)
        }
    }

    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut raw = [0; BYTES];
        raw[..32].copy_from_slice(self.key.as_bytes());
        raw[32..].copy_from_slice(&self.id);
        encode(PREFIX, &raw).expose().to_owned()
    }

    /// The name by which exports say what they are signed under.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    pub(crate) fn verifies(&self, bytes: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.key.verify_strict(bytes, &signature).is_ok()
    }
}

/// Whether y, the bytes without the sign of x, is below the order of the field, 2^255 - 19
/// (RFC 8032, Section 5.1.3).
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    last & 0x7F != 0x7F || middle.iter().any(|byte| *byte != 0xFF) || *first < 0xED
}

impl fmt::Debug for EdgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeKey(")?;
        self.id
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// The keys that an edge accepts: one, and one more while the origin changes its feed key.
#[derive(Clone, Copy, Debug)]
pub struct EdgeKeys {
    first: EdgeKey,
    second: Option<EdgeKey>,
}

impl EdgeKeys {
    /// One key.
    #[must_use]
    pub const fn new(key: EdgeKey) -> Self {
        Self {
            first: key,
            second: None,
        }
    }

    /// Accepts this key as well: every edge gets the new one first, then the origin signs under it,
    /// then the old one is dropped.
    #[must_use]
    pub const fn and_accept(mut self, key: EdgeKey) -> Self {
        self.second = Some(key);
        self
    }

    pub(crate) fn find(&self, id: [u8; 4]) -> Option<&EdgeKey> {
        let mut keys = core::iter::once(&self.first).chain(&self.second);
        keys.find(|key| key.id == id)
    }
}
