//! cloakroom under axum.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};

use crate::app::{Server, Setup, serve_axum};
use crate::peers::ours::{User, sessions};

type Handle = SessionHandle<User>;

async fn me(session: Session<User>) -> String {
    session.payload().name.clone()
}

async fn login(handle: Handle, Path(name): Path<String>) -> Result<(), CommandError> {
    handle.login(name.clone(), User::new(name, 0)).await
}

async fn login_large(
    handle: Handle,
    Path((name, size)): Path<(String, usize)>,
) -> Result<(), CommandError> {
    handle.login(name.clone(), User::new(name, size)).await
}

async fn logout(handle: Handle) -> Result<(), CommandError> {
    handle.logout().await
}

async fn logout_everywhere(handle: Handle) -> Result<(), CommandError> {
    handle.logout_everywhere().await
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    Some(serve_axum(
        Router::new()
            .route("/me", get(me))
            .route("/login/{name}", post(login))
            .route("/login/{name}/{size}", post(login_large))
            .route("/logout", post(logout))
            .route("/logout-everywhere", post(logout_everywhere))
            .layer(SessionLayer::new(sessions(setup))),
    ))
}
