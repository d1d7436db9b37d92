//! One application, two frameworks: what both are made of, and requests that both understand.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use cloakroom::web::SessionLayer;
use cloakroom::{
    Facts, Freshness, InMemory, Key, KeyRing, ManualClock, RandomError, RandomSource, Revocation,
    RevocationList, RevocationPublish, RevocationView, Scope, Sessions, Terms, Timestamp,
};
use serde::{Deserialize, Serialize};
use time::Duration;

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const IDLE: u64 = 1_800;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) note: String,
}
cloakroom::payload!(User);

/// A payload without a layer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Other;
cloakroom::payload!(Other);

pub(crate) fn user(name: &str) -> User {
    User {
        name: name.into(),
        note: String::new(),
    }
}

/// The same ids in the same order, so that the answers of two frameworks can be compared byte for
/// byte.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl RandomSource for Counting {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        let seed = self.0.fetch_add(1, Ordering::SeqCst);
        for (at, byte) in out.iter_mut().enumerate() {
            *byte = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (at % 8 * 8)) as u8 ^ at as u8;
        }
        Ok(())
    }
}

/// A list that can go stale and whose store can fail. Not the list itself, so that publishing takes
/// the way of a store that waits for its disk.
#[derive(Clone, Default)]
pub(crate) struct View(Arc<Inside>);

#[derive(Default)]
struct Inside {
    list: RevocationList,
    stale: AtomicBool,
    full: AtomicBool,
}

impl View {
    pub(crate) fn go_stale(&self, stale: bool) {
        self.0.stale.store(stale, Ordering::SeqCst);
    }

    pub(crate) fn fail(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub(crate) struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SECRET-DISK-NAME is full")
    }
}

impl std::error::Error for DiskFull {}

impl RevocationView for View {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.0.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        if self.0.stale.load(Ordering::SeqCst) {
            Freshness::Blind
        } else {
            Freshness::Fresh
        }
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.0.list.start_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        self.0.list.tick(now);
    }

    fn register(&self, terms: Terms) {
        self.0.list.register(terms);
    }
}

impl RevocationPublish for View {
    type Receipt = InMemory;
    type Error = DiskFull;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, DiskFull> {
        if self.0.full.load(Ordering::SeqCst) {
            return Err(DiskFull);
        }
        let published: Result<_, Infallible> = self.0.list.publish(revocations, now);
        published.map_err(|never| match never {})
    }
}

/// What the routes need besides the layer.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) sessions: Sessions<User, View>,
    pub(crate) layer: SessionLayer<User>,
    pub(crate) view: View,
    /// Handlers that ran.
    pub(crate) ran: Arc<AtomicUsize>,
}

pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
}

impl Ask {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        let headers = vec![("host", b"shop.example".to_vec())];
        let path = path.into();
        Self {
            method,
            path,
            headers,
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(found, _)| *found != name);
        self
    }

    pub(crate) fn cookie(self, token: &str) -> Self {
        self.with("cookie", format!("__Host-session={token}"))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Sorted; without those that say nothing of sessions.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, body: &[u8]) -> Self {
        let mut headers = headers;
        headers.retain(|(name, _)| !["content-length", "date"].contains(&name.as_str()));
        headers.sort();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let found = self.headers.iter().filter(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// The token that the response puts into the browser, read by another cookie parser.
    pub(crate) fn token(&self) -> Option<String> {
        let lines = self.all("set-cookie");
        assert!(lines.len() <= 1, "{lines:?}");
        let cookie = cookie::Cookie::parse(lines.first()?.to_owned()).unwrap();
        assert_eq!(cookie.name(), "__Host-session");
        assert_eq!(cookie.path(), Some("/"));
        assert_eq!(cookie.secure(), Some(true));
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.same_site(), Some(cookie::SameSite::Lax));
        assert_eq!(cookie.domain(), None);
        assert_eq!(self.all("cache-control"), ["no-store"]);
        Some(cookie.value().to_owned()).filter(|value| !value.is_empty())
    }

    pub(crate) fn removes_the_cookie(&self) -> bool {
        let lines = self.all("set-cookie");
        lines.len() == 1
            && lines[0].starts_with("__Host-session=;")
            && lines[0].contains("Max-Age=0")
    }
}

pub(crate) type Server = Box<dyn FnMut(Ask) -> Answer>;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) view: View,
    pub(crate) sessions: Sessions<User, View>,
    pub(crate) ran: Arc<AtomicUsize>,
    pub(crate) events: Arc<std::sync::Mutex<Vec<&'static str>>>,
    server: Server,
    transcript: Vec<Answer>,
}

pub(crate) type Configure = fn(SessionLayer<User>) -> SessionLayer<User>;

/// The keys of every server here.
pub(crate) fn ring() -> KeyRing {
    let bytes: [u8; 32] = std::array::from_fn(|at| at as u8 ^ 0x5a);
    let key = Key::from_bytes(&bytes).unwrap();
    let now = Timestamp::from_unix(START - 10).unwrap();
    KeyRing::new(key, now, Duration::hours(8)).unwrap()
}

impl World {
    pub(crate) fn new(start: fn(Parts) -> Server, configure: Configure) -> Self {
        let clock = ManualClock::at(START);
        let view = View::default();
        let sessions = Sessions::<User, View>::builder(ring(), view.clone())
            .purpose("session")
            .audience("shop")
            .idle_timeout(Duration::seconds(IDLE as i64))
            .absolute_timeout(Duration::hours(8))
            .clock(clock.clone())
            .random(Counting::default())
            .session_index(cloakroom::index::MemoryIndex::new())
            .build()
            .unwrap();
        let events = Arc::new(std::sync::Mutex::new(Vec::new()));
        let counted = Arc::clone(&events);
        let layer = SessionLayer::new(sessions.clone())
            .on_event(move |code| counted.lock().unwrap().push(code));
        let ran = Arc::new(AtomicUsize::new(0));
        let parts = Parts {
            sessions: sessions.clone(),
            layer: configure(layer),
            view: view.clone(),
            ran: Arc::clone(&ran),
        };
        Self {
            clock,
            view,
            sessions,
            ran,
            events,
            server: start(parts),
            transcript: Vec::new(),
        }
    }

    pub(crate) fn ask(&mut self, ask: Ask) -> Answer {
        let answer = (self.server)(ask);
        self.transcript.push(answer.clone());
        answer
    }

    /// Logs `name` in with a new browser.
    pub(crate) fn login(&mut self, name: &str) -> String {
        let answer = self.ask(Ask::post(&format!("/login/{name}")));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.token().unwrap()
    }

    pub(crate) fn is_live(&self, token: &str) -> bool {
        self.sessions.verify(token).is_ok()
    }

    /// Sessions of `subject` that live, by the list of devices.
    pub(crate) fn live_sessions(&self, subject: &str) -> usize {
        self.sessions.devices(subject).unwrap().len()
    }

    pub(crate) fn handlers_ran(&self) -> usize {
        self.ran.load(Ordering::SeqCst)
    }
}

/// Runs one story against both frameworks and compares every answer.
pub(crate) fn both(configure: Configure, story: fn(&mut World)) {
    let transcript = |start| {
        let mut world = World::new(start, configure);
        story(&mut world);
        assert!(!world.transcript.is_empty(), "nothing was asked");
        let events = world.events.lock().unwrap().clone();
        (world.transcript, events)
    };
    let axum = transcript(crate::axum_app::start);
    let actix = transcript(crate::actix_app::start);
    assert_eq!(
        axum, actix,
        "the frameworks differ: axum left, actix-web right"
    );
}
