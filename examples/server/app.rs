//! What the server is made of, and its routes.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use cloakroom::http::cookie::CookieConfig;
use cloakroom::http::origin::CrossOriginProtection;
use cloakroom::{Clock, RevocationList, Sessions};
use serde::{Deserialize, Serialize};
use time::Duration;

use super::keys::KeyFile;
use super::{account, admin, api, auth, pages};

/// A session ends half an hour after its last use and eight hours after the login.
pub(crate) const IDLE: Duration = Duration::minutes(30);
pub(crate) const ABSOLUTE: Duration = Duration::hours(8);

/// What every request needs to know about the user without asking a database.
///
/// Rights that must end at once when they are taken away do not belong here, unless whoever takes
/// them away also calls `revoke_subject`.
#[derive(Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) admin: bool,
}
cloakroom::payload!(User);

/// What differs between the server and its tests.
pub(crate) struct Config {
    pub(crate) directory: PathBuf,
    pub(crate) cookie: CookieConfig,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Shared by all requests. Nothing in it is per user: that is in the tokens.
pub(crate) struct App {
    pub(crate) sessions: Sessions<User>,
    pub(crate) cookie: CookieConfig,
    pub(crate) origins: CrossOriginProtection,
    pub(crate) keys: KeyFile,
    pub(crate) clock: Arc<dyn Clock>,
    events: Mutex<BTreeMap<&'static str, u64>>,
}

impl App {
    pub(crate) fn new(config: Config) -> Result<Arc<Self>, Box<dyn Error>> {
        let keys = KeyFile::in_directory(&config.directory)?;
        let ring = keys.load_or_create(&*config.clock, ABSOLUTE)?;
        // In memory: a restart forgets who logged out, and a copied token from before works again
        // until its own deadline. Good enough for one process that restarts rarely; where it is
        // not, merge a `RevocationList::snapshot` at start.
        let sessions = Sessions::builder(ring, RevocationList::new())
            .purpose("session")
            .audience("cloakroom-demo")
            .idle_timeout(IDLE)
            .absolute_timeout(ABSOLUTE)
            // A payload that outgrows the cookie becomes an error at login. Browsers would drop the
            // cookie without a word.
            .max_token_len(config.cookie.token_budget())
            .clock(Arc::clone(&config.clock))
            .build()?;
        Ok(Arc::new(Self {
            sessions,
            cookie: config.cookie,
            origins: CrossOriginProtection::new(),
            keys,
            clock: config.clock,
            events: Mutex::default(),
        }))
    }

    /// Counts what went wrong, under a code that holds nothing a client sent. A real server hands
    /// this to its metrics.
    pub(crate) fn count(&self, code: &'static str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let count = events.entry(code).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn events(&self) -> BTreeMap<&'static str, u64> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.clone()
    }
}

/// All routes. Whatever stands above `auth::layer` is behind it, login included: it must refuse
/// other sites' forms and has to know which session it replaces.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/login", get(pages::login).post(account::login))
        .route("/logout", post(account::logout))
        .route("/logout-everywhere", post(account::logout_everywhere))
        .route("/logout-others", post(account::logout_others))
        .route("/admin", get(admin::page))
        .route("/admin/force-out", post(admin::force_out))
        .route("/admin/rotate-keys", post(admin::rotate_keys))
        .route("/admin/disable-key", post(admin::disable_key))
        .route("/api/login", post(api::login))
        .route("/api/me", get(api::me))
        .route("/api/renew", post(api::renew))
        .layer(from_fn_with_state(Arc::clone(&app), auth::layer))
        .route("/style.css", get(pages::style))
        .layer(map_response(harden))
        .with_state(app)
}

/// Headers for every answer. There is no script on any page, so none may run: an attacker who gets
/// HTML into a page still can't act as the user.
async fn harden(mut response: Response) -> Response {
    const CSP: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                       frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CSP),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Not "no-referrer": with it browsers send `Origin: null` with forms, and the cross-origin
    // check has to refuse that.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    // Pages show who is logged in; only what says otherwise itself may be kept.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
