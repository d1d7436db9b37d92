//! One request through a router of axum, in so many ways. All read the same session and answer the
//! same.

use std::hint::black_box;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request};
use axum::http::StatusCode;
use axum::routing::get;
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, Key};
use cloakroom::web::{BearerSession, Session, SessionHandle, SessionLayer};
use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
use serde::{Deserialize, Serialize};
use tower::Service as _;
use tower::layer::util::Identity;
use tower_sessions::{MemoryStore, SessionManagerLayer};

/// What an API server keeps about a signed-in user.
#[derive(Clone, Serialize, Deserialize)]
struct Typical {
    account: u64,
    tenant: u32,
    name: String,
    email: String,
    roles: u32,
    locale: String,
    device: String,
    second_factor_at: Option<u64>,
}
cloakroom::payload!(Typical);

const ACCOUNT: u64 = 8_412_907_331;

fn sample() -> Typical {
    Typical {
        account: ACCOUNT,
        tenant: 1207,
        name: "Ada Lovelace".into(),
        email: "ada.lovelace@example.com".into(),
        roles: 0x4a21,
        locale: "en-GB".into(),
        device: "Firefox on Debian, London".into(),
        second_factor_at: Some(1_800_000_000),
    }
}

/// A way to keep sessions, and a request that brings one.
pub struct Way {
    pub name: &'static str,
    router: Router,
    header: Option<(&'static str, String)>,
    /// With the answer comes a cookie.
    renews: bool,
}

impl Way {
    fn new(name: &'static str, router: Router) -> Self {
        Self {
            name,
            router,
            header: None,
            renews: false,
        }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.header = Some((name, value));
        self
    }

    pub fn request(&self) -> Request {
        let request = Request::builder().uri("/me").header("host", "shop.example");
        let request = match &self.header {
            Some((name, value)) => request.header(*name, value),
            None => request,
        };
        request.body(Body::empty()).expect("a request")
    }

    pub async fn answer(&mut self, request: Request) {
        let response = self.router.call(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{}", self.name);
        assert_eq!(response.headers().contains_key("set-cookie"), self.renews);
        drop(black_box(response));
    }
}

fn seen(user: &Typical) -> &'static str {
    assert_eq!(black_box(user).account, ACCOUNT);
    "ok"
}

#[derive(Clone)]
struct State(Sessions<Typical>);

impl FromRef<State> for Sessions<Typical> {
    fn from_ref(State(sessions): &State) -> Self {
        sessions.clone()
    }
}

fn sessions(renews: bool) -> Sessions<Typical> {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(12)).expect("a ring");
    let settings = Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("shop.example")
        .aal2();
    let settings = if renews {
        settings.renew_share(0, 1)
    } else {
        settings
    };
    let sessions = settings.build().expect("sessions");
    // A list that has to be asked: somebody has logged out, somebody everywhere.
    for number in 0..1_000_u64 {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        sessions
            .revoke(cloakroom::SessionId::from_bytes(id))
            .expect("a list in memory");
    }
    sessions.revoke_subject("eve").expect("a list in memory");
    sessions
}

fn token(sessions: &Sessions<Typical>) -> String {
    let issued = sessions.issue("user-42", &sample());
    issued.expect("a token").token.into_string()
}

fn ours(name: &'static str, renews: bool) -> Way {
    async fn me(session: Session<Typical>) -> &'static str {
        seen(session.payload())
    }
    let sessions = sessions(renews);
    let cookie = format!("__Host-session={}", token(&sessions));
    let layer = SessionLayer::new(sessions);
    let router = Router::new().route("/me", get(me)).layer(layer);
    let mut way = Way::new(name, router).with("cookie", cookie);
    way.renews = renews;
    way
}

/// With the feature `ring`, which everything else here does without.
fn by_ring(name: &'static str, renews: bool) -> Way {
    // Looked at when keys are derived.
    cloakroom::hazmat::use_ring(true);
    let way = ours(name, renews);
    cloakroom::hazmat::use_ring(false);
    way
}

/// The layer is there, and the handler does not ask.
fn unasked() -> Way {
    async fn public(_: SessionHandle<Typical>) -> &'static str {
        "ok"
    }
    let sessions = sessions(false);
    let cookie = format!("__Host-session={}", token(&sessions));
    let layer = SessionLayer::new(sessions);
    let router = Router::new().route("/me", get(public)).layer(layer);
    Way::new("cloakroom, handler does not ask", router).with("cookie", cookie)
}

fn bearer() -> Way {
    async fn me(session: BearerSession<Typical>) -> &'static str {
        seen(session.payload())
    }
    let sessions = sessions(false);
    let header = format!("Bearer {}", token(&sessions));
    let router = Router::new().route("/me", get(me));
    let router = router.with_state(State(sessions));
    Way::new("cloakroom, bearer without a layer", router).with("authorization", header)
}

fn jar_cookie(key: &Key) -> String {
    let value = serde_json::to_string(&sample()).expect("JSON");
    let jar = PrivateCookieJar::new(key.clone()).add(Cookie::new("session", value));
    let response = axum::response::IntoResponse::into_response(jar);
    let line = response.headers()["set-cookie"].to_str().expect("text");
    line.split(';').next().expect("a pair").to_owned()
}

fn jar() -> Way {
    async fn me(jar: PrivateCookieJar) -> &'static str {
        let cookie = jar.get("session").expect("the cookie");
        let user: Typical = serde_json::from_str(cookie.value()).expect("JSON");
        seen(&user)
    }
    let key = Key::generate();
    let cookie = jar_cookie(&key);
    let router = Router::new().route("/me", get(me)).with_state(key);
    Way::new("PrivateCookieJar, one cookie", router).with("cookie", cookie)
}

/// Without what it costs to make a user of the text.
fn jar_as_text() -> Way {
    async fn me(jar: PrivateCookieJar) -> &'static str {
        let cookie = jar.get("session").expect("the cookie");
        assert!(cookie.value().len() > 100);
        "ok"
    }
    let key = Key::generate();
    let cookie = jar_cookie(&key);
    let router = Router::new().route("/me", get(me)).with_state(key);
    Way::new("PrivateCookieJar, not parsed", router).with("cookie", cookie)
}

async fn tower_sessions() -> Way {
    async fn login(session: tower_sessions::Session) -> &'static str {
        session.insert("user", sample()).await.expect("stored");
        "ok"
    }
    async fn me(session: tower_sessions::Session) -> &'static str {
        let user: Option<Typical> = session.get("user").await.expect("read");
        seen(&user.expect("a user"))
    }
    let layer = SessionManagerLayer::new(MemoryStore::default());
    let routes = Router::new().route("/login", get(login));
    let mut router: Router = routes.route("/me", get(me)).layer(layer);
    let login = Request::builder().uri("/login").body(Body::empty());
    let response = router.call(login.expect("a request")).await;
    let response = response.expect("an answer");
    let line = response.headers()["set-cookie"].to_str().expect("text");
    let cookie = line.split(';').next().expect("a pair").to_owned();
    Way::new("tower-sessions, memory store", router).with("cookie", cookie)
}

/// In the order of a round; the first is what the others are a multiple of.
pub async fn all() -> Vec<Way> {
    async fn me() -> &'static str {
        "ok"
    }
    let routes = || Router::new().route("/me", get(me));
    cloakroom::hazmat::use_ring(false);
    vec![
        Way::new("no session", routes()),
        // What axum itself does for any layer.
        Way::new("a layer that does nothing", routes().layer(Identity::new())),
        unasked(),
        ours("cloakroom, verify", false),
        ours("cloakroom, verify and renew", true),
        by_ring("the same with `ring`, verify", false),
        by_ring("the same with `ring`, and renew", true),
        bearer(),
        jar(),
        jar_as_text(),
        tower_sessions().await,
    ]
}
