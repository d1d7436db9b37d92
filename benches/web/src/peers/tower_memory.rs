//! tower-sessions with its store in memory.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::app::{Limits, SHORTEST, Server, Setup, serve_axum};

async fn me(session: Session) -> Result<String, StatusCode> {
    let name: Option<String> = session.get("user").await.map_err(failed)?;
    name.ok_or(StatusCode::UNAUTHORIZED)
}

fn failed(_: tower_sessions::session::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn log_in(
    session: Session,
    cycles_id: bool,
    name: String,
    size: usize,
) -> Result<(), StatusCode> {
    if cycles_id {
        session.cycle_id().await.map_err(failed)?;
    }
    session.insert("user", name).await.map_err(failed)?;
    let note = "x".repeat(size);
    session.insert("note", note).await.map_err(failed)
}

async fn visit(session: Session) -> Result<(), StatusCode> {
    session.insert("cart", 1).await.map_err(failed)
}

async fn logout(session: Session) -> Result<(), StatusCode> {
    session.flush().await.map_err(failed)
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    let shortest = time::Duration::try_from(SHORTEST).expect("a second");
    // One of the two, or neither.
    let expiry = match setup.limits {
        Limits::Default => None,
        Limits::Idle => Some(Expiry::OnInactivity(shortest)),
        Limits::Absolute => Some(Expiry::AtDateTime(
            time::OffsetDateTime::now_utc() + shortest,
        )),
        Limits::Both => return None,
    };
    let mut layer = SessionManagerLayer::new(setup.memory.tower.clone());
    if let Some(expiry) = expiry {
        layer = layer.with_expiry(expiry);
    }
    let cycles_id = setup.cycles_id;
    let login = move |session, Path(name): Path<String>| log_in(session, cycles_id, name, 0);
    let login_large = move |session, Path((name, size)): Path<(String, usize)>| {
        log_in(session, cycles_id, name, size)
    };
    Some(serve_axum(
        Router::new()
            .route("/me", get(me))
            .route("/login/{name}", post(login))
            .route("/login/{name}/{size}", post(login_large))
            .route("/visit", post(visit))
            .route("/logout", post(logout))
            .layer(layer),
    ))
}
