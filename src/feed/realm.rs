//! The name of a feed within an engine.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The longest name.
const MAX: usize = 64;

/// Which feed: those who share it log each other's users out. 1 to 64 characters of `a` to `z`, `0`
/// to `9`, `.`, `_` and `-`, because it becomes part of keys and rows of the engine.
///
/// ```
/// use cloakroom::feed::Realm;
///
/// assert!(Realm::new("shop.example").is_ok());
/// assert!(Realm::new("shop example").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Realm(String);

/// A name that is empty, too long or has a character that engines treat in a special way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadRealm;

impl fmt::Display for BadRealm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a realm has 1 to 64 characters of a to z, 0 to 9, '.', '_' and '-'")
    }
}

impl core::error::Error for BadRealm {}

impl Realm {
    /// A realm of this name.
    ///
    /// # Errors
    ///
    /// [`BadRealm`].
    pub fn new(name: &str) -> Result<Self, BadRealm> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        if name.is_empty() || name.len() > MAX || !name.bytes().all(fits) {
            return Err(BadRealm);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Length and name: no two realms begin alike, whatever follows.
    pub(crate) fn prefixed(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len().saturating_add(1));
        out.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(self.0.as_bytes());
        out
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
