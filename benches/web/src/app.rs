//! The application that each peer provides, and requests to it.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /me` | 200 and the name of who is logged in, or 401 |
//! | `POST /login/{name}` | logs `name` in; a password would be checked here |
//! | `POST /login/{name}/{size}` | the same with so many characters in the session |
//! | `POST /visit` | begins a session without a login, where the peer has such |
//! | `POST /logout` | |
//! | `POST /logout-everywhere` | all devices of the user, where the peer has something for it |

use cloakroom::{ManualClock, RevocationList};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::peers::axum_login::Users;

/// What the server enforces of a session's life, if the peer can be told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// Whatever the peer has unless it is told otherwise.
    Default,
    /// So long after the last use.
    Idle,
    /// So long after the login.
    Absolute,
    /// Both, the absolute one after twice the time of the other.
    Both,
}

/// The shortest limit that all peers know, and what they are waited for.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// The same for ours, on a clock that is moved.
pub const OURS: u64 = 60;

/// A server, and what outlives its configuration.
#[derive(Clone)]
pub struct Setup {
    pub limits: Limits,
    /// Which key is in use.
    pub key: u8,
    /// The key before it, if the peer can be told.
    pub older_key: Option<u8>,
    /// The handler of the login gives the session a new id, where that is the handler's business.
    pub cycles_id: bool,
    pub clock: ManualClock,
    pub memory: Memory,
}

/// What a server keeps in memory.
#[derive(Clone, Default)]
pub struct Memory {
    pub revocations: Arc<RevocationList>,
    pub tower: tower_sessions::MemoryStore,
    pub tower_014: tower_sessions_014::MemoryStore,
    pub users: Users,
}

impl Setup {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            key: 1,
            older_key: None,
            cycles_id: false,
            clock: ManualClock::at(1_800_000_000),
            memory: Memory::default(),
        }
    }
}

pub struct Peer {
    pub name: &'static str,
    /// `None` if the peer can't be set up so.
    pub start: fn(&Setup) -> Option<Server>,
}

pub type Server = Box<dyn FnMut(Ask) -> Answer>;

pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
}

impl Ask {
    fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.into(),
            headers: vec![("host", "shop.example".into())],
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// `cookie` as a browser sends it: `name=value`.
    pub fn with(mut self, cookie: &str) -> Self {
        self.headers.push(("cookie", cookie.into()));
        self
    }

    /// As a browser sends it for a form on another site's page.
    pub fn from_another_site(mut self) -> Self {
        self.headers.push(("origin", "https://evil.example".into()));
        self.headers.push(("sec-fetch-site", "cross-site".into()));
        self
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub set_cookie: Vec<String>,
    pub body: String,
}

impl Answer {
    /// What the browser sends from now on, if it stores the cookie.
    pub fn cookie(&self) -> Option<String> {
        let cookie = self.parsed()?;
        Some(format!("{}={}", cookie.name(), cookie.value()))
    }

    pub fn parsed(&self) -> Option<cookie::Cookie<'static>> {
        let line = self.set_cookie.last()?;
        Some(cookie::Cookie::parse(line.clone()).expect("a readable Set-Cookie"))
    }

    /// Longer than what browsers store of name and value, so they drop it without a word
    /// (rfc6265bis §5.6).
    pub fn is_dropped_by_browsers(&self) -> bool {
        let cookie = self.parsed();
        cookie.is_some_and(|cookie| cookie.name().len() + cookie.value().len() > 4096)
    }
}

/// Drives a router in this process.
pub fn serve_axum(router: axum::Router) -> Server {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    Box::new(move |ask| runtime.block_on(send(router.clone(), ask)))
}

async fn send(router: axum::Router, ask: Ask) -> Answer {
    let mut request = Request::builder().method(ask.method).uri(ask.path);
    for (name, value) in ask.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let lines = head.headers.get_all("set-cookie").iter();
    let set_cookie = lines.map(|line| line.to_str().expect("text").to_owned());
    let set_cookie = set_cookie.collect();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status.as_u16(),
        set_cookie,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// Drives an application of actix-web in this process. A macro, because the type of the requests that
/// its services take has no name in actix-web.
macro_rules! serve_actix {
    ($app:expr) => {{
        let system = actix_web::rt::System::new();
        let service = system.block_on(actix_web::test::init_service($app));
        let server: $crate::app::Server = Box::new(move |ask: $crate::app::Ask| {
            system.block_on(async {
                let request = $crate::app::actix_request(ask).to_request();
                let answer = actix_web::test::try_call_service(&service, request).await;
                let response = match answer {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => error.error_response(),
                };
                $crate::app::actix_answer(response).await
            })
        });
        server
    }};
}
pub(crate) use serve_actix;

pub(crate) fn actix_request(ask: Ask) -> actix_web::test::TestRequest {
    let method = ask.method.parse().expect("a method");
    let mut request = actix_web::test::TestRequest::with_uri(&ask.path).method(method);
    for (name, value) in ask.headers {
        request = request.append_header((name, value));
    }
    request
}

pub(crate) async fn actix_answer(response: actix_web::HttpResponse) -> Answer {
    let lines = response.headers().get_all("set-cookie");
    let set_cookie = lines.map(|line| line.to_str().expect("text").to_owned());
    let set_cookie = set_cookie.collect();
    let status = response.status().as_u16();
    let body = actix_web::body::to_bytes(response.into_body()).await;
    Answer {
        status,
        set_cookie,
        body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
    }
}
