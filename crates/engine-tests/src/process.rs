//! Processes that never outlive the tests, folders that go with them, ports that nobody has.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A folder that is removed with its owner.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(what: &str) -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cloakroom-{what}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that is free, below those that the system gives to connections: a server that restarts
/// on its port must not find a client there.
pub fn free_port() -> u16 {
    let start = u64::from(std::process::id()) * 37;
    for _ in 0..5_000 {
        let step = COUNTER.fetch_add(1, Ordering::Relaxed);
        // Redis also wants port + 10000 when it is in a cluster. Both ranges end below the ports that
        // the system gives to outgoing connections.
        let port = 12_000 + ((start + step) % 10_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}

/// A process that is killed with its owner, and with this process however it ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What makes it leave nothing behind in the system, if it is there to hear it.
    farewell: Option<Signal>,
}

type Order = (Command, Sender<io::Result<Child>>);

/// The kernel kills a child when the *thread* that made it ends, so one thread that lives as long as
/// the process makes them all.
fn spawner() -> &'static Mutex<Sender<Order>> {
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        thread::spawn(move || {
            for (mut command, reply) in inbox {
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(orders)
    })
}

/// The program under a parent-death signal.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command.stdin(Stdio::null());
    command
}

impl Process {
    /// Starts what [`command`] made, with its output in `log`.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let file = fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        command.stderr(file.try_clone().unwrap()).stdout(file);
        Self::spawn(command)
    }

    /// Starts a process that is talked to.
    pub fn start_talking(mut command: Command, log: &Path) -> (Self, ChildStdin, ChildStdout) {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let file = fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        command.stderr(file);
        let mut process = Self::spawn(command);
        let input = process.child.stdin.take().unwrap();
        let output = process.child.stdout.take().unwrap();
        (process, input, output)
    }

    fn spawn(command: Command) -> Self {
        let (reply, answer) = channel();
        spawner().lock().unwrap().send((command, reply)).unwrap();
        let child = answer.recv().unwrap();
        Self {
            child: child.expect("setpriv of util-linux is needed"),
            farewell: None,
        }
    }

    /// Says goodbye by this signal when the owner goes, before it is killed.
    #[must_use]
    pub fn farewell(mut self, signal: Signal) -> Self {
        self.farewell = Some(signal);
        self
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends a signal to the process and those that it started.
    fn signal(&self, signal: Signal) {
        let own = self.id();
        signal_one(own, signal);
        for child in children(own) {
            signal_one(child, signal);
        }
    }

    /// As a power cut would: nothing is said to it.
    pub fn kill(&mut self) {
        let children = children(self.id());
        self.signal(Signal::KILL);
        let _ = self.child.wait();
        // They let go of memory and files, which the next start looks at.
        let gone = |pid: &u32| state(*pid).is_none_or(|(state, _)| state == 'Z');
        assert!(until(Duration::from_secs(5), || children.iter().all(gone)));
    }

    /// It answers nothing, and its connections stay.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        // And those that it started while it was being told.
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let (Some(signal), false) = (self.farewell, self.has_ended()) {
            self.thaw();
            signal_one(self.id(), signal);
            until(Duration::from_secs(3), || self.has_ended());
        }
        if !self.has_ended() {
            self.kill();
        }
    }
}

fn signal_one(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// State and parent, from `/proc`.
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

fn children(of: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state(*pid).is_some_and(|(_, parent)| parent == of))
        .collect()
}

/// Asks every few milliseconds; false when `limit` passed.
pub fn until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Where a program is. Without it a test can't run, and says so; under `CI=true` that is a failure.
pub fn find(program: &str, package: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "{program} is missing: apt-get install {package}");
        // Not by a macro: what those write in a test that passes is thrown away.
        let said =
            format!("\n*** SKIPPED, NOT PASSED: {program} is missing: apt-get install {package}\n");
        io::stderr().write_all(said.as_bytes()).unwrap();
    }
    found
}
