//! Between headers and sessions. This is the file to copy: of this application it knows only the
//! payload, the login form and who is an administrator.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cloakroom::http::carrier::{self, Carrier, Presented};
use cloakroom::http::origin::RequestOrigin;
use cloakroom::http::response::{self, HeaderLine, Refusal};
use cloakroom::{Issued, Reason, Session, VerifyError};

use super::app::{App, User};
use super::pages;

/// When a client may ask again, in seconds, if clock or revocations gave no answer.
const RETRY_AFTER: u32 = 5;

/// What the layer found out about a request; handlers get it as an extension.
#[derive(Clone)]
pub(crate) struct Checked {
    /// Where the token came from; `None` without one.
    pub(crate) carrier: Option<Carrier>,
    /// The session, or what to answer if one is needed.
    pub(crate) session: Result<Arc<Session<User>>, Refusal>,
}

/// In a response's extensions: a handler has set or removed the session cookie itself.
#[derive(Clone, Copy)]
struct CookieDecided;

/// Checks each request once, before its handler, and decides about renewal once the response is
/// there.
pub(crate) async fn layer(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let checked = match check(&app, &request) {
        Ok(checked) => checked,
        Err(refusal) => return Refused(refusal).into_response(),
    };
    request.extensions_mut().insert(checked.clone());
    let mut response = next.run(request).await;
    renew(&app, &checked, &mut response);
    response
}

/// All values of a header, never the first alone: which of two a proxy looked at is unknown.
fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

/// The token that a request carries, if it is the only one.
pub(crate) fn presented<'h>(app: &App, headers: &'h HeaderMap) -> Presented<'h> {
    let cookies = values(headers, header::COOKIE);
    carrier::read(&app.cookie, cookies, values(headers, header::AUTHORIZATION))
}

fn check(app: &App, request: &Request) -> Result<Checked, Refusal> {
    let values = |name: HeaderName| values(request.headers(), name);
    let host = values(header::HOST).next().unwrap_or_default();
    if app.cookie.check_host(host).is_err() {
        return Err(Refusal::internal_error());
    }
    let presented = presented(app, request.headers());
    if let Some(event) = presented.event() {
        app.count(event);
    }
    // A browser adds cookies to requests that other sites' pages cause, but never a bearer token.
    if presented.carrier() != Some(Carrier::Bearer) {
        let origin = RequestOrigin::new(request.method().as_str())
            .sec_fetch_site(values(HeaderName::from_static("sec-fetch-site")))
            .origin(values(header::ORIGIN))
            .host(values(header::HOST));
        if app.origins.check(&origin).is_err() {
            app.count("cross-origin");
            return Err(Refusal::cross_origin());
        }
    }
    let session = match presented.token() {
        None => Err(Refusal::unauthorized(presented.carrier())),
        Some(token) => app.sessions.verify(token).map(Arc::new).map_err(|error| {
            app.count(error.reason().map_or("unavailable", Reason::as_str));
            Refusal::verify_failed(&error, presented.carrier(), RETRY_AFTER)
        }),
    };
    Ok(Checked {
        carrier: presented.carrier(),
        session,
    })
}

/// Sliding renewal. `renew` seals a token only when one is due, and checks again that the session
/// was not revoked while the handler ran.
fn renew(app: &App, checked: &Checked, response: &mut Response) {
    let Ok(session) = &checked.session else {
        return;
    };
    // A bearer token has no header to come back in. A failed request is no use of the session. And
    // where the handler wrote a cookie, another one would undo it.
    if !checked.carrier.is_some_and(Carrier::renews)
        || response.status().is_server_error()
        || response.extensions().get::<CookieDecided>().is_some()
    {
        return;
    }
    match app.sessions.renew(session) {
        Ok(Some(issued)) => {
            // A token that does not fit is not sent; the one the browser has stays good.
            if set_cookie(app, &issued, response).is_err() {
                app.count("renewal-too-long");
            }
        }
        Ok(None) => {}
        // The response was made for a session that was alive then. It goes out, without a cookie.
        Err(_) => app.count("renewal-refused"),
    }
}

/// Puts a new token into the browser.
pub(crate) fn set_cookie(
    app: &App,
    issued: &Issued,
    response: &mut Response,
) -> Result<(), Refusal> {
    let line = app
        .cookie
        .set_cookie(issued.token.as_str(), issued.session.max_age())
        .map_err(|_| Refusal::internal_error())?;
    decide_cookie(line, response);
    Ok(())
}

/// Takes the token out of the browser. Only for logout: the answer to a request with an old token
/// may arrive after the next login, and would take away the cookie of that.
pub(crate) fn remove_cookie(app: &App, response: &mut Response) {
    decide_cookie(app.cookie.removal(), response);
}

fn decide_cookie(line: String, response: &mut Response) {
    for line in response::set_cookie(line) {
        add(response.headers_mut(), &line);
    }
    response.extensions_mut().insert(CookieDecided);
}

/// What is refused in one place and answered in another.
pub(crate) struct Refused(pub(crate) Refusal);

impl Refused {
    /// A session was good when the request came and is not any more, or that can't be told.
    pub(crate) fn after_verification(error: &VerifyError, carrier: Carrier) -> Self {
        Self(Refusal::verify_failed(error, Some(carrier), RETRY_AFTER))
    }

    /// Something did not answer. Not 401: clients throw a session away on that.
    pub(crate) fn unavailable() -> Self {
        Self(Refusal::unavailable(RETRY_AFTER))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let mut response = Response::new(Body::from(refusal.body()));
        *response.status_mut() =
            StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for line in refusal.headers() {
            add(response.headers_mut(), line);
        }
        response
    }
}

fn add(headers: &mut HeaderMap, (name, value): &HeaderLine) {
    // The lines hold visible ASCII alone, so this does not fail.
    let Ok(mut value) = HeaderValue::from_str(value) else {
        return;
    };
    let name = HeaderName::from_static(name);
    if name == header::SET_COOKIE {
        // Keeps the token out of logs that print headers.
        value.set_sensitive(true);
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

/// A handler that takes this needs a session; without one it does not run.
pub(crate) struct LoggedIn(pub(crate) Arc<Session<User>>);

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let path = parts.uri.path();
        let Some(checked) = parts.extensions.get::<Checked>() else {
            eprintln!("{path}: this route is outside of auth::layer");
            return Err(Refused(Refusal::internal_error()).into_response());
        };
        let refusal = match &checked.session {
            Ok(session) => return Ok(Self(Arc::clone(session))),
            Err(refusal) => refusal.clone(),
        };
        let for_people = refusal.status() == 401 && !path.starts_with("/api/");
        let mut response = Refused(refusal).into_response();
        if for_people {
            // The login form, under the same status. It is as constant as the text it replaces.
            let form = pages::login_form("").into_response();
            let (head, body) = form.into_parts();
            response.headers_mut().extend(head.headers);
            *response.body_mut() = body;
        }
        Err(response)
    }
}

/// A handler that takes this needs a session of an administrator.
pub(crate) struct Admin;

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let LoggedIn(session) = LoggedIn::from_request_parts(parts, state).await?;
        if session.payload().admin {
            Ok(Self)
        } else {
            Err((StatusCode::FORBIDDEN, "for administrators\n").into_response())
        }
    }
}
