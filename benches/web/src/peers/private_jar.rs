//! axum-extra's `PrivateCookieJar`, used as its documentation shows.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, Key};

use crate::app::{Limits, SHORTEST, Server, Setup, serve_axum};

async fn me(jar: PrivateCookieJar) -> Result<String, StatusCode> {
    let cookie = jar.get("session").ok_or(StatusCode::UNAUTHORIZED)?;
    let (name, _) = cookie
        .value()
        .split_once('/')
        .ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(name.to_owned())
}

fn log_in(jar: PrivateCookieJar, limits: Limits, name: &str, size: usize) -> PrivateCookieJar {
    let mut cookie = Cookie::new("session", format!("{name}/{}", "x".repeat(size)));
    if limits != Limits::Default {
        cookie.set_max_age(time::Duration::try_from(SHORTEST).expect("a second"));
    }
    jar.add(cookie)
}

async fn logout(jar: PrivateCookieJar) -> PrivateCookieJar {
    jar.remove(Cookie::from("session"))
}

pub(super) fn start(setup: &Setup) -> Option<Server> {
    let limits = setup.limits;
    if limits == Limits::Both {
        return None;
    }
    let login = move |jar, Path(name): Path<String>| async move { log_in(jar, limits, &name, 0) };
    let login_large = move |jar, Path((name, size)): Path<(String, usize)>| async move {
        log_in(jar, limits, &name, size)
    };
    Some(serve_axum(
        Router::new()
            .route("/me", get(me))
            .route("/login/{name}", post(login))
            .route("/login/{name}/{size}", post(login_large))
            .route("/logout", post(logout))
            .with_state(Key::from(&[setup.key; 64])),
    ))
}
