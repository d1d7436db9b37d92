//! A source of keys that can be read more than once.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::panic::AssertUnwindSafe;
use std::ffi::OsString;
use std::panic::catch_unwind;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::key::file_error::MAX_FILE;
use crate::key::ring::KeyRing;
use crate::key::text::SecretText;
use crate::source::fault::{SourceError, SourceFault};
use crate::source::open;
use crate::source::place::Place;
use crate::source::unwrap::{KeyUnwrap, UnwrapError};

/// The most bytes that are read where something unwraps them.
pub(crate) const MAX_WRAPPED: usize = 131_072;
/// How often a file that a swap took away is looked for again.
const SWAPS: usize = 8;

/// Whence a key ring is loaded, now and whenever it has changed.
///
/// ```no_run
/// use cloakroom::source::KeySource;
///
/// let source = KeySource::directory("/etc/cloakroom", "ring"); // a mounted Kubernetes secret
/// let ring = source.load()?;
/// # Ok::<(), cloakroom::source::SourceError>(())
/// ```
#[derive(Clone)]
pub struct KeySource {
    place: Place,
    custom: Option<Arc<Custom>>,
    unwrap: Option<Arc<dyn KeyUnwrap>>,
}

type Custom = dyn Fn() -> Result<SecretText, UnwrapError> + Send + Sync;

impl KeySource {
    const fn of(place: Place) -> Self {
        Self {
            place,
            custom: None,
            unwrap: None,
        }
    }

    /// The text of a ring file in an environment variable.
    ///
    /// # Security
    ///
    /// The environment of a process can be read by its user for as long as it runs, and is handed
    /// to every program that it starts. A file or a credential is better where there is a choice.
    #[must_use]
    pub fn env(name: impl Into<OsString>) -> Self {
        Self::of(Place::Env(name.into()))
    }

    /// A ring file, which others must neither read nor write (see [the module](crate::source)).
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Place::File(path.into()))
    }

    /// A credential that systemd hands to the service: the file of this name in
    /// `$CREDENTIALS_DIRECTORY`.
    ///
    /// In the unit stands `LoadCredential=name:/etc/app/ring`, or `LoadCredentialEncrypted=`.
    /// systemd reads a credential once, when the service starts.
    #[must_use]
    pub fn credential(name: impl Into<String>) -> Self {
        Self::of(Place::Credential(name.into()))
    }

    /// The file of this name in a directory that a platform mounted: a Kubernetes secret, which is
    /// swapped as a whole when it changes, or `/run/secrets` of Docker.
    #[must_use]
    pub fn directory(directory: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self::of(Place::Directory(directory.into(), name.into()))
    }

    /// A place of your own. `name` stands in errors; `read` gives the text that is stored, on every
    /// call anew.
    #[must_use]
    pub fn custom(
        name: impl Into<String>,
        read: impl Fn() -> Result<SecretText, UnwrapError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            custom: Some(Arc::new(read)),
            ..Self::of(Place::Custom(name.into()))
        }
    }

    /// The same place, with what is stored there unwrapped by `unwrap`.
    #[must_use]
    pub fn unwrap_with(self, unwrap: impl KeyUnwrap + 'static) -> Self {
        Self {
            unwrap: Some(Arc::new(unwrap)),
            ..self
        }
    }

    /// Reads the ring.
    ///
    /// # Errors
    ///
    /// [`SourceError`] names the place, what is wrong there and what to do.
    pub fn load(&self) -> Result<KeyRing, SourceError> {
        let ring = self.read().and_then(|stored| self.ring(&stored));
        ring.map_err(|fault| self.error(fault))
    }

    /// What is stored, as it is stored. A panic in code that was given to us is a fault like any
    /// other: it must not end the thread that would read the next ring.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, SourceFault> {
        let limit = match self.unwrap {
            None => MAX_FILE,
            Some(_) => MAX_WRAPPED,
        };
        if let Some(custom) = &self.custom {
            let text = catch_unwind(AssertUnwindSafe(|| custom()));
            let text = text.map_err(|_| SourceFault::Panicked)?;
            let text = text.map_err(|error| SourceFault::Unwrap(error.to_string()))?;
            return bounded(text.expose(), limit);
        }
        if let Place::Env(name) = &self.place {
            return match std::env::var(name) {
                Ok(text) => bounded(SecretText::new(text).expose(), limit),
                Err(std::env::VarError::NotPresent) => Err(SourceFault::NotSet),
                Err(std::env::VarError::NotUnicode(_)) => Err(SourceFault::NotUnicode),
            };
        }
        let (path, rule) = self.place.file()?.ok_or(SourceFault::NotFound)?;
        let mut left = SWAPS;
        loop {
            let read = open::read(&path, rule, limit);
            left = left.saturating_sub(1);
            // The folder that the path led to was removed between two steps of one lookup.
            if left == 0 || read != Err(SourceFault::NotFound) || !self.place.is_swapped() {
                return read;
            }
        }
    }

    /// The ring in what is stored.
    pub(crate) fn ring(&self, stored: &[u8]) -> Result<KeyRing, SourceFault> {
        let Some(unwrap) = &self.unwrap else {
            return KeyRing::parse_bytes(stored).map_err(SourceFault::Ring);
        };
        let text = catch_unwind(AssertUnwindSafe(|| unwrap.unwrap_ring(stored)));
        let text = text.map_err(|_| SourceFault::Panicked)?;
        let text = text.map_err(|error| SourceFault::Unwrap(error.to_string()))?;
        KeyRing::parse(text.expose()).map_err(SourceFault::Ring)
    }

    /// As errors name it.
    pub(crate) fn place(&self) -> String {
        self.place.to_string()
    }

    pub(crate) fn error(&self, fault: SourceFault) -> SourceError {
        SourceError {
            place: self.place(),
            fault,
            of_ring: true,
        }
    }
}

fn bounded(text: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, SourceFault> {
    if text.len() > limit {
        return Err(SourceFault::TooLarge { limit });
    }
    Ok(Zeroizing::new(text.as_bytes().to_vec()))
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource")
            .field("place", &self.place.to_string())
            .field("unwraps", &self.unwrap.is_some())
            .finish_non_exhaustive()
    }
}
