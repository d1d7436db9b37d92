//! Every runbook does what it says: its commands are run word for word, and afterwards the sessions
//! are as they should be.
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

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use engine_tests::RedisServer;
use engine_tests::process::{free_port, until};
use ops_tests::{
    Book, Clock, Place, QUICK, SHORT, SOON, Server, has_tools, serve_shared, shared, status_of,
    wait_for, workspace,
};

/// A server under the word `server` of the runbooks.
fn serve(place: &Place) -> Server {
    Server::start(place, "data", place.port, &[], Clock::Right)
}

#[test]
fn first_deployment() {
    if !has_tools() {
        return;
    }
    let (place, book) = (Place::new(), Book::open("first-deployment.md"));
    assert!(book.run_next(&place).contains("sealing"));
    book.run_next(&place);
    assert!(book.run_next(&place).contains("no key is announced"));
    book.run_next(&place);
    assert!(book.run_next(&place).contains("OPENS"));
    book.run_next(&place);
    book.is_done();
    for left in ["token", "credentials"] {
        assert!(!place.path(left).exists(), "{left} is left behind");
    }
    assert_eq!(place.owner("ring"), place.app_user());
    // The backup is the ring.
    place.run("cloakroom keys unwrap backup.wrapped copy --password-file backup.password");
    assert_eq!(place.read("copy"), place.read("ring"));
}

#[test]
fn planned_rotation() {
    if !has_tools() {
        return;
    }
    let (place, book) = (Place::new(), Book::open("planned-rotation.md"));
    place.run(SHORT);
    let server = Server::start(&place, "data", place.port, QUICK, Clock::Right);
    let mut token = server.login("grace");
    let old_keys = place.run("cloakroom keys list ring --json 2>/dev/null | jq -r '.keys[].id'");
    book.run_next(&place);
    book.run_next(&place);
    book.run_next(&place);
    wait_for(&place, "a new key ring is in force");
    book.run_next(&place);
    // Somebody is logged in all the time.
    let mut watch_over = |mut done: Box<dyn FnMut() -> bool + '_>| {
        let finished = until(Duration::from_secs(60), || {
            let (status, next) = server.renew(&token);
            assert!(status == 200 || status == 204, "{status}");
            token = next.unwrap_or_else(|| token.clone());
            assert_eq!(server.status(&token), 200);
            sleep(Duration::from_millis(100));
            done()
        });
        let log = place.read("server.log");
        assert!(finished, "{}\n{log}", place.run("cloakroom keys plan ring"));
    };
    let count = |state: &str| {
        let ask = format!(r#"[.keys[] | select(.state == "{state}")] | length"#);
        place
            .run(&format!(
                "cloakroom keys list ring --json 2>/dev/null | jq '{ask}'"
            ))
            .trim()
            .to_owned()
    };
    watch_over(Box::new(|| count("open-only") == "1"));
    book.run_next(&place);
    watch_over(Box::new(|| count("retired") == "1"));
    book.run_next(&place);
    book.is_done();
    let left = place.run("cloakroom keys list ring --json 2>/dev/null | jq -r '.keys[].id'");
    assert_eq!(left.lines().count(), 1);
    assert_ne!(left, old_keys);
    watch_over(Box::new(|| {
        place
            .read("server.log")
            .matches("a new key ring is in force")
            .count()
            == 2
    }));
}

#[test]
fn leaked_key() {
    let Some(redis) = RedisServer::start().filter(|_| has_tools()) else {
        return;
    };
    let (place, book) = (shared(&redis), Book::open("leaked-key.md"));
    place.full_ring();
    place.run("head -c 24 /dev/urandom | base64 > backup.password; chmod 600 backup.password");
    place.run("cloakroom keys wrap ring backup.wrapped --password-file backup.password");
    let old = place.read("backup.wrapped");
    let server = serve_shared(&place, &redis, &[]);
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    place.run("cp -p ring stolen");
    let forge = || place.forge("stolen", &ada);
    let accepted = |token: &String| server.status(token) == 200;
    assert_eq!(forge().len(), 3);
    // A thief has every key of the file. A server that started without a store refuses what claims to
    // have begun before it.
    assert!(until(SOON, || forge().iter().all(accepted)));
    book.run_next(&place);
    assert_eq!(server.status(&ada), 200, "nothing was shipped yet");
    book.run_next(&place);
    assert!(until(SOON, || server.status(&ada) == 401));
    let refused = |token: &String| server.status(token) == 401;
    assert!(forge().iter().all(refused), "under every key of the file");
    assert!(book.run_next(&place).contains("OPENS"));
    // A session that a thief had renewed under the fresh key in time.
    let renewed = server.login("ada");
    assert_eq!(server.status(&renewed), 200);
    place.run("mkdir -p late; cp -p data/feed-key late");
    let address = redis.address();
    let old_ring = place.path("stolen");
    let with = [
        ("REDIS_URL", &*address),
        ("CLOAKROOM_KEYS", old_ring.to_str().unwrap()),
    ];
    let late = Server::start(&place, "late", free_port(), &with, Clock::Right);
    assert!(until(SOON, || forge()
        .iter()
        .all(|token| late.status(token) == 200)));
    let revoked = book.run_next(&place);
    assert_eq!(revoked.matches("accepted: key").count(), 3, "{revoked}");
    assert!(until(SOON, || server.status(&renewed) == 401));
    book.run_next(&place);
    book.is_done();
    assert_eq!(server.status(&grace), 401);
    // A server that missed the new file refuses them all the same, now that they are revoked.
    assert!(until(SOON, || forge()
        .iter()
        .all(|token| late.status(token) == 401)));
    assert_ne!(place.read("backup.wrapped"), old);
    assert!(until(SOON, || {
        let again = server.login("grace");
        server.status(&again) == 200
    }));
}

#[test]
fn lost_ring() {
    if !has_tools() {
        return;
    }
    let (place, book) = (Place::new(), Book::open("lost-ring.md"));
    place.run("cloakroom keys new ring --max-lifetime 8h");
    place.run("head -c 24 /dev/urandom | base64 > backup.password; chmod 600 backup.password");
    place.run("cloakroom keys wrap ring backup.wrapped --password-file backup.password");
    let ring = place.read("ring");
    let server = serve(&place);
    let token = server.login("ada");
    fs::remove_file(place.path("ring")).unwrap();
    wait_for(&place, "the old key ring stays in force");
    assert_eq!(server.status(&token), 200, "the server goes on");
    book.run_next(&place);
    book.run_next(&place);
    book.run_next(&place);
    assert_eq!(place.read("ring"), ring);
    assert_eq!(place.owner("ring"), place.app_user());
    assert_eq!(server.status(&token), 200);
    // Now the worst: no copy either. The shell waits for the server, and so does its parent.
    let reaped = std::thread::spawn(move || server.reap());
    book.run_next(&place);
    reaped.join().unwrap();
    assert_eq!(status_of(place.port, &token), 401);
    book.run_next(&place);
    book.is_done();
    assert_ne!(place.read("ring"), ring);
    assert_eq!(place.owner("ring"), place.app_user());
    place.run("cloakroom keys unwrap backup.wrapped copy --password-file backup.password");
    assert_eq!(place.read("copy"), place.read("ring"));
}

#[test]
fn engine_down() {
    if !has_tools() {
        return;
    }
    let port = free_port();
    let feed = format!("redis://127.0.0.1:{port}/");
    let place = Place::new()
        .with("FEED", &feed)
        .with("FEED_KEY", "data/feed-key")
        .with("REDIS_PORT", &port.to_string());
    let book = Book::open("engine-down.md");
    let start = "redis-server --port \"$REDIS_PORT\" --bind 127.0.0.1 --dir . --daemonize yes \
                 --pidfile redis.pid --logfile redis.log --save '' --appendonly yes";
    // Redis takes the file with it.
    let stop = "cp redis.pid copy.pid; kill \"$(cat copy.pid)\"; \
                while kill -0 \"$(cat copy.pid)\" 2>/dev/null; do sleep 0.1; done";
    place.run(&format!(
        "{start}; until redis-cli -p \"$REDIS_PORT\" ping; do sleep 0.1; done"
    ));
    place.run("cloakroom keys new ring --max-lifetime 8h");
    let with = [("REDIS_URL", &*feed)];
    let server = Server::start(&place, "data", place.port, &with, Clock::Right);
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    place.write("credentials", &format!("Authorization: Bearer {ada}\n"));
    place.run(stop);
    assert!(until(SOON, || server.status(&ada) == 503));
    book.run_next(&place);
    assert!(book.run_next(&place).contains("503"));
    book.run_next(&place);
    book.run_next(&place);
    book.run_next(&place);
    book.is_done();
    assert_eq!(server.status(&grace), 200);
    place.run("redis-cli -p \"$REDIS_PORT\" shutdown nosave || true");
}

#[test]
fn clock_wrong() {
    if !has_tools() {
        return;
    }
    let (place, book) = (Place::new(), Book::open("clock-wrong.md"));
    place.run("cloakroom keys new ring --max-lifetime 8h");
    // It had a store when its clock was right.
    drop(serve(&place));
    let server = Server::start(&place, "data", place.port, &[], Clock::Ahead(7_200));
    let token = server.login("ada");
    place.write("token", &token);
    place.write("credentials", &format!("Authorization: Bearer {token}\n"));
    let ahead = book.run_next(&place);
    assert!(
        ["7199", "7200", "7201"]
            .iter()
            .any(|seconds| ahead.contains(seconds)),
        "{ahead}"
    );
    let shown = book.run_next(&place);
    assert!(shown.contains("OPENS"), "{shown}");
    let reaped = std::thread::spawn(move || server.reap());
    book.run_next(&place);
    reaped.join().unwrap();
    book.run_next(&place);
    book.run_next(&place);
    assert_eq!(status_of(place.port, &token), 401);
    book.run_next(&place);
    book.is_done();
    assert_eq!(status_of(place.port, &token), 401);
}

/// A ring that is moved across file systems is copied, and a server may read half of it.
#[test]
fn what_is_moved_to_the_ring_was_beside_it() {
    let folder = workspace().join("docs/runbooks");
    let mut moves = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let moved = |line: &&str| line.starts_with("mv ") && line.ends_with(r#""$RING""#);
        for line in text.lines().filter(moved) {
            assert_eq!(line, r#"mv "$RING.next" "$RING""#);
            moves += 1;
        }
    }
    assert!(moves >= 4, "{moves}");
}

#[test]
fn every_runbook_is_run_here_and_listed() {
    let folder = workspace().join("docs/runbooks");
    let names = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<String> = names.map(|name| name.into_string().unwrap()).collect();
    let sources = fs::read_dir(workspace().join("crates/ops-tests/tests")).unwrap();
    let source: String = sources
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names.iter().filter(|name| *name != "README.md") {
        assert!(
            source.contains(&format!("Book::open(\"{name}\")")),
            "{name} is not run"
        );
        assert!(
            list.contains(&format!("({name})")),
            "{name} is not in the list"
        );
    }
}
