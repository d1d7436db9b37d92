//! Logging in and out, and what the session carries. The layer writes the cookies.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use cloakroom::http::carrier::Carrier;
use cloakroom::http::response::Refusal;
use cloakroom::web::{CommandError, SessionHandle, What};
use cloakroom::{Fault, PayloadError, RevokeError, UpdateError};
use serde::Deserialize;

use crate::app::{App, User};
use crate::log;
use crate::who::LoggedIn;
use crate::{devices, pages, passwords};

#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
}

/// The user whose credentials these are. Your server limits attempts before it gets here.
pub fn check(app: &App, credentials: &Credentials) -> Option<User> {
    let user = passwords::check(&credentials.name, &credentials.password);
    if user.is_none() {
        app.count("login-failed");
    }
    user
}

/// Always a new session: the one that the request came with ends. Had an attacker planted it, he
/// would otherwise be logged in with the user from now on (session fixation).
pub async fn login(
    State(app): State<Arc<App>>,
    handle: SessionHandle<User>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Response, CommandError> {
    let Some(user) = check(&app, &credentials) else {
        let form = pages::login_form("The user name or the password is wrong.");
        return Ok((StatusCode::FORBIDDEN, form).into_response());
    };
    let subject = user.name.clone();
    let device = devices::name_of(headers.get(header::USER_AGENT));
    handle
        .login_labelled(subject, user, &device)
        .await
        .inspect_err(log("login"))?;
    Ok(Redirect::to(&format!("/?{}", pages::AFTER_LOGIN)).into_response())
}

/// A hidden field that ties a form to the session whose page it stands on. The layer refuses other
/// sites' forms by what browsers say of them; this one needs no such word of the browser.
#[derive(Deserialize)]
pub struct Signed {
    #[serde(default)]
    pub form: String,
}

/// Ends the session of the token that came along, whatever became of the token. If that fails, the
/// cookie stays, because removing it would look like a logout.
///
/// It asks for no signed form: one has to be able to log out from a page whose session has expired.
pub async fn logout(handle: SessionHandle<User>) -> Result<Response, CommandError> {
    handle.logout().await.inspect_err(log("logout"))?;
    if handle.carrier() == Some(Carrier::Bearer) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Redirect::to("/login").into_response())
}

/// Ends all sessions of the user, this one too.
pub async fn logout_everywhere(
    who: LoggedIn,
    Form(signed): Form<Signed>,
) -> Result<Redirect, CommandError> {
    who.handle.check_form(&signed.form)?;
    let out = who.handle.logout_everywhere().await;
    out.inspect_err(log("logout"))?;
    Ok(Redirect::to("/login"))
}

/// Ends all sessions of the user but this one.
pub async fn logout_others(
    who: LoggedIn,
    Form(signed): Form<Signed>,
) -> Result<Redirect, CommandError> {
    who.handle.check_form(&signed.form)?;
    let out = who.handle.logout_others().await;
    out.inspect_err(log("logout"))?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
pub struct Note {
    note: String,
    #[serde(default)]
    form: String,
}

/// Puts a text into the session. What does not fit into a cookie is an error here: a browser would
/// drop the cookie without a word, and the user would be logged out.
pub async fn note(who: LoggedIn, Form(sent): Form<Note>) -> Result<Response, CommandError> {
    who.handle.check_form(&sent.form)?;
    let user = who.session.payload().clone();
    let user = User {
        note: sent.note,
        ..user
    };
    match who.handle.update(&user) {
        Ok(()) => Ok(Redirect::to("/#note").into_response()),
        Err(error) => match error.what() {
            What::Update(UpdateError::Payload(PayloadError::TooLarge { needed, limit })) => {
                let page = pages::too_long(*needed, *limit);
                Ok((StatusCode::PAYLOAD_TOO_LARGE, page).into_response())
            }
            _ => Err(error),
        },
    }
}

/// The reason goes to the operator; the client gets a constant.
fn log(what: &'static str) -> impl FnOnce(&CommandError) {
    move |error| log::line(format_args!("{what} failed: {error}"))
}

/// A revocation that can't be published did not happen: say so, so that the user tries again.
pub fn revoke_failed<E: Display>(error: &RevokeError<E>) -> Refusal {
    log::line(format_args!("revocation failed: {error}"));
    if error.fault() == Fault::Unavailable {
        Refusal::unavailable(5)
    } else {
        Refusal::internal_error()
    }
}

/// Runs what waits for a disk or a network where waiting hinders nobody.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Refusal::unavailable(5))
}
