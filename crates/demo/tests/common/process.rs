//! The server as a program of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Request;

/// A running server, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) output: String,
}

pub(crate) fn command(directory: &Path) -> Command {
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
pub(crate) fn refusal(directory: &Path) -> String {
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
    pub(crate) fn start(directory: &Path) -> Self {
        Self::spawn(&mut command(directory))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
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

    /// Ends it; what it said to the operator.
    pub(crate) fn alarms(mut self) -> String {
        self.child.kill().unwrap();
        let mut said = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        said
    }

    /// As `kill -9` does: no handler runs.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn login(&self, name: &str) -> String {
        Request::login(name).send(self.address).token().unwrap()
    }

    /// A form as the page at `from` has it.
    pub(crate) fn signed(&self, from: &str, path: &str, token: &str) -> Request {
        self.signed_with(from, path, token, "")
    }

    pub(crate) fn signed_with(&self, from: &str, path: &str, token: &str, fields: &str) -> Request {
        let page = Request::get(from).cookie(token).send(self.address).body;
        let form = page.split_once("name=\"form\" value=\"").unwrap().1;
        let form = form.split_once('"').unwrap().0;
        Request::form(path, &format!("form={form}&{fields}")).cookie(token)
    }

    pub(crate) fn status(&self, token: &str) -> u16 {
        Request::get("/").cookie(token).send(self.address).status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
