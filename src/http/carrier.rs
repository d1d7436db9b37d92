//! Which token counts for a request: the bearer token if there is one, otherwise the cookie.

use core::fmt;

use crate::http::bearer::{self, FoundBearer};
use crate::http::cookie::{CookieConfig, FoundCookie};

/// The header a token came in.
///
/// # Example
///
/// ```
/// use cloakroom::http::carrier::Carrier;
///
/// assert!(Carrier::Cookie.renews());
/// assert!(!Carrier::Bearer.renews());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Carrier {
    /// `Cookie`: sent by the browser on its own, so the cross-origin check applies, and the
    /// response may renew it.
    Cookie,
    /// `Authorization: Bearer`: sent by a client's own code.
    Bearer,
}

impl Carrier {
    /// Whether a response may carry the renewed token: only a cookie has a header for it.
    ///
    /// ```
    /// # use cloakroom::http::carrier::Carrier;
    /// assert!(Carrier::Cookie.renews());
    /// ```
    #[must_use]
    pub fn renews(self) -> bool {
        matches!(self, Self::Cookie)
    }
}

/// What a request presented, before anything is verified.
///
/// `Debug` does not print the token.
///
/// # Example
///
/// ```
/// use cloakroom::http::carrier::{self, Carrier, Presented};
/// use cloakroom::http::cookie::CookieConfig;
///
/// let cookies = [b"__Host-session=clk1.AAAA".as_slice()];
/// match carrier::read(&CookieConfig::default(), cookies, []) {
///     Presented::Token { text, carrier: Carrier::Cookie } => assert_eq!(text, "clk1.AAAA"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Presented<'h> {
    /// No token.
    None,
    /// One token, still to be verified.
    Token {
        /// The token as it came, of any length.
        text: &'h str,
        /// The header it came in.
        carrier: Carrier,
    },
    /// Cookies of the session's name that count as none. Count the event.
    Ignored(Fault),
    /// An `Authorization` header that is refused. The cookie is not consulted: a client that
    /// meant to authenticate one way must not be taken for someone else. Count the event.
    Refused(Fault),
}

impl<'h> Presented<'h> {
    /// The token to verify, if there is one.
    ///
    /// ```
    /// # use cloakroom::http::carrier::Presented;
    /// assert_eq!(Presented::None.token(), None);
    /// ```
    #[must_use]
    pub fn token(&self) -> Option<&'h str> {
        match self {
            Self::Token { text, .. } => Some(text),
            Self::None | Self::Ignored(_) | Self::Refused(_) => None,
        }
    }

    /// The header that decided: the token's, or that of the fault.
    ///
    /// ```
    /// # use cloakroom::http::carrier::{Carrier, Fault, Presented};
    /// assert_eq!(Presented::Refused(Fault::Malformed).carrier(), Some(Carrier::Bearer));
    /// ```
    #[must_use]
    pub fn carrier(&self) -> Option<Carrier> {
        match self {
            Self::None => None,
            Self::Token { carrier, .. } => Some(*carrier),
            Self::Ignored(_) => Some(Carrier::Cookie),
            Self::Refused(_) => Some(Carrier::Bearer),
        }
    }

    /// The stable code of the event to count, without anything the client sent.
    ///
    /// ```
    /// # use cloakroom::http::carrier::{Fault, Presented};
    /// assert_eq!(Presented::Ignored(Fault::Duplicate).event(), Some("cookie-duplicate"));
    /// ```
    #[must_use]
    pub fn event(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::Token { .. } => None,
            Self::Ignored(Fault::Duplicate) => Some("cookie-duplicate"),
            Self::Ignored(Fault::Malformed) => Some("cookie-malformed"),
            Self::Refused(Fault::Duplicate) => Some("authorization-duplicate"),
            Self::Refused(Fault::Malformed) => Some("authorization-malformed"),
        }
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Token { text: _, carrier } => f
                .debug_struct("Token")
                .field("carrier", carrier)
                .finish_non_exhaustive(),
            Self::Ignored(fault) => f.debug_tuple("Ignored").field(fault).finish(),
            Self::Refused(fault) => f.debug_tuple("Refused").field(fault).finish(),
        }
    }
}

/// What was wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// There were two where one is allowed.
    Duplicate,
    /// It could not be read as a token.
    Malformed,
}

/// Reads the values of all `Cookie` and all `Authorization` headers of a request.
///
/// A bearer token wins and the cookie is then ignored, also when the bearer token turns out to be
/// invalid: no second try, so that one request never has two possible users. `Authorization` with
/// another scheme presents no token, and the cookie counts.
///
/// # Example
///
/// ```
/// use cloakroom::http::carrier::{self, Carrier};
/// use cloakroom::http::cookie::CookieConfig;
///
/// let cookies = [b"__Host-session=clk1.AAAA".as_slice()];
/// let authorization = [b"Bearer clk1.BBBB".as_slice()];
/// let presented = carrier::read(&CookieConfig::default(), cookies, authorization);
/// assert_eq!(presented.token(), Some("clk1.BBBB"));
/// assert_eq!(presented.carrier(), Some(Carrier::Bearer));
/// ```
pub fn read<'h>(
    config: &CookieConfig,
    cookie_headers: impl IntoIterator<Item = &'h [u8]>,
    authorization_headers: impl IntoIterator<Item = &'h [u8]>,
) -> Presented<'h> {
    match bearer::read(authorization_headers) {
        FoundBearer::One(text) => Presented::Token {
            text,
            carrier: Carrier::Bearer,
        },
        FoundBearer::Duplicate => Presented::Refused(Fault::Duplicate),
        FoundBearer::Malformed => Presented::Refused(Fault::Malformed),
        FoundBearer::None | FoundBearer::OtherScheme => match config.read_cookie(cookie_headers) {
            FoundCookie::None => Presented::None,
            FoundCookie::One(text) => Presented::Token {
                text,
                carrier: Carrier::Cookie,
            },
            FoundCookie::Duplicate => Presented::Ignored(Fault::Duplicate),
            FoundCookie::Malformed => Presented::Ignored(Fault::Malformed),
        },
    }
}
