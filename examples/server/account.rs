//! Logging in and out.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::http::carrier::Carrier;
use cloakroom::http::response::Refusal;
use cloakroom::{Fault, Issued, RevokeError};
use serde::Deserialize;

use super::app::App;
use super::auth::{self, Checked, LoggedIn, Refused};
use super::{pages, passwords};

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
}

/// Checks a password and starts a session. `Ok(None)`: the password is wrong.
///
/// The session is always a new one, and the one that the request came with ends: had an attacker
/// planted it, he would otherwise be logged in with the user from now on (session fixation).
pub(crate) fn start_session(
    app: &App,
    checked: &Checked,
    credentials: &Credentials,
) -> Result<Option<Issued>, Refused> {
    let Some(user) = passwords::check(&credentials.name, &credentials.password) else {
        app.count("login-failed");
        return Ok(None);
    };
    let issued = app
        .sessions
        .issue(&user.name, &user)
        .map_err(|error| failed("login", error.fault(), &error))?;
    if let Ok(old) = &checked.session {
        // Before the new token leaves: if this fails, the client gets no second session.
        app.sessions.revoke(old.id()).map_err(revoke_failed)?;
    }
    Ok(Some(issued))
}

pub(crate) async fn login(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Refused> {
    let Some(issued) = start_session(&app, &checked, &credentials)? else {
        let form = pages::login_form("The user name or the password is wrong.");
        return Ok((StatusCode::FORBIDDEN, form).into_response());
    };
    let mut response = Redirect::to("/").into_response();
    auth::set_cookie(&app, &issued, &mut response).map_err(Refused)?;
    Ok(response)
}

/// Ends the session of the token that came along, whatever became of the token: a copy of one that
/// has expired here may have been renewed elsewhere. If that fails, the cookie stays, because
/// removing it would look like a logout.
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    if let Some(token) = auth::presented(&app, &headers).token() {
        app.sessions.revoke_token(token).map_err(revoke_failed)?;
    }
    Ok(logged_out(&app, &checked))
}

/// Ends all sessions of the user, this one too.
pub(crate) async fn logout_everywhere(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
    LoggedIn(session): LoggedIn,
) -> Result<Response, Refused> {
    app.sessions
        .revoke_subject(session.subject())
        .map_err(revoke_failed)?;
    Ok(logged_out(&app, &checked))
}

/// Ends all sessions of the user but this one.
pub(crate) async fn logout_others(
    State(app): State<Arc<App>>,
    LoggedIn(session): LoggedIn,
) -> Result<Response, Refused> {
    app.sessions
        .revoke_subject_except(session.subject(), session.id())
        .map_err(revoke_failed)?;
    Ok(Redirect::to("/").into_response())
}

fn logged_out(app: &App, checked: &Checked) -> Response {
    if checked.carrier == Some(Carrier::Bearer) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let mut response = Redirect::to("/login").into_response();
    auth::remove_cookie(app, &mut response);
    response
}

/// A revocation that can't be published did not happen: say so, so that the user tries again.
pub(crate) fn revoke_failed<E: Display>(error: RevokeError<E>) -> Refused {
    failed("revocation", error.fault(), &error)
}

/// The reason goes to the operator; the client gets a constant.
fn failed(what: &str, fault: Fault, error: &dyn Display) -> Refused {
    eprintln!("{what} failed: {error}");
    if fault == Fault::Unavailable {
        Refused::unavailable()
    } else {
        Refused(Refusal::internal_error())
    }
}
