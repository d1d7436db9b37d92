//! A server whose handlers wait at gates, and a browser that gets its answers when it is told.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::routing::{get, post};
use cloakroom::web::{CommandError, Session, SessionHandle, SessionLayer};
use cloakroom::{KeyRing, ManualClock, RevocationList, SessionId, Sessions};
use time::Duration;
use tower::ServiceExt as _;

pub(crate) const IDLE: u64 = 1_800;

/// How many steps of a handler's own can be held: before its command, and, for a logout, behind it.
pub(crate) fn gates(path: &str) -> usize {
    match path {
        "/logout" => 2,
        _ => 1,
    }
}

/// Opened so many times.
#[derive(Clone, Default)]
struct Gate(Arc<AtomicUsize>);

impl Gate {
    async fn pass(&self, number: usize) {
        poll_fn(|_| {
            if self.0.load(Ordering::SeqCst) >= number {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn open(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) sessions: Sessions<()>,
    router: Router,
    /// What happened, in numbers that only grow.
    now: AtomicUsize,
}

type Gated = axum::Extension<Gate>;

async fn me(_: Session<()>, gate: Gated) {
    gate.pass(1).await;
}

async fn update(
    _: Session<()>,
    gate: Gated,
    handle: SessionHandle<()>,
) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.update(&())
}

async fn rotate(
    _: Session<()>,
    gate: Gated,
    handle: SessionHandle<()>,
) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.rotate().await
}

async fn login(gate: Gated, handle: SessionHandle<()>) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.login("ada", ()).await
}

async fn logout(gate: Gated, handle: SessionHandle<()>) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.logout().await?;
    gate.pass(2).await;
    Ok(())
}

async fn logout_everywhere(gate: Gated, handle: SessionHandle<()>) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.logout_everywhere().await
}

async fn logout_others(
    _: Session<()>,
    gate: Gated,
    handle: SessionHandle<()>,
) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.logout_others().await
}

async fn reauthenticate(
    _: Session<()>,
    gate: Gated,
    handle: SessionHandle<()>,
) -> Result<(), CommandError> {
    gate.pass(1).await;
    handle.reauthenticate(()).await
}

pub(crate) struct Browser {
    pub(crate) cookie: Option<String>,
    /// Jobs whose answer it has.
    answered: Vec<usize>,
    pub(crate) session: SessionId,
    /// The token that the same user has elsewhere.
    pub(crate) other_device: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(1_800_000_000);
        let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
        let sessions = Sessions::<()>::builder(ring, RevocationList::new())
            .purpose("session")
            .audience("")
            .idle_timeout(Duration::seconds(i64::try_from(IDLE).unwrap()))
            .absolute_timeout(Duration::hours(8))
            .clock(clock.clone())
            .build()
            .unwrap();
        let router = Router::new()
            .route("/me", get(me))
            .route("/update", post(update))
            .route("/rotate", post(rotate))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/logout-everywhere", post(logout_everywhere))
            .route("/logout-others", post(logout_others))
            .route("/reauthenticate", post(reauthenticate))
            .layer(SessionLayer::new(sessions.clone()));
        Self {
            clock,
            sessions,
            router,
            now: AtomicUsize::new(0),
        }
    }

    pub(crate) fn logged_in(&self) -> Browser {
        let login = || self.sessions.issue("ada", &()).unwrap();
        let (issued, other) = (login(), login());
        Browser {
            other_device: other.token.into_string(),
            cookie: Some(issued.token.into_string()),
            answered: Vec::new(),
            session: issued.session.id(),
        }
    }

    fn tick(&self) -> usize {
        self.now.fetch_add(1, Ordering::SeqCst)
    }

    fn request(&self, path: &str, cookie: Option<&str>, gate: Gate) -> Answering {
        let method = if path == "/me" { "GET" } else { "POST" };
        let mut request = Request::builder().method(method).uri(path).extension(gate);
        if let Some(cookie) = cookie {
            request = request.header("cookie", format!("__Host-session={cookie}"));
        }
        let request = request.body(Body::empty()).unwrap();
        let router = self.router.clone();
        Box::pin(async move { router.oneshot(request).await.unwrap() })
    }

    /// A whole request, without a gate that is closed.
    pub(crate) fn at_once(&self, path: &'static str, cookie: &str) -> Done {
        let gate = Gate::default();
        gate.open();
        gate.open();
        let mut answering = self.request(path, Some(cookie), gate);
        match answering
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(response) => Done::of(path, &response),
            Poll::Pending => panic!("{path} waits for something"),
        }
    }
}

type Answering = Pin<Box<dyn Future<Output = Response<Body>>>>;

/// One request on its way.
pub(crate) struct Job {
    path: &'static str,
    gate: Gate,
    opened: usize,
    answering: Option<Answering>,
    done: Option<Done>,
    began_after: Option<Vec<usize>>,
    commanded_at: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Done {
    pub(crate) job: usize,
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) set: Option<String>,
    pub(crate) removed: bool,
    /// Jobs whose answer had reached the browser when this one began.
    pub(crate) began_after: Vec<usize>,
    /// When the first gate opened, and with it the command ran.
    pub(crate) commanded_at: usize,
    /// When the head of the response was written.
    pub(crate) decided_at: usize,
    pub(crate) arrived_at: usize,
}

impl Done {
    fn of(path: &'static str, response: &Response<Body>) -> Self {
        let lines: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert!(lines.len() <= 1);
        let line = lines.first().map(|line| line.to_str().unwrap());
        let token = line.map(|line| {
            let (_, value) = line.split_once('=').unwrap();
            value.split(';').next().unwrap().to_owned()
        });
        Self {
            path,
            status: response.status().as_u16(),
            removed: token.as_deref() == Some(""),
            set: token.filter(|token| !token.is_empty()),
            ..Self::default()
        }
    }
}

impl Job {
    pub(crate) fn new(path: &'static str) -> Self {
        Self {
            path,
            gate: Gate::default(),
            opened: 0,
            answering: None,
            done: None,
            began_after: None,
            commanded_at: 0,
        }
    }

    /// Begins, opens the next gate, or hands the answer to the browser. An answer that came early,
    /// because there was no session any more, waits at the remaining steps.
    pub(crate) fn step(
        &mut self,
        stage: &Stage,
        browser: &mut Browser,
        job: usize,
    ) -> Option<Done> {
        let at = stage.tick();
        if self.began_after.is_none() {
            self.began_after = Some(browser.answered.clone());
            let cookie = browser.cookie.as_deref();
            self.answering = Some(stage.request(self.path, cookie, self.gate.clone()));
            self.poll(at);
            return None;
        }
        if self.opened < gates(self.path) {
            if self.opened == 0 {
                self.commanded_at = at;
            }
            self.opened += 1;
            self.gate.open();
            self.poll(at);
            return None;
        }
        let mut done = self.done.take().expect("all gates are open");
        done.job = job;
        done.began_after = self.began_after.take().unwrap();
        done.commanded_at = self.commanded_at;
        browser.answered.push(job);
        done.arrived_at = at;
        if let Some(token) = &done.set {
            browser.cookie = Some(token.clone());
        } else if done.removed {
            browser.cookie = None;
        }
        Some(done)
    }

    fn poll(&mut self, at: usize) {
        let Some(answering) = &mut self.answering else {
            return;
        };
        let context = &mut Context::from_waker(Waker::noop());
        if let Poll::Ready(response) = answering.as_mut().poll(context) {
            self.answering = None;
            self.done = Some(Done {
                decided_at: at,
                ..Done::of(self.path, &response)
            });
        }
    }
}
