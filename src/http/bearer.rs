//! The token in `Authorization: Bearer` (RFC 6750 §2.1), and the challenges that answer it.
//!
//! Bearer tokens are never renewed by a response header: a client that holds its own token asks an
//! endpoint of the application for the next one.

use core::fmt;
use core::str;

use crate::http::cookie::{is_tchar, trim};

/// What the `Authorization` headers of a request say about a bearer token.
///
/// `Debug` does not print the token.
///
/// # Example
///
/// ```
/// use cloakroom::http::bearer::{self, FoundBearer};
///
/// assert_eq!(bearer::read([b"bearer clk1.AAAA".as_slice()]), FoundBearer::One("clk1.AAAA"));
/// assert_eq!(bearer::read([b"Basic dTpw".as_slice()]), FoundBearer::OtherScheme);
/// assert_eq!(bearer::read([]), FoundBearer::None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum FoundBearer<'h> {
    /// No `Authorization` header.
    None,
    /// One header with this token: a `b64token` of RFC 6750 §2.1, of any length, not verified.
    One(&'h str),
    /// One header of another scheme, such as `Basic` for a proxy: no bearer token was presented.
    OtherScheme,
    /// Two or more headers, whatever they hold. Rejected: a proxy in front may have checked
    /// another one than this server would take.
    Duplicate,
    /// One header that is neither of another scheme nor `Bearer`, spaces and a `b64token`.
    Malformed,
}

impl fmt::Debug for FoundBearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::One(_) => "One(..)",
            Self::OtherScheme => "OtherScheme",
            Self::Duplicate => "Duplicate",
            Self::Malformed => "Malformed",
        })
    }
}

/// Reads the values of all `Authorization` headers of a request.
///
/// The scheme is compared without regard to case (RFC 9110 §11.1). SP and HTAB around the value
/// are not part of it (§5.5); between scheme and token stands SP, one or more (§11.4), and nothing
/// but a `b64token` follows. So `Bearer a, Bearer b`, two headers that a proxy joined, is
/// malformed. Linear in the input, without allocation.
///
/// # Example
///
/// ```
/// use cloakroom::http::bearer::{self, FoundBearer};
///
/// let headers = [b"Bearer clk1.AAAA".as_slice(), b"Bearer clk1.BBBB".as_slice()];
/// assert_eq!(bearer::read(headers), FoundBearer::Duplicate);
/// ```
pub fn read<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> FoundBearer<'h> {
    let mut headers = headers.into_iter();
    match (headers.next(), headers.next()) {
        (None, _) => FoundBearer::None,
        (Some(value), None) => parse(trim(value)),
        (Some(_), Some(_)) => FoundBearer::Duplicate,
    }
}

/// `WWW-Authenticate` for a request that presented no bearer token (RFC 6750 §3.1: such an answer
/// carries no error code).
pub const CHALLENGE: &str = "Bearer";

/// `WWW-Authenticate` for a request whose bearer token was refused, for whatever reason.
///
/// One constant for forged, expired, revoked and malformed: a client must not learn which.
pub const CHALLENGE_INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;

fn parse(value: &[u8]) -> FoundBearer<'_> {
    let scheme_length = value.iter().take_while(|byte| is_tchar(**byte)).count();
    let Some((scheme, rest)) = value.split_at_checked(scheme_length) else {
        return FoundBearer::Malformed;
    };
    // A scheme is over at the first SP. Anything else there (HTAB, a colon, a control byte) must
    // not pass for another scheme, or a garbled bearer token would fall back to the cookie.
    let mut token = match rest {
        [] => rest,
        [b' ', token @ ..] => token,
        _ => return FoundBearer::Malformed,
    };
    if scheme.is_empty() {
        return FoundBearer::Malformed;
    }
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return FoundBearer::OtherScheme;
    }
    while let [b' ', more @ ..] = token {
        token = more;
    }
    if !is_b64token(token) {
        return FoundBearer::Malformed;
    }
    str::from_utf8(token).map_or(FoundBearer::Malformed, FoundBearer::One)
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(mut text: &[u8]) -> bool {
    while let [start @ .., b'='] = text {
        text = start;
    }
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}
