//! The routes, what stands in front of them, and the headers of every answer.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use cloakroom::web::HostError;

use crate::app::App;
use crate::{account, admin, api, devices, live, pages, specimen};

/// All routes. `hosts` are the names that this server answers to; none: to every name.
///
/// # Errors
///
/// [`HostError`] for a text that is no host.
///
/// Login stands behind the layer too: other sites' forms must be refused, and a login replaces the
/// session that the request came with.
pub fn router(app: Arc<App>, hosts: &[String]) -> Result<Router, HostError> {
    let mut sessions = app.layer();
    if !hosts.is_empty() {
        sessions = sessions.hosts(hosts.iter().map(String::as_str))?;
    }
    // Of the two layers around these routes the inner one counts.
    let specimens = Router::new()
        .route("/api/specimen", get(specimen::open))
        .route("/api/specimen/end", post(specimen::end))
        .layer(app.specimen_layer());
    Ok(Router::new()
        .route("/", get(pages::home))
        .route("/login", get(pages::login).post(account::login))
        .route("/logout", post(account::logout))
        .route("/logout-everywhere", post(account::logout_everywhere))
        .route("/logout-others", post(account::logout_others))
        .route("/devices/end", post(devices::end))
        .route("/note", post(account::note))
        .route("/admin", get(admin::page))
        .route("/admin/force-out", post(admin::force_out))
        .route("/admin/rotate-keys", post(admin::rotate_keys))
        .route("/admin/disable-key", post(admin::disable_key))
        .fallback(pages::nothing)
        .route("/api/login", post(api::login))
        .route("/api/me", get(api::me))
        .route("/api/renew", post(api::renew))
        .route("/api/events", get(live::events))
        .route("/api/specimen/make", post(specimen::make))
        .merge(specimens)
        .layer(sessions)
        .route("/style.css", get(pages::style))
        .route("/app.js", get(pages::script))
        .route("/token.js", get(pages::token_script))
        .route("/icon.svg", get(pages::icon))
        .layer(map_response(harden))
        .with_state(app))
}

/// Scripts come from files of this server alone, and nothing is made from text: an attacker who gets
/// HTML into a page still can't act as the user.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'";

async fn harden(mut response: Response) -> Response {
    const LINES: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not "no-referrer": with it browsers send `Origin: null` with forms, and the cross-origin
        // check has to refuse that.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in LINES {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages show who is logged in; only what says otherwise itself may be kept.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
