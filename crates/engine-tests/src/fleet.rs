//! Several servers, each a process, before one engine; and the book of what was acknowledged.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use cloakroom::feed::Realm;

use crate::process::{self, Folder, Process, until};
use crate::proxy::Proxy;
use crate::subject::{Kind, Server, realm};

/// The bound of a feed unless set otherwise: what was accepted is refused by every view that says
/// fresh from then on.
pub const BOUND: Duration = Duration::from_secs(2);

/// How long a fleet may take to be well again after a fault, on a busy machine.
const RECOVERY: Duration = Duration::from_secs(30);

/// A server process.
#[derive(Debug)]
pub struct Node {
    process: Option<Process>,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    store: PathBuf,
    pub proxy: Proxy,
    program: PathBuf,
    kind: Kind,
    realm: Realm,
    log: PathBuf,
}

/// What a node answers to an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub fresh: bool,
    pub pending: usize,
    pub missing: Vec<String>,
}

impl Node {
    fn start(&mut self) {
        let mut command = process::command(&self.program);
        command
            .arg(self.kind.name())
            .arg(self.proxy.port().to_string())
            .arg(self.realm.as_str())
            .arg(&self.store);
        let (process, input, output) = Process::start_talking(command, &self.log);
        self.process = Some(process);
        self.input = Some(input);
        self.output = Some(BufReader::new(output));
        assert_eq!(self.listen(), "ready");
    }

    fn listen(&mut self) -> String {
        let mut line = String::new();
        self.output.as_mut().unwrap().read_line(&mut line).unwrap();
        let said = || std::fs::read_to_string(&self.log).unwrap_or_default();
        assert!(!line.is_empty(), "the node died: {}", said());
        line.trim().to_owned()
    }

    pub fn ask(&mut self, line: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        self.listen()
    }

    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn restart(&mut self) {
        self.kill();
        self.start();
    }

    pub fn freeze(&self) {
        self.process.as_ref().unwrap().freeze();
    }

    pub fn thaw(&self) {
        self.process.as_ref().unwrap().thaw();
    }

    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    pub fn set_clock(&mut self, milliseconds: i64) {
        assert_eq!(self.ask(&format!("clock {milliseconds}")), "set");
    }

    pub fn audit(&mut self, sessions: &[String]) -> Audit {
        let answer = self.ask(&format!("audit {}", sessions.join(" ")));
        let mut words = answer.split_whitespace();
        Audit {
            fresh: words.next() == Some("fresh"),
            pending: words.next().unwrap().parse().unwrap(),
            missing: words.map(str::to_owned).collect(),
        }
    }
}

/// One that was acknowledged.
#[derive(Debug)]
struct Acknowledged {
    session: String,
    at: Instant,
    /// By the engine, and not only by the disk of one node.
    accepted: bool,
}

#[derive(Debug)]
pub struct Fleet {
    pub nodes: Vec<Node>,
    pub realm: Realm,
    program: PathBuf,
    book: Vec<Acknowledged>,
    next: u64,
    folder: Folder,
}

impl Fleet {
    /// Nodes that all have a store of their own, and are fresh.
    pub fn start(program: &str, server: &dyn Server, nodes: usize) -> Self {
        let (realm, folder) = (realm(), Folder::new("fleet"));
        let mut fleet = Self {
            nodes: Vec::new(),
            realm,
            program: program.into(),
            book: Vec::new(),
            next: 0,
            folder,
        };
        (0..nodes).for_each(|_| fleet.join(server));
        fleet.settle();
        fleet
    }

    /// One more node, which knows nothing.
    pub fn join(&mut self, server: &dyn Server) {
        let number = self.nodes.len();
        let mut node = Node {
            process: None,
            input: None,
            output: None,
            store: self.folder.join(&format!("store-{number}")),
            proxy: Proxy::to(server.port()),
            program: self.program.clone(),
            kind: server.kind(),
            realm: self.realm.clone(),
            log: self.folder.join(&format!("log-{number}")),
        };
        node.start();
        self.nodes.push(node);
    }

    /// Revokes so many sessions on a node and books what it acknowledges; returns the answers.
    pub fn revoke(&mut self, node: usize, count: u64) -> Vec<String> {
        let number = |n: u64| {
            format!(
                "{:032x}",
                u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) | 1
            )
        };
        let sessions: Vec<String> = (self.next..self.next + count).map(number).collect();
        self.next += count;
        let answer = self.nodes[node].ask(&format!("revoke {}", sessions.join(" ")));
        let answers: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
        for (session, answer) in sessions.into_iter().zip(&answers) {
            let accepted = answer == "accepted" || answer == "replicated";
            if accepted || answer == "durable" {
                self.book.push(Acknowledged {
                    session,
                    at: Instant::now(),
                    accepted,
                });
            }
        }
        answers
    }

    /// How much is in the book.
    pub fn mark(&self) -> usize {
        self.book.len()
    }

    /// The engine has lost what was booked since `mark`, and those who read it are away: nobody else
    /// can know, whatever they say. It has to be everywhere once the witnesses are back.
    pub fn known_to_witnesses_alone(&mut self, mark: usize) {
        for one in &mut self.book[mark..] {
            one.accepted = false;
        }
    }

    /// What must be refused by whoever says fresh now.
    fn due(&self) -> Vec<String> {
        let due = |one: &&Acknowledged| one.accepted && one.at.elapsed() >= BOUND;
        self.book
            .iter()
            .filter(due)
            .map(|one| one.session.clone())
            .collect()
    }

    /// The promise: a view that says fresh misses nothing. Returns who says so.
    pub fn check(&mut self) -> Vec<bool> {
        let due = self.due();
        let mut fresh = Vec::new();
        for number in 0..self.nodes.len() {
            if self.nodes[number].is_up() {
                let audit = self.nodes[number].audit(&due);
                let broken = audit.fresh && !audit.missing.is_empty();
                assert!(!broken, "node {number}: {audit:?}\n{}", self.report());
                fresh.push(audit.fresh);
            } else {
                fresh.push(false);
            }
        }
        fresh
    }

    /// Checks again and again for so long.
    pub fn check_for(&mut self, time: Duration) -> Vec<bool> {
        let end = Instant::now() + time;
        loop {
            let fresh = self.check();
            if Instant::now() >= end {
                return fresh;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Checks until a node is stale, and says how long that took.
    pub fn until_stale(&mut self, node: usize) -> Duration {
        let started = Instant::now();
        let stale = until(RECOVERY, || !self.check()[node]);
        assert!(stale, "node {node} stays fresh\n{}", self.report());
        started.elapsed()
    }

    /// Waits until all is well: every node is fresh, nothing is pending, and every revocation that
    /// anybody acknowledged, be it a node's disk alone, is refused everywhere.
    pub fn settle(&mut self) -> Duration {
        let started = Instant::now();
        let all: Vec<String> = self.book.iter().map(|one| one.session.clone()).collect();
        let well = until(RECOVERY, || {
            self.check();
            self.nodes.iter_mut().all(|node| {
                let audit = node.audit(&all);
                audit.fresh && audit.pending == 0 && audit.missing.is_empty()
            })
        });
        assert!(well, "not well again\n{}", self.report());
        started.elapsed()
    }

    /// For a test that failed.
    pub fn report(&mut self) -> String {
        let mut report = String::new();
        for (number, node) in self.nodes.iter_mut().enumerate() {
            let status = if node.is_up() {
                node.ask("status")
            } else {
                "down".into()
            };
            let log = std::fs::read_to_string(&node.log).unwrap_or_default();
            report.push_str(&format!("node {number}: {status}\n{log}\n"));
        }
        report
    }
}
