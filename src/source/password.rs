//! Ring files behind a password, for laptops and backups (SPEC §4.9).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand_core::TryCryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use crate::key::file_error::RingFileError;
use crate::key::ring::KeyRing;
use crate::key::text::SecretText;
use crate::seal::sealer::{Sealer, TAG, TEXT_AT};
use crate::secret::Secret;
use crate::source::cost::{MAX_PASSWORD, PREFIX, PasswordCost, PasswordError};
use crate::source::unwrap::{KeyUnwrap, UnwrapError};
use crate::source::wrapped::{HEAD, SALT, Wrapped};

/// A wrapped file has no key id.
const NO_KID: [u8; 4] = [0; 4];

/// The password of a wrapped ring file.
///
/// A wrapped file is for keys that lie somewhere: a laptop, a backup, a ticket. A server that reads
/// its password from the place where it would read its keys gains nothing.
///
/// ```
/// use cloakroom::source::{Password, PasswordCost};
/// use cloakroom::{KeyRing, SystemClock};
///
/// let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// let password = Password::new("correct horse battery staple")?;
/// # let cost = PasswordCost::new(19 * 1024, 2, 1)?;
/// # /*
/// let wrapped = password.wrap(&ring, PasswordCost::default())?;
/// # */
/// # let wrapped = password.wrap(&ring, cost)?;
/// assert!(wrapped.starts_with("clkwrap1."));
/// let again = password.unwrap(&wrapped)?;
/// assert!(again.keys().map(|key| key.id).eq(ring.keys().map(|key| key.id)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As what unwraps the keys of a source: `KeySource::file("ring.wrapped").unwrap_with(password)`.
pub struct Password(Zeroizing<Vec<u8>>);

impl PasswordCost {
    /// What a wrapped file asks for, before anybody does it; the whole file is judged that can be
    /// without a password.
    ///
    /// ```
    /// use cloakroom::source::PasswordCost;
    ///
    /// # let file = include_str!("../../vectors/wrapped.txt");
    /// # /*
    /// let file = std::fs::read_to_string("ring.wrapped")?;
    /// # */
    /// assert_eq!(PasswordCost::of(&file)?.to_string(), "19456 KiB, 2 passes, 1 lane");
    /// # Ok::<(), cloakroom::source::PasswordError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PasswordError`].
    pub fn of(wrapped: &str) -> Result<Self, PasswordError> {
        Wrapped::parse(wrapped.as_bytes()).map(|wrapped| wrapped.cost)
    }
}

impl Password {
    /// The password with these bytes. Whatever reads it from a terminal or a file has to take the
    /// line end away; nothing is trimmed or normalised here.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Length`] for an empty one and for more than 1,024 bytes.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        if (1..=MAX_PASSWORD).contains(&text.len()) {
            Ok(Self(Zeroizing::new(text.as_bytes().to_vec())))
        } else {
            Err(PasswordError::Length)
        }
    }

    /// The ring as one line of text that only the password opens.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Random`], [`PasswordError::Memory`].
    pub fn wrap(&self, ring: &KeyRing, cost: PasswordCost) -> Result<String, PasswordError> {
        self.wrap_from(ring, cost, &mut getrandom::SysRng)
    }

    /// As [`wrap`](Self::wrap), with a salt from a random source of the caller's.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Random`], [`PasswordError::Memory`].
    pub fn wrap_from<R: TryCryptoRng + ?Sized>(
        &self,
        ring: &KeyRing,
        cost: PasswordCost,
        random: &mut R,
    ) -> Result<String, PasswordError> {
        let mut salt = [0; SALT];
        let drawn = random.try_fill_bytes(&mut salt);
        drawn.map_err(|_| PasswordError::Random)?;
        let text = ring.to_text();
        let plain = text.expose().as_bytes();
        let length = u32::try_from(plain.len()).map_err(|_| PasswordError::Damaged)?;
        let head = Wrapped::head(cost, length, salt);
        // As a body of a token: key id, nonce, text, tag.
        let room = TEXT_AT.saturating_add(plain.len()).saturating_add(TAG);
        let mut body = Zeroizing::new(Vec::with_capacity(room));
        body.resize(TEXT_AT, 0);
        body.extend_from_slice(plain);
        body.resize(room, 0);
        self.sealer(cost, &head)?.seal(&binding(&head), &mut body);
        let sealed = body.get(NO_KID.len()..).unwrap_or_default().to_vec();
        let sealed = Zeroizing::new(sealed);
        Ok(Wrapped { cost, head, sealed }.to_text())
    }

    /// The ring in a wrapped file. One line end behind it is allowed.
    ///
    /// # Errors
    ///
    /// [`PasswordError`]. What the file asks for is judged before anything is computed.
    pub fn unwrap(&self, text: &str) -> Result<KeyRing, PasswordError> {
        let text = self.open(text.as_bytes())?;
        KeyRing::parse(text.expose()).map_err(PasswordError::Ring)
    }

    fn open(&self, text: &[u8]) -> Result<SecretText, PasswordError> {
        let wrapped = Wrapped::parse(text)?;
        let sealer = self.sealer(wrapped.cost, &wrapped.head)?;
        let mut body = Zeroizing::new([NO_KID.as_slice(), &wrapped.sealed].concat());
        let opened = sealer.open(&binding(&wrapped.head), &mut body);
        opened.map_err(|_| PasswordError::Wrong)?;
        let end = body.len().saturating_sub(TAG);
        let plain = body.get(TEXT_AT..end).unwrap_or_default();
        // Whoever sealed it knew the password, so where it is not text is no secret.
        match core::str::from_utf8(plain) {
            Ok(text) => Ok(SecretText::new(text.to_string())),
            Err(error) => {
                let valid = plain.get(..error.valid_up_to()).unwrap_or_default();
                let valid = core::str::from_utf8(valid).unwrap_or_default();
                Err(PasswordError::Ring(RingFileError::not_utf8(valid)))
            }
        }
    }

    /// `S = Argon2id(password, salt, memory, passes, lanes, 32)`, from which the keys of the seal
    /// are derived as those of a token are.
    fn sealer(&self, cost: PasswordCost, head: &[u8; HEAD]) -> Result<Sealer, PasswordError> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32));
        let params = params.map_err(|_| PasswordError::Cost)?;
        let count = params.block_count();
        let mut blocks: Vec<Block> = Vec::new();
        // A reservation that fails is an error here, and would be the end of the process there.
        let reserved = blocks.try_reserve_exact(count);
        reserved.map_err(|_| PasswordError::Memory)?;
        blocks.resize_with(count, Block::new);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = head.get(HEAD.saturating_sub(SALT)..).unwrap_or_default();
        let unit = Secret::<32>::fill_with(|out| {
            argon.hash_password_into_with_memory(&self.0, salt, out, &mut blocks)
        });
        // The last blocks give the key to whoever reads them.
        blocks.iter_mut().for_each(|block| block.zeroize());
        Ok(Sealer::new(NO_KID, unit.map_err(|_| PasswordError::Cost)?))
    }
}

/// What the seal binds besides the text, so that no number in the head can be changed and no token
/// is a wrapped file.
fn binding(head: &[u8; HEAD]) -> Vec<u8> {
    [PREFIX.as_bytes(), head].concat()
}

impl KeyUnwrap for Password {
    fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError> {
        self.open(wrapped)
            .map_err(|error| UnwrapError::ours(error.to_string()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(REDACTED)")
    }
}
