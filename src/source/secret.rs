//! Secrets that are no ring: the key of a feed, a password, an address with a password in it.

use alloc::string::ToString as _;
use std::path::PathBuf;

use crate::key::file_error::{MAX_FILE, RingFileError};
use crate::key::text::SecretText;
use crate::source::fault::{SourceError, SourceFault};
use crate::source::open;
use crate::source::place::{Place, Rule};

impl SecretText {
    /// Reads the text of a secret file, which others must neither read nor write (see
    /// [the module](crate::source)), at most 65,536 bytes of it. Nothing is trimmed.
    ///
    /// ```no_run
    /// use cloakroom::SecretText;
    ///
    /// let text = SecretText::from_file("/etc/app/feed-key")?; // mode 600 or 640
    /// let key = text.expose().trim_end();
    /// # Ok::<(), cloakroom::source::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SourceError`], also for bytes that are not UTF-8.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        let read =
            open::read(&path, Rule::Private, MAX_FILE).and_then(
                |bytes| match core::str::from_utf8(&bytes) {
                    Ok(text) => Ok(Self::new(text.to_string())),
                    Err(error) => {
                        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                        let valid = core::str::from_utf8(valid).unwrap_or_default();
                        Err(SourceFault::Ring(RingFileError::not_utf8(valid)))
                    }
                },
            );
        read.map_err(|fault| SourceError {
            place: Place::File(path).to_string(),
            fault,
            of_ring: false,
        })
    }
}
