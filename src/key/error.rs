//! What is wrong with a key text. Talkative: it is read by the person who made the mistake, and a
//! key text never comes from the network.

use core::fmt;

/// A text is not a key.
///
/// ```
/// use cloakroom::Key;
///
/// let error = Key::parse("clk1.AAAA").unwrap_err();
/// assert_eq!(error.to_string(), "this is a session token, not a key; a key starts with `clkkey1.`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// It does not start with the prefix of the wanted kind.
    Prefix {
        /// What it looks like instead.
        found: Looks,
        /// The prefix that was wanted.
        wanted: &'static str,
    },
    /// The prefix is right and the length is not: characters are missing or too many.
    Length {
        /// Characters found, prefix included.
        found: usize,
        /// Characters wanted, prefix included.
        wanted: usize,
    },
    /// A character is not of the base64url alphabet (`A-Z a-z 0-9 - _`).
    Alphabet,
    /// The checksum does not fit: a character was mistyped or lost.
    Checksum,
    /// All its bytes are equal: not a random key but a placeholder that somebody forgot to replace.
    Weak,
    /// A derived unit that belongs to another purpose or audience.
    WrongContext,
    /// The purpose is empty, or it or the audience is longer than 255 bytes.
    BadContext,
    /// The random source gave nothing.
    Random,
}

/// What a text looks like that is not the wanted kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Looks {
    /// Nothing at all.
    Empty,
    /// A session token.
    Token,
    /// A root key.
    Root,
    /// A derived unit.
    Unit,
    /// A key of a revocation feed.
    Feed,
    /// The public key of an edge export.
    Edge,
    /// A key of a later version of this format.
    LaterVersion,
    /// A PEM file.
    Pem,
    /// A PASETO or PASERK text.
    Paseto,
    /// A JSON web token.
    Jwt,
    /// A ring file, or its first line.
    Ring,
    /// A ring file that is wrapped with a password.
    Wrapped,
    /// Something else.
    Unknown,
}

impl Looks {
    pub(crate) fn of(text: &str) -> Self {
        if text.is_empty() {
            Self::Empty
        } else if text.starts_with("clk1.") {
            Self::Token
        } else if text.starts_with("clkkey1.") {
            Self::Root
        } else if text.starts_with("clksub1.") {
            Self::Unit
        } else if text.starts_with("clkfeed1.") {
            Self::Feed
        } else if text.starts_with("clkwrap1.") {
            Self::Wrapped
        } else if text.starts_with("clkedge1.") {
            Self::Edge
        } else if ["clkkey", "clksub", "clkfeed", "clkwrap", "clkedge"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            Self::LaterVersion
        } else if text.starts_with("cloakroom-ring") {
            Self::Ring
        } else if text.starts_with("eyJ") {
            Self::Jwt
        } else if text.starts_with("-----BEGIN") {
            Self::Pem
        } else if ["v1.", "v2.", "v3.", "v4.", "k1.", "k2.", "k3.", "k4."]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            Self::Paseto
        } else {
            Self::Unknown
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Empty => "there is no key here",
            Self::Token => "this is a session token, not a key",
            Self::Root => "this is a root key",
            Self::Unit => "this is a derived unit, not a root key",
            Self::Feed => "this is the key of a revocation feed",
            Self::Edge => "this is the public key of an edge export",
            Self::LaterVersion => "this is a key of another version of the format",
            Self::Pem => "this is a PEM file, not a key",
            Self::Paseto => "this is a PASETO key or token",
            Self::Jwt => "this is a JSON web token, not a key",
            Self::Ring => "this is a ring file, not a single key",
            Self::Wrapped => "this is a ring file wrapped with a password, not a key",
            Self::Unknown => "this is not a key",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix { found, wanted } => {
                write!(f, "{}; a key starts with `{wanted}`", found.words())
            }
            Self::Length { found, wanted } => {
                write!(
                    f,
                    "a key of this kind has {wanted} characters, this one has {found}"
                )
            }
            Self::Alphabet => f.write_str("a key has only the characters A-Z a-z 0-9 - and _"),
            Self::Checksum => f.write_str(
                "the key's checksum does not fit; a character was mistyped or lost, copy it again",
            ),
            Self::Weak => f.write_str(
                "all bytes of the key are equal; this is a placeholder, generate a key instead",
            ),
            Self::WrongContext => f.write_str(
                "this unit was derived for another purpose or audience than the configured one, or a \
                 character of it was mistyped",
            ),
            Self::BadContext => {
                f.write_str("a purpose has 1 to 255 bytes and an audience has 0 to 255 bytes")
            }
            Self::Random => f.write_str("the random source gave no bytes; no key was made"),
        }
    }
}

impl core::error::Error for KeyError {}
