//! Servers with clocks of their own that pick up ring files late, an operator with another clock,
//! and people who are logged in.

use std::sync::{Arc, Mutex};

use cloakroom::reload::{KeyWatch, Reload};
use cloakroom::source::{KeySource, UnwrapError};
use cloakroom::{
    KeyId, KeyRing, ManualClock, NoRevocation, RawBytes, RingWarning, Sessions, Timestamp,
};
use time::Duration;

use crate::common::{Seeded, at, seconds};
use crate::random::Random;

/// When it all starts.
pub(crate) const START: u64 = 1_800_000_000;
/// Seconds: the life of one token, which is what the ring plans for.
pub(crate) const LIFE: u64 = 600;
const ABSOLUTE: u64 = 6_000;
/// How far a clock may be off, to either side.
pub(crate) const SKEW: u64 = 20;
/// How long a published file takes to reach a server, at most.
pub(crate) const DELAY: u64 = 150;
/// How long a server waits between two looks, at most.
pub(crate) const EVERY: u64 = 60;
/// Delay, look, and twice the greatest difference of clocks: the operator's and the servers' own,
/// and once more because a server that is behind refuses for a while what drops an old key.
pub(crate) const ROLLOUT: u64 = DELAY + EVERY + 4 * SKEW + 10;

/// How the operator rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// As the ring proposes.
    Announced,
    /// The next key seals as soon as a server has it.
    AtOnce,
    /// The old key goes when the next one seals; servers take no ring by force.
    DropEarly,
    /// The same, and servers are forced.
    DropForced,
}

struct Server {
    clock: ManualClock,
    offset: i64,
    sessions: Sessions<RawBytes, NoRevocation>,
    watch: KeyWatch,
    /// What the server sees when it looks.
    file: Arc<Mutex<String>>,
    /// Which of the published files that is.
    sees: usize,
    next_look: u64,
}

/// A token, and what the model knows of its life.
#[derive(Clone)]
struct Held {
    token: String,
    key: KeyId,
    idle: u64,
    absolute: u64,
}

struct Published {
    text: String,
    /// When each server sees it.
    arrives: Vec<u64>,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rotations: u64,
    pub(crate) verified: u64,
    pub(crate) under_old_keys: u64,
    pub(crate) renewed: u64,
    /// Tokens that were alive and not accepted, and logins that failed.
    pub(crate) refused: u64,
    pub(crate) loads: u64,
    pub(crate) refused_loads: u64,
    pub(crate) dropped_keys: u64,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) now: u64,
    pub(crate) tally: Tally,
    pub(crate) ring: KeyRing,
    plan: Plan,
    operator: i64,
    servers: Vec<Server>,
    published: Vec<Published>,
    held: Vec<Held>,
    keys: u64,
}

fn shifted(time: u64, offset: i64) -> u64 {
    time.checked_add_signed(offset).unwrap()
}

pub(crate) fn fresh_key(number: u64) -> cloakroom::Key {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    cloakroom::Key::from_bytes(&bytes).unwrap()
}

impl World {
    pub(crate) fn new(seed: u64, plan: Plan, rollout: u64) -> Self {
        let mut random = Random(seed);
        let ring = KeyRing::new(fresh_key(seed << 32), at(START - 9_000), seconds(LIFE)).unwrap();
        let ring = ring.with_rollout(seconds(rollout)).unwrap();
        let servers = (0..5).map(|n| Server::new(&ring, n, &mut random)).collect();
        let operator = offset(&mut random);
        Self {
            random,
            now: START,
            tally: Tally::default(),
            ring,
            plan,
            operator,
            servers,
            published: Vec::new(),
            held: Vec::new(),
            keys: (seed << 32) + 1,
        }
    }

    pub(crate) fn key(&mut self) -> cloakroom::Key {
        self.keys += 1;
        fresh_key(self.keys)
    }

    /// The time on the operator's desk.
    pub(crate) fn desk(&self) -> Timestamp {
        at(shifted(self.now, self.operator))
    }

    /// One step of seconds: clocks, looks, and what people do.
    pub(crate) fn step(&mut self) {
        self.now += self.random.between(1, 40);
        if self.random.chance(10) {
            self.operator = offset(&mut self.random);
        }
        for index in 0..self.servers.len() {
            self.tick(index);
        }
        for _ in 0..3 {
            self.use_a_token();
        }
        if self.held.len() < 30 || self.random.chance(100) {
            let server = self.random.index(self.servers.len());
            self.log_in(server);
        }
    }

    fn tick(&mut self, index: usize) {
        let (now, plan) = (self.now, self.plan);
        let newest = self.published.iter().rposition(|p| p.arrives[index] <= now);
        let server = &mut self.servers[index];
        if self.random.chance(5) {
            // A clock that is set, backwards too.
            server.offset = offset(&mut self.random);
        }
        server.clock.set(shifted(now, server.offset));
        if let Some(newest) = newest.filter(|newest| *newest >= server.sees) {
            let text = &self.published[newest].text;
            server.file.lock().unwrap().clone_from(text);
            server.sees = newest;
        }
        if now >= server.next_look {
            server.next_look = now + self.random.between(EVERY / 2, EVERY) / 2;
            match server.watch.poll_now() {
                Ok(Reload::Replaced) => self.tally.loads += 1,
                Ok(_) => {}
                Err(_) => {
                    self.tally.refused_loads += 1;
                    if plan == Plan::DropForced {
                        let text = server.file.lock().unwrap().clone();
                        let ring = KeyRing::parse(&text).unwrap();
                        let _ = server.sessions.replace_keys_forced(&ring);
                    }
                }
            }
        }
    }

    pub(crate) fn log_in(&mut self, server: usize) -> Option<KeyId> {
        let server = &self.servers[server];
        let Ok(issued) = server.sessions.issue("ada", &RawBytes(b"x".to_vec())) else {
            self.tally.refused += 1;
            return None;
        };
        let local = shifted(self.now, server.offset);
        let key = issued.session.key();
        self.held.push(Held {
            token: issued.token.as_str().to_owned(),
            key,
            idle: local + LIFE,
            absolute: local + ABSOLUTE,
        });
        Some(key)
    }

    /// Some token at some server, which has to accept it while it is alive by that server's clock.
    fn use_a_token(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (which, at_server) = (
            self.random.index(self.held.len()),
            self.random.index(self.servers.len()),
        );
        let server = &self.servers[at_server];
        let local = shifted(self.now, server.offset);
        let held = &mut self.held[which];
        if local >= held.idle || local >= held.absolute {
            self.held.swap_remove(which);
            return;
        }
        self.tally.verified += 1;
        let sealing = server.sessions.key_ring().sealing_key(at(local));
        if sealing != Some(held.key) {
            self.tally.under_old_keys += 1;
        }
        let Ok(session) = server.sessions.verify(held.token.as_str()) else {
            self.tally.refused += 1;
            self.held.swap_remove(which);
            return;
        };
        // Some people come back seldom: their tokens are those that a dropped key hurts.
        if which % 3 == 0 {
            return;
        }
        match server.sessions.renew(&session) {
            Ok(Some(renewed)) => {
                self.tally.renewed += 1;
                held.key = renewed.session.key();
                held.idle = renewed.session.issued_at().unix() + LIFE;
                held.token = renewed.token.as_str().to_owned();
            }
            Ok(None) => {}
            Err(_) => self.tally.refused += 1,
        }
    }

    /// The operator ships `self.ring`.
    pub(crate) fn publish(&mut self) {
        let text = self.ring.to_text().expose().to_owned();
        let arrives = (0..self.servers.len())
            .map(|_| self.now + self.random.below(DELAY + 1))
            .collect();
        self.published.push(Published { text, arrives });
    }

    /// One rotation: the next key, and what is retired goes.
    pub(crate) fn rotate(&mut self) {
        let (desk, key) = (self.desk(), self.key());
        let next = match self.plan {
            Plan::AtOnce => self.ring.announce(key, desk),
            _ => self.ring.rotate(key, desk),
        };
        // Two rotations in one second of an operator's clock that was set back.
        let Ok(next) = next else { return };
        let mut next = next;
        let seals = next.sealing_key(desk);
        for old in self.ring.keys().map(|key| key.id).collect::<Vec<_>>() {
            let early = matches!(self.plan, Plan::DropEarly | Plan::DropForced);
            let dropped = match early && Some(old) != seals {
                true if self.ring.state(old, desk) != Some(cloakroom::KeyState::Announced) => {
                    next.without(old)
                }
                _ => next.drop_key(old, desk),
            };
            if let Ok(dropped) = dropped {
                self.tally.dropped_keys += 1;
                next = dropped;
            }
        }
        self.ring = next;
        self.tally.rotations += 1;
        self.publish();
    }

    /// The operator takes out what is retired by the clock on the desk, which may be ahead of the
    /// servers'.
    pub(crate) fn prune(&mut self) {
        let next = self.ring.without_retired(self.desk()).unwrap();
        let dropped = self.ring.keys().count() - next.keys().count();
        if dropped > 0 {
            self.tally.dropped_keys += dropped as u64;
            self.ring = next;
            self.publish();
        }
    }

    /// Every server has what was published last.
    pub(crate) fn is_everywhere(&self) -> bool {
        let text = self.ring.to_text();
        self.servers
            .iter()
            .all(|server| server.sessions.key_ring().to_text().expose() == text.expose())
    }

    /// How many tokens under `key` some server still accepts, of those that live.
    pub(crate) fn accepted_under(&self, key: KeyId) -> usize {
        let accepted = |held: &&Held| {
            self.servers
                .iter()
                .any(|server| server.sessions.verify(held.token.as_str()).is_ok())
        };
        let under = self.held.iter().filter(|held| held.key == key);
        under.filter(accepted).count()
    }

    pub(crate) fn forget_under(&mut self, key: KeyId) -> usize {
        let before = self.held.len();
        self.held.retain(|held| held.key != key);
        before - self.held.len()
    }

    pub(crate) fn warnings(&self) -> Vec<RingWarning> {
        let mut warnings: Vec<RingWarning> = Vec::new();
        for server in &self.servers {
            warnings.extend(server.watch.status().warnings);
        }
        warnings
    }

    pub(crate) fn servers(&self) -> usize {
        self.servers.len()
    }
}

fn offset(random: &mut Random) -> i64 {
    i64::try_from(random.below(2 * SKEW + 1)).unwrap() - i64::try_from(SKEW).unwrap()
}

impl Server {
    fn new(ring: &KeyRing, number: u64, random: &mut Random) -> Self {
        let offset = offset(random);
        let clock = ManualClock::at(shifted(START, offset));
        let sessions = Sessions::builder(ring.clone(), NoRevocation)
            .purpose("session")
            .audience("sim")
            .idle_timeout(seconds(LIFE))
            .absolute_timeout(seconds(ABSOLUTE))
            .clock(clock.clone())
            .random(Seeded::new(random.next() | number))
            .build()
            .unwrap();
        let file = Arc::new(Mutex::new(ring.to_text().expose().to_owned()));
        let reads = Arc::clone(&file);
        let source = KeySource::custom("file", move || {
            let text = reads.lock().map_err(|_| UnwrapError::new("poisoned"))?;
            Ok(text.clone().into())
        });
        let watch = KeyWatch::builder(source)
            .sessions(&sessions)
            .clock(clock.clone())
            .every(Duration::seconds(i64::try_from(EVERY).unwrap()))
            .without_thread()
            .unwrap();
        Self {
            clock,
            offset,
            sessions,
            watch,
            file,
            sees: 0,
            next_look: START + random.below(EVERY),
        }
    }
}
