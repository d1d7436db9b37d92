//! Time over HTTP: idle timeout, absolute timeout, and when a response renews the cookie.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use cloakroom::http::cookie::CookieConfig;
use cloakroom::web::{CommandError, Session, SessionHandle};
use common::{Request, Server};
use demo::app::{App, User};

const IDLE: u64 = 1_800;
const ABSOLUTE: u64 = 28_800;

#[test]
fn an_unused_session_ends_at_the_idle_timeout_to_the_second() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.advance(IDLE - 1);
    assert_eq!(server.get("/", &token).status, 200);
    server.clock.advance(1);
    assert_eq!(server.get("/", &token).status, 401);
    assert_eq!(server.count("idle"), 1);
}

#[test]
fn a_used_session_outlives_the_idle_timeout_and_ends_at_the_absolute_one() {
    let server = Server::start();
    let mut token = server.login("ada");
    let mut renewals = 0;
    // Every ten minutes, for as long as a session may last.
    for _ in 1..ABSOLUTE / 600 {
        server.clock.advance(600);
        let reply = server.get("/", &token);
        assert_eq!(reply.status, 200);
        if let Some(next) = reply.token() {
            token = next;
            renewals += 1;
        }
    }
    // Due after 15 minutes, so with every second request.
    assert_eq!(renewals, 23);
    server.clock.advance(599);
    assert_eq!(server.get("/", &token).status, 200);
    server.clock.advance(1);
    assert_eq!(server.get("/", &token).status, 401);
    assert_eq!(server.count("expired"), 1);
}

#[test]
fn a_cookie_is_renewed_only_when_that_is_due() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.advance(IDLE / 2 - 1);
    for path in ["/", "/api/me", "/login", "/style.css", "/nothing-here"] {
        assert_eq!(
            server.get(path, &token).header("set-cookie"),
            None,
            "{path}"
        );
    }
    server.clock.advance(1);
    let reply = server.get("/", &token);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let renewed = reply.token().expect("a renewal is due");
    assert_eq!(server.get("/", &renewed).header("set-cookie"), None);
    let (old, new) = (
        server.app.sessions.verify(&token).unwrap(),
        server.app.sessions.verify(&renewed).unwrap(),
    );
    assert_eq!(old.id().to_bytes(), new.id().to_bytes());
    assert_eq!(
        old.info().absolute_deadline(),
        new.info().absolute_deadline()
    );
    // The renewed one lives on where the first one ends.
    server.clock.advance(IDLE / 2);
    assert_eq!(server.get("/", &token).status, 401);
    assert_eq!(server.get("/", &renewed).status, 200);
}

#[test]
fn a_page_that_listens_alone_keeps_no_session_alive() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.advance(IDLE / 2);
    // What a browser does by itself whenever the connection was lost.
    let stream = server.begin(&Request::get("/api/events").cookie(&token));
    let head = stream.head();
    assert_eq!((head.status, head.token()), (200, None));
    assert!(server.get("/", &token).token().is_some(), "it was due");
}

#[test]
fn the_cookie_of_the_last_renewal_ends_with_the_session() {
    let server = Server::start();
    let mut token = server.login("ada");
    let mut line = String::new();
    for _ in 1..ABSOLUTE / 900 {
        server.clock.advance(900);
        let reply = server.get("/", &token);
        line = reply
            .header("set-cookie")
            .expect("a renewal is due")
            .to_owned();
        token = reply.token().unwrap();
    }
    // 15 minutes before the absolute deadline, half of an idle timeout.
    assert!(line.ends_with("; Max-Age=900"), "{line}");
}

/// Routes that the demo does not have, behind the same layer.
fn extra(app: Arc<App>) -> Router {
    async fn update(who: Session<User>, handle: SessionHandle<User>) -> Result<(), CommandError> {
        let mut user = who.payload().clone();
        user.name = "renamed".to_owned();
        handle.update(&user)
    }
    async fn revoke(app: Arc<App>, session: Session<User>) -> StatusCode {
        app.sessions.revoke(session.id()).unwrap();
        StatusCode::OK
    }
    let layer = app.layer();
    Router::new()
        .route(
            "/broken",
            get(|_: Session<User>| async { StatusCode::INTERNAL_SERVER_ERROR }),
        )
        .route(
            "/busy",
            get(|_: Session<User>| async { StatusCode::SERVICE_UNAVAILABLE }),
        )
        .route("/update", get(update))
        .route("/revoke", get(move |session| revoke(app, session)))
        .layer(layer)
        .route("/outside", get(|_: Session<User>| async { "reached" }))
}

#[test]
fn a_failed_request_renews_nothing() {
    let server = Server::start_with(CookieConfig::default(), extra);
    let token = server.login("ada");
    server.clock.advance(IDLE / 2);
    for (path, status) in [("/broken", 500), ("/busy", 503)] {
        let reply = server.get(path, &token);
        assert_eq!((reply.status, reply.header("set-cookie")), (status, None));
    }
    assert!(server.get("/", &token).token().is_some());
}

#[test]
fn a_cookie_that_the_handler_wrote_is_not_overwritten_by_a_renewal() {
    let server = Server::start_with(CookieConfig::default(), extra);
    let token = server.login("ada");
    server.clock.advance(IDLE / 2);
    let updated = server.get("/update", &token).token().expect("one cookie");
    let session = server.app.sessions.verify(&updated).unwrap();
    assert_eq!(session.payload().name, "renamed");
}

#[test]
fn a_session_that_ends_while_its_request_runs_is_not_renewed() {
    let server = Server::start_with(CookieConfig::default(), extra);
    let token = server.login("ada");
    server.clock.advance(IDLE / 2);
    let reply = server.get("/revoke", &token);
    assert_eq!((reply.status, reply.header("set-cookie")), (200, None));
    assert_eq!(server.count("renewal-refused"), 1);
}

#[test]
fn a_logout_when_a_renewal_is_due_sends_the_removal_alone() {
    let server = Server::start();
    for path in ["/logout", "/logout-everywhere"] {
        let token = server.login("ada");
        // Past the cut-off of the round before, which the session started at.
        server.clock.advance(IDLE / 2 + 10);
        let reply = server.post(path, &token, "");
        assert!(reply.removes_cookie(), "{path}: {}", reply.text);
    }
}

#[test]
fn a_route_outside_of_the_layer_fails_closed() {
    let server = Server::start_with(CookieConfig::default(), extra);
    let token = server.login("ada");
    let reply = server.get("/outside", &token);
    assert_eq!(reply.status, 500);
    assert!(reply.body.contains("SessionLayer"), "{}", reply.body);
}

#[test]
fn a_program_renews_its_token_by_asking() {
    let server = Server::start();
    let login = Request::form("/api/login", "name=ada&password=demo-ada");
    let reply = server.send(&login);
    assert_eq!((reply.status, reply.header("set-cookie")), (200, None));
    let json: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(json["expires_in"], IDLE);
    let token = json["token"].as_str().unwrap();
    let renew = Request::form("/api/renew", "").bearer(token);
    assert_eq!(server.send(&renew).status, 204);
    server.clock.advance(IDLE / 2);
    // No response renews it unasked.
    let me = server.send(&Request::get("/api/me").bearer(token));
    assert_eq!((me.status, me.header("set-cookie")), (200, None));
    let reply = server.send(&renew);
    assert_eq!((reply.status, reply.header("set-cookie")), (200, None));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let json: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let renewed = json["token"].as_str().unwrap();
    server.clock.advance(IDLE / 2);
    assert_eq!(
        server.send(&Request::get("/api/me").bearer(token)).status,
        401
    );
    assert_eq!(
        server.send(&Request::get("/api/me").bearer(renewed)).status,
        200
    );
}

#[test]
fn the_token_in_a_cookie_is_never_handed_to_scripts() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.advance(IDLE / 2);
    let reply = server.post("/api/renew", &token, "");
    assert_eq!(reply.status, 403);
    assert!(!reply.body.contains("clk1."), "{}", reply.body);
}

#[test]
fn a_wrong_password_gives_a_program_no_token() {
    let server = Server::start();
    let reply = server.send(&Request::form("/api/login", "name=ada&password=guess"));
    assert_eq!(reply.status, 403);
    assert!(!reply.body.contains("token"), "{}", reply.body);
}
