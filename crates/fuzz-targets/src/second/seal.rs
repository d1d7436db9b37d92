//! SPEC §6, without a binding and with one.

use std::sync::LazyLock;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use sha2::{Digest as _, Sha256};

use crate::setting::{AUDIENCE, BINDING, PURPOSE, ROOT};

/// RFC 2104, for keys of at most a block.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut inner = [0x36_u8; 64];
    let mut outer = [0x5c_u8; 64];
    for (index, byte) in key.iter().enumerate() {
        inner[index] ^= byte;
        outer[index] ^= byte;
    }
    let first = Sha256::new().chain_update(inner).chain_update(message);
    let second = Sha256::new().chain_update(outer);
    second.chain_update(first.finalize()).finalize().into()
}

fn expand(key: &[u8], label: &[u8], context: &[u8]) -> [u8; 32] {
    hmac(key, &[label, context, &[1]].concat())
}

pub(crate) struct Keys {
    pub(crate) kid: [u8; 4],
    encryption: [u8; 32],
    nonce: [u8; 32],
    binding: &'static [u8],
}

/// The keys of the one context that the targets have.
pub(crate) fn keys(bound: bool) -> &'static Keys {
    static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| [b"".as_slice(), BINDING].map(derive));
    &KEYS[usize::from(bound)]
}

fn derive(binding: &'static [u8]) -> Keys {
    let kid = expand(&ROOT, b"clk1 kid\0", b"");
    let lengths = [[PURPOSE.len() as u8], [AUDIENCE.len() as u8]];
    let context = [&lengths[0], PURPOSE, &lengths[1], AUDIENCE].concat();
    let unit = expand(&ROOT, b"clk1 sub\0", &context);
    Keys {
        kid: [kid[0], kid[1], kid[2], kid[3]],
        encryption: expand(&unit, b"clk1 enc\0", b""),
        nonce: expand(&unit, b"clk1 siv\0", b""),
        binding,
    }
}

impl Keys {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.encryption.into())
    }

    fn associated(&self) -> Vec<u8> {
        [b"clk1.".as_slice(), &self.kid, self.binding].concat()
    }

    fn synthetic(&self, plaintext: &[u8]) -> [u8; 24] {
        let associated = self.associated();
        let length = (associated.len() as u64).to_be_bytes();
        let whole = hmac(
            &self.nonce,
            &[&length, associated.as_slice(), plaintext].concat(),
        );
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&whole[..24]);
        nonce
    }

    /// The body of `plaintext` under any nonce; the right one unless given.
    pub(crate) fn seal(&self, plaintext: &[u8], nonce: Option<[u8; 24]>) -> Vec<u8> {
        let nonce = nonce.unwrap_or_else(|| self.synthetic(plaintext));
        let aad = self.associated();
        let message = Payload {
            msg: plaintext,
            aad: &aad,
        };
        let sealed = self.cipher().encrypt(&nonce.into(), message);
        let sealed = sealed.expect("shorter than 256 GiB");
        [self.kid.as_slice(), &nonce, &sealed].concat()
    }

    /// The plaintext, or that the nonce alone is wrong (`Some`), or more than it (`None`).
    pub(crate) fn open(&self, body: &[u8]) -> Result<Vec<u8>, Option<()>> {
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&body[4..28]);
        let aad = self.associated();
        let message = Payload {
            msg: &body[28..],
            aad: &aad,
        };
        let opened = self.cipher().decrypt(&nonce.into(), message);
        let plaintext = opened.map_err(|_| None)?;
        if self.synthetic(&plaintext) == nonce {
            Ok(plaintext)
        } else {
            Err(Some(()))
        }
    }
}
