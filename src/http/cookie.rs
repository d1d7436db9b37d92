//! The session cookie: its name and attributes, writing, removing and reading it.
//!
//! A [`CookieConfig`] is checked once, when it is built; after that only a token that does not fit
//! can fail. The defaults are the ones of the OWASP session cheat sheet and NIST SP 800-63B-4
//! §5.1.1: `__Host-session`, `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, no `Domain`.
//!
//! There is no switch for `HttpOnly`, and none for `Secure` but [`CookieConfig::development`]: a
//! session that a script or a network can read is not one this crate can protect.
//!
//! The deadlines of a session are inside its token. `Max-Age` only clears dead cookies away.

mod builder;
mod host;
mod read;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::{fmt, str};

pub use builder::{CookieConfigBuilder, CookieConfigError, SameSite};
pub use host::HostRefused;
pub use read::FoundCookie;

pub(in crate::http) use builder::is_tchar;
pub(in crate::http) use read::trim;

/// The name, attributes and size limit of the session cookie.
///
/// The default is `__Host-session` with `Path=/; Secure; HttpOnly; SameSite=Lax` and at most 4096
/// bytes per line. Names, prefixes and attributes follow RFC 6265 §4.1 and draft-ietf-httpbis-
/// rfc6265bis §4.1.
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::{CookieConfig, SameSite};
///
/// # fn main() -> Result<(), cloakroom::http::cookie::CookieConfigError> {
/// let config = CookieConfig::builder().name("__Host-sid").same_site(SameSite::Strict).build()?;
/// assert_eq!(config.name(), "__Host-sid");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieConfig {
    name: Cow<'static, str>,
    /// Everything but Max-Age and Expires, each with its leading `"; "`. One string serves writing
    /// and removing, because a removal whose attributes differ removes nothing.
    attributes: String,
    max_line_bytes: usize,
    /// Whether a cookie has a `Max-Age`; one without it ends with the browser.
    persistent: bool,
    development: bool,
}

impl CookieConfig {
    /// Starts from the default configuration; [`CookieConfigBuilder::build`] checks the result.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// assert_eq!(CookieConfig::builder().build(), Ok(CookieConfig::default()));
    /// ```
    pub fn builder() -> CookieConfigBuilder {
        CookieConfigBuilder::new()
    }

    /// Starts from a cookie for plain http on the developer's own machine: `session`, not `Secure`.
    ///
    /// Safari drops `Secure` cookies on `http://localhost`; other browsers do not need this.
    ///
    /// # Security
    ///
    /// Anyone on the network path can read or replace such a cookie. [`CookieConfig::check_host`]
    /// refuses every host but loopback; call it on each request, and print
    /// [`CookieConfig::development_warning`] once at start.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// # fn main() -> Result<(), cloakroom::http::cookie::CookieConfigError> {
    /// let config = CookieConfig::development().build()?;
    /// assert!(config.check_host(b"localhost:3000").is_ok());
    /// assert!(config.check_host(b"shop.example").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn development() -> CookieConfigBuilder {
        CookieConfigBuilder::development()
    }

    /// The name of the cookie, byte for byte as it is written and looked for.
    ///
    /// ```
    /// # use cloakroom::http::cookie::CookieConfig;
    /// assert_eq!(CookieConfig::default().name(), "__Host-session");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The longest token, in bytes, that fits: at login and at every renewal, whatever `Max-Age`.
    ///
    /// Two limits apply: the configured one on the whole line, and [`NAME_VALUE_LIMIT`] of the
    /// browsers on name and value. 4023 with the default configuration.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// assert_eq!(CookieConfig::default().token_budget(), 4023);
    /// ```
    #[must_use]
    pub fn token_budget(&self) -> usize {
        let overhead = self.overhead();
        let by_line = self.max_line_bytes.saturating_sub(overhead);
        let by_browser = NAME_VALUE_LIMIT.saturating_sub(self.name.len());
        by_line.min(by_browser)
    }

    /// The value of a `Set-Cookie` header that stores `token` for `max_age_seconds`.
    ///
    /// `Max-Age` is kept between 1 (0 would delete a cookie that was just renewed in its last
    /// second) and [`MAX_AGE_LIMIT_SECONDS`]; there is none with
    /// [`CookieConfigBuilder::without_max_age`]. The length check uses [`CookieConfig::token_budget`]
    /// rather than the digits of this `Max-Age`, so a session that fits once always fits.
    ///
    /// # Errors
    ///
    /// [`CookieError::InvalidToken`] if `token` is empty or holds a byte outside base64url and `.`;
    /// [`CookieError::TooLong`] if it is over the budget. Answer 500: a browser would drop the
    /// cookie silently and the user would be logged out without a trace.
    ///
    /// # Security
    ///
    /// The returned string holds the token. Mark the header sensitive and do not log it.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// assert_eq!(
    ///     CookieConfig::default().set_cookie("clk1.AAAA", 900).as_deref(),
    ///     Ok("__Host-session=clk1.AAAA; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"),
    /// );
    /// ```
    pub fn set_cookie(&self, token: &str, max_age_seconds: u64) -> Result<String, CookieError> {
        // The alphabet first: `;`, CR or LF in a value would let whoever chose the token add
        // attributes or whole header lines.
        if token.is_empty() || !token.bytes().all(is_token_text) {
            return Err(CookieError::InvalidToken);
        }
        let (length, budget) = (token.len(), self.token_budget());
        if length > budget {
            return Err(CookieError::TooLong { length, budget });
        }
        let (name, attributes) = (&self.name, &self.attributes);
        if !self.persistent {
            return Ok(format!("{name}={token}{attributes}"));
        }
        let max_age = max_age_seconds.clamp(1, MAX_AGE_LIMIT_SECONDS);
        Ok(format!("{name}={token}{attributes}{MAX_AGE}{max_age}"))
    }

    /// The value of a `Set-Cookie` header that makes the browser forget the session.
    ///
    /// Only logout sends it. A failed verification must not: a late answer to a request with the
    /// old token would delete the cookie of a login made in between.
    ///
    /// `Domain`, `Path`, `Secure` and `SameSite` are those of [`CookieConfig::set_cookie`], because
    /// a browser replaces a cookie only if they fit (RFC 6265 §5.3, rfc6265bis §5.7). `Expires` is
    /// there for clients that do not know `Max-Age`.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// let line = CookieConfig::default().removal();
    /// assert!(line.starts_with("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax;"));
    /// ```
    #[must_use = "the cookie stays in the browser until this line is sent"]
    pub fn removal(&self) -> String {
        let (name, attributes) = (&self.name, &self.attributes);
        format!("{name}={attributes}{MAX_AGE}0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    }

    /// Finds the session's cookie in the values of all `Cookie` headers of a request.
    ///
    /// Linear in the input, without allocation. Names are compared byte by byte after trimming SP
    /// and HTAB alone; quotes are left where they are; a comma separates nothing. See
    /// [`FoundCookie`] for what counts as found.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::{CookieConfig, FoundCookie};
    ///
    /// let header = b"a=b; __Host-session=clk1.AA".as_slice();
    /// let found = CookieConfig::default().read_cookie([header]);
    /// assert_eq!(found, FoundCookie::One("clk1.AA"));
    /// ```
    pub fn read_cookie<'h>(&self, headers: impl IntoIterator<Item = &'h [u8]>) -> FoundCookie<'h> {
        read::find(self.name.as_bytes(), headers)
    }

    /// The values of all cookies of the session's name that are text, in the order of the headers.
    ///
    /// For logging out, and nothing else: where there are two, each may be somebody's session, and
    /// the user who clicked wants none of them to live on.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// let config = CookieConfig::default();
    /// let header = b"__Host-session=clk1.AA; __Host-session=clk1.BB".as_slice();
    /// assert!(config.all_values([header]).eq(["clk1.AA", "clk1.BB"]));
    /// ```
    pub fn all_values<'h>(
        &self,
        headers: impl IntoIterator<Item = &'h [u8]>,
    ) -> impl Iterator<Item = &'h str> {
        read::values(self.name.as_bytes(), headers).filter_map(|value| str::from_utf8(value).ok())
    }

    /// Refuses a `Host` that is not loopback, if this is a development configuration.
    ///
    /// Loopback is `localhost`, a name under `.localhost` (RFC 6761 §6.3), 127.0.0.0/8 or `[::1]`,
    /// with or without a port. `host` is the value of the `Host` header or of `:authority`; pass
    /// an empty one if there is none. Any other configuration accepts every host.
    ///
    /// # Errors
    ///
    /// [`HostRefused`] means that a development configuration reached a real host. Answer 421, and
    /// neither read nor write a cookie. A page that rebinds its own DNS name to 127.0.0.1 is
    /// stopped by the same check.
    ///
    /// # Security
    ///
    /// A tunnel or proxy that rewrites `Host` to `localhost` defeats this check.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// assert!(CookieConfig::default().check_host(b"shop.example").is_ok());
    /// ```
    pub fn check_host(&self, host: &[u8]) -> Result<(), HostRefused> {
        if self.development && !host::is_loopback(host) {
            return Err(HostRefused);
        }
        Ok(())
    }

    /// What to print once at start: `Some` only for a development configuration.
    ///
    /// ```
    /// # use cloakroom::http::cookie::CookieConfig;
    /// assert_eq!(CookieConfig::default().development_warning(), None);
    /// ```
    #[must_use]
    pub fn development_warning(&self) -> Option<&'static str> {
        self.development.then_some(
            "session cookies are not Secure: development configuration, loopback hosts only",
        )
    }

    /// Bytes of a line besides the token, with `Max-Age` at its longest.
    fn overhead(&self) -> usize {
        let max_age = match self.persistent {
            true => [MAX_AGE.len(), MAX_AGE_DIGITS],
            false => [0, 0],
        };
        let name = [self.name.len(), "=".len(), self.attributes.len()];
        name.into_iter()
            .chain(max_age)
            .fold(0, usize::saturating_add)
    }
}

impl Default for CookieConfig {
    fn default() -> Self {
        CookieConfigBuilder::new().assemble()
    }
}

/// Why a token was not put into a cookie. Holds lengths, never token text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CookieError {
    /// The text is empty or holds a byte outside `A-Z a-z 0-9 - _ .`; no token looks like that.
    InvalidToken,
    /// The token is longer than the cookie allows.
    #[non_exhaustive]
    TooLong {
        /// Bytes of the token.
        length: usize,
        /// Bytes that fit: [`CookieConfig::token_budget`].
        budget: usize,
    },
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidToken => f.write_str("not a session token: refused as a cookie value"),
            Self::TooLong { length, budget } => write!(
                f,
                "session token of {length} bytes does not fit into its cookie, which holds \
                 {budget}: shorten the payload"
            ),
        }
    }
}

impl core::error::Error for CookieError {}

/// Bytes of name and value together that browsers store; a longer cookie is dropped silently
/// (rfc6265bis §5.6). Independent of the configured limit on the line.
pub const NAME_VALUE_LIMIT: usize = 4096;

/// Bytes of name, `=`, value and attributes together, unless configured.
pub const DEFAULT_MAX_LINE_BYTES: usize = 4096;

/// The largest `Max-Age` written, in seconds: 400 days.
///
/// Browsers cut longer lifetimes to this (rfc6265bis §5.5), and a bound on the digits keeps both
/// the budget exact and clients that parse into 32 bits correct.
pub const MAX_AGE_LIMIT_SECONDS: u64 = 34_560_000;

const MAX_AGE: &str = "; Max-Age=";
const MAX_AGE_DIGITS: usize = 8;
const _: () = assert!(
    MAX_AGE_LIMIT_SECONDS.ilog10() == 7,
    "MAX_AGE_DIGITS follows the limit"
);

/// The alphabet of token text: base64url and the `.` behind the version.
fn is_token_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
