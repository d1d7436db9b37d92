//! What goes wrong, for how long, and how it ends.

use std::sync::Arc;

use cloakroom::feed::Position;

use crate::net::{Chaos, Route};
use crate::run::Run;
use crate::store::Entry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Cut(usize),
    /// Somebody without the key lets one server see the past alone.
    Past(usize),
    /// A partition with a primary on either side; the old one may take writes still.
    Side,
    Frozen,
    Noise,
    /// A clock beyond the allowance.
    Clock(usize),
    /// A clock that shows nothing.
    NoClock(usize),
    /// A process that gets no time.
    Asleep(usize),
    Snapshot,
    /// Something else than a batch of this feed, which the attacker may take away again.
    Garbage(Position, bool),
    /// A server started with keys that the others don't have yet.
    StrangeKey(usize),
}

pub(crate) struct Active {
    pub(crate) fault: Fault,
    pub(crate) until: u64,
}

/// Until a wrong clock has no effect any more: what it wrote is read, and proofs are older than it.
const AFTERWARDS: u64 = 10_000;

impl Run {
    pub(crate) fn asleep(&self, server: usize) -> bool {
        self.faults
            .iter()
            .any(|active| active.fault == Fault::Asleep(server))
    }

    pub(crate) fn fault(&mut self) {
        if self.faults.len() >= 3 {
            return;
        }
        let server = self.random.index(self.servers.len());
        let lasts = match self.random.below(20) {
            0 => self.random.between(40_000, 200_000),
            1..=6 if self.long => self.random.between(40_000, 200_000),
            1..=4 => self.random.between(5_000, 20_000),
            _ => self.random.between(100, 5_000),
        };
        let until = self.net.now() + lasts;
        let fault = match self.random.below(100) {
            0..=11 => Fault::Cut(server),
            12..=21 => Fault::Past(server),
            22..=27 => Fault::Side,
            28..=31 => Fault::Frozen,
            32..=49 => Fault::Noise,
            50..=53 => Fault::Clock(server),
            54..=55 => Fault::NoClock(server),
            56..=60 => Fault::Asleep(server),
            61..=65 => Fault::Snapshot,
            66..=69 => return self.garbage(until),
            70 => Fault::StrangeKey(server),
            71..=82 => return self.lose(),
            83..=84 => return self.lose_all(),
            85..=89 => return self.trim(),
            90..=95 => return self.step_clock(server),
            _ => return self.fail_disk(server),
        };
        if self.begin_fault(fault) {
            self.net.say(|| format!("{fault:?} for {lasts} ms"));
            self.faults.push(Active { fault, until });
        }
    }

    fn begin_fault(&mut self, fault: Fault) -> bool {
        let active = self.faults.iter();
        let same = |one: &Fault| core::mem::discriminant(one) == core::mem::discriminant(&fault);
        if active.filter(|active| same(&active.fault)).count() > 0 {
            return false;
        }
        let mut state = self.net.state();
        let free = |server: usize| state.routes[server].is_none();
        match fault {
            Fault::Cut(server) if free(server) => state.routes[server] = Some(Route::Cut),
            Fault::Past(server) if free(server) => {
                let past = Arc::new(state.primary.clone());
                state.routes[server] = Some(Route::Past(past));
            }
            Fault::Side if state.side.is_none() => {
                state.side = Some(state.primary.clone());
                state.side_writes = self.random.chance(500);
                let followers = self.random.chance(500);
                for server in 0..self.servers.len() {
                    let there = if followers {
                        self.servers[server].follows
                    } else {
                        self.random.chance(400)
                    };
                    if there && state.routes[server].is_none() {
                        state.routes[server] = Some(Route::Side);
                    }
                }
            }
            Fault::Frozen => state.frozen = true,
            Fault::Noise => {
                let mut some = || self.random.below(120);
                state.chaos = Chaos {
                    before: some(),
                    after: some(),
                    later: some(),
                    overtaken: 3 * some(),
                };
            }
            Fault::Clock(server) => {
                let ahead = self.random.between(1_000, 4_000) as i64;
                let ahead = if self.random.chance(500) {
                    ahead
                } else {
                    -ahead
                };
                self.servers[server].clocks.set(ahead);
            }
            Fault::NoClock(server) => self.servers[server].clocks.break_it(true),
            Fault::Asleep(_) => {}
            Fault::Snapshot => {
                let shown = match self.random.below(5) {
                    0 => None,
                    1 => state.primary.older_snapshot(),
                    2 => state.primary.snapshot().map(|mut bytes| {
                        let at = self.random.index(bytes.len());
                        bytes[at] ^= 1;
                        bytes
                    }),
                    _ => {
                        let snapshots = &self.foreign.snapshots;
                        Some(snapshots[self.random.index(snapshots.len())].clone())
                    }
                };
                state.primary.shown = Some(shown);
            }
            Fault::StrangeKey(server) if self.key_step % 3 == 0 => {
                let step = self.key_step + 2;
                drop(state);
                self.crash(server);
                self.servers[server].start(step);
                self.stats.count("fault: strange key");
                return true;
            }
            _ => return false,
        }
        let writes = state.side_writes;
        state.count(match fault {
            Fault::Cut(_) => "fault: cut off",
            Fault::Past(_) => "fault: shown the past",
            Fault::Side if writes => "fault: two heads that write",
            Fault::Side => "fault: two heads",
            Fault::Frozen => "fault: frozen",
            Fault::Noise => "fault: noise",
            Fault::Clock(_) => "fault: clock beyond",
            Fault::NoClock(_) => "fault: no clock",
            Fault::Asleep(_) => "fault: asleep",
            Fault::Snapshot => "fault: snapshot",
            _ => "fault: other",
        });
        true
    }

    pub(crate) fn end_faults(&mut self) {
        let now = self.net.now();
        // Felt for some time: a proof is good for the bound, also when the engine is another again.
        let felt = now + crate::check::BOUND + 500;
        let mut writers_there = false;
        {
            let state = self.net.state();
            let on_side = |server: usize| matches!(state.routes[server], Some(Route::Side));
            if state.side_writes {
                let mut all = 0..self.servers.len();
                writers_there = all.any(|s| on_side(s) && !self.servers[s].follows);
            }
            for server in 0..self.servers.len() {
                if on_side(server) || matches!(state.routes[server], Some(Route::Past(_))) {
                    self.astray_until[server] = felt;
                }
                if on_side(server) && writers_there {
                    self.two_heads_until[server] = felt;
                }
            }
        }
        if writers_there {
            self.stats.count("steps with two heads that write");
        }
        let wrong = |fault: &Fault| matches!(fault, Fault::Clock(_));
        if self.faults.iter().any(|active| wrong(&active.fault)) {
            self.clocks_wrong_until = now + AFTERWARDS;
        }
        for active in std::mem::take(&mut self.faults) {
            if active.until > now {
                self.faults.push(active);
            } else {
                self.end_fault(active.fault);
            }
        }
    }

    pub(crate) fn end_fault(&mut self, fault: Fault) {
        self.net.say(|| format!("end of {fault:?}"));
        let mut state = self.net.state();
        match fault {
            Fault::Cut(server) | Fault::Past(server) => state.routes[server] = None,
            Fault::Side => {
                let side = state.side.take().unwrap_or_default();
                let fork = side.history.iter();
                let gone = fork.filter(|entry| !state.primary.passed(&entry.at));
                let gone: Vec<Entry> = gone.cloned().collect();
                state.forget(&gone);
                for route in &mut state.routes {
                    if matches!(route, Some(Route::Side)) {
                        *route = None;
                    }
                }
            }
            Fault::Frozen => state.frozen = false,
            Fault::Noise => state.chaos = Chaos::default(),
            Fault::Clock(server) => {
                let ahead = self.random.between(0, 600) as i64 - 300;
                self.servers[server].clocks.set(ahead);
            }
            Fault::NoClock(server) => self.servers[server].clocks.break_it(false),
            Fault::Asleep(_) => {}
            Fault::Snapshot => state.primary.shown = None,
            Fault::Garbage(at, removed) => {
                if removed && state.primary.head == Some(at) {
                    let gone = state.primary.lose(1);
                    state.forget(&gone);
                }
            }
            Fault::StrangeKey(server) => {
                drop(state);
                if self.servers[server].up.is_some() {
                    self.crash(server);
                }
                self.start(server);
            }
        }
    }

    fn garbage(&mut self, until: u64) {
        let mut state = self.net.state();
        let Some(head) = state.primary.head else {
            return;
        };
        let bytes = match self.random.below(4) {
            0 => (0..self.random.index(200)).map(|i| i as u8).collect(),
            1 => {
                let history = &state.primary.history;
                if history.is_empty() {
                    return;
                }
                history[self.random.index(history.len())].bytes.clone()
            }
            2 => {
                let mut bytes = self.foreign.batches[0].clone();
                bytes[21..29].copy_from_slice(&(head.n + 1).to_be_bytes());
                bytes
            }
            _ => self.foreign.batches[self.random.index(2)].clone(),
        };
        let mut becomes = Position {
            n: head.n + 1,
            ..head
        };
        becomes.chain = self.random.next().to_be_bytes();
        let time = self.net.now();
        let _accepted = state
            .primary
            .append(&head, (&bytes, Vec::new()), &becomes, time);
        state.count("fault: garbage");
        let removed = self.random.chance(600);
        let fault = Fault::Garbage(becomes, removed);
        self.faults.push(Active { fault, until });
    }

    /// A replica that lacked some batches is the primary now, or somebody set the head back.
    fn lose(&mut self) {
        let mut state = self.net.state();
        let k = self.random.between(1, 12);
        let gone = state.primary.lose(k);
        state.forget(&gone);
        state.count("fault: engine lost batches");
        self.net
            .say(|| format!("the engine loses {k}, head {:?}", state.primary.head));
    }

    pub(crate) fn lose_all(&self) {
        let mut state = self.net.state();
        let gone = std::mem::take(&mut state.primary).history;
        state.forget(&gone);
        state.count("fault: engine lost everything");
        self.net.say(|| "the engine loses everything".into());
    }

    fn trim(&mut self) {
        let mut state = self.net.state();
        let beyond = if self.random.chance(150) {
            self.random.between(1, 10)
        } else {
            0
        };
        state.primary.trim(beyond);
        state.count("fault: log trimmed");
        self.net.say(|| format!("log trimmed, {beyond} beyond"));
    }

    fn step_clock(&mut self, server: usize) {
        self.stats.count("clock stepped");
        let wrong = |active: &Active| active.fault == Fault::Clock(server);
        if !self.faults.iter().any(wrong) {
            let ahead = self.random.between(0, 600) as i64 - 300;
            self.servers[server].clocks.set(ahead);
        }
    }

    fn fail_disk(&mut self, server: usize) {
        if self.servers[server].up.is_some() && self.servers[server].disk.is_some() {
            self.stats.count("fault: disk failed");
            self.servers[server].disk.fail(self.random.chance(500));
        }
    }
}
