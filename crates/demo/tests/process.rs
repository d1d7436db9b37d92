//! The server as a program of its own: it starts with one command, and what it keeps survives
//! `kill -9`.

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
use std::path::Path;

use common::process::{Process, command, refusal};
use common::{Directory, Request};

#[test]
fn a_session_survives_kill_9_because_the_key_file_is_reused() {
    let directory = Directory::new();
    let below = directory.path().join("not").join("there");
    let server = Process::start(&below);
    let keys = below.join("keys");
    assert!(server.output.contains(&format!("keys: {}", keys.display())));
    let first = fs::read(&keys).unwrap();
    let token = server.login("ada");
    assert_eq!(server.status(&token), 200);
    server.kill();

    let server = Process::start(&below);
    assert_eq!(fs::read(&keys).unwrap(), first);
    assert_eq!(server.status(&token), 200);
    let copy = server.login("ada");
    let reply = Request::form("/logout", "")
        .cookie(&copy)
        .send(server.address);
    assert_eq!(reply.status, 303);
    assert_eq!(server.status(&copy), 401);
    assert_eq!(server.status(&token), 200);
}

#[test]
fn a_server_with_other_keys_does_not_know_the_session() {
    let (one, other) = (Directory::new(), Directory::new());
    let (one, other) = (Process::start(one.path()), Process::start(other.path()));
    let token = one.login("ada");
    assert_eq!(one.status(&token), 200);
    assert_eq!(other.status(&token), 401);
}

#[test]
fn a_rotation_survives_kill_9() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    let admin = server.login("admin");
    let rotate = server.signed("/admin", "/admin/rotate-keys", &admin);
    assert_eq!(rotate.send(server.address).status, 303);
    server.kill();
    let text = fs::read_to_string(directory.path().join("keys")).unwrap();
    assert_eq!(text.matches("key clkkey1.").count(), 2);
    let server = Process::start(directory.path());
    assert_eq!(server.status(&admin), 200);
}

#[test]
fn the_first_run_prints_what_a_person_needs() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    for user in ["ada", "grace", "admin"] {
        let line = format!("login: {user} / demo-{user}\n");
        assert!(server.output.contains(&line), "{}", server.output);
        assert_eq!(server.status(&server.login(user)), 200);
    }
}

#[test]
fn the_development_cookie_is_asked_for_by_name() {
    let directory = Directory::new();
    let server = Process::spawn(command(directory.path()).env("CLOAKROOM_DEV_COOKIE", "1"));
    let reply = Request::login("ada").send(server.address);
    let line = reply.header("set-cookie").unwrap();
    assert!(
        line.starts_with("session=") && !line.contains("Secure"),
        "{line}"
    );
}

#[test]
fn a_damaged_key_file_stops_the_server_and_is_left_as_it_is() {
    let directory = Directory::new();
    Process::start(directory.path()).kill();
    let keys = directory.path().join("keys");
    let text = fs::read_to_string(&keys).unwrap();
    let damaged = text.replacen("clkkey1.", "clkkey1.-", 1);
    fs::write(&keys, &damaged).unwrap();
    let error = refusal(directory.path());
    let place = format!("error: {}: line 4, column 5: ", keys.display());
    assert!(error.starts_with(&place), "{error}");
    let secret = text.split("clkkey1.").nth(1).unwrap();
    assert!(!error.contains(&secret[..16]), "the error shows the key");
    assert_eq!(fs::read_to_string(&keys).unwrap(), damaged);
}

#[cfg(unix)]
#[test]
fn the_key_file_is_private_and_one_that_is_not_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = Directory::new();
    let below = directory.path().join("state");
    let server = Process::start(&below);
    let keys = below.join("keys");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&keys), 0o600);
    assert_eq!(mode(&below), 0o700);
    // Written anew by a rotation, and as private as before.
    let admin = server.login("admin");
    let rotate = server.signed("/admin", "/admin/rotate-keys", &admin);
    assert_eq!(rotate.send(server.address).status, 303);
    assert_eq!(mode(&keys), 0o600);
    server.kill();
    for open in [0o640, 0o604, 0o660] {
        fs::set_permissions(&keys, fs::Permissions::from_mode(open)).unwrap();
        let error = refusal(&below);
        assert!(error.contains("chmod 600"), "{open:o}: {error}");
    }
}

#[test]
fn who_logged_out_stays_logged_out_after_kill_9() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    let (left, stays) = (server.login("ada"), server.login("ada"));
    let out = Request::form("/logout", "").cookie(&left);
    assert_eq!(out.send(server.address).status, 303);
    server.kill();
    let server = Process::start(directory.path());
    assert_eq!(server.status(&left), 401);
    assert_eq!(server.status(&stays), 200);
}

#[test]
fn a_lost_list_of_logouts_lets_nobody_in_from_before() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    let before = server.login("ada");
    server.kill();
    fs::remove_file(directory.path().join("revocations.redb")).unwrap();
    let server = Process::start(directory.path());
    assert_eq!(server.status(&before), 401);
    assert_eq!(server.status(&server.login("ada")), 200);
}

#[test]
fn a_damaged_list_of_logouts_is_moved_aside_with_an_alarm() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    let before = server.login("ada");
    server.kill();
    fs::write(directory.path().join("revocations.redb"), "no database").unwrap();
    let server = Process::start(directory.path());
    assert_eq!(server.status(&before), 401);
    assert_eq!(server.status(&server.login("ada")), 200);
    assert!(server.alarms().contains("revocations: "));
}

#[test]
fn a_name_that_is_not_ours_is_misdirected() {
    let directory = Directory::new();
    let server = Process::start(directory.path());
    let token = server.login("ada");
    let port = server.address.port();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("rebound.example:{port}"), 421),
        ("localhost:1".to_owned(), 421),
    ] {
        let get = Request::get("/").header("Host", &host).cookie(&token);
        assert_eq!(get.send(server.address).status, status, "{host}");
    }
}
