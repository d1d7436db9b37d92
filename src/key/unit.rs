//! Derived units: what a service holds that must open one purpose and audience only (SPEC §4.5).

use core::fmt;

use zeroize::Zeroize as _;

use crate::key::error::KeyError;
use crate::key::id::KeyId;
use crate::key::text::{self, SecretText};
use crate::seal::derive::{self, Context};
use crate::secret::Secret;

pub(crate) const PREFIX: &str = "clksub1.";
const BYTES: usize = 42;
const CHARS: usize = 56;

/// The key of one purpose and audience, derived from a root key.
///
/// # Security
///
/// Whoever holds a unit opens *and seals* every session of its purpose and audience; there is no
/// read-only key. Give each service an audience of its own.
///
/// ```
/// use cloakroom::{Key, Unit};
///
/// let unit = Key::generate()?.derive_unit(b"session", b"files.example.com")?;
/// let again = Unit::parse(unit.to_text().expose())?;
/// assert_eq!(again.id(), unit.id());
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Unit {
    id: KeyId,
    bytes: Secret<32>,
    check: [u8; 6],
}

impl Unit {
    pub(crate) fn derived(id: KeyId, bytes: Secret<32>, context: &Context) -> Self {
        let check = derive::unit_check(bytes.expose(), id.0, context);
        Self { id, bytes, check }
    }

    /// Reads the text form, `clksub1.` and 56 characters.
    ///
    /// The checksum covers the purpose and audience too, which the text does not carry; it is
    /// checked when sessions are built from a ring of units.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let raw = text::decode::<BYTES>(text, PREFIX, CHARS)?;
        let (id, rest) = raw
            .expose()
            .split_first_chunk::<4>()
            .ok_or(KeyError::Alphabet)?;
        let (bytes, check) = rest.split_first_chunk::<32>().ok_or(KeyError::Alphabet)?;
        let check = *check.first_chunk::<6>().ok_or(KeyError::Alphabet)?;
        if text::is_weak(bytes) {
            return Err(KeyError::Weak);
        }
        Ok(Self {
            id: KeyId(*id),
            bytes: Secret::copy_from(bytes),
            check,
        })
    }

    /// The public name of the root key that this unit was derived from.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret text form, for a key file.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let mut raw = [0; BYTES];
        raw[..4].copy_from_slice(&self.id.0);
        raw[4..36].copy_from_slice(self.bytes.expose());
        raw[36..].copy_from_slice(&self.check);
        let secret = text::encode(PREFIX, &raw);
        raw.zeroize();
        secret
    }

    /// Whether this is the unit of `context`, and undamaged.
    pub(crate) fn for_context(&self, context: &Context) -> Result<Secret<32>, KeyError> {
        if derive::unit_check(self.bytes.expose(), self.id.0, context) == self.check {
            Ok(self.bytes.clone())
        } else {
            Err(KeyError::WrongContext)
        }
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unit")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
