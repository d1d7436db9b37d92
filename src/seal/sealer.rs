//! XChaCha20-Poly1305 under a synthetic nonce (SPEC §6.5, §6.6).

use core::fmt;

use hmac::Mac as _;
use zeroize::Zeroize as _;

use crate::seal::aead::Aead;
use crate::seal::derive::{self, Prf};
use crate::secret::Secret;
use crate::wire::text::{OVERHEAD, PREFIX};

/// The longest binding in bytes.
pub(crate) const MAX_BINDING: usize = 1024;
/// Where the plaintext or ciphertext starts in a body.
pub(crate) const TEXT_AT: usize = 28;

const KID: usize = 4;
const NONCE: usize = 24;
/// The length of the Poly1305 tag at the end of a body.
pub(crate) const TAG: usize = 16;
const AAD_HEAD: usize = PREFIX.len() + KID;

const _: () = assert!(KID + NONCE == TEXT_AT);
const _: () = assert!(TEXT_AT + TAG == OVERHEAD);

/// At which step a body failed to open. The two must look alike from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The AEAD's tag.
    Tag,
    /// The synthetic nonce does not belong to the plaintext: a token made to open under two keys,
    /// or sealed by something that chose its own nonce.
    Nonce,
}

/// What one key needs for one purpose and audience, derived once.
pub(crate) struct Sealer {
    kid: [u8; KID],
    cipher: Aead,
    nonce_key: Prf,
    unit: Secret<32>,
    revocation_key: [u8; 16],
}

impl Sealer {
    /// SPEC §6.2: `Ke = Expand(S, "clk1 enc\0", 32)`, `Kn = Expand(S, "clk1 siv\0", 32)`.
    pub(crate) fn new(kid: [u8; KID], unit: Secret<32>) -> Self {
        let encryption = derive::expand::<32>(unit.expose(), &[b"clk1 enc\0"]);
        let nonce = derive::expand::<32>(unit.expose(), &[b"clk1 siv\0"]);
        Self {
            kid,
            cipher: Aead::new(encryption.expose()),
            nonce_key: derive::prf(nonce.expose()),
            unit,
            revocation_key: derive::revocation_key(4, &kid),
        }
    }

    pub(crate) const fn kid(&self) -> [u8; KID] {
        self.kid
    }

    /// The name of this key in a revocation list.
    pub(crate) const fn revocation_key(&self) -> &[u8; 16] {
        &self.revocation_key
    }

    pub(crate) fn log_reference(&self, session: &[u8; 16]) -> [u8; 8] {
        derive::log_reference(self.unit.expose(), session)
    }

    /// See [`derive::form_mac`].
    pub(crate) fn form_mac(&self, binding: &[u8], session: &[u8; 16], generation: u32) -> Prf {
        derive::form_mac(self.unit.expose(), binding, session, generation)
    }

    /// `N = HMAC-SHA256(Kn, be64(|AAD|) || AAD || P)`, of which the first 24 bytes are the nonce.
    fn nonce_mac(&self, aad: &[u8], plaintext: &[u8]) -> Prf {
        let mut mac = self.nonce_key.clone();
        mac.update(&(aad.len() as u64).to_be_bytes());
        mac.update(aad);
        mac.update(plaintext);
        mac
    }

    /// SPEC §6.5. `body` holds the plaintext at [`TEXT_AT`], with room for the tag behind it; the
    /// rest is written here.
    pub(crate) fn seal(&self, binding: &[u8], body: &mut [u8]) {
        let Some((nonce_at, text, tag_at)) = self.split(body) else {
            return;
        };
        with_aad(self.kid, binding, |aad| {
            let mac = self.nonce_mac(aad, text).finalize().into_bytes();
            for (to, from) in nonce_at.iter_mut().zip(mac.iter()) {
                *to = *from;
            }
            if let Some(tag) = self.cipher.encrypt(nonce_at, aad, text) {
                *tag_at = tag;
            }
        });
        if let Some(kid) = body.first_chunk_mut() {
            *kid = self.kid;
        }
    }

    /// SPEC §6.6. Turns the ciphertext in `body` into the plaintext, in place, or wipes it.
    pub(crate) fn open(&self, binding: &[u8], body: &mut [u8]) -> Result<(), Broken> {
        let Some((nonce, text, tag)) = self.split(body) else {
            return Err(Broken::Tag);
        };
        with_aad(self.kid, binding, |aad| {
            if !self.cipher.decrypt(nonce, aad, text, tag) {
                text.zeroize();
                return Err(Broken::Tag);
            }
            // In constant time, by the MAC's own comparison. Without this step two keys can be
            // found that both open one crafted token (partitioning oracles), as for every plain
            // AEAD.
            if self
                .nonce_mac(aad, text)
                .verify_truncated_left(nonce)
                .is_err()
            {
                text.zeroize();
                return Err(Broken::Nonce);
            }
            Ok(())
        })
    }

    fn split<'b>(
        &self,
        body: &'b mut [u8],
    ) -> Option<(&'b mut [u8; NONCE], &'b mut [u8], &'b mut [u8; TAG])> {
        let (_, rest) = body.split_first_chunk_mut::<KID>()?;
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE>()?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG>()?;
        Some((nonce, text, tag))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// `AAD = "clk1." || kid || binding`, on the stack. A binding longer than [`MAX_BINDING`] was
/// refused where it was given.
fn with_aad<R>(kid: [u8; KID], binding: &[u8], run: impl FnOnce(&[u8]) -> R) -> R {
    let mut head = [0; AAD_HEAD];
    for (to, from) in head.iter_mut().zip(PREFIX.as_bytes().iter().chain(&kid)) {
        *to = *from;
    }
    if binding.is_empty() {
        return run(&head);
    }
    let mut whole = [0; AAD_HEAD + MAX_BINDING];
    let len = AAD_HEAD.saturating_add(binding.len().min(MAX_BINDING));
    for (to, from) in whole.iter_mut().zip(head.iter().chain(binding)) {
        *to = *from;
    }
    run(whole.get(..len).unwrap_or(&head))
}
