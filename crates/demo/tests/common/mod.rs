//! Runs the server on a free port with a clock that is moved by hand, and talks to it over a
//! TCP connection of its own, so that what is checked is what is on the wire.

pub(crate) mod process;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use cloakroom::http::cookie::CookieConfig;
use cloakroom::{KeyId, ManualClock};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use demo::app::{App, Config};
use demo::routes::router;

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const COOKIE: &str = "__Host-session";

/// A directory of its own, removed when dropped.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cloakroom-server-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) clock: ManualClock,
    address: SocketAddr,
    runtime: Option<Runtime>,
    directory: Option<Directory>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(CookieConfig::default(), |_| Router::new())
    }

    /// With routes of the test's own beside those of the example.
    pub(crate) fn start_with(cookie: CookieConfig, extra: impl FnOnce(Arc<App>) -> Router) -> Self {
        let (directory, clock) = (Directory::new(), ManualClock::at(START));
        Self::run(directory, clock, cookie, extra)
    }

    fn run(
        directory: Directory,
        clock: ManualClock,
        cookie: CookieConfig,
        extra: impl FnOnce(Arc<App>) -> Router,
    ) -> Self {
        let app = App::new(Config {
            cookie,
            ..Config::new(directory.path().to_owned(), Arc::new(clock.clone())).unwrap()
        })
        .unwrap();
        let router = extra(Arc::clone(&app)).merge(router(Arc::clone(&app), &[]).unwrap());
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            app,
            clock,
            address,
            runtime: Some(runtime),
            directory: Some(directory),
        }
    }

    /// Stops, and starts again over the same directory and clock.
    pub(crate) fn restart(mut self) -> Self {
        let directory = self.directory.take().unwrap();
        let clock = self.clock.clone();
        drop(self);
        Self::run(directory, clock, CookieConfig::default(), |_| Router::new())
    }

    pub(crate) fn send(&self, request: &Request) -> Reply {
        request.send(self.address)
    }

    pub(crate) fn begin(&self, request: &Request) -> Begun {
        request.begin(self.address)
    }

    /// `GET` with this token in the cookie.
    pub(crate) fn get(&self, path: &str, token: &str) -> Reply {
        self.send(&Request::get(path).cookie(token))
    }

    /// A form sent from the server's own page, with this token in the cookie.
    pub(crate) fn post(&self, path: &str, token: &str, form: &str) -> Reply {
        self.send(&self.signed(path, token, form))
    }

    /// The request that a form on a page of this token's session sends.
    pub(crate) fn signed(&self, path: &str, token: &str, form: &str) -> Request {
        let signature = self.app.sessions.verify(token).ok().map(|session| {
            let signature = self.app.sessions.form_token(session.info());
            format!("&form={}", signature.unwrap())
        });
        let form = format!("{form}{}", signature.unwrap_or_default());
        Request::form(path, &form).cookie(token)
    }

    /// Logs a demo user in and returns the token.
    pub(crate) fn login(&self, name: &str) -> String {
        let reply = self.send(&Request::login(name));
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.token().expect("a login sets the cookie")
    }

    pub(crate) fn now(&self) -> u64 {
        cloakroom::Clock::now(&self.clock).unwrap().unix()
    }

    pub(crate) fn key_of(&self, token: &str) -> KeyId {
        self.app.sessions.verify(token).unwrap().info().key()
    }

    pub(crate) fn count(&self, code: &str) -> u64 {
        self.app.events().get(code).copied().unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

/// One HTTP/1.1 request, written by hand.
#[derive(Clone)]
pub(crate) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::new(format!("GET {path} HTTP/1.1"), "")
    }

    /// A form as a browser sends it from the server's own page.
    pub(crate) fn form(path: &str, form: &str) -> Self {
        Self::foreign_form(path, form).header("Sec-Fetch-Site", "same-origin")
    }

    /// A form without the headers by which browsers tell where it was.
    pub(crate) fn foreign_form(path: &str, form: &str) -> Self {
        Self::new(format!("POST {path} HTTP/1.1"), form)
            .header("Content-Type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn login(name: &str) -> Self {
        Self::form("/login", &format!("name={name}&password=demo-{name}"))
    }

    fn new(line: String, body: &str) -> Self {
        let (headers, body) = (Vec::new(), body.to_owned());
        Self {
            line,
            headers,
            body,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn cookie(self, token: &str) -> Self {
        self.header("Cookie", &format!("{COOKIE}={token}"))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn send(&self, address: SocketAddr) -> Reply {
        self.begin(address).rest()
    }

    /// Sends all but the body.
    pub(crate) fn begin(&self, address: SocketAddr) -> Begun {
        let mut text = format!("{}\r\n", self.line);
        if !self.headers.iter().any(|(name, _)| name == "Host") {
            text.push_str(&format!("Host: {address}\r\n"));
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.body.len();
        text.push_str(&format!(
            "Content-Length: {length}\r\nConnection: close\r\n\r\n"
        ));
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        Begun {
            stream,
            body: self.body.clone(),
        }
    }
}

/// A request whose body is held back.
pub(crate) struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    pub(crate) fn rest(mut self) -> Reply {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        Reply::parse(&answer)
    }

    /// The head of an answer that does not end.
    pub(crate) fn head(mut self) -> Reply {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        Reply::parse(&String::from_utf8(answer).unwrap())
    }
}

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Byte for byte, but without the line of the `Date` header.
    pub(crate) text: String,
}

impl Reply {
    fn parse(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").expect("a header line"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .filter(|(name, _)| name != "date")
            .collect();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let text = format!("{line}\n{headers:#?}\n{body}");
        let body = body.to_owned();
        Self {
            status,
            headers,
            body,
            text,
        }
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(other, _)| other == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name} comes {} times", all.len());
        all.first().copied()
    }

    /// The token in `Set-Cookie`; `None` if no cookie is set.
    pub(crate) fn token(&self) -> Option<String> {
        let line = self.header("set-cookie")?;
        let cookie = cookie::Cookie::parse(line).unwrap();
        assert_eq!(cookie.name(), COOKIE);
        assert!(!cookie.value().is_empty(), "the cookie was removed: {line}");
        Some(cookie.value().to_owned())
    }

    /// Whether the answer removes the cookie.
    pub(crate) fn removes_cookie(&self) -> bool {
        self.header("set-cookie").is_some_and(|line| {
            line.starts_with(&format!("{COOKIE}=;")) && line.contains("; Max-Age=0")
        })
    }
}
