//! One story in which everything happens that is counted or told, run once for all tests.

use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Realm};
use cloakroom::index::MemoryIndex;
use cloakroom::reload::KeyWatch;
use cloakroom::source::{KeySource, UnwrapError};
use cloakroom::web::{Session, SessionLayer};
use cloakroom::{KeyRing, ManualClock, Sessions};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use metrics_util::{CompositeKey, MetricKind};
use time::Duration;
use tower::ServiceExt as _;

use crate::search::Secrets;
use crate::world::{
    Card, Later, Log, NOW, SUBJECT, View, at, card, key, key_bytes, sessions, world,
};

pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) unit: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    pub(crate) meaning: String,
}

pub(crate) struct Told {
    pub(crate) samples: Vec<Sample>,
    pub(crate) log: String,
    pub(crate) secrets: Secrets,
    /// Of one session: a secret that must be there in no form, and what stands there for it.
    pub(crate) reference: String,
}

pub(crate) fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().unwrap();
        let log = Log::default();
        tracing::subscriber::set_global_default(log.subscriber()).unwrap();
        let mut secrets = Secrets::default();
        for number in 1..=4 {
            secrets.bytes("a key", &key_bytes(number));
            secrets.text("the text of a key", key(number).to_text().expose());
        }
        secrets.bytes("the subject", SUBJECT.as_bytes());
        secrets.bytes("the payload", card().0.as_bytes());
        let reference = tokens(&mut secrets);
        keys();
        feed(&mut secrets);
        web(&mut secrets);
        Told {
            samples: samples(&snapshotter),
            log: log.text(),
            secrets,
            reference,
        }
    })
}

fn samples(snapshotter: &Snapshotter) -> Vec<Sample> {
    let all = snapshotter.snapshot().into_vec();
    let ours = all.into_iter().map(|(key, unit, meaning, value)| {
        let key: CompositeKey = key;
        let kind = match key.kind() {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let labels = key.key().labels();
        Sample {
            name: key.key().name().to_owned(),
            kind,
            unit: unit.map_or("", |unit| unit.as_str()).to_owned(),
            labels: labels
                .map(|label| (label.key().to_owned(), label.value().to_owned()))
                .collect(),
            value: match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(now) => now.into_inner(),
                DebugValue::Histogram(_) => f64::NAN,
            },
            meaning: meaning.map(|text| text.to_string()).unwrap_or_default(),
        }
    });
    ours.collect()
}

/// Every way in which a token is made, refused and ended.
fn tokens(secrets: &mut Secrets) -> String {
    let w = world();
    let mut keep = |issued: &cloakroom::Issued| {
        secrets.text("a token", issued.token.as_str());
        secrets.bytes("a session id", &issued.session.id().to_bytes());
        issued.token.as_str().to_owned()
    };
    let issue = || w.sessions.issue(SUBJECT, &card()).unwrap();
    let (first, second) = (issue(), issue());
    let reference = w
        .sessions
        .log_reference(&first.session)
        .unwrap()
        .to_string();
    let token = keep(&first);
    keep(&second);
    let verify = |token: &str| w.sessions.verify(token);
    let session = verify(&token).unwrap();
    keep(
        &w.sessions
            .update(&session, &Card("5353-PAYLOAD-5353".into()))
            .unwrap(),
    );
    let rotated = keep(&w.sessions.rotate(&session).unwrap());
    verify(&token).unwrap_err();
    let session = verify(&rotated).unwrap();
    w.clock.advance(1_000);
    keep(&w.sessions.renew(&session).unwrap().unwrap());
    keep(&w.sessions.reauthenticate(&session, &card()).unwrap());
    verify(&rotated).unwrap_err();
    verify("garbage").unwrap_err();
    verify(&format!("clk1.{}", "A".repeat(120))).unwrap_err();
    let mut forged = second.token.as_str().to_owned();
    forged.replace_range(60..61, if &forged[60..61] == "A" { "B" } else { "A" });
    verify(&forged).unwrap_err();
    sessions::<Later>(&w.clock, &w.view)
        .verify(second.token.as_str())
        .unwrap_err();
    w.clock.advance(1_000);
    verify(second.token.as_str()).unwrap_err(); // idle
    w.clock.advance(40_000);
    verify(second.token.as_str()).unwrap_err(); // expired
    w.view.go_stale(true);
    w.sessions.issue(SUBJECT, &card()).unwrap_err();
    w.view.go_stale(false);
    let live = issue();
    let live_token = keep(&live);
    verify(&live_token).unwrap();
    w.view.go_stale(true);
    verify(&live_token).unwrap_err();
    w.view.go_stale(false);
    verify(&live_token).unwrap();
    w.view.fail(true);
    w.sessions.revoke_token(&live_token).unwrap_err();
    w.view.fail(false);
    w.sessions.revoke_token(&live_token).unwrap();
    w.sessions.revoke_subject(SUBJECT).unwrap();
    w.sessions.revoke_all().unwrap();
    let _ = w.sessions.disable_key(key(1).id()).unwrap();
    w.sessions.record_metrics();
    reference
}

/// A watch over a source that changes, fails and recovers.
fn keys() {
    let clock = ManualClock::at(NOW);
    let view = View::default();
    let sessions = sessions::<Card>(&clock, &view);
    let ring = sessions.key_ring();
    let stored = Arc::new(Mutex::new(Some(ring.clone())));
    let read = Arc::clone(&stored);
    let source = KeySource::custom("vault", move || {
        let ring = read.lock().unwrap().clone();
        ring.map(|ring| ring.to_text())
            .ok_or_else(|| UnwrapError::new("no answer"))
    });
    let watch = KeyWatch::builder(source)
        .sessions(&sessions)
        .clock(clock.clone())
        .without_thread()
        .unwrap();
    let put = |ring: Option<KeyRing>| *stored.lock().unwrap() = ring;
    watch.poll_now().unwrap();
    let next = ring.announce(key(2), at(NOW + 7_200)).unwrap();
    put(Some(next.clone()));
    watch.poll_now().unwrap();
    put(None);
    watch.poll_now().unwrap_err();
    watch.poll_now().unwrap_err();
    put(Some(next));
    watch.poll_now().unwrap();
}

/// A feed that is founded, followed and published to.
fn feed(secrets: &mut Secrets) {
    let feed_key = FeedKey::generate().unwrap();
    secrets.text("the feed's key", feed_key.to_text().expose());
    let feed = FeedRevocations::builder(
        Realm::new("shop").unwrap(),
        FeedKeys::new(feed_key),
        MemoryEngine::new(),
    );
    let feed = feed.start().unwrap();
    assert!(feed.wait_until_fresh(std::time::Duration::from_secs(20)));
    let ring = KeyRing::generate(&cloakroom::SystemClock, Duration::hours(8)).unwrap();
    let sessions = Sessions::<Card, _>::builder(ring, feed)
        .purpose("admin")
        .audience("shop")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .session_index(MemoryIndex::new())
        .build()
        .unwrap();
    let issued = sessions.issue(SUBJECT, &card()).unwrap();
    secrets.text("a token", issued.token.as_str());
    secrets.bytes("a session id", &issued.session.id().to_bytes());
    let _ = sessions.revoke(issued.session.id()).unwrap();
    sessions.record_metrics();
}

/// Requests with what attackers send.
fn web(secrets: &mut Secrets) {
    let w = world();
    let token = w.sessions.issue(SUBJECT, &card()).unwrap();
    secrets.text("a token", token.token.as_str());
    let router = Router::new()
        .route(
            "/me",
            get(|_: Session<Card>| async { "in" }).post(|| async {}),
        )
        .layer(SessionLayer::new(w.sessions.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let secret = "clk1.SECRETSECRETSECRET";
    secrets.text("what a client sent", secret);
    for (method, name, value) in [
        (
            "GET",
            "cookie",
            format!("__Host-session={}", token.token.as_str()),
        ),
        ("GET", "cookie", format!("__Host-session={secret}")),
        (
            "GET",
            "cookie",
            format!("__Host-session={secret}; __Host-session={secret}"),
        ),
        ("GET", "authorization", format!("Bearer {secret} {secret}")),
        ("POST", "sec-fetch-site", "cross-site".to_owned()),
    ] {
        let request = Request::builder()
            .method(method)
            .uri("/me")
            .header("host", "shop.example");
        let request = request.header(name, value).body(Body::empty()).unwrap();
        runtime.block_on(router.clone().oneshot(request)).unwrap();
    }
}
