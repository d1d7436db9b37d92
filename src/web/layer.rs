//! The layer as the application configures it, the same for every framework.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::Once;

use crate::http::cookie::CookieConfig;
use crate::http::host;
use crate::http::origin::{CrossOriginProtection, TrustedOriginError};
use crate::http::response::ClearSiteData;
use crate::observe;
use crate::revocation::view::RevocationPublish;
use crate::session::sessions::Sessions;
use crate::web::backend::{self, Backend, WebPayload};

/// Sessions for all routes below it: put it around a router, and handlers take a
/// [`Session`](crate::web::Session).
///
/// It reads the token, refuses requests that other sites' pages cause, and writes what the response
/// needs: the cookie of a login, its renewal or its removal, `Cache-Control` and `Vary`. Handlers
/// return nothing for that. Cloning is cheap.
///
/// | for | use it as |
/// |---|---|
/// | axum, tonic, tower | a `tower::Layer` (features `axum-08`, `tower`) |
/// | actix-web | a middleware, `App::wrap` (feature `actix-4`) |
///
/// # Security
///
/// Handlers of GET, HEAD and OPTIONS must not change anything: the cross-origin check lets these
/// methods pass, as browsers follow links.
///
/// # Example
///
/// ```
/// use cloakroom::http::response::ClearSiteData;
/// use cloakroom::web::SessionLayer;
/// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
/// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
/// #     .purpose("session").audience("").aal3().build()?;
///
/// let layer = SessionLayer::new(sessions)
///     .trust_origin("https://admin.example.com")?
///     .clear_site_data([ClearSiteData::Cache])
///     .on_event(|code| println!("session: {code}"));
/// # let _: SessionLayer<()> = layer;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionLayer<T: WebPayload>(Arc<Core<T>>);

pub(in crate::web) struct Core<T: WebPayload> {
    pub(in crate::web) backend: Arc<dyn Backend<T>>,
    pub(in crate::web) settings: Settings,
}

/// Cheap to clone next to what a request costs; cloned while a layer is configured, and not after.
#[derive(Clone)]
pub(in crate::web) struct Settings {
    pub(in crate::web) cookie: CookieConfig,
    /// `None`: the application has taken the check upon itself.
    pub(in crate::web) origins: Option<CrossOriginProtection>,
    /// Empty: every host is served.
    pub(in crate::web) hosts: Vec<String>,
    pub(in crate::web) retry_after: u32,
    pub(in crate::web) clear_site_data: Vec<ClearSiteData>,
    on_event: Option<Arc<dyn Fn(&'static str) + Send + Sync>>,
}

impl Settings {
    /// Nothing that `Host` says can make a difference.
    pub(in crate::web) fn serves_every_host(&self) -> bool {
        self.hosts.is_empty() && self.cookie.development_warning().is_none()
    }

    pub(in crate::web) fn event(&self, code: &'static str) {
        observe::web_event(code);
        if let Some(on_event) = &self.on_event {
            on_event(code);
        }
    }
}

impl<T: WebPayload> SessionLayer<T> {
    /// A layer with the defaults: the cookie `__Host-session`, the cross-origin check, every host.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let layer = cloakroom::web::SessionLayer::new(sessions);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new<R>(sessions: Sessions<T, R>) -> Self
    where
        R: RevocationPublish + 'static,
        R::Error: Send + Sync + 'static,
    {
        let cookie = CookieConfig::default();
        Self(Arc::new(Core {
            backend: backend::of(sessions, cookie.token_budget()),
            settings: Settings {
                cookie,
                origins: Some(CrossOriginProtection::new()),
                hosts: Vec::new(),
                retry_after: 5,
                clear_site_data: Vec::new(),
                on_event: None,
            },
        }))
    }

    /// Sets the cookie's name and attributes. Two layers around one route need two names.
    ///
    /// With [`CookieConfig::development`] every `Host` but loopback is answered with 421, and a
    /// warning is printed to standard error, once.
    ///
    /// ```
    /// use cloakroom::http::cookie::{CookieConfig, CookieConfigError, SameSite};
    /// # use cloakroom::web::SessionLayer;
    ///
    /// fn strict(layer: SessionLayer<()>) -> Result<SessionLayer<()>, CookieConfigError> {
    ///     let cookie = CookieConfig::builder().name("__Host-sid").same_site(SameSite::Strict);
    ///     Ok(layer.cookie(cookie.build()?))
    /// }
    /// ```
    #[must_use]
    pub fn cookie(self, cookie: CookieConfig) -> Self {
        static WARNED: Once = Once::new();
        if let Some(warning) = cookie.development_warning() {
            WARNED.call_once(|| std::eprintln!("warning: {warning}"));
        }
        Self(Arc::new(Core {
            backend: self.0.backend.within(cookie.token_budget()),
            settings: Settings {
                cookie,
                ..self.0.settings.clone()
            },
        }))
    }

    /// Lets pages of another origin send any request, spelled as browsers send it:
    /// `https://admin.example.com`. See [`CrossOriginProtection::trust`].
    ///
    /// # Errors
    ///
    /// [`TrustedOriginError`] for a spelling that would never match.
    ///
    /// # Security
    ///
    /// Every page of that origin can act as the user.
    ///
    /// ```
    /// use cloakroom::http::origin::TrustedOriginError;
    /// # use cloakroom::web::SessionLayer;
    ///
    /// fn with_admin(layer: SessionLayer<()>) -> Result<SessionLayer<()>, TrustedOriginError> {
    ///     layer.trust_origin("https://admin.example.com")
    /// }
    /// ```
    pub fn trust_origin(self, origin: &str) -> Result<Self, TrustedOriginError> {
        let mut settings = self.0.settings.clone();
        // Checked also where nothing is checked against it: the spelling is wrong all the same.
        let checks = settings.origins.is_some();
        let trusting = settings.origins.unwrap_or_default().trust(origin)?;
        settings.origins = checks.then_some(trusting);
        Ok(self.with(|to| *to = settings))
    }

    /// Switches the cross-origin check off, for applications that do it elsewhere.
    ///
    /// # Security
    ///
    /// Without a check of your own, every page on the web can act as the user (CSRF).
    /// [`SessionHandle::form_token`](crate::web::SessionHandle::form_token) is one that needs no
    /// headers of the browser; it does not cover login and WebSockets.
    ///
    /// ```
    /// # use cloakroom::web::SessionLayer;
    /// fn checked_by_the_gateway(layer: SessionLayer<()>) -> SessionLayer<()> {
    ///     layer.dangerously_without_cross_origin_check()
    /// }
    /// ```
    #[must_use]
    pub fn dangerously_without_cross_origin_check(self) -> Self {
        self.with(|settings| settings.origins = None)
    }

    /// Serves these hosts alone, as they stand in `Host`: with the port, unless it is the default
    /// one. Any other is answered with 421, before anything is read.
    ///
    /// Without it every host is served. The cookie and the cross-origin check do not depend on it:
    /// a browser sends the cookie to the host that set it. Use it where the answer to a foreign name
    /// that points to this server (DNS rebinding) matters without a session, too.
    ///
    /// # Errors
    ///
    /// [`HostError`] for an empty list and for a text that no `Host` can be: a variable that was not
    /// set would otherwise open or close the whole site.
    ///
    /// ```
    /// # use cloakroom::web::{HostError, SessionLayer};
    /// fn ours_alone(layer: SessionLayer<()>) -> Result<SessionLayer<()>, HostError> {
    ///     layer.hosts(["shop.example", "localhost:8080"])
    /// }
    /// # let ring = cloakroom::KeyRing::generate(&cloakroom::SystemClock, time::Duration::hours(8))?;
    /// # let sessions = cloakroom::Sessions::<()>::builder(ring, cloakroom::RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// # let layer = SessionLayer::new(sessions);
    /// assert!(ours_alone(layer.clone()).is_ok());
    /// assert!(layer.hosts(["https://shop.example"]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hosts<'h>(self, hosts: impl IntoIterator<Item = &'h str>) -> Result<Self, HostError> {
        let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
        let wrong = hosts
            .iter()
            .find(|name| !host::is_authority(&name.to_ascii_lowercase()));
        if hosts.is_empty() || wrong.is_some() {
            return Err(HostError {
                host: wrong.cloned(),
            });
        }
        Ok(self.with(|settings| settings.hosts = hosts))
    }

    /// What a 503 says in `Retry-After`, in seconds: 5 by default, at least 1.
    ///
    /// ```
    /// # use cloakroom::web::SessionLayer;
    /// fn patient(layer: SessionLayer<()>) -> SessionLayer<()> {
    ///     layer.retry_after(30)
    /// }
    /// ```
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with(|settings| settings.retry_after = seconds)
    }

    /// Adds `Clear-Site-Data` to the answer to a logout.
    ///
    /// ```
    /// use cloakroom::http::response::ClearSiteData;
    /// # use cloakroom::web::SessionLayer;
    ///
    /// fn forgetful(layer: SessionLayer<()>) -> SessionLayer<()> {
    ///     layer.clear_site_data([ClearSiteData::Cache, ClearSiteData::Storage])
    /// }
    /// ```
    #[must_use]
    pub fn clear_site_data(self, directives: impl IntoIterator<Item = ClearSiteData>) -> Self {
        let directives = directives.into_iter().collect();
        self.with(|settings| settings.clear_site_data = directives)
    }

    /// Called with a stable code for what operators count. It holds nothing that a client sent.
    ///
    /// | code | what happened |
    /// |---|---|
    /// | `cookie-duplicate`, `cookie-malformed` | the session's cookie counted as none |
    /// | `authorization-duplicate`, `authorization-malformed` | the header counted as a bad token |
    /// | `invalid`, `expired`, `idle`, `revoked`, ... | a token was refused; the names of [`Reason`](crate::Reason) |
    /// | `unavailable` | a token could not be judged, or not be renewed for the same reason |
    /// | `cross-origin`, `misdirected`, `form` | a request was refused with 403, 421, 403 |
    /// | `renewed`, `renewal-refused` | a response carries a renewed cookie, or the session ended before |
    ///
    /// It runs on the thread that answers the request and must not block.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// # use cloakroom::web::SessionLayer;
    ///
    /// fn counted(layer: SessionLayer<()>, forged: Arc<AtomicU64>) -> SessionLayer<()> {
    ///     layer.on_event(move |code| {
    ///         if code == "cross-origin" {
    ///             forged.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn on_event(self, count: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_event = Some(Arc::new(count)))
    }

    pub(in crate::web) fn core(&self) -> &Arc<Core<T>> {
        &self.0
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self(Arc::new(Core {
            backend: Arc::clone(&self.0.backend),
            settings,
        }))
    }
}

impl<T: WebPayload> Clone for SessionLayer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: WebPayload> fmt::Debug for SessionLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("cookie", &self.0.settings.cookie)
            .field("origins", &self.0.settings.origins)
            .field("hosts", &self.0.settings.hosts)
            .finish_non_exhaustive()
    }
}

/// What [`SessionLayer::hosts`] was given can be in no request's `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// The text; none were given if there is none.
    host: Option<String>,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(
                f,
                "{host:?} is no host as it stands in a request: name or address, and :port unless it \
                 is the default one; no scheme, path, wildcard or space"
            ),
            None => f.write_str(
                "no host is named, so none would be served; leave `hosts` away to serve every host",
            ),
        }
    }
}

impl core::error::Error for HostError {}
