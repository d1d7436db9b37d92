//! Finding one cookie in the `Cookie` headers of a request.

use core::fmt;
use core::iter;
use core::str;

/// What the `Cookie` headers of a request say about the session's cookie.
///
/// Only [`FoundCookie::One`] goes on to verification; the others count as no cookie. The last two
/// are worth an event: browsers do not send them unless someone plants cookies.
///
/// `Debug` does not print the value.
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::{CookieConfig, FoundCookie};
///
/// // An attacker on a sibling subdomain added a second cookie of the same name.
/// let planted = b"__Host-session=clk1.AAAA; __Host-session=clk1.BBBB".as_slice();
/// assert_eq!(CookieConfig::default().read_cookie([planted]), FoundCookie::Duplicate);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum FoundCookie<'h> {
    /// No cookie of the name.
    None,
    /// Exactly one, with this value: not verified, of any length, perhaps empty, perhaps quoted.
    One(&'h str),
    /// Two or more, equal or not. Taking the first or the last would let an attacker who plants
    /// one choose whose session the user is in.
    Duplicate,
    /// Exactly one, whose value is not UTF-8.
    Malformed,
}

impl fmt::Debug for FoundCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::One(_) => "One(..)",
            Self::Duplicate => "Duplicate",
            Self::Malformed => "Malformed",
        })
    }
}

/// Walks the pairs of all headers once and stops at the second match.
pub(super) fn find<'h>(
    name: &[u8],
    headers: impl IntoIterator<Item = &'h [u8]>,
) -> FoundCookie<'h> {
    let mut values = values(name, headers);
    match (values.next(), values.next()) {
        (None, _) => FoundCookie::None,
        (Some(value), None) => {
            str::from_utf8(value).map_or(FoundCookie::Malformed, FoundCookie::One)
        }
        (Some(_), Some(_)) => FoundCookie::Duplicate,
    }
}

/// The values of all cookies of the name, in the order of the headers.
///
/// A pair without `=` has a value but no name (rfc6265bis §5.6) and never matches; neither does
/// `=name=value`, the way older browsers send a nameless cookie that imitates a prefixed one.
pub(super) fn values<'h>(
    name: &[u8],
    headers: impl IntoIterator<Item = &'h [u8]>,
) -> impl Iterator<Item = &'h [u8]> {
    headers.into_iter().flat_map(pairs).filter_map(move |pair| {
        // The name first, which is short: a value of 4 KB is not looked through for a `=`.
        let value = trim(pair).strip_prefix(name)?;
        let value = trim(value).strip_prefix(b"=")?;
        Some(trim(value))
    })
}

/// What stands between the semicolons of one header.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(header);
    iter::from_fn(move || {
        let text = rest?;
        let Some((pair, [_, after @ ..])) = text.split_at_checked(pair_length(text)) else {
            rest = None;
            return Some(text);
        };
        rest = Some(after);
        Some(pair)
    })
}

/// The place of the first semicolon, or the whole length. A token is long and has none, so this looks
/// at many bytes at once: a loop over a chunk without a way out becomes vector instructions.
fn pair_length(text: &[u8]) -> usize {
    const CHUNK: usize = 32;
    let has_none = |chunk: &&[u8]| {
        !chunk
            .iter()
            .fold(false, |found, byte| found | (*byte == b';'))
    };
    let chunks = text.chunks_exact(CHUNK).take_while(has_none).count();
    let without = chunks.saturating_mul(CHUNK);
    let rest = text.get(without..).unwrap_or_default();
    let more = rest.iter().take_while(|byte| **byte != b';').count();
    without.saturating_add(more)
}

/// Takes SP and HTAB off both ends, and nothing else.
///
/// Browsers strip these two before they look for a prefix. Stripping more (form feed, NBSP, the
/// Unicode spaces) would turn a cookie that passed them as harmless into `__Host-session`.
pub(in crate::http) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
