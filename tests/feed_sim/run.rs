//! A run: servers, users, and what they do.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloakroom::feed::Position;

use crate::faults::Active;
use crate::foreign::Foreign;
use crate::model::Model;
use crate::net::Net;
use crate::random::Random;
use crate::server::Server;

const START: u64 = 1_800_000_000_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Stats(pub(crate) BTreeMap<&'static str, u64>);

impl Stats {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &BTreeMap<&'static str, u64>) {
        for (what, times) in other {
            *self.0.entry(what).or_default() += times;
        }
    }
}

/// What a server's counters said a step ago.
#[derive(Clone, Default)]
pub(crate) struct Last {
    pub(crate) life: u64,
    pub(crate) counters: [u64; 3],
    pub(crate) position: Option<Position>,
}

pub(crate) struct Run {
    pub(crate) net: Arc<Net>,
    pub(crate) random: Random,
    pub(crate) servers: Vec<Server>,
    pub(crate) model: Model,
    pub(crate) stats: Stats,
    pub(crate) faults: Vec<Active>,
    pub(crate) foreign: Foreign,
    pub(crate) last: Vec<Last>,
    pub(crate) audience: [u8; 16],
    /// Up to which step of changing the feed key the fleet was told.
    pub(crate) key_step: u64,
    pub(crate) clocks_wrong_until: u64,
    /// For each server, until when it may rest on what an engine said that is not the primary, and
    /// on one that takes writes of revokers nevertheless.
    pub(crate) astray_until: Vec<u64>,
    pub(crate) two_heads_until: Vec<u64>,
    /// Since when some server can't go on without an operator.
    pub(crate) stuck_since: Option<u64>,
    pub(crate) settled: Vec<(u64, u64, u64, u64)>,
    /// Whether faults may last for longer than entries live.
    pub(crate) long: bool,
    pub(crate) steps: u64,
}

impl Run {
    pub(crate) fn new(seed: u64, foreign: &Foreign) -> Self {
        let mut random = Random(seed);
        let count = random.between(2, 6) as usize;
        let net = Net::new(random.next(), START + random.below(1000), count);
        let mut servers = Vec::new();
        for number in 0..count {
            // The first writes, or nobody ever would.
            let follows = number > 0 && random.chance(250);
            let server = Server::new(&net, number, follows, &mut random);
            server.clocks.set(random.between(0, 600) as i64 - 300);
            servers.push(server);
        }
        servers.iter_mut().for_each(|server| server.start(0));
        let audience = servers[0].up.as_ref().unwrap().sessions.audience_key();
        Self {
            net,
            random,
            model: Model::default(),
            stats: Stats::default(),
            faults: Vec::new(),
            foreign: foreign.clone(),
            last: vec![Last::default(); count],
            audience,
            key_step: 0,
            clocks_wrong_until: 0,
            astray_until: vec![0; count],
            two_heads_until: vec![0; count],
            stuck_since: None,
            settled: vec![(0, 0, 0, 0); count],
            long: false,
            steps: 0,
            servers,
        }
    }

    /// So many steps with faults, then without until everybody agrees, again and again.
    pub(crate) fn go(&mut self, steps: u64) -> Result<(), String> {
        while self.steps < steps {
            self.long = self.random.chance(250);
            let stormy = if self.long {
                self.random.between(2_000, 6_000)
            } else {
                self.random.between(100, 1_500)
            };
            for _ in 0..stormy {
                self.step()?;
            }
            self.calm()?;
        }
        Ok(())
    }

    /// Server and engine hold on to each other.
    pub(crate) fn end_all(mut self) {
        self.model.waiting.clear();
        for server in &mut self.servers {
            server.crash();
        }
    }

    fn step(&mut self) -> Result<(), String> {
        let pause = match self.random.below(2000) {
            0 => self.random.between(20_000, 90_000),
            1..=6 => self.random.between(1_000, 6_000),
            7..=80 => self.random.between(50, 400),
            _ => self.random.below(12),
        };
        self.begin(pause);
        match self.random.below(1000) {
            0..=599 => {
                let server = self.random.index(self.servers.len());
                let reading = self.random.chance(550);
                self.drive(server, reading);
            }
            600..=639 => self.everybody(),
            640..=699 => self.login(),
            700..=809 => self.renew(),
            // In a long storm sessions live on, or nothing would outlive an entry.
            810..=859 if !self.long || self.random.chance(300) => self.revoke(),
            860..=899 if !self.long || self.random.chance(300) => self.rotate(),
            900..=914 if !self.long || self.random.chance(100) => self.restart(),
            915..=924 => self.next_key_step(),
            925..=959 => self.fault(),
            _ => {}
        }
        self.operate();
        self.end()
    }

    pub(crate) fn begin(&mut self, pause: u64) {
        self.steps += 1;
        self.net.state().calls = 0;
        self.net.pass(pause);
        self.net.land();
        self.end_faults();
    }

    /// Waits for the threads of the stores that were written to, so that a run repeats.
    fn settle(&mut self) {
        for (server, last) in self.servers.iter().zip(&mut self.settled) {
            let Some(up) = &server.up else {
                continue;
            };
            let status = up.feed.status();
            let at = status.position.map_or(0, |at| at.n);
            let now = (server.lives, status.batches, status.resyncs, at);
            if *last != now {
                *last = now;
                let _works = server.settle();
            }
        }
    }

    pub(crate) fn end(&mut self) -> Result<(), String> {
        self.settle();
        let news = {
            let mut state = self.net.state();
            let news = std::mem::take(&mut state.news);
            self.model.hear(news, &state.primary);
            if let Some(misdeed) = state.misdeed.take() {
                return Err(misdeed);
            }
            !state.chaos_is_over()
        };
        if news {
            self.stats.count("steps with noise");
        }
        self.poll()?;
        self.check()?;
        if self.steps % 64 == 0 {
            let now = self.net.now();
            self.model.tidy(now);
        }
        Ok(())
    }

    pub(crate) fn drive(&self, server: usize, reading: bool) {
        if !self.asleep(server) {
            self.net.drive(server, reading);
        }
    }

    pub(crate) fn everybody(&self) {
        for server in 0..self.servers.len() {
            self.drive(server, true);
            self.drive(server, false);
        }
    }

    fn restart(&mut self) {
        let server = self.random.index(self.servers.len());
        if self.servers[server].up.is_some() {
            self.crash(server);
            if self.random.chance(700) {
                self.start(server);
            }
        } else {
            self.start(server);
        }
    }

    pub(crate) fn crash(&mut self, server: usize) {
        self.stats.count("crash");
        self.net.say(|| format!("server {server} crashes"));
        // Rotations that wait hold on to the process.
        self.model
            .waiting
            .retain(|waiting| waiting.server != server);
        self.servers[server].settle();
        self.servers[server].crash();
        let bit = 1_u32 << server;
        for token in &mut self.model.tokens {
            let remembers = token.remembered & bit;
            token.refused = token.refused & !bit | remembers;
        }
    }

    pub(crate) fn start(&mut self, server: usize) {
        let step = self.key_step;
        self.servers[server].start(step);
    }
}
