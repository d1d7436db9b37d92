//! New tokens for held sessions, and the comparison of every answer.

use cloakroom::Issued;

use crate::common::{Outcome, outcome, user};
use crate::ops::Op;
use crate::plain::{LOGGED_OUT, Policy, Revoked, Token};
use crate::run::{Run, sealing};

/// How often each answer was given.
pub(crate) type Seen = std::collections::HashMap<Outcome, usize>;

impl Run {
    pub(crate) fn fresh(
        &self,
        issued: &Issued,
        subject: &'static str,
        started: u64,
        now: u64,
        policy: Policy,
    ) -> Token {
        let id = issued.session.id().to_bytes();
        assert!(
            self.tokens.iter().all(|token| token.id != id),
            "a session id came twice"
        );
        Token {
            text: String::new(),
            id,
            generation: 0,
            subject,
            started,
            issued: started,
            idle: policy.idle,
            absolute: policy.absolute,
            key: sealing(now),
        }
    }

    pub(crate) fn mint(&mut self, server: usize, index: usize, op: &Op) {
        let now = self.now(server);
        let known = self.servers[server].known;
        let policy = self.servers[server].policy;
        let sessions = self.servers[server].sessions.clone();
        self.known[known].touch(now);
        let (session, old) = &self.held[index];
        let old = old.clone();
        let sealing = sealing(now);
        let live = policy.verify(&old, &self.known[known], now);
        // A live token is not replaced by one under a key that was revoked.
        let trusted = !self.known[known].distrusts(sealing);
        let next = policy
            .next(&old, now, sealing)
            .filter(|_| live.is_ok() && trusted);
        let (issued, expected) = match op {
            Op::Renew(_) => {
                let renewed = sessions.renew(session);
                assert_eq!(renewed.as_ref().err().and_then(|e| e.reason()), live.err());
                let due = policy.due(&old, now);
                (renewed.ok().flatten(), next.filter(|_| due))
            }
            Op::Update(_) => (sessions.update(session, &user("new")).ok(), next),
            Op::Rotate(_) => {
                let rotated = sessions.rotate(session).ok();
                let next = next.map(|next| Token {
                    generation: next.generation + 1,
                    ..next
                });
                if let Some(next) = &next {
                    let (id, below) = (next.id, next.generation);
                    self.known[known].tell(&Revoked::Session { id, below }, now);
                }
                (rotated, next)
            }
            _ => {
                let again = sessions.reauthenticate(session, &user("again")).ok();
                let start = self.known[known].start(old.subject, now, sealing);
                let next = again
                    .as_ref()
                    .zip(start)
                    .map(|(again, started)| self.fresh(again, old.subject, started, now, policy));
                assert_eq!(again.is_some(), start.is_some(), "reauthenticate");
                if start.is_some() {
                    let (id, below) = (old.id, LOGGED_OUT);
                    self.known[known].tell(&Revoked::Session { id, below }, now);
                }
                (again, next)
            }
        };
        assert_eq!(
            issued.is_some(),
            expected.is_some(),
            "{op:?} of {old:?} at {now}"
        );
        if let (Some(issued), Some(expected)) = (issued, expected) {
            self.keep(issued, &expected);
        }
    }

    /// Every server about every token.
    pub(crate) fn check(&mut self, seen: &mut Seen) {
        for index in 0..self.servers.len() {
            let now = self.now(index);
            let server = &self.servers[index];
            if !self.tokens.is_empty() {
                self.known[server.known].touch(now);
            }
            for token in &self.tokens {
                let found = outcome(&server.sessions, &token.text);
                let expected = match server.policy.verify(token, &self.known[server.known], now) {
                    Ok(()) => Outcome::Live,
                    Err(reason) => Outcome::Rejected(reason),
                };
                *seen.entry(found).or_default() += 1;
                assert_eq!(found, expected, "server {index} at {now} about {token:?}");
            }
        }
    }
}
