//! A demo server that a test starts itself, and requests to it.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::programs::path;

/// Of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Right,
    /// Ahead by so many seconds.
    Ahead(u64),
}

/// A running server, killed when dropped. Its process id is in `server.pid`, its log in `server.log`.
pub struct Server {
    child: Child,
    _input: Option<ChildStdin>,
    pub port: u16,
}

impl Server {
    /// Starts a server on this port, in this directory of the place, over its ring.
    pub fn start(
        place: &Place,
        directory: &str,
        port: u16,
        with: &[(&str, &str)],
        clock: Clock,
    ) -> Self {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(place.path("server.log"))
            .unwrap();
        let mut command = Command::new("demo");
        command
            .env("PATH", path())
            .env("PORT", port.to_string())
            .env("CLOAKROOM_DIR", place.path(directory))
            .env("CLOAKROOM_KEYS", place.path("ring"))
            .env_remove("REDIS_URL")
            .env_remove("CLOAKROOM_DEV_COOKIE")
            .envs(with.iter().copied())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        if clock != Clock::Right {
            command.env("CLOAKROOM_TEST_CLOCK", "1");
        }
        let mut child = command.spawn().unwrap();
        place.write("server.pid", &child.id().to_string());
        let mut input = child.stdin.take();
        if let (Clock::Ahead(seconds), Some(input)) = (clock, &mut input) {
            writeln!(input, "{seconds}").unwrap();
        }
        let server = Self {
            child,
            _input: input,
            port,
        };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let waited = started.elapsed();
            let log = || place.read("server.log");
            assert!(waited < Duration::from_secs(30), "no server: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// What the runbook ends, is waited for by who started it.
    pub fn reap(mut self) {
        self.child.wait().unwrap();
    }

    /// A bearer token of a new session of this user.
    pub fn login(&self, user: &str) -> String {
        login(self.port, user)
    }

    /// The next token, if the server has one.
    pub fn renew(&self, token: &str) -> (u16, Option<String>) {
        let (status, body) = self.ask("POST", "/api/renew", token, "");
        let next = serde_json::from_str::<serde_json::Value>(&body).ok();
        let next = next.and_then(|answer| answer["token"].as_str().map(str::to_owned));
        (status, next)
    }

    pub fn status(&self, token: &str) -> u16 {
        status_of(self.port, token)
    }

    fn ask(&self, method: &str, path: &str, token: &str, form: &str) -> (u16, String) {
        ask(self.port, method, path, token, form)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bearer token of a new session of this user, by the server on this port.
pub fn login(port: u16, user: &str) -> String {
    let form = format!("name={user}&password=demo-{user}");
    let (status, body) = ask(port, "POST", "/api/login", "", &form);
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// Ends the session of the token, on the server on this port.
pub fn logout(port: u16, token: &str) {
    let (status, body) = ask(port, "POST", "/logout", token, "");
    assert!((200..400).contains(&status), "{status}: {body}");
}

/// What the server on this port says to a session.
pub fn status_of(port: u16, token: &str) -> u16 {
    ask(port, "GET", "/api/me", token, "").0
}

fn ask(port: u16, method: &str, path: &str, token: &str, form: &str) -> (u16, String) {
    let bearer = if token.is_empty() {
        String::new()
    } else {
        format!("Authorization: Bearer {token}\r\n")
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{bearer}Connection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}
