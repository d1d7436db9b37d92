//! A logout that waits for its store does not hold up the thread that answers requests, and is
//! finished also when the client hangs up.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;
use std::time::Duration as Patience;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::{get, post};
use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};
use cloakroom::{
    Facts, Freshness, InMemory, KeyRing, ManualClock, Revocation, RevocationList,
    RevocationPublish, RevocationView, Scope, Sessions, Terms, Timestamp,
};
use std::sync::Mutex;
use time::Duration;
use tower::ServiceExt as _;

/// A store that says when it is asked, on which thread, and waits until it may go on.
struct Slow {
    list: RevocationList,
    asked: Mutex<Sender<ThreadId>>,
    go_on: Mutex<Receiver<()>>,
}

impl RevocationView for Slow {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.list.start_bound(subject, audience, now)
    }

    fn register(&self, terms: Terms) {
        self.list.register(terms);
    }
}

impl RevocationPublish for Slow {
    type Receipt = InMemory;
    type Error = Infallible;

    fn publish(&self, all: &[Revocation], now: Timestamp) -> Result<InMemory, Infallible> {
        let thread = std::thread::current().id();
        self.asked.lock().unwrap().send(thread).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        self.list.publish(all, now)
    }
}

async fn logout(handle: SessionHandle<()>) -> Result<(), CommandError> {
    handle.logout().await
}

async fn me(_: Session<()>) {}

type Told = tokio::sync::mpsc::UnboundedSender<Result<(), CommandError>>;

/// Answers before its login is done.
async fn hasty(handle: SessionHandle<()>, axum::Extension(told): axum::Extension<Told>) {
    tokio::spawn(async move { told.send(handle.login("grace", ()).await) });
    tokio::task::yield_now().await;
}

struct Site {
    router: Router,
    sessions: Sessions<(), Arc<Slow>>,
    asked: Receiver<ThreadId>,
    go_on: Sender<()>,
}

fn site() -> Site {
    let clock = ManualClock::at(1_800_000_000);
    let (asked_to, asked) = channel();
    let (go_on, wait) = channel();
    let slow = Arc::new(Slow {
        list: RevocationList::new(),
        asked: Mutex::new(asked_to),
        go_on: Mutex::new(wait),
    });
    let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
    let sessions = Sessions::<(), _>::builder(ring, slow)
        .purpose("session")
        .audience("")
        .aal3()
        .clock(clock)
        .build()
        .unwrap();
    let router = Router::new()
        .route("/logout", post(logout))
        .route("/me", get(me))
        .route("/hasty", post(hasty))
        .layer(SessionLayer::new(sessions.clone()));
    Site {
        router,
        sessions,
        asked,
        go_on,
    }
}

async fn ask(router: Router, method: &str, path: &str, token: String) -> Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("cookie", format!("__Host-session={token}"));
    let request = request.body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap()
}

const PATIENCE: Patience = Patience::from_secs(10);

// One thread for all requests: if it waited, the second request would never be answered.
#[tokio::test(flavor = "current_thread")]
async fn other_requests_are_answered_while_a_logout_waits_for_its_disk() {
    let site = site();
    let token = site.sessions.issue("ada", &()).unwrap().token.into_string();
    let out = ask(site.router.clone(), "POST", "/logout", token.clone());
    let out = tokio::spawn(out);
    tokio::task::yield_now().await;
    let thread = site.asked.recv_timeout(PATIENCE).unwrap();
    assert_ne!(thread, std::thread::current().id());
    let me = ask(site.router.clone(), "GET", "/me", token.clone()).await;
    assert_eq!(
        me.status().as_u16(),
        200,
        "not logged out before it is on the disk"
    );
    assert!(!out.is_finished());
    site.go_on.send(()).unwrap();
    let out = out.await.unwrap();
    assert_eq!(out.status().as_u16(), 200);
    assert!(out.headers().contains_key("set-cookie"));
    assert!(site.sessions.verify(&token).is_err());
}

#[tokio::test(flavor = "current_thread")]
async fn a_logout_whose_client_hung_up_is_finished() {
    let site = site();
    let token = site.sessions.issue("ada", &()).unwrap().token.into_string();
    let out = tokio::spawn(ask(site.router.clone(), "POST", "/logout", token.clone()));
    tokio::task::yield_now().await;
    site.asked.recv_timeout(PATIENCE).unwrap();
    out.abort();
    assert!(out.await.unwrap_err().is_cancelled());
    site.go_on.send(()).unwrap();
    // The list is in effect as soon as the store has returned.
    for _ in 0..1_000 {
        if site.sessions.verify(&token).is_err() {
            return;
        }
        tokio::time::sleep(Patience::from_millis(5)).await;
    }
    panic!("the logout was lost");
}

#[tokio::test(flavor = "current_thread")]
async fn a_login_that_is_done_after_its_response_says_that_nobody_got_the_cookie() {
    let site = site();
    let token = site.sessions.issue("ada", &()).unwrap().token.into_string();
    let (told, mut hear) = tokio::sync::mpsc::unbounded_channel();
    let router = site.router.clone().layer(axum::Extension::<Told>(told));
    let response = ask(router, "POST", "/hasty", token).await;
    assert_eq!(response.status().as_u16(), 200);
    assert!(!response.headers().contains_key("set-cookie"));
    site.asked.recv_timeout(PATIENCE).unwrap();
    site.go_on.send(()).unwrap();
    let error = hear.recv().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("on its way"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_handle_that_outlives_its_response_logs_out_and_sets_no_cookie() {
    let clock = ManualClock::at(1_800_000_000);
    let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
    let sessions = Sessions::<()>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("")
        .aal3()
        .clock(clock)
        .build()
        .unwrap();
    let kept: Arc<Mutex<Option<SessionHandle<()>>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let router = Router::new()
        .route(
            "/",
            get(async move |handle: SessionHandle<()>| *keep.lock().unwrap() = Some(handle)),
        )
        .layer(SessionLayer::new(sessions.clone()));
    let token = sessions.issue("ada", &()).unwrap().token.into_string();
    let response = ask(router, "GET", "/", token.clone()).await;
    assert!(!response.headers().contains_key("set-cookie"));
    let handle = kept.lock().unwrap().take().unwrap();
    // Each would cost the browser its session: the new token can't reach it.
    for error in [
        handle.login("grace", ()).await.unwrap_err(),
        handle.rotate().await.unwrap_err(),
        handle.reauthenticate(()).await.unwrap_err(),
        handle.update(&()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("on its way"), "{error}");
        assert_eq!(error.refusal().status(), 500);
    }
    assert!(sessions.verify(&token).is_ok());
    handle.logout().await.unwrap();
    assert!(sessions.verify(&token).is_err());
}
