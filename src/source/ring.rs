//! One call for each place.

use alloc::string::String;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::key::ring::KeyRing;
use crate::source::fault::SourceError;
use crate::source::keys::KeySource;

impl KeyRing {
    /// Reads the ring in an environment variable: the text of a ring file, with its line ends, which a
    /// shell keeps in quotes: `CLOAKROOM_KEYS="$(cat ring)"`.
    ///
    /// ```no_run
    /// let ring = cloakroom::KeyRing::from_env("CLOAKROOM_KEYS")?;
    /// # Ok::<(), cloakroom::source::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SourceError`]. See [`KeySource::env`] for who can read an environment.
    pub fn from_env(name: impl Into<OsString>) -> Result<Self, SourceError> {
        KeySource::env(name).load()
    }

    /// Reads a ring file, which others must neither read nor write.
    ///
    /// ```no_run
    /// let ring = cloakroom::KeyRing::from_file("/etc/app/ring")?; // mode 600 or 640
    /// # Ok::<(), cloakroom::source::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        KeySource::file(path).load()
    }

    /// Reads the ring in a credential that systemd hands to the service.
    ///
    /// ```no_run
    /// // LoadCredential=ring:/etc/app/ring
    /// let ring = cloakroom::KeyRing::from_credential("ring")?;
    /// # Ok::<(), cloakroom::source::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub fn from_credential(name: impl Into<String>) -> Result<Self, SourceError> {
        KeySource::credential(name).load()
    }

    /// Reads the ring in a file of a directory that a platform mounted for secrets.
    ///
    /// ```no_run
    /// let ring = cloakroom::KeyRing::from_directory("/run/secrets", "ring")?; // Docker
    /// let ring = cloakroom::KeyRing::from_directory("/etc/keys", "ring")?; // a Kubernetes volume
    /// # Ok::<(), cloakroom::source::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub fn from_directory(
        directory: impl Into<PathBuf>,
        name: impl Into<String>,
    ) -> Result<Self, SourceError> {
        KeySource::directory(directory, name).load()
    }
}
