//! The same sessions for programs: a token in `Authorization: Bearer`.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cloakroom::Issued;
use cloakroom::http::carrier::Carrier;
use cloakroom::web::{CommandError, SessionHandle};
use serde_json::{Value, json};

use crate::account::{Credentials, check};
use crate::app::{App, User};
use crate::devices::name_of;
use crate::who::LoggedIn;

/// Logs in and answers with the token.
pub async fn login(
    State(app): State<Arc<App>>,
    handle: SessionHandle<User>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Response, CommandError> {
    let Some(user) = check(&app, &credentials) else {
        let error = json!({"error": "wrong credentials"});
        return Ok(answer(StatusCode::FORBIDDEN, &error));
    };
    let subject = user.name.clone();
    let device = name_of(headers.get(header::USER_AGENT));
    let issued = handle.login_bearer_labelled(subject, user, &device).await?;
    Ok(token(&issued))
}

/// Who this is, for either carrier, and how long.
pub async fn me(State(app): State<Arc<App>>, who: LoggedIn) -> Response {
    let info = who.session.info();
    answer(
        StatusCode::OK,
        &json!({
            "user": who.session.payload().name,
            "admin": who.session.payload().admin,
            "now": app.clock.now().ok().map(|now| now.unix()),
            "issued_at": info.issued_at().unix(),
            "idle_deadline": info.idle_deadline().map(|time| time.unix()),
            "absolute_deadline": info.absolute_deadline().unix(),
        }),
    )
}

/// The next token, if one is due; 204 while the one at hand is young enough.
pub async fn renew(who: LoggedIn) -> Result<Response, CommandError> {
    // A cookie is out of reach for scripts (HttpOnly). This answer must not hand its token to them.
    if who.handle.carrier() != Some(Carrier::Bearer) {
        let error = json!({"error": "for bearer tokens"});
        return Ok(answer(StatusCode::FORBIDDEN, &error));
    }
    Ok(match who.handle.renew_bearer()? {
        Some(issued) => token(&issued),
        None => StatusCode::NO_CONTENT.into_response(),
    })
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

pub fn answer(status: StatusCode, value: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, format!("{value}\n")).into_response()
}
