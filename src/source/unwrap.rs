//! The port to what holds the key of the keys.

use alloc::string::{String, ToString as _};
use core::fmt;

use crate::key::text::SecretText;
use crate::source::fault::without_secrets;

/// Turns what is stored into a ring file, when keys are loaded: by a key management service, Vault,
/// a hardware module, a password.
///
/// Called when keys are loaded and when what is stored has changed, never for a request. It may
/// wait for a network; [`reload`](crate::reload) calls it on a thread of its own, and goes on with
/// the old keys while it fails. The program `examples/key_service` unwraps with another process.
///
/// ```
/// use cloakroom::source::{KeySource, KeyUnwrap, UnwrapError};
/// use cloakroom::{KeyRing, SecretText, SystemClock};
///
/// /// Stands for the call to your key service.
/// struct Reversed;
///
/// impl KeyUnwrap for Reversed {
///     fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError> {
///         let plain = wrapped.iter().rev().copied().collect();
///         let text = String::from_utf8(plain).map_err(|_| UnwrapError::new("not text"))?;
///         Ok(SecretText::from(text))
///     }
/// }
///
/// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// let wrapped: String = ring.to_text().expose().chars().rev().collect();
/// let source = KeySource::custom("the stored blob", move || Ok(wrapped.clone().into()));
/// let unwrapped = source.unwrap_with(Reversed).load()?;
/// assert!(unwrapped.keys().map(|key| key.id).eq(ring.keys().map(|key| key.id)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait KeyUnwrap: Send + Sync {
    /// The ring file that `wrapped` holds. At most 131,072 bytes come in.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] with a sentence for the operator.
    fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError>;
}

/// Keys could not be read or unwrapped, in a sentence for the operator.
///
/// The sentence is printed and kept, so it must hold nothing of the keys. One that holds the prefix
/// of a key text is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwrapError(String);

impl UnwrapError {
    /// The error with this sentence.
    #[must_use]
    pub fn new(sentence: &str) -> Self {
        Self(without_secrets(sentence).to_string())
    }
}

#[cfg(feature = "password")]
impl UnwrapError {
    /// The error with a sentence of ours, which names prefixes of texts and holds none of them.
    pub(crate) const fn ours(sentence: String) -> Self {
        Self(sentence)
    }
}

impl fmt::Display for UnwrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for UnwrapError {}
