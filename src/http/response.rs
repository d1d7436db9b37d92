//! What a client is told: status, constant body and header lines.
//!
//! Nothing here depends on why a token was refused, and nothing repeats what the client sent. No
//! refusal writes a cookie: a late 401 to an old token would delete the cookie of a new login.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::error::VerifyError;
use crate::http::bearer;
use crate::http::carrier::Carrier;

/// One header: the name in lower case, as HTTP/2 wants it, and the value.
///
/// Add the lines to a response, do not replace: there may be several `Set-Cookie` and `Vary`.
///
/// ```
/// # use cloakroom::http::response::{HeaderLine, NO_STORE};
/// let (name, value): HeaderLine = NO_STORE;
/// assert_eq!((name, &*value), ("cache-control", "no-store"));
/// ```
pub type HeaderLine = (&'static str, Cow<'static, str>);

/// `Cache-Control: no-store` (RFC 9111 §5.2.2.5), for every answer that sets a session cookie and
/// every refusal. A shared cache that keeps a `Set-Cookie` hands one user's session to the next.
pub const NO_STORE: HeaderLine = ("cache-control", Cow::Borrowed("no-store"));

/// A complete answer to a request that does not get what it asked for.
///
/// # Example
///
/// ```
/// use cloakroom::http::response::Refusal;
///
/// let refusal = Refusal::unauthorized(None);
/// assert_eq!((refusal.status(), refusal.body()), (401, "unauthorized\n"));
/// assert!(refusal.headers().iter().any(|(name, _)| *name == "www-authenticate"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a refusal is an answer still to be sent"]
pub struct Refusal {
    status: u16,
    body: &'static str,
    headers: Vec<HeaderLine>,
}

impl Refusal {
    /// The answer to a token that `verify` did not accept.
    ///
    /// A rejected token is [`Refusal::unauthorized`]. An unavailable clock, key ring or revocation
    /// view is [`Refusal::unavailable`], never 401: clients throw a session away on 401, and an
    /// outage would log everybody out.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::VerifyError;
    /// use cloakroom::http::carrier::Presented;
    /// use cloakroom::http::response::Refusal;
    ///
    /// fn refuse(error: &VerifyError, presented: &Presented<'_>) -> Refusal {
    ///     Refusal::verify_failed(error, presented.carrier(), 5)
    /// }
    /// ```
    pub fn verify_failed(
        error: &VerifyError,
        carrier: Option<Carrier>,
        retry_after_seconds: u32,
    ) -> Self {
        match error {
            VerifyError::Rejected(_) => Self::unauthorized(carrier),
            VerifyError::Unavailable(_) => Self::unavailable(retry_after_seconds),
        }
    }

    /// 401: the request needs a session and brought none that counts (RFC 9110 §15.5.2).
    ///
    /// `carrier` is the header that decided,
    /// [`Presented::carrier`](crate::http::carrier::Presented::carrier). The challenge is
    /// `Bearer error="invalid_token"` for a bearer token, else `Bearer`, the same for every reason.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::carrier::Carrier;
    /// use cloakroom::http::response::Refusal;
    ///
    /// let refusal = Refusal::unauthorized(Some(Carrier::Bearer));
    /// let challenge = ("www-authenticate", r#"Bearer error="invalid_token""#.into());
    /// assert!(refusal.headers().contains(&challenge));
    /// ```
    pub fn unauthorized(carrier: Option<Carrier>) -> Self {
        let challenge = match carrier {
            Some(Carrier::Bearer) => bearer::CHALLENGE_INVALID_TOKEN,
            Some(Carrier::Cookie) | None => bearer::CHALLENGE,
        };
        Self::new(401, "unauthorized\n").with("www-authenticate", Cow::Borrowed(challenge))
    }

    /// 401: the session is alive, but its last login lies too far back for what was asked (RFC 9470
    /// §3). The client asks for the credentials again; it need not forget the session.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::response::Refusal;
    ///
    /// let refusal = Refusal::login_too_old(300);
    /// assert_eq!((refusal.status(), refusal.body()), (401, "log in again\n"));
    /// ```
    pub fn login_too_old(max_age_seconds: u64) -> Self {
        let challenge = format!(
            r#"Bearer error="insufficient_user_authentication", max_age={max_age_seconds}"#
        );
        Self::new(401, "log in again\n").with("www-authenticate", Cow::Owned(challenge))
    }

    /// 403: a form without the token of this session's pages.
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// assert_eq!(Refusal::form().body(), "form rejected\n");
    /// ```
    pub fn form() -> Self {
        Self::new(403, "form rejected\n")
    }

    /// 400: the session came in a header that this endpoint does not serve: a bearer token where a
    /// cookie is changed, or the other way round. The client chose the header.
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// assert_eq!(Refusal::wrong_carrier().status(), 400);
    /// ```
    pub fn wrong_carrier() -> Self {
        Self::new(400, "session in the wrong header\n")
    }

    /// 421: the `Host` is none of this server's (RFC 9110 §15.5.20).
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// assert_eq!(Refusal::misdirected().status(), 421);
    /// ```
    pub fn misdirected() -> Self {
        Self::new(421, "misdirected request\n")
    }

    /// 403: the request came from another site's page.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::response::Refusal;
    ///
    /// assert_eq!(Refusal::cross_origin().status(), 403);
    /// ```
    pub fn cross_origin() -> Self {
        Self::new(403, "cross-origin request rejected\n")
    }

    /// 500: the server can't keep its word, such as a token too long for its cookie.
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::response::Refusal;
    ///
    /// assert_eq!(Refusal::internal_error().body(), "internal server error\n");
    /// ```
    pub fn internal_error() -> Self {
        Self::new(500, "internal server error\n")
    }

    /// 503: whether the session is valid can't be told now; try again after this many seconds, at
    /// least 1 (`Retry-After`, RFC 9110 §10.2.3).
    ///
    /// # Example
    ///
    /// ```
    /// use cloakroom::http::response::Refusal;
    ///
    /// let refusal = Refusal::unavailable(5);
    /// assert_eq!(refusal.status(), 503);
    /// assert!(refusal.headers().contains(&("retry-after", "5".into())));
    /// ```
    pub fn unavailable(retry_after_seconds: u32) -> Self {
        let seconds = retry_after_seconds.max(1);
        Self::new(503, "service unavailable\n")
            .with("retry-after", Cow::Owned(format!("{seconds}")))
    }

    /// The status code.
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// assert_eq!(Refusal::internal_error().status(), 500);
    /// ```
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, a constant line of `text/plain`.
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// assert_eq!(Refusal::unavailable(5).body(), "service unavailable\n");
    /// ```
    #[must_use]
    pub fn body(&self) -> &'static str {
        self.body
    }

    /// The header lines, without `Content-Length`.
    ///
    /// ```
    /// # use cloakroom::http::response::Refusal;
    /// # use cloakroom::http::response::NO_STORE;
    /// assert!(Refusal::cross_origin().headers().contains(&NO_STORE));
    /// ```
    #[must_use]
    pub fn headers(&self) -> &[HeaderLine] {
        &self.headers
    }

    fn new(status: u16, body: &'static str) -> Self {
        let content_type = ("content-type", Cow::Borrowed("text/plain; charset=utf-8"));
        Self {
            status,
            body,
            headers: vec![NO_STORE, content_type],
        }
    }

    fn with(mut self, name: &'static str, value: Cow<'static, str>) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The lines of a response that writes or removes the session cookie, on whatever status.
///
/// `value` is what [`CookieConfig::set_cookie`](crate::http::cookie::CookieConfig::set_cookie) or
/// [`removal`](crate::http::cookie::CookieConfig::removal) returned.
///
/// # Security
///
/// The first line holds the token. Mark it sensitive in the framework's header type.
///
/// # Example
///
/// ```
/// use cloakroom::http::cookie::CookieConfig;
/// use cloakroom::http::response::{set_cookie, NO_STORE};
///
/// let [(name, _), cache] = set_cookie(CookieConfig::default().removal());
/// assert_eq!(name, "set-cookie");
/// assert_eq!(cache, NO_STORE);
/// ```
#[must_use]
pub fn set_cookie(value: String) -> [HeaderLine; 2] {
    [("set-cookie", Cow::Owned(value)), NO_STORE]
}

/// `Vary` for a response whose handler read the session from these carriers (RFC 9110 §12.5.5).
///
/// `None` for no carrier. Leave it away where the session was not read, or nothing is cached.
///
/// # Example
///
/// ```
/// use cloakroom::http::carrier::Carrier;
/// use cloakroom::http::response::vary;
///
/// assert_eq!(
///     vary(&[Carrier::Cookie, Carrier::Bearer]),
///     Some(("vary", "Cookie, Authorization".into())),
/// );
/// ```
#[must_use]
pub fn vary(carriers: &[Carrier]) -> Option<HeaderLine> {
    let has = |carrier| carriers.contains(&carrier);
    let value = match (has(Carrier::Cookie), has(Carrier::Bearer)) {
        (true, true) => "Cookie, Authorization",
        (true, false) => "Cookie",
        (false, true) => "Authorization",
        (false, false) => return None,
    };
    Some(("vary", Cow::Borrowed(value)))
}

/// What a browser forgets at logout (W3C Clear Site Data §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClearSiteData {
    /// Responses in the HTTP cache: pages of the logged-in user behind the back button.
    Cache,
    /// All cookies of the registrable domain, of other applications on it too. It does not replace
    /// [`removal`](crate::http::cookie::CookieConfig::removal): plain http is excluded.
    Cookies,
    /// localStorage, sessionStorage, IndexedDB and service workers.
    Storage,
    /// Open pages of the origin are reloaded, so that nothing of the session stays in memory.
    ExecutionContexts,
    /// Everything, including what later versions of the specification add.
    Everything,
}

impl ClearSiteData {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cache => r#""cache""#,
            Self::Cookies => r#""cookies""#,
            Self::Storage => r#""storage""#,
            Self::ExecutionContexts => r#""executionContexts""#,
            Self::Everything => r#""*""#,
        }
    }
}

/// `Clear-Site-Data` for the answer to a logout; `None` without directives.
///
/// # Example
///
/// ```
/// use cloakroom::http::response::{clear_site_data, ClearSiteData};
///
/// assert_eq!(
///     clear_site_data(&[ClearSiteData::Cache, ClearSiteData::Storage]),
///     Some(("clear-site-data", r#""cache", "storage""#.into())),
/// );
/// ```
#[must_use]
pub fn clear_site_data(directives: &[ClearSiteData]) -> Option<HeaderLine> {
    if directives.is_empty() {
        return None;
    }
    let names: Vec<&str> = directives
        .iter()
        .map(|directive| directive.as_str())
        .collect();
    Some(("clear-site-data", Cow::Owned(names.join(", "))))
}
