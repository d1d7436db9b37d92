//! A real PostgreSQL.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

use crate::process::{self, Folder, Process, until};
use crate::proxy::{Proxy, Weather};
use crate::subject::{Kind, Server};

#[derive(Debug)]
pub struct PostgresServer {
    bin: PathBuf,
    owner: Option<(u32, u32)>,
    process: Option<Process>,
    port: u16,
    arguments: Vec<String>,
    folder: Folder,
    /// Between a replica and its primary.
    link: Option<Proxy>,
}

/// The programs, of the newest version installed.
fn bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    versions.reverse();
    let initdb = process::find("initdb", "postgresql", &versions)?;
    Some(initdb.canonicalize().unwrap().parent().unwrap().to_owned())
}

/// The server refuses to run as root: then whom it runs as.
fn owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut words = line.split(':').skip(2);
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    Some(
        ids("postgres")
            .or_else(|| ids("nobody"))
            .expect("a user to run as"),
    )
}

impl PostgresServer {
    /// One with an empty database; `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With settings, as `name=value`.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        let mut server = Self::prepared(bin()?, settings);
        server.init();
        server.run();
        Some(server)
    }

    fn prepared(bin: PathBuf, settings: &[&str]) -> Self {
        let (folder, owner) = (Folder::new("postgres"), owner());
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        Self {
            bin,
            owner,
            process: None,
            port: process::free_port(),
            arguments: settings
                .iter()
                .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()])
                .collect(),
            folder,
            link: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn as_owner(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn tool(&self, name: &str, arguments: &[&str], data: &Path) {
        let mut command = self.as_owner(Command::new(self.bin.join(name)));
        command
            .args(arguments)
            .arg("-D")
            .arg(data)
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
    }

    fn init(&self) {
        let arguments = [
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ];
        self.tool("initdb", &arguments, &self.data());
    }

    fn run(&mut self) {
        let mut command = self.as_owner(process::command(&self.bin.join("postgres")));
        command
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1"])
            // No tests of power cuts here, so no waiting for disks; kill -9 loses no written page.
            .args(["-c", "fsync=off", "-c", "unix_socket_directories="])
            .args(["-c", "wal_receiver_status_interval=1"])
            // In its folder, that goes with it.
            .args(["-c", "dynamic_shared_memory_type=mmap"])
            .args(&self.arguments);
        let log = self.folder.join("log");
        // Killed, it would leave a segment of shared memory each time, and their number is limited.
        self.process = Some(Process::start(command, &log).farewell(Signal::QUIT));
        let process = self.process.as_mut().unwrap();
        let port = self.port;
        let up = until(Duration::from_secs(20), || {
            process.has_ended() || query(port, "SELECT 1").is_ok()
        });
        if !up || process.has_ended() {
            let log = fs::read_to_string(log).unwrap_or_default();
            panic!("postgres does not start: {log}");
        }
    }

    /// Says something to the server, past all feeds; the first column of what it answers.
    pub fn say(&self, statement: &str) -> Vec<String> {
        query(self.port, statement).unwrap()
    }

    pub fn config_at(port: u16) -> Config {
        let config = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres");
        config.parse().unwrap()
    }

    /// Somebody who receives the changes of tables, as change data capture does, and confirms them at
    /// once. The server needs `wal_level=logical`.
    pub fn receives_changes(&self) -> Process {
        let (port, slot) = (self.port.to_string(), "changes");
        let tool = |action: &[&str]| {
            let mut command = self.as_owner(process::command(&self.bin.join("pg_recvlogical")));
            command
                .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres"])
                .args(["-d", "postgres", "-S", slot, "--plugin=test_decoding"])
                .args(action);
            command
        };
        assert!(tool(&["--create-slot"]).status().unwrap().success());
        let start = tool(&["--start", "-f", "/dev/null", "-s", "1", "-F", "1"]);
        Process::start(start, &self.folder.join("changes"))
    }

    /// A standby of this one, in step with it.
    pub fn replica(&self) -> Self {
        self.replica_named("standby")
    }

    pub fn replica_named(&self, name: &str) -> Self {
        let mut replica = Self::prepared(self.bin.clone(), &[]);
        let (port, data) = (self.port.to_string(), replica.data());
        let arguments = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            "-X",
            "stream",
            "-c",
            "fast",
            "-N",
        ];
        replica.tool("pg_basebackup", &arguments, &data);
        fs::write(replica.data().join("standby.signal"), "").unwrap();
        let link = Proxy::to(self.port);
        let port = link.port();
        replica.link = Some(link);
        let primary = format!(
            "primary_conninfo='host=127.0.0.1 port={port} user=postgres application_name={name}'\n"
        );
        fs::write(replica.data().join("postgresql.auto.conf"), primary).unwrap();
        replica.run();
        let streaming = format!(
            "SELECT count(*) FROM pg_stat_replication \
             WHERE state = 'streaming' AND application_name = '{name}'"
        );
        assert!(until(Duration::from_secs(10), || self.say(&streaming) == ["1"]));
        replica
    }

    /// Whatever a standby and its primary say to each other comes later by so much.
    pub fn delay(&self, by: Duration) {
        self.link.as_ref().unwrap().set(Weather::Late(by));
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        assert_eq!(self.say("SELECT pg_promote()"), ["t"]);
    }
}

impl Drop for PostgresServer {
    /// One that was killed and not started again left a segment of shared memory.
    fn drop(&mut self) {
        let lock = fs::read_to_string(self.data().join("postmaster.pid"));
        let lock = lock.unwrap_or_default();
        let segment = lock
            .lines()
            .nth(6)
            .and_then(|line| line.split_whitespace().nth(1));
        if let (None, Some(segment)) = (&self.process, segment) {
            let _ = Command::new("ipcrm").args(["-m", segment]).status();
        }
    }
}

impl Server for PostgresServer {
    fn kind(&self) -> Kind {
        Kind::Postgres
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    fn restart(&mut self) {
        self.kill();
        self.run();
    }

    fn restart_empty(&mut self) {
        self.kill();
        fs::remove_dir_all(self.data()).unwrap();
        self.init();
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

/// The first column of what a statement returns.
pub fn query(port: u16, statement: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let config = PostgresServer::config_at(port);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        let messages = client.simple_query(statement).await?;
        let first = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("").to_owned()),
            _ => None,
        };
        Ok(messages.iter().filter_map(first).collect())
    })
}
