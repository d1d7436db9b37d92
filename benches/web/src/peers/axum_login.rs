//! axum-login on tower-sessions' store in memory, as its documentation shows.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_login::tower_sessions::{Expiry, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};

use crate::app::{Limits, SHORTEST, Server, Setup, serve_axum};

#[derive(Clone, Debug)]
pub struct User {
    name: String,
    /// In life a hash of the password; what it is now is what sessions are compared with.
    auth_hash: Vec<u8>,
}

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.auth_hash
    }
}

/// In place of a table of users, which every request asks.
#[derive(Clone, Default)]
pub struct Users(Arc<Mutex<HashMap<String, User>>>);

impl Users {
    fn find(&self, name: &str) -> User {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let user = users.entry(name.to_owned()).or_insert_with(|| User {
            name: name.to_owned(),
            auth_hash: vec![0],
        });
        user.clone()
    }

    /// As a change of the password does.
    fn change_auth_hash(&self, name: &str) {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.get_mut(name) {
            user.auth_hash.push(0);
        }
    }
}

impl AuthnBackend for Users {
    type User = User;
    type Credentials = String;
    type Error = Infallible;

    async fn authenticate(&self, name: String) -> Result<Option<User>, Infallible> {
        Ok(Some(self.find(&name)))
    }

    async fn get_user(&self, name: &String) -> Result<Option<User>, Infallible> {
        Ok(Some(self.find(name)))
    }
}

type AuthSession = axum_login::AuthSession<Users>;

fn failed<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn me(auth: AuthSession) -> Result<String, StatusCode> {
    let user = auth.user.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(user.name)
}

async fn log_in(mut auth: AuthSession, name: String, size: usize) -> Result<(), StatusCode> {
    let user = auth.authenticate(name).await.map_err(failed)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    auth.login(&user).await.map_err(failed)?;
    let note = "x".repeat(size);
    auth.session.insert("note", note).await.map_err(failed)
}

async fn login(auth: AuthSession, Path(name): Path<String>) -> Result<(), StatusCode> {
    log_in(auth, name, 0).await
}

async fn login_large(
    auth: AuthSession,
    Path((name, size)): Path<(String, usize)>,
) -> Result<(), StatusCode> {
    log_in(auth, name, size).await
}

async fn visit(auth: AuthSession) -> Result<(), StatusCode> {
    auth.session.insert("cart", 1).await.map_err(failed)
}

async fn logout(mut auth: AuthSession) -> Result<(), StatusCode> {
    auth.logout().await.map(drop).map_err(failed)
}

async fn logout_everywhere(auth: AuthSession) -> StatusCode {
    let Some(user) = auth.user else {
        return StatusCode::UNAUTHORIZED;
    };
    auth.backend.change_auth_hash(&user.name);
    StatusCode::OK
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    let shortest = time::Duration::try_from(SHORTEST).expect("a second");
    let mut sessions = SessionManagerLayer::new(setup.memory.tower_014.clone());
    match setup.limits {
        Limits::Default => {}
        Limits::Idle => sessions = sessions.with_expiry(Expiry::OnInactivity(shortest)),
        Limits::Absolute => {
            let end = time::OffsetDateTime::now_utc() + shortest;
            sessions = sessions.with_expiry(Expiry::AtDateTime(end));
        }
        Limits::Both => return None,
    }
    let layer = AuthManagerLayerBuilder::new(setup.memory.users.clone(), sessions).build();
    Some(serve_axum(
        Router::new()
            .route("/me", get(me))
            .route("/login/{name}", post(login))
            .route("/login/{name}/{size}", post(login_large))
            .route("/visit", post(visit))
            .route("/logout", post(logout))
            .route("/logout-everywhere", post(logout_everywhere))
            .layer(layer),
    ))
}
