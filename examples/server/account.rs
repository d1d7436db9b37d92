//! Logging in and out.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::http::carrier::Carrier;
use cloakroom::http::response::Refusal;
use cloakroom::{IssueError, Issued, RevokeError};
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
    let issued = app.sessions.issue(&user.name, &user).map_err(|error| {
        let unavailable = matches!(
            error,
            IssueError::Unavailable(_) | IssueError::CutOffAhead { .. }
        );
        failed("login", unavailable, &error)
    })?;
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

/// Ends this session. Also right for somebody whose session has ended already.
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
) -> Result<Response, Refused> {
    match &checked.session {
        Ok(session) => {
            app.sessions.revoke(session.id()).map_err(revoke_failed)?;
        }
        // The session may be alive and was not ended. Removing the cookie now would look like a
        // logout, while a copy of it went on working.
        Err(refusal) if refusal.status() != 401 => return Err(Refused(refusal.clone())),
        Err(_) => {}
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
    let unavailable = matches!(error, RevokeError::Unavailable(_) | RevokeError::Publish(_));
    failed("revocation", unavailable, &error)
}

/// The reason goes to the operator; the client gets a constant.
fn failed(what: &str, unavailable: bool, error: &dyn Display) -> Refused {
    eprintln!("{what} failed: {error}");
    if unavailable {
        Refused::unavailable()
    } else {
        Refused(Refusal::internal_error())
    }
}
