//! XChaCha20-Poly1305 out of HChaCha20 and ring's ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03,
//! section 2.3).

use chacha20::{R20, hchacha};
use ring::aead::{self, CHACHA20_POLY1305, LessSafeKey, UnboundKey};
use zeroize::Zeroize as _;

#[inline]
pub(crate) fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    text: &mut [u8],
) -> Option<[u8; 16]> {
    with_subkey(key, nonce, |subkey, nonce| {
        let sealed = subkey.seal_in_place_separate_tag(nonce, aead::Aad::from(aad), text);
        sealed.ok()?.as_ref().try_into().ok()
    })
}

#[inline]
pub(crate) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8; 16],
) -> bool {
    let opened = with_subkey(key, nonce, |subkey, nonce| {
        let aad = aead::Aad::from(aad);
        let opened = subkey.open_in_place_separate_tag(nonce, aad, (*tag).into(), text, 0..);
        opened.ok().map(|_| ())
    });
    opened.is_some()
}

/// The subkey is HChaCha20 of the key and the first 16 bytes of the nonce, the inner nonce the other
/// eight behind four zeros.
#[inline]
fn with_subkey<R>(
    key: &[u8; 32],
    nonce: &[u8; 24],
    run: impl FnOnce(&LessSafeKey, aead::Nonce) -> Option<R>,
) -> Option<R> {
    let (outer, rest) = nonce.split_first_chunk::<16>()?;
    let mut inner = [0; aead::NONCE_LEN];
    inner.get_mut(4..)?.copy_from_slice(rest);
    let mut derived = hchacha::<R20>(key.into(), outer.into());
    let subkey = UnboundKey::new(&CHACHA20_POLY1305, &derived).map(LessSafeKey::new);
    derived.as_mut_slice().zeroize();
    let subkey = subkey.ok()?;
    run(&subkey, aead::Nonce::assume_unique_for_key(inner))
}
