//! Who is logged in, and who is an administrator: the extractors of this application. Those of the
//! crate do as well; these add a login form to the 401, and count.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use cloakroom::web::{Rejection, RejectionKind, Session, SessionHandle};

use crate::app::{App, User};
use crate::pages;

/// A handler that takes this needs a session; without one it does not run.
pub struct LoggedIn {
    pub session: Session<User>,
    pub handle: SessionHandle<User>,
}

impl FromRequestParts<Arc<App>> for LoggedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let handle = SessionHandle::<User>::from_request_parts(parts, app).await;
        let handle = handle.map_err(|rejection| refuse(parts, &rejection))?;
        let found = handle.session();
        match &found {
            // Nothing was presented, so nothing was judged.
            Err(rejection) if matches!(rejection.kind(), RejectionKind::NoSession(None)) => {}
            _ => app.count_verification(),
        }
        let session = found.map_err(|rejection| refuse(parts, &rejection))?;
        Ok(Self { session, handle })
    }
}

/// People get the login form, under the same status. It is as constant as the text it replaces.
fn refuse(parts: &Parts, rejection: &Rejection) -> Response {
    let mut response = rejection.into_response();
    let no_session = matches!(rejection.kind(), RejectionKind::NoSession(_));
    if no_session && !parts.uri.path().starts_with("/api/") {
        // A login leads here, and its cookie should have come along.
        let lost = parts.uri.query() == Some(pages::AFTER_LOGIN);
        let message = if lost { pages::NO_COOKIE } else { "" };
        let (head, body) = pages::login_form(message).into_response().into_parts();
        response.headers_mut().extend(head.headers);
        *response.body_mut() = body;
    }
    response
}

/// A handler that takes this needs a session of an administrator.
pub struct Admin(pub LoggedIn);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let who = LoggedIn::from_request_parts(parts, app).await?;
        if who.session.payload().admin {
            Ok(Self(who))
        } else {
            let text = "What is here is for the user admin alone.";
            let page = pages::message("For administrators", text, "/");
            Err((StatusCode::FORBIDDEN, page).into_response())
        }
    }
}
