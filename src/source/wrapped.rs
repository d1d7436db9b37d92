//! The layout of a ring file that is wrapped with a password (SPEC §4.9): everything that can be
//! judged without the password, before any work is done.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::Zeroizing;

use crate::key::file_error::MAX_FILE;
use crate::source::cost::{PREFIX, PasswordCost, PasswordError};

/// Memory, passes, lanes and length, four bytes each, then the salt.
pub(crate) const HEAD: usize = 32;
pub(crate) const SALT: usize = 16;
/// Nonce and tag.
const SEAL: usize = 24 + 16;
/// The longest text, with the longest ring file in it and a line end.
pub(crate) const MAX_TEXT: usize = PREFIX.len() + (HEAD + SEAL + MAX_FILE).div_ceil(3) * 4 + 2;

/// The parts of a wrapped file whose numbers are within their limits.
pub(crate) struct Wrapped {
    pub(crate) cost: PasswordCost,
    pub(crate) head: [u8; HEAD],
    /// Nonce, ciphertext, tag.
    pub(crate) sealed: Zeroizing<Vec<u8>>,
}

impl Wrapped {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, PasswordError> {
        let text = match text.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => text,
        };
        let text = core::str::from_utf8(text).map_err(|_| PasswordError::NotWrapped)?;
        let encoded = text.strip_prefix(PREFIX).ok_or(PasswordError::NotWrapped)?;
        if text.len() > MAX_TEXT {
            return Err(PasswordError::Damaged);
        }
        let mut body = Zeroizing::new(alloc::vec![0_u8; encoded.len()]);
        let decoded = Base64UrlUnpadded::decode(encoded, &mut body);
        let body = decoded.map_err(|_| PasswordError::Damaged)?;
        let (head, sealed) = body
            .split_first_chunk::<HEAD>()
            .ok_or(PasswordError::Damaged)?;
        let number = |at: usize| {
            let bytes = head.get(at..).and_then(<[u8]>::first_chunk::<4>);
            bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
        };
        let length = usize::try_from(number(12)).map_err(|_| PasswordError::Damaged)?;
        // Exactly: a file that was cut off, or that something was added to, is told from a wrong
        // password before a second is spent on it.
        let fits = (1..=MAX_FILE).contains(&length);
        if !fits || sealed.len() != length.saturating_add(SEAL) {
            return Err(PasswordError::Damaged);
        }
        Ok(Self {
            cost: PasswordCost::read(number(0), number(4), number(8))?,
            head: *head,
            sealed: Zeroizing::new(sealed.to_vec()),
        })
    }

    pub(crate) fn head(cost: PasswordCost, length: u32, salt: [u8; SALT]) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let numbers = [cost.memory, cost.passes, cost.lanes, length];
        let bytes = numbers.into_iter().flat_map(u32::to_be_bytes).chain(salt);
        for (to, from) in head.iter_mut().zip(bytes) {
            *to = from;
        }
        head
    }

    /// One line.
    pub(crate) fn to_text(&self) -> String {
        let body = [self.head.as_slice(), &self.sealed].concat();
        let mut buffer = alloc::vec![0; Base64UrlUnpadded::encoded_len(&body)];
        let encoded = Base64UrlUnpadded::encode(&body, &mut buffer);
        let mut text = String::from(PREFIX);
        // The buffer is as long as the encoder says.
        text.push_str(encoded.unwrap_or_default());
        text.push('\n');
        text
    }
}
