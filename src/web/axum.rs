//! Extractors and answers for axum 0.8.

use axum_core::body::Body;
use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;

use crate::http::response::Refusal;
use crate::revocation::view::RevocationView;
use crate::session::sessions::Sessions;
use crate::web::backend::WebPayload;
use crate::web::error::{CommandError, Rejection, RejectionKind, if_any};
use crate::web::handle::SessionHandle;
use crate::web::session::{BearerSession, RecentLogin, Session};
use crate::web::tower::refused;

const NO_LAYER: &str = "no SessionLayer for it is around this route: add \
                        `.layer(SessionLayer::new(sessions))` to the router, behind its routes";

fn handle<T: WebPayload, A>(parts: &Parts) -> Result<&SessionHandle<T>, Rejection> {
    let handle = parts.extensions.get();
    handle.ok_or_else(|| Rejection::not_set_up::<A>(NO_LAYER))
}

impl<S: Sync, T: WebPayload> FromRequestParts<S> for SessionHandle<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        handle::<T, Self>(parts).cloned()
    }
}

impl<S: Sync, T: WebPayload> FromRequestParts<S> for Session<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        handle::<T, Self>(parts)?.session()
    }
}

impl<S: Sync, T: WebPayload> OptionalFromRequestParts<S> for Session<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        handle::<T, Self>(parts)?.session_if_any()
    }
}

impl<S: Sync, T: WebPayload, const SECONDS: u64> FromRequestParts<S> for RecentLogin<T, SECONDS> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        handle::<T, Self>(parts)?.recent_login()
    }
}

impl<S: Sync, T: WebPayload, const SECONDS: u64> OptionalFromRequestParts<S>
    for RecentLogin<T, SECONDS>
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        if_any(handle::<T, Self>(parts)?.recent_login())
    }
}

impl<S, T, R> FromRequestParts<S> for BearerSession<T, R>
where
    S: Sync,
    T: WebPayload,
    R: RevocationView + 'static,
    Sessions<T, R>: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let headers = parts.headers.get_all(AUTHORIZATION);
        let headers = headers.iter().map(HeaderValue::as_bytes);
        Self::read(&Sessions::from_ref(state), headers)
    }
}

impl<S, T, R> OptionalFromRequestParts<S> for BearerSession<T, R>
where
    S: Sync,
    T: WebPayload,
    R: RevocationView + 'static,
    Sessions<T, R>: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        if_any(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response: Response = refused(&self.refusal());
        if let RejectionKind::NotSetUp { .. } = self.kind() {
            *response.body_mut() = Body::from(self.body());
        }
        response
    }
}

impl IntoResponse for CommandError {
    fn into_response(self) -> Response {
        refused(&self.refusal())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refused(&self)
    }
}
