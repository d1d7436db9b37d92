//! Whether another site's page made the browser send a request (CSRF).
//!
//! The algorithm of `CrossOriginProtection` in Go 1.25: no token in forms, no state, only what
//! browsers say of themselves in `Sec-Fetch-Site` and `Origin`. In this order:
//!
//! 1. GET, HEAD and OPTIONS pass, unless they open a WebSocket.
//! 2. A trusted `Origin` passes.
//! 3. `Sec-Fetch-Site: same-origin` or `none` (typed by the user) passes; another value is refused.
//! 4. Without `Sec-Fetch-Site` and `Origin` it is not a browser, or a very old one: passes.
//! 5. An `Origin` whose authority equals `Host` passes; the rest is refused.
//!
//! Apply it wherever the browser decides what is sent: to sessions in a cookie, to login (or
//! another site logs the user in as the attacker), and to WebSocket upgrades, which are GETs that
//! browsers send across origins with cookies. A bearer token needs no such check.
//!
//! # Deployment
//!
//! - Handlers of GET, HEAD and OPTIONS must not change anything.
//! - The check needs the `Host` that the browser used; a proxy must preserve it. Step 5 decides over
//!   browsers older than 2023, and over every WebSocket that Chromium opens, which sends no
//!   `Sec-Fetch-Site` with it. There http and https of one host can't be told apart: send
//!   `Strict-Transport-Security`, or a page that somebody on the network made up at
//!   `http://` your host passes for one of yours.
//! - `same-site` is refused: a sibling subdomain is another origin.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::http::host::{is_host, split_port};

/// Decides over requests; holds the origins that are trusted besides the server's own.
///
/// # Example
///
/// ```
/// use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
///
/// # fn main() -> Result<(), cloakroom::http::origin::TrustedOriginError> {
/// let protection = CrossOriginProtection::new().trust("https://admin.example.com")?;
///
/// let request = RequestOrigin::new("POST")
///     .sec_fetch_site([b"cross-site".as_slice()])
///     .origin([b"https://evil.example".as_slice()])
///     .host([b"example.com".as_slice()]);
/// assert!(protection.check(&request).is_err());
/// assert!(protection.check(&request.origin([b"https://admin.example.com".as_slice()])).is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct CrossOriginProtection {
    trusted: Vec<String>,
}

impl CrossOriginProtection {
    /// Trusts no origin but the server's own.
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// assert!(CrossOriginProtection::new().check(&RequestOrigin::new("GET")).is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets pages of `origin` send any request: `scheme://host` or `scheme://host:port`.
    ///
    /// It is compared byte by byte with the `Origin` header, so it must be spelled as browsers
    /// do: lower case, punycode, no default port, no path, no `/` at the end (RFC 6454 §6.2).
    ///
    /// # Errors
    ///
    /// [`TrustedOriginError`] for a spelling that no browser sends and that would never match.
    ///
    /// # Security
    ///
    /// Every page of that origin can act as the user, and so can whoever takes it over.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::origin::CrossOriginProtection;
    ///
    /// assert!(CrossOriginProtection::new().trust("https://admin.example.com:8443").is_ok());
    /// assert!(CrossOriginProtection::new().trust("https://*.example.com").is_err());
    /// ```
    pub fn trust(mut self, origin: impl Into<String>) -> Result<Self, TrustedOriginError> {
        let origin = origin.into();
        if !is_serialized_origin(&origin) {
            return Err(TrustedOriginError);
        }
        self.trusted.push(origin);
        Ok(self)
    }

    /// Decides whether the request may proceed; the steps are in the module's documentation.
    ///
    /// # Errors
    ///
    /// [`CrossOriginRejected`]: answer 403, before the handler runs and before the session is
    /// touched.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    ///
    /// let request = RequestOrigin::new("POST").sec_fetch_site([b"same-origin".as_slice()]);
    /// assert!(CrossOriginProtection::new().check(&request).is_ok());
    /// ```
    pub fn check(&self, request: &RequestOrigin<'_>) -> Result<(), CrossOriginRejected> {
        let reject = |kind| Err(CrossOriginRejected { kind });
        if request.is_safe() {
            return Ok(());
        }
        // Browsers send each header once; two of one name leave open which of them a proxy saw.
        if [request.site, request.origin, request.host].contains(&Field::Repeated) {
            return reject(CrossOriginKind::RepeatedHeader);
        }
        if let Field::One(origin) = request.origin {
            if self
                .trusted
                .iter()
                .any(|trusted| trusted.as_bytes() == origin)
            {
                return Ok(());
            }
        }
        match (request.site, request.origin, request.host) {
            (Field::One(b"same-origin" | b"none"), _, _) => Ok(()),
            (Field::One(_), _, _) => reject(CrossOriginKind::SecFetchSite),
            (_, Field::One(origin), Field::One(host)) if is_origin_of(origin, host) => Ok(()),
            (_, Field::One(_), _) => reject(CrossOriginKind::Origin),
            _ => Ok(()),
        }
    }
}

/// What the check needs of a request: the method and the values of three headers.
///
/// Each header is handed over with all its values; an empty value counts as absent.
///
/// # Example
///
/// ```
/// use cloakroom::http::origin::RequestOrigin;
///
/// let request = RequestOrigin::new("GET").websocket_upgrade(true).host([b"a.example".as_slice()]);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct RequestOrigin<'h> {
    method: &'h str,
    websocket_upgrade: bool,
    site: Field<'h>,
    origin: Field<'h>,
    host: Field<'h>,
}

impl<'h> RequestOrigin<'h> {
    /// A request of this method, in upper case as HTTP has it, without any of the headers.
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// assert!(CrossOriginProtection::new().check(&RequestOrigin::new("POST")).is_ok());
    /// ```
    pub fn new(method: &'h str) -> Self {
        let absent = Field::Absent;
        Self {
            method,
            websocket_upgrade: false,
            site: absent,
            origin: absent,
            host: absent,
        }
    }

    /// Whether the request asks for a WebSocket (`Upgrade: websocket`): then a GET is not safe.
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// let other = RequestOrigin::new("GET").origin([b"https://evil.example".as_slice()]);
    /// assert!(CrossOriginProtection::new().check(&other).is_ok());
    /// assert!(CrossOriginProtection::new().check(&other.websocket_upgrade(true)).is_err());
    /// ```
    pub fn websocket_upgrade(mut self, upgrade: bool) -> Self {
        self.websocket_upgrade = upgrade;
        self
    }

    /// Whether the request passes whatever its other headers say.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS") && !self.websocket_upgrade
    }

    /// The values of `Sec-Fetch-Site` (W3C Fetch Metadata §2.4).
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// let request = RequestOrigin::new("POST").sec_fetch_site([b"cross-site".as_slice()]);
    /// assert!(CrossOriginProtection::new().check(&request).is_err());
    /// ```
    pub fn sec_fetch_site(mut self, values: impl IntoIterator<Item = &'h [u8]>) -> Self {
        self.site = Field::collect(values);
        self
    }

    /// The values of `Origin` (RFC 6454 §7).
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// let request = RequestOrigin::new("POST").origin([b"null".as_slice()]);
    /// assert!(CrossOriginProtection::new().check(&request).is_err());
    /// ```
    pub fn origin(mut self, values: impl IntoIterator<Item = &'h [u8]>) -> Self {
        self.origin = Field::collect(values);
        self
    }

    /// The values of `Host`, or the `:authority` of HTTP/2 and HTTP/3.
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// let request = RequestOrigin::new("POST")
    ///     .origin([b"http://localhost:3000".as_slice()])
    ///     .host([b"localhost:3000".as_slice()]);
    /// assert!(CrossOriginProtection::new().check(&request).is_ok());
    /// ```
    pub fn host(mut self, values: impl IntoIterator<Item = &'h [u8]>) -> Self {
        self.host = Field::collect(values);
        self
    }
}

/// A request that another site's page caused. Answer 403.
///
/// `Display` is one constant sentence and holds nothing that the client sent.
///
/// # Example
///
/// ```
/// use cloakroom::http::origin::{CrossOriginKind, CrossOriginProtection, RequestOrigin};
///
/// let request = RequestOrigin::new("POST").sec_fetch_site([b"same-site".as_slice()]);
/// let rejected = CrossOriginProtection::new().check(&request).unwrap_err();
/// assert_eq!(rejected.kind(), CrossOriginKind::SecFetchSite);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossOriginRejected {
    kind: CrossOriginKind,
}

impl CrossOriginRejected {
    /// What gave it away: for logs and counters, not for the client.
    ///
    /// ```
    /// # use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
    /// # use cloakroom::http::origin::CrossOriginKind;
    /// let request = RequestOrigin::new("POST").origin([b"null".as_slice()]);
    /// let rejected = CrossOriginProtection::new().check(&request).unwrap_err();
    /// assert_eq!(rejected.kind(), CrossOriginKind::Origin);
    /// ```
    #[must_use]
    pub fn kind(&self) -> CrossOriginKind {
        self.kind
    }
}

impl fmt::Display for CrossOriginRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cross-origin request rejected")
    }
}

impl core::error::Error for CrossOriginRejected {}

/// What gave a cross-origin request away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrossOriginKind {
    /// `Sec-Fetch-Site` names another site, or holds a value that is not known.
    SecFetchSite,
    /// There is no `Sec-Fetch-Site`, and `Origin` does not match `Host`. If users report this, a
    /// proxy probably rewrites `Host`.
    Origin,
    /// `Sec-Fetch-Site`, `Origin` or `Host` came more than once.
    RepeatedHeader,
}

/// An origin to trust that is not spelled the way browsers send it.
///
/// # Example
///
/// ```
/// use cloakroom::http::origin::CrossOriginProtection;
///
/// // The path would keep it from ever matching.
/// assert!(CrossOriginProtection::new().trust("https://example.com/").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustedOriginError;

impl fmt::Display for TrustedOriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a trusted origin is scheme://host or scheme://host:port as browsers send it: lower \
             case, punycode, no default port, no user, path, query, wildcard or final slash",
        )
    }
}

impl core::error::Error for TrustedOriginError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field<'h> {
    Absent,
    One(&'h [u8]),
    Repeated,
}

impl<'h> Field<'h> {
    fn collect(values: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None | Some([]), None) => Self::Absent,
            (Some(value), None) => Self::One(value),
            (_, Some(_)) => Self::Repeated,
        }
    }
}

/// Whether a web origin has this host and port. Everything behind `://` is compared, so a user
/// part or a path can't move the comparison to another piece of the text; `null` has no `://`.
/// The host is never empty: an empty header counts as absent.
fn is_origin_of(origin: &[u8], host: &[u8]) -> bool {
    origin
        .strip_prefix(b"https://")
        .or_else(|| origin.strip_prefix(b"http://"))
        .is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn is_serialized_origin(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
        });
    let (host, port) = split_port(authority);
    is_scheme && is_host(host) && port.is_none_or(|port| is_port(scheme, port))
}

fn is_port(scheme: &str, port: &str) -> bool {
    let is_default = matches!((scheme, port), ("https", "443") | ("http", "80"));
    let is_canonical = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    is_canonical && !is_default && port.parse::<u16>().is_ok()
}
