//! XChaCha20-Poly1305, by either of two implementations that give the same bytes.

use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};

#[cfg(feature = "ring")]
use crate::backend::Backend;
#[cfg(feature = "ring")]
use crate::seal::fast;
#[cfg(feature = "ring")]
use crate::secret::Secret;

/// A key of the AEAD; wiped when dropped.
pub(crate) enum Aead {
    /// The crate `chacha20poly1305`, Rust throughout.
    Portable(XChaCha20Poly1305),
    #[cfg(feature = "ring")]
    Fast(Secret<32>),
}

impl Aead {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        #[cfg(feature = "ring")]
        if Backend::chosen().is_fast() {
            return Self::Fast(Secret::copy_from(key));
        }
        Self::Portable(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts in place. `None` only beyond 256 GiB.
    #[inline]
    pub(crate) fn encrypt(
        &self,
        nonce: &[u8; 24],
        aad: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; 16]> {
        match self {
            Self::Portable(cipher) => cipher
                .encrypt_inout_detached(nonce.into(), aad, InOutBuf::from(text))
                .ok()
                .map(Into::into),
            #[cfg(feature = "ring")]
            Self::Fast(key) => fast::encrypt(key.expose(), nonce, aad, text),
        }
    }

    /// Decrypts in place. Unless this is `true`, the caller has to wipe `text`.
    #[must_use]
    #[inline]
    pub(crate) fn decrypt(
        &self,
        nonce: &[u8; 24],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        match self {
            Self::Portable(cipher) => cipher
                .decrypt_inout_detached(nonce.into(), aad, InOutBuf::from(text), tag.into())
                .is_ok(),
            #[cfg(feature = "ring")]
            Self::Fast(key) => fast::decrypt(key.expose(), nonce, aad, text, tag),
        }
    }
}
