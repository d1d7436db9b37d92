//! The builder of a cookie configuration: the one place where its rules are checked.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::http::cookie::{CookieConfig, DEFAULT_MAX_LINE_BYTES};

/// Collects the choices for a [`CookieConfig`]; nothing is checked before `build`.
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::{CookieConfig, CookieConfigError};
///
/// // A cookie for all of example.com can't have the prefix that promises one host.
/// let error = CookieConfig::builder().domain("example.com").build();
/// assert_eq!(error, Err(CookieConfigError::HostPrefixWithDomain));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct CookieConfigBuilder {
    name: Cow<'static, str>,
    domain: Option<String>,
    path: Cow<'static, str>,
    same_site: SameSite,
    max_line_bytes: usize,
    persistent: bool,
    development: bool,
}

impl CookieConfigBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Cow::Borrowed("__Host-session"),
            domain: None,
            path: Cow::Borrowed("/"),
            same_site: SameSite::Lax,
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            persistent: true,
            development: false,
        }
    }

    pub(super) fn development() -> Self {
        Self {
            name: Cow::Borrowed("session"),
            development: true,
            ..Self::new()
        }
    }

    /// Sets the name: a token of RFC 9110 §5.6.2, as RFC 6265 §4.1.1 asks.
    ///
    /// # Security
    ///
    /// Without the prefix `__Host-` a sibling subdomain, or anyone on the network who can answer
    /// for one over plain http, can plant a session cookie (login as the attacker).
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// assert!(CookieConfig::builder().name("__Host-sid").build().is_ok());
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Cow::Owned(name.into());
        self
    }

    /// Sends the cookie to this domain and every subdomain of it; by default to one host alone.
    ///
    /// # Security
    ///
    /// Every subdomain then receives and can overwrite the session. Needs a name without
    /// `__Host-`; take `__Secure-`.
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// let config = CookieConfig::builder().name("__Secure-sid").domain("example.com").build();
    /// assert!(config.is_ok_and(|config| config.removal().contains("; Domain=example.com;")));
    /// ```
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sends the cookie below this path alone; `/` by default.
    ///
    /// # Security
    ///
    /// A path keeps nothing secret from other pages of the same host (RFC 6265 §8.5).
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// assert!(CookieConfig::builder().name("__Secure-sid").path("/shop").build().is_ok());
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Cow::Owned(path.into());
        self
    }

    /// Chooses `SameSite`; [`SameSite::Lax`] by default.
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// assert!(CookieConfig::builder().same_site(SameSite::Strict).build().is_ok());
    /// ```
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Limits name, `=`, value and attributes together, in bytes; 4096 by default.
    ///
    /// A smaller limit suits proxies with small header buffers. A larger one never lets name and
    /// value grow past [`NAME_VALUE_LIMIT`](crate::http::cookie::NAME_VALUE_LIMIT).
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// let config = CookieConfig::builder().max_line_bytes(2048).build();
    /// assert_eq!(config.map(|config| config.token_budget()), Ok(1975));
    /// ```
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// Leaves out `Max-Age`, so that the browser forgets the cookie when it is closed (RFC 6265
    /// §5.3, step 3), as NIST SP 800-63B-4 §5.1 asks where sessions must not persist.
    ///
    /// The deadlines are those of the token with or without it, and the cookie of a renewal lasts no
    /// longer. A browser that restores the tabs of its last run restores such cookies as well.
    ///
    /// ```
    /// # use cloakroom::http::cookie::{CookieConfig, SameSite};
    /// let config = CookieConfig::builder().without_max_age().build();
    /// let line = config.map(|config| config.set_cookie("clk1.AAAA", 900));
    /// assert_eq!(
    ///     line.unwrap().as_deref(),
    ///     Ok("__Host-session=clk1.AAAA; Path=/; Secure; HttpOnly; SameSite=Lax"),
    /// );
    /// ```
    pub fn without_max_age(mut self) -> Self {
        self.persistent = false;
        self
    }

    /// Checks the choices.
    ///
    /// # Errors
    ///
    /// [`CookieConfigError`] says what is wrong and what to do. All are mistakes of the
    /// programmer; build once, at start.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::cookie::CookieConfig;
    ///
    /// let shared = CookieConfig::builder().name("__Secure-session").domain("example.com").build();
    /// assert!(shared.is_ok());
    /// ```
    pub fn build(self) -> Result<CookieConfig, CookieConfigError> {
        if self.name.is_empty() || !self.name.bytes().all(is_tchar) {
            return Err(CookieConfigError::Name);
        }
        if let Some(domain) = &self.domain {
            check_domain(domain)?;
        }
        if !is_path(&self.path) {
            return Err(CookieConfigError::Path);
        }
        if self.has_prefix("__Host-") {
            if self.domain.is_some() {
                return Err(CookieConfigError::HostPrefixWithDomain);
            }
            if self.path != "/" {
                return Err(CookieConfigError::HostPrefixWithPath);
            }
        }
        // A development configuration is the only one without Secure.
        if self.development {
            if ["__Host-", "__Secure-", "__Http-"]
                .iter()
                .any(|prefix| self.has_prefix(prefix))
            {
                return Err(CookieConfigError::PrefixWithoutSecure);
            }
            if self.same_site == SameSite::None {
                return Err(CookieConfigError::SameSiteNoneWithoutSecure);
            }
        }
        let config = self.assemble();
        if config.token_budget() < SHORTEST_TOKEN {
            return Err(CookieConfigError::NoRoom {
                budget: config.token_budget(),
                needed: SHORTEST_TOKEN,
            });
        }
        Ok(config)
    }

    /// Puts the attributes together, unchecked: `build` and the constant default come here.
    pub(super) fn assemble(self) -> CookieConfig {
        let mut attributes = String::new();
        if let Some(domain) = &self.domain {
            attributes.push_str("; Domain=");
            attributes.push_str(domain);
        }
        attributes.push_str("; Path=");
        attributes.push_str(&self.path);
        if !self.development {
            attributes.push_str("; Secure");
        }
        attributes.push_str("; HttpOnly; SameSite=");
        attributes.push_str(self.same_site.as_str());
        CookieConfig {
            name: self.name,
            attributes,
            max_line_bytes: self.max_line_bytes,
            persistent: self.persistent,
            development: self.development,
        }
    }

    /// Browsers compare prefixes without regard to case (rfc6265bis §5.7), so `__HOST-` with a
    /// Domain would be dropped by them just as `__Host-` is.
    fn has_prefix(&self, prefix: &str) -> bool {
        self.name
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }
}

/// When a browser sends the cookie with requests that another site started (rfc6265bis §5.2).
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::{CookieConfig, SameSite};
///
/// assert!(CookieConfig::builder().same_site(SameSite::None).build().is_ok());
/// assert!(CookieConfig::development().same_site(SameSite::None).build().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// Never. Links from e-mails and the way back from an OAuth provider then arrive logged out.
    Strict,
    /// Only when the user follows a link: top-level navigation with a safe method.
    Lax,
    /// Always: for pages framed by other sites. The cross-origin check is then the only
    /// protection against forged requests. Needs `Secure`.
    None,
}

impl SameSite {
    fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// Why a cookie configuration was refused: a mistake of the programmer, spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CookieConfigError {
    /// The name is empty or not a token.
    Name,
    /// The domain is not a host name of at least two labels.
    Domain,
    /// The domain starts with a dot.
    DomainLeadingDot,
    /// The path does not start with `/`, is longer than 1024 bytes, or holds a byte that ends it.
    Path,
    /// The prefix `__Host-` promises that there is no `Domain`.
    HostPrefixWithDomain,
    /// The prefix `__Host-` promises `Path=/`.
    HostPrefixWithPath,
    /// A prefix that promises `Secure` on the development configuration.
    PrefixWithoutSecure,
    /// Browsers drop `SameSite=None` without `Secure`.
    SameSiteNoneWithoutSecure,
    /// The limit on the line leaves too few bytes for the shortest token.
    #[non_exhaustive]
    NoRoom {
        /// Bytes left for a token.
        budget: usize,
        /// Bytes of the shortest token.
        needed: usize,
    },
}

impl fmt::Display for CookieConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => {
                "cookie name must be a token: letters, digits and !#$%&'*+-.^_`|~ (RFC 6265, 4.1.1)"
            }
            Self::Domain => {
                "cookie domain must be a host name of at least two labels, such as example.com; \
                 browsers drop a cookie for a single label, and for one host there is no need of it"
            }
            Self::DomainLeadingDot => {
                "cookie domain must not start with a dot: write example.com, it covers subdomains"
            }
            Self::Path => {
                "cookie path must start with / and be at most 1024 visible ASCII bytes without ;"
            }
            Self::HostPrefixWithDomain => {
                "a name starting with __Host- allows no domain: drop the domain, or use __Secure-"
            }
            Self::HostPrefixWithPath => "a name starting with __Host- needs the path /",
            Self::PrefixWithoutSecure => {
                "the development cookie is not Secure, so its name must not start with __Host-, \
                 __Secure- or __Http-: browsers would drop it"
            }
            Self::SameSiteNoneWithoutSecure => {
                "SameSite=None needs Secure, which the development cookie has not"
            }
            Self::NoRoom { budget, needed } => {
                return write!(
                    f,
                    "the cookie leaves {budget} bytes for a token, the shortest has {needed}: \
                     shorten name, domain or path, or raise max_line_bytes"
                );
            }
        })
    }
}

impl core::error::Error for CookieConfigError {}

/// A byte of a token in the sense of RFC 9110 §5.6.2.
pub(in crate::http) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn check_domain(domain: &str) -> Result<(), CookieConfigError> {
    if domain.starts_with('.') {
        return Err(CookieConfigError::DomainLeadingDot);
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A numeric last label means an IPv4 address, which has no subdomains.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let is_domain = domain.len() <= 253
        && domain.split('.').all(is_label)
        && domain
            .rsplit_once('.')
            .is_some_and(|(_, last)| !is_number(last));
    if is_domain {
        Ok(())
    } else {
        Err(CookieConfigError::Domain)
    }
}

/// Browsers ignore an attribute longer than 1024 bytes (rfc6265bis §5.6) and would then scope the
/// cookie to the path of the login page.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 1024
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b';')
}

/// Bytes of the shortest token of the format: "clk1." and 45 bytes in base64url.
const SHORTEST_TOKEN: usize = 65;
