//! The same sessions for programs: a token in `Authorization: Bearer`.

use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloakroom::Issued;
use cloakroom::http::carrier::Carrier;
use serde_json::{Value, json};

use super::account::{Credentials, start_session};
use super::app::App;
use super::auth::{Checked, LoggedIn, Refused};

/// Logs in and answers with the token.
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Refused> {
    Ok(match start_session(&app, &checked, &credentials)? {
        Some(issued) => token(&issued),
        None => answer(
            StatusCode::FORBIDDEN,
            &json!({"error": "wrong credentials"}),
        ),
    })
}

/// Who this is, for either carrier.
pub(crate) async fn me(LoggedIn(session): LoggedIn) -> Response {
    let info = session.info();
    answer(
        StatusCode::OK,
        &json!({
            "user": session.payload().name,
            "admin": session.payload().admin,
            "idle_deadline": info.idle_deadline().map(|time| time.unix()),
            "absolute_deadline": info.absolute_deadline().unix(),
        }),
    )
}

/// The next token, if one is due; 204 while the one at hand is young enough.
pub(crate) async fn renew(
    State(app): State<Arc<App>>,
    Extension(checked): Extension<Checked>,
    LoggedIn(session): LoggedIn,
) -> Result<Response, Refused> {
    // A cookie is out of reach for scripts (HttpOnly). This answer must not hand its token to them.
    if checked.carrier != Some(Carrier::Bearer) {
        return Ok(answer(
            StatusCode::FORBIDDEN,
            &json!({"error": "for bearer tokens"}),
        ));
    }
    match app.sessions.renew(&session) {
        Ok(Some(issued)) => Ok(token(&issued)),
        Ok(None) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error) => Err(Refused::after_verification(&error, Carrier::Bearer)),
    }
}

fn token(issued: &Issued) -> Response {
    answer(
        StatusCode::OK,
        &json!({
            "token": issued.token.as_str(),
            "expires_in": issued.session.max_age(),
        }),
    )
}

fn answer(status: StatusCode, value: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, format!("{value}\n")).into_response()
}
