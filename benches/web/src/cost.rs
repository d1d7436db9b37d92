//! What a live session costs a request, counted, so that the answer is the same on every machine. What
//! it takes in time is printed by `overhead`.

use actix_web::App;
use actix_web::web::get;
use axum::Router;

use crate::app::{Ask, Limits, Peer, Server, Setup, serve_actix, serve_axum};
use crate::questions::{login, start};

/// In steps of so many, rounded up: a release of a framework or a library moves the figure by one or two.
const STEP: u64 = 10;

/// The same route without sessions.
fn plain(peer: &Peer) -> Server {
    if peer.name.starts_with("actix") || peer.name.ends_with("actix-web") {
        let route = get().to(async || "ada".to_owned());
        serve_actix!(App::new().route("/me", route))
    } else {
        let route = axum::routing::get(async || "ada".to_owned());
        serve_axum(Router::new().route("/me", route))
    }
}

/// Blocks of one request with that cookie, after one that paid for what is made once.
fn blocks(server: &mut Server, cookie: &str) -> u64 {
    let mut counted = 0;
    for _ in 0..2 {
        let mut ask = Some(Ask::get("/me").with(cookie));
        let mut answer = None;
        let measured = allocation_counter::measure(|| answer = ask.take().map(&mut *server));
        let answer = answer.expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
        counted = measured.count_total;
    }
    counted
}

/// Cookies counted. How often a text grows while it is decoded depends on the random characters in it, so
/// one in some dozens costs a block more or less; the middle of so many does not.
const COOKIES: usize = 41;

pub(crate) fn allocations(peer: &Peer) -> String {
    let server = &mut start(peer, &Setup::new(Limits::Default));
    let plain = &mut plain(peer);
    let mut added: Vec<u64> = (0..COOKIES)
        .map(|_| {
            let cookie = login(server, "ada");
            let with = blocks(server, &cookie);
            let without = blocks(plain, &cookie);
            assert!(with > without, "{with} and {without}: nothing was counted");
            with.saturating_sub(without)
        })
        .collect();
    added.sort_unstable();
    added[COOKIES / 2].next_multiple_of(STEP).to_string()
}
