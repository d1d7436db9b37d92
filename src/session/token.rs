//! What leaves the server.

use alloc::string::String;
use core::fmt;

use zeroize::Zeroize as _;

use crate::session::verified::SessionInfo;
use crate::wire::text::{self, OVERHEAD};

/// A sealed token: whoever holds it is logged in.
///
/// `Debug` hides it, and there is no `Display`, so that it gets into a log only on purpose.
///
/// ```
/// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
/// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
/// #     .purpose("session").audience("").aal3().build()?;
/// let token = sessions.issue("ada", &())?.token;
/// assert_eq!(format!("{token:?}"), "Token(REDACTED)");
/// assert!(token.as_str().starts_with("clk1."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Token(String);

impl Token {
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for a cookie or an `Authorization` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text by value; wiping it is the caller's from here on.
    #[must_use]
    pub fn into_string(mut self) -> String {
        core::mem::take(&mut self.0)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // As a slice, which is wiped in one go; a `String` wipes itself byte by byte.
        let mut bytes = core::mem::take(&mut self.0).into_bytes();
        bytes.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(REDACTED)")
    }
}

/// A new token and what is known about its session.
#[derive(Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The token, to be handed to the client.
    pub token: Token,
    /// Its session.
    pub session: SessionInfo,
}

/// An upper bound of the characters of a token, for a subject of `subject_len` bytes and a payload
/// of `payload_len` bytes, whatever the times and numbers in it.
///
/// ```
/// use cloakroom::sealed_len_bound;
///
/// // Fits in a cookie, at compile time.
/// const _: () = assert!(sealed_len_bound(32, 2_800) <= 4_000);
/// ```
#[must_use]
pub const fn sealed_len_bound(subject_len: usize, payload_len: usize) -> usize {
    // Session id, then varints at their longest: generation 5, subject length 2, authenticated_at
    // 6, issued_at 5, idle 5, absolute 5, major 5, minor 5.
    const CLAIMS: usize = 16 + 5 + 2 + 6 + 5 + 5 + 5 + 5 + 5;
    let plaintext = CLAIMS
        .saturating_add(subject_len)
        .saturating_add(payload_len);
    text::token_len(plaintext.saturating_add(OVERHEAD))
}
