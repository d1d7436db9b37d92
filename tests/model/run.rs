//! Real servers and the model beside them, step by step.

use cloakroom::{
    Issued, ManualClock, Record, Revocation, RevocationList, RevocationView as _, Session,
    SessionId, Sessions,
};

use crate::common::{AUDIENCE, NOW, PURPOSE, Seeded, User, at, key, seconds, user};
use crate::ops::Op;
use crate::plain::{Known, LOGGED_OUT, Policy, Revoked, TOLERANCE, Token};
use crate::records::{records, shuffle};

/// The second key of the ring seals from here on.
const SECOND_KEY: u64 = NOW + 2_500;

/// The number of the key that seals.
pub(crate) const fn sealing(now: u64) -> u8 {
    if now >= SECOND_KEY { 2 } else { 1 }
}
const SUBJECTS: [&str; 3] = ["ada", "bob", ""];
const POLICIES: [Policy; 4] = [
    policy(Some(1_800), 7_200, 0),
    policy(Some(600), 3_600, 5),
    policy(None, 3_000, 0),
    policy(Some(5_000), 4_000, 300),
];

const fn policy(idle: Option<u64>, absolute: u64, leeway: u64) -> Policy {
    Policy {
        idle,
        absolute,
        leeway,
    }
}

pub(crate) struct Server {
    pub(crate) clock: ManualClock,
    pub(crate) behind: u64,
    pub(crate) list: RevocationList,
    /// Which of the model's lists that is.
    pub(crate) known: usize,
    pub(crate) policy: Policy,
    pub(crate) sessions: Sessions<User>,
}

pub(crate) struct Run {
    pub(crate) time: u64,
    pub(crate) servers: Vec<Server>,
    pub(crate) known: Vec<Known>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) held: Vec<(Session<User>, Token)>,
}

impl Run {
    pub(crate) fn new(policies: &[u8], shared: bool) -> Self {
        let ring = cloakroom::KeyRing::new(key(1), at(1), seconds(u64::from(u32::MAX)))
            .and_then(|ring| ring.announce(key(2), at(SECOND_KEY)))
            .unwrap();
        let chosen: Vec<Policy> = policies
            .iter()
            .map(|p| POLICIES[usize::from(*p) % POLICIES.len()])
            .collect();
        let one = RevocationList::new();
        let mut servers = Vec::new();
        for (index, policy) in chosen.iter().enumerate() {
            let list = if shared {
                one.clone()
            } else {
                RevocationList::new()
            };
            let clock = ManualClock::at(NOW);
            let build = |policy: &Policy| {
                let builder = Sessions::builder(ring.clone(), list.clone())
                    .purpose(PURPOSE)
                    .audience(AUDIENCE)
                    .absolute_timeout(seconds(policy.absolute))
                    .leeway(seconds(policy.leeway))
                    .clock(clock.clone())
                    .random(Seeded::new(1_000 + u64::try_from(index).unwrap()));
                let builder = match policy.idle {
                    Some(idle) => builder.idle_timeout(seconds(idle)),
                    None => builder.no_idle_timeout(),
                };
                builder.build().unwrap()
            };
            // Every list serves the tokens of all policies, so it must know the terms of all.
            chosen.iter().for_each(|other| drop(build(other)));
            let sessions = build(policy);
            servers.push(Server {
                clock,
                behind: 0,
                list,
                known: if shared { 0 } else { index },
                policy: *policy,
                sessions,
            });
        }
        Self {
            time: NOW,
            known: vec![Known::default(); servers.len()],
            servers,
            tokens: Vec::new(),
            held: Vec::new(),
        }
    }

    pub(crate) fn now(&self, server: usize) -> u64 {
        let server = &self.servers[server];
        (self.time - server.behind).max(server.list.high_water_mark())
    }

    /// What a server's sessions published; they tell their view the time first.
    fn publish(&mut self, server: usize, now: u64, revoked: &Revoked) {
        let known = &mut self.known[self.servers[server].known];
        known.touch(now);
        known.tell(revoked, now);
    }

    fn pick(&self, number: u8) -> Option<Token> {
        let index = usize::from(number).checked_rem(self.tokens.len())?;
        self.tokens.get(index).cloned()
    }

    pub(crate) fn keep(&mut self, issued: Issued, expected: &Token) {
        let info = issued.session;
        let found = Token {
            text: issued.token.into_string(),
            id: info.id().to_bytes(),
            generation: info.generation(),
            issued: info.issued_at().unix(),
            started: info.authenticated_at().unix(),
            key: if info.key() == key(1).id() { 1 } else { 2 },
            ..expected.clone()
        };
        let of = |t: &Token| (t.id, t.generation, t.started, t.issued, t.key);
        assert_eq!(of(&found), of(expected), "claims of a new token");
        self.tokens.push(found);
    }

    /// Minting rests on a fresh view: first everything that the others know arrives.
    fn freshen(&mut self, server: usize) {
        for other in 0..self.servers.len() {
            self.merge(server, other, 0);
        }
    }

    /// Merges the list of `from` into that of `to`: as a snapshot, or record by record in any order
    /// and some twice.
    fn merge(&mut self, to: usize, from: usize, seed: u64) {
        let (to_known, from_known) = (self.servers[to].known, self.servers[from].known);
        if to_known == from_known {
            return;
        }
        let now = self.now(to);
        let snapshot = self.servers[from].list.snapshot(at(self.now(from)));
        let list = &self.servers[to].list;
        if seed % 2 == 0 {
            let _ = list.merge_snapshot(&snapshot, at(now)).unwrap();
        } else {
            let mut records = records(&snapshot);
            records.extend_from_within(..records.len() / 2);
            shuffle(&mut records, seed);
            let _ = list.merge(&records, at(now));
        }
        let other = self.known[from_known].clone();
        self.known[to_known].learn(&other, now);
    }

    pub(crate) fn step(&mut self, server: usize, op: &Op) {
        let now = self.now(server);
        let known = self.servers[server].known;
        let policy = self.servers[server].policy;
        let sessions = self.servers[server].sessions.clone();
        let list = self.servers[server].list.clone();
        match *op {
            Op::Issue(subject) => {
                self.freshen(server);
                let now = self.now(server);
                let subject = SUBJECTS[usize::from(subject) % 3];
                self.known[known].touch(now);
                let issued = sessions.issue(subject, &user(subject)).ok();
                let expected = self.known[known].start(subject, now, sealing(now));
                assert_eq!(issued.is_some(), expected.is_some(), "issue");
                if let (Some(issued), Some(started)) = (issued, expected) {
                    let token = self.fresh(&issued, subject, started, now, policy);
                    self.keep(issued, &token);
                }
            }
            Op::Hold(token) => {
                let Some(token) = self.pick(token) else {
                    return;
                };
                self.known[known].touch(now);
                if let Ok(session) = sessions.verify(&token.text) {
                    self.held.push((session, token));
                }
            }
            Op::Renew(n) | Op::Update(n) | Op::Rotate(n) | Op::Reauthenticate(n) => {
                let Some(index) = usize::from(n).checked_rem(self.held.len()) else {
                    return;
                };
                self.freshen(server);
                self.mint(server, index, op);
            }
            Op::Revoke(token) => {
                let Some(token) = self.pick(token) else {
                    return;
                };
                sessions.revoke(SessionId::from_bytes(token.id)).unwrap();
                let below = LOGGED_OUT;
                self.publish(
                    server,
                    now,
                    &Revoked::Session {
                        id: token.id,
                        below,
                    },
                );
            }
            Op::Generations(token, below) => {
                let Some(token) = self.pick(token) else {
                    return;
                };
                let id = SessionId::from_bytes(token.id);
                sessions
                    .revoke_generations_below(id, u32::from(below))
                    .unwrap();
                let below = u32::from(below);
                self.publish(
                    server,
                    now,
                    &Revoked::Session {
                        id: token.id,
                        below,
                    },
                );
            }
            Op::Subject(subject) => {
                let name = SUBJECTS[usize::from(subject) % 2];
                let cutoff = self.known[known].cutoff_now(name, now);
                sessions.revoke_subject(name).unwrap();
                let (before, exempt) = (cutoff, None);
                self.publish(
                    server,
                    now,
                    &Revoked::Subject {
                        name,
                        before,
                        exempt,
                    },
                );
            }
            Op::SubjectExcept(subject, token) => {
                let name = SUBJECTS[usize::from(subject) % 2];
                let Some(token) = self.pick(token) else {
                    return;
                };
                let id = SessionId::from_bytes(token.id);
                let cutoff = self.known[known].cutoff_now(name, now);
                sessions.revoke_subject_except(name, id).unwrap();
                let (before, exempt) = (cutoff, Some(token.id));
                self.publish(
                    server,
                    now,
                    &Revoked::Subject {
                        name,
                        before,
                        exempt,
                    },
                );
            }
            Op::SubjectBefore(subject, back) => {
                let name = SUBJECTS[usize::from(subject) % 2];
                let before = now + TOLERANCE / 2 - u64::from(back);
                sessions.revoke_subject_before(name, at(before)).unwrap();
                let exempt = None;
                self.publish(
                    server,
                    now,
                    &Revoked::Subject {
                        name,
                        before,
                        exempt,
                    },
                );
            }
            Op::All => {
                let before = self.known[known].cutoff_now("", now);
                sessions.revoke_all().unwrap();
                self.publish(server, now, &Revoked::Everybody { before });
            }
            Op::AllBefore(back) => {
                let before = now + TOLERANCE / 2 - u64::from(back);
                sessions.revoke_all_before(at(before)).unwrap();
                self.publish(server, now, &Revoked::Everybody { before });
            }
            Op::Key(first) => {
                let number = if first { 1 } else { 2 };
                let before = self.known[known].cutoff_now("", now);
                let _ = sessions.disable_key(key(number).id()).unwrap();
                self.publish(server, now, &Revoked::Key { key: number });
                self.publish(server, now, &Revoked::Everybody { before });
            }
            Op::Arrives(subject, ahead) => {
                let name = SUBJECTS[usize::from(subject) % 2];
                let before = now + u64::from(ahead);
                let longest = POLICIES.iter().map(|p| p.life() + p.leeway).max().unwrap();
                let expires = before + longest + 2 * TOLERANCE;
                let record =
                    Record::new(Revocation::subject(name.as_bytes(), before, None), expires);
                let _ = list.merge(&[record], at(now));
                let exempt = None;
                self.known[known].tell(
                    &Revoked::Subject {
                        name,
                        before,
                        exempt,
                    },
                    now,
                );
            }
            Op::Pass(time) => self.time += u64::from(time),
            Op::Behind(behind) => self.servers[server].behind = u64::from(behind),
            Op::Purge => {
                list.purge(at(now));
            }
            Op::Exchange(seed) => {
                let from = usize::try_from(seed >> 8).unwrap() % self.servers.len();
                self.merge(server, from, seed);
            }
        }
        for server in &self.servers {
            server.clock.set(self.time - server.behind);
        }
    }
}
