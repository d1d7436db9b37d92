//! The web layer over the durable store, with a file on a disk: a logout outlives the server, and a
//! store that can't answer or write is 503, never 401.
#![cfg(all(feature = "redb", feature = "axum-08"))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

#[path = "common/store.rs"]
mod common;
#[path = "common/engine.rs"]
#[allow(dead_code, reason = "of the engine's controls, failing is enough here")]
mod engine;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, Response};
use axum::routing::{get, post};
use cloakroom::store::DurableRevocations;
use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};
use cloakroom::{Key, KeyRing, ManualClock, Sessions};
use time::Duration;
use tower::ServiceExt as _;

use common::{Folder, NOW, at};
use engine::Engine;

type Handle = SessionHandle<()>;

async fn me(session: Session<()>) -> String {
    session.subject_str().unwrap().to_owned()
}

async fn maybe(session: Option<Session<()>>) -> &'static str {
    session.map_or("nobody", |_| "somebody")
}

async fn login(handle: Handle, Path(name): Path<String>) -> Result<(), CommandError> {
    handle.login(&name, ()).await
}

async fn logout(handle: Handle) -> Result<(), CommandError> {
    handle.logout().await
}

async fn logout_everywhere(handle: Handle) -> Result<(), CommandError> {
    handle.logout_everywhere().await
}

async fn rotate(handle: Handle) -> Result<(), CommandError> {
    handle.rotate().await
}

/// A server as it comes up: keys from its configuration, revocations from its store.
struct Server {
    router: Router,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(store: DurableRevocations, clock: &ManualClock) -> Self {
        let key = Key::from_bytes(&core::array::from_fn(|i| 0x5a ^ u8::try_from(i).unwrap()));
        let ring = KeyRing::new(key.unwrap(), at(1), Duration::hours(12)).unwrap();
        let sessions = Sessions::<(), _>::builder(ring, store)
            .purpose("session")
            .audience("app.example")
            .aal2()
            .clock(clock.clone())
            .build()
            .unwrap();
        let router = Router::new()
            .route("/me", get(me))
            .route("/maybe", get(maybe))
            .route("/login/{name}", post(login))
            .route("/logout", post(logout))
            .route("/logout-everywhere", post(logout_everywhere))
            .route("/rotate", post(rotate))
            .layer(SessionLayer::new(sessions));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        Self { router, runtime }
    }

    fn ask(&self, method: &str, path: &str, cookie: Option<&str>) -> Response<Body> {
        let request = Request::builder().method(method).uri(path);
        let request = match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let request = request.body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request);
        self.runtime.block_on(answer).unwrap()
    }

    fn status(&self, method: &str, path: &str, cookie: &str) -> u16 {
        self.ask(method, path, Some(cookie)).status().as_u16()
    }

    fn login(&self, name: &str) -> String {
        let answer = self.ask("POST", &format!("/login/{name}"), None);
        let cookie = set_cookie(&answer).expect("a cookie");
        assert_eq!(self.status("GET", "/me", &cookie), 200);
        cookie
    }
}

/// `name=value` of the cookie that the answer sets.
fn set_cookie(answer: &Response<Body>) -> Option<String> {
    let line = answer.headers().get("set-cookie")?.to_str().unwrap();
    let (pair, _) = line.split_once(';').unwrap();
    Some(pair.to_owned())
}

/// Half of the idle limit and a bit: a renewal is due.
const RENEWAL_DUE: u64 = 31 * 60;

#[test]
fn a_logout_outlives_the_server_and_the_other_sessions_too() {
    let (folder, clock) = (Folder::new(), ManualClock::at(NOW));
    let open = || DurableRevocations::open(folder.file(), clock_now(&clock)).unwrap();
    let server = Server::start(open(), &clock);
    let (ada, phone, laptop) = (
        server.login("ada"),
        server.login("eve"),
        server.login("eve"),
    );
    let kept = server.login("bob");
    let out = server.ask("POST", "/logout", Some(&ada));
    assert_eq!(out.status().as_u16(), 200);
    assert_eq!(set_cookie(&out).unwrap(), "__Host-session=");
    assert_eq!(server.status("POST", "/logout-everywhere", &phone), 200);
    let old = server.login("cay");
    let rotated = set_cookie(&server.ask("POST", "/rotate", Some(&old))).unwrap();
    let dead = [&ada, &phone, &laptop, &old];
    for cookie in dead {
        assert_eq!(server.status("GET", "/me", cookie), 401);
    }

    // No words of parting: the file is all that the next server gets.
    drop(server);
    clock.advance(60);
    let server = Server::start(open(), &clock);
    for cookie in dead {
        assert_eq!(server.status("GET", "/me", cookie), 401);
    }
    for cookie in [&kept, &rotated] {
        assert_eq!(server.status("GET", "/me", cookie), 200);
    }
    // Who was logged out everywhere can log in again.
    server.login("eve");
}

fn clock_now(clock: &ManualClock) -> cloakroom::Timestamp {
    cloakroom::Clock::now(clock).unwrap()
}

#[test]
fn what_the_store_does_not_take_is_503_and_the_cookie_stays() {
    let (engine, clock) = (Engine::default(), ManualClock::at(NOW));
    let server = Server::start(engine.settled(), &clock);
    let (ada, bob, cay) = (
        server.login("ada"),
        server.login("bob"),
        server.login("cay"),
    );
    engine.lock().fail = Some("the disk is full");
    let tries = [
        ("/logout", &ada),
        // The cookie stayed, so the user can try again.
        ("/logout", &ada),
        ("/logout-everywhere", &cay),
        ("/rotate", &cay),
    ];
    for (path, cookie) in tries {
        let answer = server.ask("POST", path, Some(cookie));
        assert_eq!(answer.status().as_u16(), 503, "{path}");
        assert_eq!(set_cookie(&answer), None, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
    }
    // A login over an old session ends that one first, which can't be written either.
    let again = server.ask("POST", "/login/ada", Some(&ada));
    assert_eq!(again.status().as_u16(), 503);
    assert_eq!(set_cookie(&again), None);
    // What was asked for holds on this server as long as it runs.
    assert_eq!(server.status("GET", "/me", &ada), 401);
    // A view that went stale with its disk is not a reason to log everybody else out.
    for path in ["/me", "/maybe"] {
        assert_eq!(server.status("GET", path, &bob), 503, "{path}");
    }
}

/// Logouts wait for the disk on a thread of their own, so here a renewal overtakes them in other ways than
/// over a list in memory.
#[test]
fn renewals_beside_a_logout_that_waits_for_the_disk_bring_nobody_back() {
    for path in ["/logout", "/logout-everywhere"] {
        let (folder, clock) = (Folder::new(), ManualClock::at(NOW));
        let open = || DurableRevocations::open(folder.file(), clock_now(&clock)).unwrap();
        let server = Server::start(open(), &clock);
        let mut dead = Vec::new();
        for round in 0..8 {
            let (ada, bob) = (server.login(&format!("ada-{round}")), server.login("bob"));
            clock.advance(RENEWAL_DUE);
            let renewed: Vec<String> = std::thread::scope(|threads| {
                let tabs: Vec<_> = (0..8)
                    .map(|_| threads.spawn(|| server.ask("GET", "/me", Some(&ada))))
                    .collect();
                let out = threads.spawn(|| server.ask("POST", path, Some(&ada)));
                assert_eq!(out.join().unwrap().status().as_u16(), 200);
                let answers = tabs.into_iter().map(|tab| tab.join().unwrap());
                answers.filter_map(|answer| set_cookie(&answer)).collect()
            });
            // A tab that came too late must not delete the cookie of a login after it.
            assert!(renewed.iter().all(|cookie| cookie != "__Host-session="));
            dead.extend(renewed);
            dead.push(ada);
            assert!(
                dead.iter()
                    .all(|cookie| server.status("GET", "/me", cookie) == 401)
            );
            let tabs = [
                server.ask("GET", "/me", Some(&bob)),
                server.ask("GET", "/me", Some(&bob)),
            ];
            let tabs = tabs
                .iter()
                .map(|tab| set_cookie(tab).expect("a renewal"))
                .chain([bob.clone()]);
            for cookie in tabs {
                assert_eq!(
                    server.status("GET", "/me", &cookie),
                    200,
                    "renewing ended a session"
                );
            }
        }
        drop(server);
        let server = Server::start(open(), &clock);
        assert!(
            dead.iter()
                .all(|cookie| server.status("GET", "/me", cookie) == 401)
        );
    }
}

/// The two orders that matter, forced by a disk that is held: a renewal is decided and answered before the
/// logout is acknowledged, or asked for after it.
#[test]
fn a_renewal_answered_while_the_disk_is_held_is_dead_when_the_logout_is_acknowledged() {
    for path in ["/logout", "/logout-everywhere"] {
        let (engine, clock) = (Engine::default(), ManualClock::at(NOW));
        let server = Server::start(engine.settled(), &clock);
        let (ada, bob) = (server.login("ada"), server.login("bob"));
        clock.advance(RENEWAL_DUE);
        let mut dead = vec![ada.clone()];
        let arrived = engine.lock().arrived;
        let held = engine.hold();
        std::thread::scope(|threads| {
            let out = threads.spawn(|| server.ask("POST", path, Some(&ada)));
            engine.wait_for_arrivals(arrived + 1);
            // Not durable, so not acknowledged and not in force: a crash now would forget it, and
            // an answer that said otherwise would have lied.
            let answer = server.ask("GET", "/me", Some(&ada));
            assert_eq!(answer.status().as_u16(), 200, "{path}");
            dead.push(set_cookie(&answer).expect("a renewal"));
            assert_eq!(server.status("GET", "/me", &bob), 200, "nobody else waits");
            assert!(!out.is_finished());
            drop(held);
            assert_eq!(out.join().unwrap().status().as_u16(), 200);
        });
        for cookie in &dead {
            let after = server.ask("GET", "/me", Some(cookie));
            assert_eq!(
                (after.status().as_u16(), set_cookie(&after)),
                (401, None),
                "{path}"
            );
        }
        assert_eq!(dead.len(), 2);
    }
}
