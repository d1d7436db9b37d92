//! XChaCha20-Poly1305 under a synthetic nonce (SPEC §6.5, §6.6).

use core::fmt;

use ctutils::CtEq as _;
use hmac::Mac as _;
use zeroize::Zeroize as _;

use crate::seal::aead::Aead;
use crate::seal::derive::{self, Prf};
use crate::seal::mac::Mac;
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
/// The length of the associated data, as the MAC reads it.
const LENGTH: usize = 8;
const HEAD: usize = LENGTH + PREFIX.len() + KID;

const _: () = assert!(KID + NONCE == TEXT_AT);
const _: () = assert!(TEXT_AT + TAG == OVERHEAD);
const _: () = assert!(HEAD <= TEXT_AT);

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
    /// What the MAC reads before the plaintext where there is no binding.
    head: [u8; HEAD],
    cipher: Aead,
    nonce_key: Mac,
    /// The same key, for a MAC of several pieces.
    bound_nonce_key: Prf,
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
            head: head(kid),
            cipher: Aead::new(encryption.expose()),
            nonce_key: Mac::new(nonce.expose()),
            bound_nonce_key: derive::prf(nonce.expose()),
            unit,
            revocation_key: derive::revocation_key(4, &kid),
        }
    }

    #[inline]
    pub(crate) const fn kid(&self) -> [u8; KID] {
        self.kid
    }

    /// The name of this key in a revocation list.
    #[inline]
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

    /// `AAD = "clk1." || kid || binding` without the binding.
    #[inline]
    fn aad(&self) -> &[u8] {
        self.head.split_at(LENGTH).1
    }

    /// `N = HMAC-SHA256(Kn, be64(|AAD|) || AAD || P)`, of which the first 24 bytes are the nonce.
    ///
    /// `body` ends with the plaintext. What stands before it is written over where there is no
    /// binding: the MAC's input is one piece then, which takes less time than three.
    #[inline]
    fn nonce_of(&self, binding: &[u8], body: &mut [u8]) -> [u8; NONCE] {
        let whole = if binding.is_empty() {
            if let Some(room) = body.get_mut(TEXT_AT - HEAD..TEXT_AT) {
                room.copy_from_slice(&self.head);
            }
            self.nonce_key
                .of(body.get(TEXT_AT - HEAD..).unwrap_or_default())
        } else {
            let length = self.aad().len().saturating_add(binding.len());
            let mut mac = self.bound_nonce_key.clone();
            mac.update(&(length as u64).to_be_bytes());
            mac.update(self.aad());
            mac.update(binding);
            mac.update(body.get(TEXT_AT..).unwrap_or_default());
            mac.finalize().into_bytes().into()
        };
        let [nonce @ .., _, _, _, _, _, _, _, _] = whole;
        nonce
    }

    /// SPEC §6.5. `body` holds the plaintext at [`TEXT_AT`], with room for the tag behind it; the
    /// rest is written here.
    #[inline]
    pub(crate) fn seal(&self, binding: &[u8], body: &mut [u8]) {
        if self.try_seal(binding, body).is_none() {
            // Not for any length that a plaintext may have. But what leaves next is `body`, and then
            // it must not be readable.
            body.zeroize();
        }
    }

    #[inline]
    fn try_seal(&self, binding: &[u8], body: &mut [u8]) -> Option<()> {
        let (whole, tag_at) = body.split_last_chunk_mut::<TAG>()?;
        let mac = self.nonce_of(binding, whole);
        let (kid, nonce, text) = parts(whole)?;
        *kid = self.kid;
        *nonce = mac;
        *tag_at = self.with_aad(binding, |aad| self.cipher.encrypt(nonce, aad, text))?;
        Some(())
    }

    /// SPEC §6.6. Turns the ciphertext in `body` into the plaintext, in place, or wipes it. Key id
    /// and nonce are not to be read from `body` afterwards.
    #[inline]
    pub(crate) fn open(&self, binding: &[u8], body: &mut [u8]) -> Result<(), Broken> {
        let (whole, tag) = body.split_last_chunk_mut::<TAG>().ok_or(Broken::Tag)?;
        let (_, nonce, text) = parts(whole).ok_or(Broken::Tag)?;
        let nonce = *nonce;
        if !self.with_aad(binding, |aad| self.cipher.decrypt(&nonce, aad, text, tag)) {
            text.zeroize();
            return Err(Broken::Tag);
        }
        // In constant time. Without this step two keys can be found that both open one crafted token
        // (partitioning oracles), as for every plain AEAD.
        let mac = self.nonce_of(binding, whole);
        if !bool::from(mac.ct_eq(&nonce)) {
            whole.zeroize();
            return Err(Broken::Nonce);
        }
        Ok(())
    }

    /// The associated data in one piece, on the stack. A binding longer than [`MAX_BINDING`] was
    /// refused where it was given.
    #[inline]
    fn with_aad<R>(&self, binding: &[u8], run: impl FnOnce(&[u8]) -> R) -> R {
        if binding.is_empty() {
            return run(self.aad());
        }
        let mut whole = [0; HEAD - LENGTH + MAX_BINDING];
        let mut len = 0_usize;
        for (to, from) in whole.iter_mut().zip(self.aad().iter().chain(binding)) {
            *to = *from;
            len = len.saturating_add(1);
        }
        run(whole.get(..len).unwrap_or_default())
    }
}

/// A body without its tag: key id, nonce, text.
#[inline]
fn parts(body: &mut [u8]) -> Option<(&mut [u8; KID], &mut [u8; NONCE], &mut [u8])> {
    let (kid, rest) = body.split_first_chunk_mut()?;
    let (nonce, text) = rest.split_first_chunk_mut()?;
    Some((kid, nonce, text))
}

/// `be64(|AAD|) || AAD` for no binding.
fn head(kid: [u8; KID]) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let length = ((HEAD - LENGTH) as u64).to_be_bytes();
    let parts = length.iter().chain(PREFIX.as_bytes()).chain(&kid);
    for (to, from) in head.iter_mut().zip(parts) {
        *to = *from;
    }
    head
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
