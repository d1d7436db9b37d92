//! What a careful application writes by hand: postcard, bare XChaCha20-Poly1305 with a random nonce
//! from the operating system, base64url. No key id, no purpose, no revocation, no commitment.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use chacha20poly1305::aead::{AeadInOut as _, inout::InOutBuf};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use rand_core::TryRng as _;
use serde::Serialize;
use serde::de::Deserialize;

use crate::data::{Claims, Session, touch};
use crate::peers::{Peer, Subject};

const NONCE: usize = 24;
const OVERHEAD: usize = 40;
/// Enough for the 1.5 KB session.
pub(crate) const ROOM: usize = 2048;

pub(crate) struct Baseline {
    cipher: XChaCha20Poly1305,
    buffer: Box<[u8; ROOM]>,
}

impl Baseline {
    pub(crate) fn new() -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&[7; 32].into()),
            buffer: Box::new([0; ROOM]),
        }
    }

    pub(crate) fn encode<T: Serialize>(&mut self, claims: &Claims<'_, T>) -> String {
        let mut nonce = [0_u8; NONCE];
        getrandom::SysRng.try_fill_bytes(&mut nonce).unwrap();
        let buffer = &mut *self.buffer;
        buffer[..NONCE].copy_from_slice(&nonce);
        let length = postcard::to_slice(claims, &mut buffer[NONCE..])
            .unwrap()
            .len();
        let text = InOutBuf::from(&mut buffer[NONCE..NONCE + length]);
        let tag = self
            .cipher
            .encrypt_inout_detached((&nonce).into(), b"", text)
            .unwrap();
        buffer[NONCE + length..OVERHEAD + length].copy_from_slice(&tag);
        Base64UrlUnpadded::encode_string(&buffer[..OVERHEAD + length])
    }

    pub(crate) fn open<'b, T: Deserialize<'b>>(&'b mut self, token: &str) -> Option<Claims<'b, T>> {
        let buffer = &mut *self.buffer;
        let length = Base64UrlUnpadded::decode(token, buffer).ok()?.len();
        let (nonce, rest) = buffer.split_first_chunk_mut::<NONCE>()?;
        let (text, rest) = rest.split_at_mut(length.checked_sub(OVERHEAD)?);
        let tag: &[u8; 16] = rest.first_chunk()?;
        let text_in = InOutBuf::from(&mut *text);
        self.cipher
            .decrypt_inout_detached((&*nonce).into(), b"", text_in, tag.into())
            .ok()?;
        let claims: Claims<'b, T> = postcard::from_bytes(text).ok()?;
        claims.alive().then_some(claims)
    }
}

impl Subject for Baseline {
    fn seal(&mut self, session: &Session<'_>) -> String {
        self.encode(session)
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        self.open(token).map(|session| touch(&session))
    }
}

pub(crate) fn peer() -> Peer {
    Peer::new(
        "by hand (baseline)",
        "XChaCha20-Poly1305, postcard",
        "seal, clock",
        Baseline::new(),
    )
}
