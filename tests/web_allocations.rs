//! What the web layer allocates for a request, counted, beside a layer that does nothing: the parts of
//! axum that any layer costs are not ours. And a client can't make it hold what it likes.
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

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use cloakroom::web::{Session, SessionHandle, SessionLayer};
use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
use serde::{Deserialize, Serialize};
use time::Duration;
use tower::Service as _;
use tower::layer::util::Identity;

const NOW: u64 = 1_800_000_000;

/// Needs no allocation of its own.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct User {
    account: u64,
}
cloakroom::payload!(User);

struct World {
    clock: ManualClock,
    /// `Cookie` of a session.
    cookie: String,
    /// Of our layer.
    ours: Router,
    /// The same routes and a layer that does nothing.
    bare: Router,
    runtime: tokio::runtime::Runtime,
}

async fn public() -> &'static str {
    "public"
}

async fn handle(_: SessionHandle<User>) -> &'static str {
    "public"
}

async fn me(session: Session<User>) -> &'static str {
    assert_eq!(session.payload().account, 42);
    "me"
}

async fn maybe(session: Option<Session<User>>) -> &'static str {
    session.map_or("nobody", |_| "somebody")
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::at(NOW);
        let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
        let sessions = Sessions::<User>::builder(ring, RevocationList::new())
            .purpose("session")
            .audience("app.example")
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .clock(clock.clone())
            .build()
            .unwrap();
        let issued = sessions.issue("ada", &User { account: 42 }).unwrap();
        let cookie = format!("__Host-session={}", issued.token.as_str());
        let routes = || {
            let routes = Router::new().route("/public", get(public));
            let routes = routes.route("/handle", get(handle));
            routes.route("/me", get(me)).route("/maybe", get(maybe))
        };
        Self {
            clock,
            cookie,
            ours: routes().layer(SessionLayer::new(sessions)),
            bare: routes().layer(Identity::new()),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        }
    }

    /// Blocks and bytes of one request, which is made before. It runs once before, so that what a
    /// thread allocates once in its life is not counted.
    fn allocated(&self, router: &Router, path: &str, cookie: &str, status: u16) -> (u64, u64) {
        let run = |router: &mut Router, request: Request<Body>| {
            let answer = router.call(request);
            let answer = self.runtime.block_on(answer).unwrap();
            assert_eq!(answer.status().as_u16(), status, "{path}");
        };
        let request = || {
            let request = Request::get(path).header("cookie", cookie);
            request.body(Body::empty()).unwrap()
        };
        let mut router = router.clone();
        run(&mut router, request());
        let mut next = Some(request());
        let counted = allocation_counter::measure(|| run(&mut router, next.take().unwrap()));
        (counted.count_total, counted.bytes_total)
    }

    /// What our layer adds to a route that needs no session.
    fn adds(&self, path: &str, cookie: &str, status: u16) -> (u64, u64) {
        let (blocks, bytes) = self.allocated(&self.ours, path, cookie, status);
        let (bare_blocks, bare_bytes) = self.allocated(&self.bare, "/public", cookie, 200);
        (
            blocks.checked_sub(bare_blocks).unwrap(),
            bytes.saturating_sub(bare_bytes),
        )
    }
}

/// The copy of the token, what the request knows of its session, and its place in the request's
/// extensions.
const UNASKED: u64 = 4;
/// The opened token, and the session that handler and response share. `Vary` is a constant.
const ASKED: u64 = 2;
/// The new token, its line, and the room for it in the response; with `metrics`, the labels of the
/// counter that a renewal adds to.
const RENEWED: u64 = if cfg!(feature = "metrics") { 7 } else { 6 };

#[test]
fn a_handler_that_does_not_ask_costs_the_copy_of_the_token_and_its_place() {
    let world = World::new();
    for path in ["/public", "/handle"] {
        let (blocks, _) = world.adds(path, &world.cookie, 200);
        assert!(blocks <= UNASKED, "{path}: {blocks} blocks");
    }
}

#[test]
fn a_session_costs_the_opened_token_and_little_more() {
    let world = World::new();
    let (blocks, bytes) = world.adds("/me", &world.cookie, 200);
    assert!(blocks <= UNASKED + ASKED, "{blocks} blocks");
    assert!(bytes < 3_000, "{bytes} bytes");
    assert_eq!(world.adds("/maybe", &world.cookie, 200).0, blocks);
}

#[test]
fn a_renewal_costs_the_new_token_and_its_line() {
    let world = World::new();
    let (blocks, _) = world.adds("/me", &world.cookie, 200);
    world.clock.advance(1_000);
    let (renewed, _) = world.adds("/me", &world.cookie, 200);
    assert!(renewed > blocks, "a token was made");
    assert!(
        renewed <= blocks + RENEWED,
        "{renewed} blocks, {blocks} without"
    );
}

#[test]
fn what_is_no_token_costs_no_more_than_one_whatever_its_length() {
    let world = World::new();
    let (good, _) = world.adds("/me", &world.cookie, 200);
    let lengths = [0, 1, 59, 200, 4_091, 4_092, 100_000, 1 << 20];
    for (name, length) in lengths
        .iter()
        .flat_map(|n| [("__Host-session", n), ("other", n)])
    {
        for fill in ["A", "; a=b", ";", "="] {
            let cookie = format!("{name}=clk1.{}", fill.repeat(*length / fill.len()));
            let (blocks, bytes) = world.adds("/maybe", &cookie, 200);
            assert!(blocks <= good, "{blocks} blocks of {length} characters");
            assert!(bytes < 10_000, "{bytes} bytes of {length} characters");
        }
    }
}

#[test]
fn a_thousand_cookies_of_the_name_cost_no_more_than_four() {
    let world = World::new();
    let four = [world.cookie.as_str(); 4].join("; ");
    let thousand = [world.cookie.as_str(); 1_000].join("; ");
    let cost = |cookie: &str| world.adds("/maybe", cookie, 200);
    assert_eq!(cost(&four), cost(&thousand));
}
