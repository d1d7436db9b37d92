//! A real Redis.

use std::fs;
use std::time::Duration;

use redis::{ConnectionLike as _, FromRedisValue};

use crate::process::{self, Folder, Process, until};
use crate::proxy::Proxy;
use crate::subject::{Kind, Server};

/// Every write is on disk before it is answered.
pub const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

#[derive(Debug)]
pub struct RedisServer {
    program: std::path::PathBuf,
    process: Option<Process>,
    port: u16,
    arguments: Vec<String>,
    folder: Folder,
    /// Between a replica and its primary.
    link: Option<Proxy>,
}

impl RedisServer {
    /// One that keeps nothing on disk; `None` where Redis is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        let program = process::find("redis-server", "redis-server", &[])?;
        let mut server = Self {
            program,
            process: None,
            port: process::free_port(),
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            folder: Folder::new("redis"),
            link: None,
        };
        server.run();
        Some(server)
    }

    fn run(&mut self) {
        for _ in 0..3 {
            let mut command = process::command(&self.program);
            command
                .current_dir(self.folder.path())
                .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
                .args([
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--repl-diskless-sync-delay",
                    "0",
                ])
                .args(["--dir", self.folder.path().to_str().unwrap()])
                .args(&self.arguments);
            let log = self.folder.join("log");
            self.process = Some(Process::start(command, &log));
            if until(Duration::from_secs(10), || self.has_ended() || self.is_up())
                && !self.has_ended()
            {
                return;
            }
        }
        let log = fs::read_to_string(self.folder.join("log"));
        panic!("redis-server does not start: {}", log.unwrap_or_default());
    }

    fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_none_or(Process::has_ended)
    }

    fn is_up(&self) -> bool {
        // One with a password is up when it asks for it.
        match self.try_say::<redis::Value>(&["PING"]) {
            Ok(_) => true,
            Err(error) => error.code() == Some("NOAUTH"),
        }
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Says something to the server, past all feeds.
    pub fn say<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_say(words).unwrap()
    }

    pub fn try_say<T: FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.address())?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(1))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        T::from_redis_value(connection.req_command(&command)?).map_err(Into::into)
    }

    /// A replica of this one, in step with it.
    pub fn replica(&self) -> Self {
        let link = Proxy::to(self.port);
        let to = link.port().to_string();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let replica =
            Self::start_with(&[&arguments[..], &["--replicaof", "127.0.0.1", &to]].concat());
        let mut replica = replica.unwrap();
        replica.link = Some(link);
        // As the primary sees it: it counts nobody before.
        let online = format!("port={},state=online", replica.port);
        let linked = || {
            let info: String = self.say(&["INFO", "replication"]);
            info.contains(&online)
        };
        assert!(until(Duration::from_secs(10), linked));
        replica
    }

    /// Makes a replica a primary.
    pub fn promote(&mut self) {
        self.say::<String>(&["REPLICAOF", "NO", "ONE"]);
        let replicaof = self.arguments.iter().position(|word| word == "--replicaof");
        if let Some(at) = replicaof {
            self.arguments.drain(at..at + 3);
        }
    }
}

impl Server for RedisServer {
    fn kind(&self) -> Kind {
        Kind::Redis
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn kill(&mut self) {
        self.process = None;
    }

    fn restart(&mut self) {
        self.process = None;
        self.run();
    }

    fn restart_empty(&mut self) {
        self.process = None;
        let _ = fs::remove_dir_all(self.folder.join("appendonlydir"));
        let _ = fs::remove_file(self.folder.join("dump.rdb"));
        self.run();
    }

    fn freeze(&self) {
        self.process.as_ref().unwrap().freeze();
    }

    fn thaw(&self) {
        self.process.as_ref().unwrap().thaw();
    }

    fn replica(&self) -> Box<dyn Server> {
        Box::new(Self::replica(self))
    }

    fn isolate(&self) {
        self.link.as_ref().unwrap().cut();
    }

    fn promote(&mut self) {
        Self::promote(self);
    }
}
