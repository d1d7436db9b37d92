//! The deterministic core, stage by stage: for test vectors, fuzzers and other implementations.
//!
//! # Security
//!
//! Nothing here checks the time or the revocations, and the stage at which a token fails is told
//! apart, which an attacker must never learn. A server that uses any of it for sessions gives up
//! what the types outside promise.

#[cfg(feature = "std")]
#[cfg(feature = "edge")]
#[cfg_attr(docsrs, doc(cfg(feature = "edge")))]
pub mod edge;
#[cfg(feature = "feed")]
#[cfg_attr(docsrs, doc(cfg(feature = "feed")))]
pub mod feed;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::backend::Backend;
use crate::key::error::KeyError;
use crate::key::ring::KeyRing;
use crate::key::root::Key;
use crate::key::table::KeyTable;
use crate::seal::derive::Context;
use crate::seal::sealer::{Broken, MAX_BINDING, Sealer, TAG, TEXT_AT};
use crate::time::Timestamp;
use crate::wire::claims;
use crate::wire::text::{self, MAX_BODY, OVERHEAD};

pub use crate::wire::claims::Schema;
pub use crate::wire::session_id::SessionId;

/// At which stage a token failed, in the normative order (SPEC §8.3). The later stages, `schema`,
/// `time` and `revoked`, are the [`Reason`](crate::Reason)s of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Length, prefix or base64url.
    Text,
    /// The key id is unknown, or its key is retired or disabled.
    Key,
    /// The AEAD's tag.
    Tag,
    /// The synthetic nonce does not belong to the plaintext.
    Nonce,
    /// The claims.
    Claims,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Key => "key",
            Self::Tag => "tag",
            Self::Nonce => "nonce",
            Self::Claims => "claims",
        })
    }
}

/// The inputs of a seal are outside their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The purpose or audience.
    Context,
    /// The binding is longer than 1,024 bytes.
    Binding,
    /// The plaintext is empty or longer than 3,024 bytes.
    Plaintext,
    /// No key of the ring seals at that time.
    SealingKey,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context => "the purpose has 1 to 255 bytes, the audience 0 to 255",
            Self::Binding => "the binding has at most 1024 bytes",
            Self::Plaintext => "the plaintext has 1 to 3024 bytes",
            Self::SealingKey => "no key of the ring seals at that time",
        })
    }
}

impl core::error::Error for SealError {}

/// What a token is sealed for.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the three inputs of SPEC §6.5, given by name"
)]
pub struct For<'a> {
    /// 1 to 255 bytes.
    pub purpose: &'a [u8],
    /// 0 to 255 bytes.
    pub audience: &'a [u8],
    /// 0 to 1,024 bytes that the token does not carry.
    pub binding: &'a [u8],
}

/// SPEC §6.5: seals any plaintext. A pure function: equal inputs give equal tokens.
///
/// # Errors
///
/// [`SealError`] for inputs outside their limits.
///
/// ```
/// use cloakroom::Key;
/// use cloakroom::hazmat::{self, For};
///
/// let key = Key::generate()?;
/// let to = For { purpose: b"session", audience: b"", binding: b"" };
/// let token = hazmat::seal(&key, to, b"\x00").unwrap();
/// assert_eq!(token.len(), 65);
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
pub fn seal(key: &Key, to: For<'_>, plaintext: &[u8]) -> Result<String, SealError> {
    let context = Context::new(to.purpose, to.audience).map_err(|_| SealError::Context)?;
    let sealer = Sealer::new(key.id().to_bytes(), key.unit(&context));
    seal_with(&sealer, to.binding, plaintext)
}

fn seal_with(sealer: &Sealer, binding: &[u8], plaintext: &[u8]) -> Result<String, SealError> {
    if binding.len() > MAX_BINDING {
        return Err(SealError::Binding);
    }
    if plaintext.is_empty() || plaintext.len() > MAX_BODY - OVERHEAD {
        return Err(SealError::Plaintext);
    }
    let mut body = alloc::vec![0; plaintext.len().saturating_add(OVERHEAD)];
    if let Some((_, rest)) = body.split_at_mut_checked(TEXT_AT) {
        for (to, from) in rest.iter_mut().zip(plaintext) {
            *to = *from;
        }
    }
    sealer.seal(binding, &mut body);
    Ok(text::encode(Backend::chosen(), &body))
}

/// An opened token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenedToken {
    /// The key id, 4 bytes.
    pub kid: [u8; 4],
    /// The synthetic nonce, 24 bytes.
    pub nonce: [u8; 24],
    /// The plaintext.
    pub plaintext: Vec<u8>,
}

impl fmt::Debug for OpenedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedToken")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A ring derived for one purpose and audience.
pub struct Opener(KeyTable);

impl Opener {
    /// Derives the keys of a ring.
    ///
    /// # Errors
    ///
    /// [`KeyError::BadContext`], or [`KeyError::WrongContext`] for units of another context.
    pub fn new(ring: &KeyRing, purpose: &[u8], audience: &[u8]) -> Result<Self, KeyError> {
        let context = Context::new(purpose, audience).map_err(|_| KeyError::BadContext)?;
        KeyTable::derive(ring, &context).map(Self)
    }

    /// SPEC §6.5 under the key of the ring that seals at `now`: any plaintext, of any time.
    ///
    /// # Errors
    ///
    /// [`SealError`].
    pub fn seal(
        &self,
        plaintext: &[u8],
        binding: &[u8],
        now: Timestamp,
    ) -> Result<String, SealError> {
        let sealer = self.0.sealing(now).ok_or(SealError::SealingKey)?;
        seal_with(sealer, binding, plaintext)
    }

    /// SPEC §6.6, with the stage at which it failed.
    ///
    /// # Errors
    ///
    /// The [`Stage`].
    pub fn open(&self, token: &str, binding: &[u8], now: Timestamp) -> Result<OpenedToken, Stage> {
        let length = text::body_len(token).map_err(|_| Stage::Text)?;
        let mut body = alloc::vec![0; length];
        text::decode(Backend::chosen(), token, &mut body).map_err(|_| Stage::Text)?;
        let kid = *body.first_chunk::<4>().ok_or(Stage::Text)?;
        let sealer = self.0.opening(kid, now).ok_or(Stage::Key)?;
        let nonce = *body
            .get(4..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(Stage::Text)?;
        sealer
            .open(binding, &mut body)
            .map_err(|broken| match broken {
                Broken::Tag => Stage::Tag,
                Broken::Nonce => Stage::Nonce,
            })?;
        body.truncate(body.len().saturating_sub(TAG));
        let plaintext = body.get(TEXT_AT..).unwrap_or_default().to_vec();
        Ok(OpenedToken {
            kid,
            nonce,
            plaintext,
        })
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(..)")
    }
}

/// The claims of SPEC §7.2; times in Unix seconds and seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the fields of SPEC §7.2, which fixes them"
)]
pub struct Claims<'a> {
    /// 16 bytes.
    pub session: SessionId,
    /// 0 to 4294967294.
    pub generation: u32,
    /// 0 to 255 bytes.
    pub subject: &'a [u8],
    /// 0 to 253402300799.
    pub authenticated_at: u64,
    /// Seconds after `authenticated_at`.
    pub issued_after: u32,
    /// 0 = none.
    pub idle: u32,
    /// At least 1.
    pub absolute: u32,
    /// The shape of the payload.
    pub schema: Schema,
}

impl<'a> Claims<'a> {
    /// Reads the claims at the start of a plaintext; the second part is the payload.
    ///
    /// # Errors
    ///
    /// [`Stage::Claims`] when they are not in the one form allowed.
    pub fn decode(plaintext: &'a [u8]) -> Result<(Self, &'a [u8]), Stage> {
        let (read, payload) = claims::Claims::decode(plaintext).map_err(|_| Stage::Claims)?;
        let claims::Claims {
            session,
            generation,
            subject,
            authenticated_at,
            ..
        } = read;
        let claims::Claims {
            issued_after,
            idle,
            absolute,
            schema,
            ..
        } = read;
        let claims = Self {
            session,
            generation,
            subject,
            authenticated_at,
            issued_after,
            idle,
            absolute,
            schema,
        };
        Ok((claims, payload))
    }

    /// The plaintext of these claims and a payload. Limits are not checked: a test may want to
    /// break them.
    #[must_use]
    pub fn encode(&self, payload: &[u8]) -> Vec<u8> {
        let fields = claims::Claims {
            session: self.session,
            generation: self.generation,
            subject: self.subject,
            authenticated_at: self.authenticated_at,
            issued_after: self.issued_after,
            idle: self.idle,
            absolute: self.absolute,
            schema: self.schema,
        };
        // Sixteen bytes, and at most ten for each number: more than the fields can take.
        let mut plaintext = alloc::vec![0; self.subject.len().saturating_add(128)];
        let end = fields.encode(&mut plaintext);
        debug_assert!(end.is_some(), "there is room for every field");
        plaintext.truncate(end.unwrap_or(0));
        plaintext.extend_from_slice(payload);
        plaintext
    }
}

impl fmt::Debug for Claims<'_> {
    /// Without the subject, which has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("generation", &self.generation)
            .field("authenticated_at", &self.authenticated_at)
            .field("issued_after", &self.issued_after)
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// The intermediate values of SPEC §6 for one key and context.
#[derive(Clone)]
#[non_exhaustive]
pub struct Derived {
    /// The encoded purpose and audience.
    pub context: Vec<u8>,
    /// The derived key of the context.
    pub unit: [u8; 32],
    /// The encryption key.
    pub encryption: [u8; 32],
    /// The nonce key.
    pub nonce: [u8; 32],
}

impl Derived {
    /// SPEC §6.2.
    ///
    /// # Errors
    ///
    /// [`SealError::Context`].
    pub fn of(key: &Key, purpose: &[u8], audience: &[u8]) -> Result<Self, SealError> {
        use crate::seal::derive::expand;
        let context = Context::new(purpose, audience).map_err(|_| SealError::Context)?;
        let unit = key.unit(&context);
        Ok(Self {
            context: context.as_bytes().to_vec(),
            encryption: *expand::<32>(unit.expose(), &[b"clk1 enc\0"]).expose(),
            nonce: *expand::<32>(unit.expose(), &[b"clk1 siv\0"]).expose(),
            unit: *unit.expose(),
        })
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(REDACTED)")
    }
}

/// SPEC §9.2: `D(kind, x)`.
#[must_use]
pub fn revocation_key(kind: u8, name: &[u8]) -> [u8; 16] {
    crate::seal::derive::revocation_key(kind, name)
}

/// Whether keys that are derived from now on, anywhere in the process, seal and open with `ring` (as
/// they do unless this was called) or with `chacha20poly1305`. The tokens are the same; this is for
/// proving that, and for measuring both in one program.
///
/// ```
/// use cloakroom::hazmat::{self, For};
///
/// let key = cloakroom::Key::generate()?;
/// let to = For { purpose: b"session", audience: b"", binding: b"" };
/// let by_ring = hazmat::seal(&key, to, b"text");
/// hazmat::use_ring(false);
/// assert_eq!(hazmat::seal(&key, to, b"text"), by_ring);
/// # Ok::<(), cloakroom::KeyError>(())
/// ```
#[cfg(feature = "ring")]
#[cfg_attr(docsrs, doc(cfg(feature = "ring")))]
pub fn use_ring(on: bool) {
    crate::backend::switch(on);
}
