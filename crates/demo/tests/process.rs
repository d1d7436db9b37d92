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
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Directory, Request};

/// A running server, killed when dropped.
struct Process {
    child: Child,
    address: SocketAddr,
    output: String,
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command
        .env("CLOAKROOM_DIR", directory)
        .env("PORT", "0")
        .env_remove("CLOAKROOM_DEV_COOKIE")
        .env_remove("REDIS_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the server says when it refuses to start.
fn refusal(directory: &Path) -> String {
    let mut child = command(directory).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Waiting for its end alone would last for ever if it does start.
    let started = lines
        .map_while(Result::ok)
        .any(|line| line.starts_with("listening"));
    if started {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(!started && !output.status.success(), "the server started");
    String::from_utf8(output.stderr).unwrap()
}

impl Process {
    fn start(directory: &Path) -> Self {
        Self::spawn(&mut command(directory))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut output = String::new();
        let address = loop {
            let Some(line) = lines.next() else {
                let mut error = String::new();
                child
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut error)
                    .unwrap();
                panic!("the server ended before it listened: {output}{error}");
            };
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse().unwrap();
            }
            output.push_str(&line);
            output.push('\n');
        };
        Self {
            child,
            address,
            output,
        }
    }

    /// As `kill -9` does: no handler runs.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn login(&self, name: &str) -> String {
        Request::login(name).send(self.address).token().unwrap()
    }

    /// A form as the page at `from` has it.
    fn signed(&self, from: &str, path: &str, token: &str) -> Request {
        let page = Request::get(from).cookie(token).send(self.address).body;
        let form = page.split_once("name=\"form\" value=\"").unwrap().1;
        let form = form.split_once('"').unwrap().0;
        Request::form(path, &format!("form={form}")).cookie(token)
    }

    fn status(&self, token: &str) -> u16 {
        Request::get("/").cookie(token).send(self.address).status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
