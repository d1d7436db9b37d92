//! Keys over HTTP: rotation while requests run, old tokens that still open, a key taken out of
//! service, and the file that all of it ends up in.

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

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use cloakroom::reload::Reload;
use cloakroom::{Clock, Key, KeyRing, KeyState};
use common::Server;
use demo::admin::ANNOUNCED_FOR;

fn file(server: &Server) -> KeyRing {
    KeyRing::parse(&fs::read_to_string(server.app.keys.path()).unwrap()).unwrap()
}

fn rotate(server: &Server, admin: &str) {
    let reply = server.post("/admin/rotate-keys", admin, "");
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/admin#keys")),
        "{}",
        reply.body
    );
}

#[test]
fn after_a_rotation_old_tokens_open_and_new_logins_are_under_the_new_key() {
    let server = Server::start();
    let (admin, old) = (server.login("admin"), server.login("ada"));
    let old_key = server.key_of(&old);
    rotate(&server, &admin);
    // Announced: known, not yet in use.
    let early = server.login("ada");
    assert_eq!(server.key_of(&early), old_key);
    server.clock.advance(ANNOUNCED_FOR);
    let new = server.login("ada");
    let new_key = server.key_of(&new);
    assert_ne!(new_key, old_key);
    for token in [&admin, &old, &early, &new] {
        assert_eq!(server.get("/", token).status, 200);
    }
    assert_eq!(server.key_of(&old), old_key);
    assert!(
        server
            .get("/", &new)
            .body
            .contains(&format!("<code>{new_key}</code>"))
    );
    // Using a session carries it over.
    server.clock.advance(900);
    let renewed = server.get("/", &old).token().expect("a renewal is due");
    assert_eq!(server.key_of(&renewed), new_key);
}

#[test]
fn no_request_fails_while_keys_are_rotated() {
    let server = Server::start();
    let (admin, ada) = (server.login("admin"), server.login("ada"));
    let (done, requests) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let visit = || {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(server.get("/", &ada).status, 200);
                let new = server.login("grace");
                assert_eq!(server.get("/", &new).status, 200);
                requests.fetch_add(3, Ordering::Relaxed);
            }
        };
        let visitors = [scope.spawn(visit), scope.spawn(visit)];
        for round in 1..=20 {
            rotate(&server, &admin);
            server.clock.advance(ANNOUNCED_FOR);
            // A visitor that stops early has met a failure.
            while requests.load(Ordering::Relaxed) < round * 6
                && !visitors.iter().any(|visitor| visitor.is_finished())
            {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(file(&server).keys().count(), 21);
}

#[test]
fn two_rotations_in_one_second_are_refused_and_change_nothing() {
    let server = Server::start();
    let admin = server.login("admin");
    rotate(&server, &admin);
    let before = fs::read(server.app.keys.path()).unwrap();
    let reply = server.post("/admin/rotate-keys", &admin, "");
    assert_eq!(reply.status, 409);
    assert!(reply.body.contains("keys unchanged: "), "{}", reply.body);
    assert_eq!(fs::read(server.app.keys.path()).unwrap(), before);
    assert_eq!(server.app.sessions.key_ring().keys().count(), 2);
    assert_eq!(server.get("/", &admin).status, 200);
}

#[test]
fn of_rotations_at_one_time_one_is_made_and_no_key_is_lost() {
    let server = Server::start();
    let admin = server.login("admin");
    for round in 1..=10 {
        let start = Barrier::new(4);
        let rotate = || {
            start.wait();
            server.post("/admin/rotate-keys", &admin, "").status
        };
        let mut statuses = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(rotate));
            threads.map(|thread| thread.join().unwrap())
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409, 409, 409]);
        assert_eq!(server.app.sessions.key_ring().keys().count(), round + 1);
        assert_eq!(file(&server).keys().count(), round + 1);
        server.clock.advance(1);
    }
}

#[test]
fn keys_that_no_live_token_can_be_under_leave_with_the_next_rotation() {
    let server = Server::start();
    let admin = server.login("admin");
    let first = server.key_of(&admin);
    rotate(&server, &admin);
    // Eight hours, and an hour for the roll-out, after the second key took over.
    let retires = ANNOUNCED_FOR + 8 * 3_600 + 3_600;
    server.clock.advance(retires - 1);
    let late = server.login("admin");
    rotate(&server, &late);
    assert_eq!(server.app.sessions.key_ring().keys().count(), 3);
    server.clock.advance(1);
    rotate(&server, &late);
    let ring = file(&server);
    assert_eq!(ring.keys().count(), 3);
    assert!(ring.keys().all(|key| key.id != first));
    assert_eq!(server.get("/", &late).status, 200);
}

#[test]
fn disabling_the_old_key_kills_its_tokens_for_good() {
    let server = Server::start();
    let (admin, old) = (server.login("admin"), server.login("ada"));
    let old_key = server.key_of(&old);
    rotate(&server, &admin);
    server.clock.advance(ANNOUNCED_FOR);
    // Whoever has the old key may have made this one with it, and had it renewed: it ends as well.
    let new = server.login("ada");
    let reply = server.post("/admin/disable-key", &admin, &format!("key={old_key}"));
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/login"))
    );
    for token in [&admin, &old, &new] {
        let reply = server.get("/", token);
        assert_eq!((reply.status, reply.header("set-cookie")), (401, None));
    }
    let again = server.login("ada");
    assert_eq!(server.get("/", &again).status, 200);
    // The ring's file says that the key is disabled, and the other who was logged out.
    let server = server.restart();
    let now = server.clock.now().unwrap();
    assert_eq!(file(&server).state(old_key, now), Some(KeyState::Disabled));
    assert_eq!(server.get("/", &old).status, 401);
    assert_eq!(server.get("/", &again).status, 200);
}

#[test]
fn the_only_key_can_not_be_disabled_and_nobody_is_logged_out() {
    let server = Server::start();
    let (admin, ada) = (server.login("admin"), server.login("ada"));
    let before = fs::read(server.app.keys.path()).unwrap();
    let key = server.key_of(&admin);
    for (form, status) in [
        (format!("key={key}"), 409),
        ("key=00000000".to_owned(), 409),
        ("key=<b>".to_owned(), 400),
    ] {
        let reply = server.post("/admin/disable-key", &admin, &form);
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(!reply.body.contains("<b>"));
    }
    assert_eq!(fs::read(server.app.keys.path()).unwrap(), before);
    assert_eq!(server.get("/", &ada).status, 200);
}

#[test]
fn a_restart_finds_the_rotated_keys_and_the_sessions_under_them() {
    let server = Server::start();
    let (admin, old) = (server.login("admin"), server.login("ada"));
    rotate(&server, &admin);
    server.clock.advance(ANNOUNCED_FOR);
    let new = server.login("ada");
    let server = server.restart();
    assert_eq!(server.get("/", &old).status, 200);
    assert_eq!(server.get("/", &new).status, 200);
}

#[test]
fn what_an_operator_writes_into_the_file_takes_effect_and_what_is_damaged_does_not() {
    let server = Server::start();
    let (admin, old) = (server.login("admin"), server.login("ada"));
    let old_key = server.key_of(&old);
    // As a command on this machine does it: the server is not asked.
    let now = server.clock.now().unwrap();
    let soon = now.checked_add(time::Duration::seconds(60)).unwrap();
    let announced = file(&server)
        .announce(Key::generate().unwrap(), soon)
        .unwrap();
    server.app.keys.save(&announced).unwrap();
    assert_eq!(server.app.key_watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(server.app.sessions.key_ring().keys().count(), 2);
    assert_eq!(server.app.specimens.key_ring().keys().count(), 2);
    server.clock.advance(60);
    let new = server.login("ada");
    assert_ne!(server.key_of(&new), old_key);
    // Damaged: the old ring stays, and the administrator is told instead of overwriting the file.
    let text = announced.to_text();
    let damaged = &text.expose()[..text.expose().len() - 4];
    fs::write(server.app.keys.path(), damaged).unwrap();
    assert!(server.app.key_watch.poll_now().is_err());
    let reply = server.post("/admin/rotate-keys", &admin, "");
    assert_eq!(reply.status, 409, "{}", reply.body);
    assert_eq!(fs::read_to_string(server.app.keys.path()).unwrap(), damaged);
    for token in [&admin, &old, &new] {
        assert_eq!(server.get("/", token).status, 200);
    }
    // Disabled: everything under it is dead.
    server
        .app
        .keys
        .save(&announced.disable(old_key).unwrap())
        .unwrap();
    assert_eq!(server.app.key_watch.poll_now(), Ok(Reload::Replaced));
    assert_eq!(server.get("/", &old).status, 401);
    assert_eq!(server.get("/", &new).status, 200);
}

#[test]
fn the_watch_looks_by_itself() {
    let server = Server::start();
    let looks = || server.app.key_watch.status().polls;
    let before = looks();
    let started = std::time::Instant::now();
    while looks() == before {
        assert!(started.elapsed() < std::time::Duration::from_secs(30));
        thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn no_page_shows_a_key() {
    let server = Server::start();
    let admin = server.login("admin");
    rotate(&server, &admin);
    let file = fs::read_to_string(server.app.keys.path()).unwrap();
    let secrets: Vec<&str> = file
        .split([' ', '\n'])
        .filter(|word| word.len() == 56)
        .collect();
    assert_eq!(secrets.len(), 2);
    let page = server.get("/admin", &admin);
    assert_eq!(page.status, 200);
    for secret in secrets {
        assert!(!page.body.contains(&secret[8..20]), "a key in the page");
    }
}
