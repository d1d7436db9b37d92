//! The runbook of a leaked token, with a token that is alive, one that has expired, and one whose key
//! is retired.
#![cfg(unix)]
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

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use engine_tests::RedisServer;
use engine_tests::process::until;
use ops_tests::{Book, Place, QUICK, SHORT, SOON, Server, has_tools, serve_shared, shared};

#[test]
fn of_a_token_that_is_alive() {
    let Some(redis) = RedisServer::start().filter(|_| has_tools()) else {
        return;
    };
    let (place, book) = (shared(&redis), Book::open("leaked-token.md"));
    place.run("cloakroom keys new ring --max-lifetime 8h");
    let server = serve_shared(&place, &redis, &[]);
    let (leaked, other, grace) = (
        server.login("ada"),
        server.login("ada"),
        server.login("grace"),
    );
    place.write("token", &leaked);
    assert!(book.run_next(&place).contains("subject     ada"));
    assert_eq!(server.status(&leaked), 200);
    assert!(book.run_next(&place).contains("accepted"));
    assert!(until(SOON, || server.status(&leaked) == 401));
    assert_eq!(server.status(&other), 200);
    assert!(
        book.run_next(&place)
            .contains("accepted: the sessions of \"ada\"")
    );
    assert!(until(SOON, || server.status(&other) == 401));
    book.run_next(&place);
    book.is_done();
    assert_eq!(server.status(&grace), 200, "nobody else");
    assert!(!place.path("token").exists());
}

#[test]
fn of_a_token_that_has_expired() {
    let Some(redis) = RedisServer::start().filter(|_| has_tools()) else {
        return;
    };
    let (place, book) = (shared(&redis), Book::open("leaked-token.md"));
    place.run(SHORT);
    let server = serve_shared(&place, &redis, QUICK);
    let leaked = server.login("ada");
    place.write("token", &leaked);
    assert!(until(SOON, || server.status(&leaked) == 401));
    let said = book.run_next(&place);
    assert!(said.contains("stage time"), "{said}");
    assert!(said.contains("subject     ada"), "{said}");
    assert!(book.run_next(&place).contains("accepted"));
    let users = Users::of(&server, ["ada", "grace"]);
    let refused = users.at_work(|| {
        let said = book.run_next(&place);
        assert!(said.contains("accepted: the sessions of \"ada\""), "{said}");
        until(SOON, || users.are_refused([true, false]))
    });
    assert!(refused, "{:?}", users.statuses());
    book.run_next(&place);
    book.is_done();
}

#[test]
fn of_a_token_whose_key_is_retired() {
    let Some(redis) = RedisServer::start().filter(|_| has_tools()) else {
        return;
    };
    let place = shared(&redis);
    place.run(SHORT);
    let server = serve_shared(&place, &redis, QUICK);
    let users = Users::of(&server, ["ada", "ada", "grace"]);
    let leaked = users.token(0);
    place.write("token", &leaked);
    users.at_work(|| {
        place.run("cloakroom keys add ring --at +1s --force");
        let retired = "cloakroom keys list ring --json 2>/dev/null | grep retired";
        assert!(until(SOON, || place.try_run(retired).0));
        assert_eq!(server.status(&leaked), 401);
        // The session goes on under the next key.
        assert_eq!(users.statuses(), [200; 3]);
        let book = Book::open("leaked-token.md");
        let said = book.run_next(&place);
        assert!(said.contains("stage key"), "{said}");
        let said = book.run_next(&place);
        assert!(said.contains("accepted: the session"), "{said}");
        assert!(until(SOON, || users.are_refused([true, false, false])));
        let said = book.run_next(&place);
        assert!(said.contains("accepted: the sessions of \"ada\""), "{said}");
        assert!(until(SOON, || users.are_refused([true, true, false])));
        assert_eq!(revoked(&place), "2");
        book.run_next(&place);
        book.is_done();
        // Taken out of the ring, the key opens at no time. That is said, and nobody is logged out, not
        // even a user called null.
        place.write("token", &leaked);
        place.run("cp -p ring backup; cloakroom keys retire ring --done");
        let book = Book::open("leaked-token.md");
        let said = book.run_next(&place);
        assert!(said.contains("stage key"), "{said}");
        let said = book.fail_next(&place);
        assert!(said.contains("nothing was revoked"), "{said}");
        let said = book.fail_next(&place);
        assert!(said.contains("No user was logged out"), "{said}");
        assert!(said.contains("the key was taken out"), "{said}");
        assert_eq!(revoked(&place), "2");
        assert_eq!(users.statuses(), [401, 401, 200]);
        // With an older ring it works.
        place.run("mv backup ring");
        let book = Book::open("leaked-token.md");
        book.run_next(&place);
        assert!(book.run_next(&place).contains("accepted"));
        assert!(book.run_next(&place).contains("\"ada\""));
    });
}

/// How many entries the feed has.
fn revoked(place: &Place) -> String {
    let listed = place.run(
        "cloakroom revocations --feed \"$FEED\" --realm cloakroom-demo --feed-key-file \"$FEED_KEY\" \
         --json | jq .count",
    );
    listed.trim().to_owned()
}

/// Who stays logged in by renewal.
struct Users<'s> {
    server: &'s Server,
    tokens: Mutex<Vec<String>>,
    done: AtomicBool,
}

impl<'s> Users<'s> {
    fn of<const N: usize>(server: &'s Server, names: [&str; N]) -> Self {
        let tokens = names.map(|name| server.login(name));
        Self {
            server,
            tokens: Mutex::new(tokens.into()),
            done: AtomicBool::new(false),
        }
    }

    fn token(&self, user: usize) -> String {
        self.tokens.lock().unwrap()[user].clone()
    }

    fn statuses(&self) -> Vec<u16> {
        let tokens = self.tokens.lock().unwrap();
        tokens
            .iter()
            .map(|token| self.server.status(token))
            .collect()
    }

    fn are_refused<const N: usize>(&self, refused: [bool; N]) -> bool {
        let statuses = self.statuses();
        let expected = refused.map(|refused| if refused { 401 } else { 200 });
        assert!(statuses[N - 1] == 200, "nobody else: {statuses:?}");
        statuses == expected
    }

    fn at_work<T>(&self, story: impl FnOnce() -> T) -> T {
        thread::scope(|scope| {
            scope.spawn(|| {
                while !self.done.load(Ordering::SeqCst) {
                    for token in self.tokens.lock().unwrap().iter_mut() {
                        if let (200, Some(next)) = self.server.renew(token) {
                            *token = next;
                        }
                    }
                    thread::sleep(Duration::from_millis(200));
                }
            });
            // A story that fails must not leave them at work for ever.
            let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(story));
            self.done.store(true, Ordering::SeqCst);
            told.unwrap_or_else(|why| std::panic::resume_unwind(why))
        })
    }
}
