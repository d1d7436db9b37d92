//! When nothing goes wrong any more: everybody becomes fresh and agrees, and what was promised is
//! kept.

use std::collections::BTreeSet;

use cloakroom::feed::FeedStatus;
use cloakroom::{Freshness, RevocationView as _, Timestamp};

use crate::run::Run;
use crate::said::Said;

/// Milliseconds in which everybody is fresh after the last fault, without an operator and with one.
const SOON: u64 = 8_000;
const LATE: u64 = 20_000;
/// Milliseconds for which an entry lives at least, wherever it is.
const RECENT: u64 = 45_000;
/// Seconds by which the life of an entry may differ between servers.
const APART: u64 = 10;

/// Whether a list refuses all that a record refuses. Of cut-offs it may hold two later ones instead.
fn covered(said: &Said, known: &[(Said, u64)]) -> bool {
    let mut exempt = known.iter().filter_map(|(other, _)| {
        let same = (other.kind, other.key) == (said.kind, said.key);
        (same && other.value >= said.value).then_some(other.exempt)
    });
    match exempt.next() {
        None => false,
        Some(first) if first == said.exempt || first.is_none() => true,
        Some(first) => exempt.any(|other| other != first),
    }
}

impl Run {
    pub(crate) fn calm(&mut self) -> Result<(), String> {
        self.stats.count("calm");
        for active in std::mem::take(&mut self.faults) {
            self.end_fault(active.fault);
        }
        for server in 0..self.servers.len() {
            let ahead = self.random.between(0, 600) as i64 - 300;
            self.servers[server].clocks.set(ahead);
            self.servers[server].disk.mend();
            if self.servers[server].up.is_some() && !self.servers[server].settle() {
                self.crash(server);
            }
            if self.servers[server].up.is_none() {
                self.start(server);
            }
        }
        let from = self.net.now();
        let before = self.operated();
        loop {
            self.begin(25);
            self.everybody();
            self.operate();
            self.end()?;
            let differ = self.differences();
            if differ.is_none() {
                break;
            }
            let allowed = if self.operated() > before { LATE } else { SOON };
            if self.net.now() > from + allowed {
                let status: Vec<FeedStatus> = self
                    .servers
                    .iter()
                    .filter_map(|server| Some(server.up.as_ref()?.feed.status()))
                    .collect();
                return Err(format!(
                    "no agreement {allowed} ms after the last fault: {}\n{status:#?}",
                    differ.unwrap_or_default()
                ));
            }
        }
        self.check_promises()
    }

    fn operated(&self) -> u64 {
        let times = self.stats.0.get("founded anew by the operator");
        times.copied().unwrap_or(0)
    }

    /// What is not as it should be yet.
    fn differences(&self) -> Option<String> {
        if !self.model.waiting.is_empty() {
            return Some("somebody waits for an answer".into());
        }
        for server in &self.servers {
            let up = server.up.as_ref()?;
            let status = up.feed.status();
            if up.feed.freshness() != Freshness::Fresh {
                return Some(format!("server {} is not fresh", server.number));
            }
            if status.pending > 0 || status.failure.is_some() {
                return Some(format!("server {}: {status:?}", server.number));
            }
        }
        let state = self.net.state();
        // One that is published again lives on where that is known. If the engine loses that, nobody
        // hands it back, because the engine has the revocation: all tokens die before its first end.
        let recent = state.logged.iter();
        let recent = recent.filter(|(_, time)| **time + RECENT > self.net.now());
        let logged: BTreeSet<Said> = recent.map(|(said, _)| *said).collect();
        drop(state);
        let lists: Vec<Vec<(Said, u64)>> = (0..self.servers.len())
            .map(|server| self.list(server))
            .collect();
        for (one, list) in lists.iter().enumerate() {
            // A follower may be the only one who knows what an engine lost, and can't hand it back.
            if self.servers[one].follows {
                continue;
            }
            let now = self.servers[one].clocks.seconds();
            for (other, known) in lists.iter().enumerate() {
                let lacks = list.iter().find(|(said, expires)| {
                    *expires > now + APART && logged.contains(said) && !covered(said, known)
                });
                if let Some(lacks) = lacks {
                    return Some(format!("server {other} lacks {lacks:?} of server {one}"));
                }
            }
        }
        None
    }

    fn list(&self, server: usize) -> Vec<(Said, u64)> {
        let server = &self.servers[server];
        let now = Timestamp::from_unix(server.clocks.seconds()).unwrap();
        let up = server.up.as_ref().unwrap();
        Said::in_snapshot(&up.feed.snapshot(now))
    }

    fn check_promises(&mut self) -> Result<(), String> {
        for owed in std::mem::take(&mut self.model.owed) {
            let lost = owed.at.is_some_and(|at| {
                let state = self.net.state();
                state.lost.contains(&at.to_bytes())
            });
            for token in &self.model.tokens {
                if !owed.said.iter().any(|said| said.refuses(&token.claims)) {
                    continue;
                }
                for server in &self.servers {
                    let up = server.up.as_ref().unwrap();
                    let seconds = server.clocks.seconds().max(up.feed.high_water_mark());
                    if seconds >= token.ends()
                        || token.refused_by(&up.feed, &self.audience, seconds)
                    {
                        continue;
                    }
                    let held = self.servers.iter().any(|other| {
                        let feed = &other.up.as_ref().unwrap().feed;
                        !other.follows && token.refused_by(feed, &self.audience, seconds)
                    });
                    if !lost || held {
                        return Err(format!(
                            "server {} accepts {token:?} although {owed:?} was promised; lost by the \
                             engine: {lost}, held by a server that writes: {held}",
                            server.number
                        ));
                    }
                    self.stats
                        .count("void: lost by the engine, and nobody held it");
                }
            }
            self.stats.count("promise kept");
        }
        Ok(())
    }
}
