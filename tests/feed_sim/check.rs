//! What must hold after every step.

use cloakroom::feed::Delivery;
use cloakroom::{Freshness, RevocationView as _};
use core::future::Future as _;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::model::{Asking, CLOCKS_APART, Owed, Waiting};
use crate::net::Route;
use crate::run::Run;
use crate::server::{ABSOLUTE, IDLE};

/// The staleness bound, in milliseconds.
pub(crate) const BOUND: u64 = 2_000;

impl Run {
    pub(crate) fn check(&mut self) -> Result<(), String> {
        for index in 0..self.servers.len() {
            self.check_server(index)?;
        }
        self.check_one_by_token()
    }

    fn check_server(&mut self, index: usize) -> Result<(), String> {
        let now = self.net.now();
        let server = &self.servers[index];
        let Some(up) = &server.up else {
            return Ok(());
        };
        let bit = 1_u32 << index;
        let status = up.feed.status();
        let fresh = up.feed.freshness() == Freshness::Fresh;
        let seconds = server.clocks.seconds().max(up.feed.high_water_mark());
        let state = self.net.state();
        let knows_to = status
            .position
            .filter(|at| state.primary.passed(at))
            .map_or(0, |at| at.n);
        let route = state.routes[index].clone().unwrap_or(Route::Primary);
        drop(state);
        let disk_works = up
            .store
            .as_ref()
            .is_none_or(|store| store.failure().is_none());
        let audience = self.audience;
        let void = match () {
            _ if now < self.clocks_wrong_until.min(self.astray_until[index]) => {
                Some("void: clocks beyond the allowance, and an old view of the engine")
            }
            _ if now < self.two_heads_until[index] => Some("void: two heads that both write"),
            _ => None,
        };
        self.stats.count(if fresh { "fresh" } else { "not fresh" });
        for token in &mut self.model.tokens {
            if token.refused_by(&up.feed, &audience, seconds) {
                if !token.revoked {
                    return Err(format!("server {index} refuses the innocent {token:?}"));
                }
                token.refused |= bit;
                if fresh && seconds < token.ends() {
                    self.stats.count("refused by a fresh server");
                }
                if disk_works && server.disk.is_some() {
                    token.remembered |= bit;
                }
                continue;
            }
            if seconds >= token.ends() {
                continue;
            }
            if token.refused & bit != 0 {
                return Err(format!(
                    "server {index} forgot at {seconds} what refuses {token:?}"
                ));
            }
            let Some((n, since)) = token.held else {
                continue;
            };
            if knows_to >= n {
                return Err(format!(
                    "server {index} stands at {knows_to} and lacks what batch {n} said of {token:?}"
                ));
            }
            if fresh && now > since + BOUND {
                match void {
                    Some(void) => self.stats.count(void),
                    None => {
                        return Err(format!(
                            "server {index} ({route_name}) says fresh at {now} and accepts \
                             {token:?}; {status:?}",
                            route_name = name(&route)
                        ));
                    }
                }
            }
        }
        self.check_counters(index)
    }

    fn check_counters(&mut self, index: usize) -> Result<(), String> {
        let server = &self.servers[index];
        let Some(up) = &server.up else {
            return Ok(());
        };
        let status = up.feed.status();
        let events = up.events.lock().unwrap();
        let event = |what| events.get(what).copied().unwrap_or(0);
        for (name, counted, reported) in [
            ("resyncs", status.resyncs, event("resynced")),
            ("handed_back", status.handed_back, event("handed back")),
        ] {
            if counted != reported {
                return Err(format!(
                    "server {index}: {name} {counted}, reported {reported}"
                ));
            }
        }
        // Counted with every attempt, and told when it begins or becomes another.
        let (counted, reported) = (status.rejected, event("rejected"));
        if counted < reported || (counted == 0) != (reported == 0) {
            return Err(format!(
                "server {index}: rejected {counted}, reported {reported}"
            ));
        }
        let last = &mut self.last[index];
        let counters = [status.batches, status.resyncs, status.rejected];
        if last.life == server.lives {
            if counters
                .iter()
                .zip(last.counters)
                .any(|(new, old)| *new < old)
            {
                return Err(format!("server {index}: a counter went back"));
            }
            if let (Some(at), Some(before)) = (status.position, last.position)
                && at.epoch == before.epoch
                && at.n < before.n
                && status.resyncs == last.counters[1]
            {
                return Err(format!("server {index} went back from {before} to {at}"));
            }
        }
        last.life = server.lives;
        last.counters = counters;
        last.position = status.position;
        Ok(())
    }

    /// Through the whole of a verification, and its answer is that of the list.
    fn check_one_by_token(&mut self) -> Result<(), String> {
        if self.model.tokens.is_empty() {
            return Ok(());
        }
        let token = &self.model.tokens[self.random.index(self.model.tokens.len())];
        let server = &self.servers[self.random.index(self.servers.len())];
        let Some(up) = &server.up else {
            return Ok(());
        };
        let seconds = server.clocks.seconds().max(up.feed.high_water_mark());
        let live = up.sessions.verify(&token.text).is_ok();
        let refused = token.refused_by(&up.feed, &self.audience, seconds);
        let fresh = up.feed.freshness() == Freshness::Fresh;
        if live && (refused || !fresh || seconds >= token.ends()) {
            return Err(format!(
                "server {} lets {token:?} live at {seconds}: refused {refused}, fresh {fresh}",
                server.number
            ));
        }
        self.stats
            .count(if live { "verified" } else { "not verified" });
        Ok(())
    }

    /// Looks at everybody who waits for an answer.
    pub(crate) fn poll(&mut self) -> Result<(), String> {
        let mut context = Context::from_waker(Waker::noop());
        for mut waiting in std::mem::take(&mut self.model.waiting) {
            if waiting.life != self.servers[waiting.server].lives
                || self.servers[waiting.server].up.is_none()
            {
                // The process that was asked is gone.
                continue;
            }
            let answered = match &mut waiting.asking {
                Asking::Publication(asked) => {
                    match Pin::new(&mut asked.delivering).poll(&mut context) {
                        Poll::Pending => false,
                        Poll::Ready(answer) => {
                            let said = asked.said.clone();
                            match answer {
                                Ok(delivery) => self.delivered(&waiting, said, delivery)?,
                                Err(_) => self.stats.count("publication failed"),
                            }
                            true
                        }
                    }
                }
                Asking::Rotation { rotating, .. } => match Pin::new(rotating).poll(&mut context) {
                    Poll::Pending => false,
                    Poll::Ready(answer) => {
                        match answer {
                            Ok(Some(delivery)) => self.rotated(&waiting, delivery)?,
                            Ok(None) => self.stats.count("rotation came second"),
                            Err(_) => self.stats.count("rotation undecided"),
                        }
                        true
                    }
                },
                Asking::Founding(founding) => Pin::new(founding).poll(&mut context).is_ready(),
            };
            if !answered {
                self.model.waiting.push(waiting);
            }
        }
        Ok(())
    }

    fn delivered(
        &mut self,
        waiting: &Waiting,
        said: Vec<crate::said::Said>,
        delivery: Delivery,
    ) -> Result<(), String> {
        let time = self.net.now();
        let durable = self.servers[waiting.server].disk.is_some();
        let at = match delivery.accepted() {
            Ok(accepted) => {
                self.stats.count("accepted");
                let at = accepted.position();
                let state = self.net.state();
                let batch = state.accepted.get(&at.to_bytes());
                let there =
                    batch.is_some_and(|b| said.iter().all(|s| b.iter().any(|o| o.covers(s))));
                if !there {
                    return Err(format!(
                        "reported as accepted at {at} and not there: {said:?}"
                    ));
                }
                Some(at)
            }
            Err(pending) => {
                self.stats.count("pending");
                if pending.is_durable() != durable {
                    return Err(format!("{pending:?} with a disk: {durable}"));
                }
                if !durable {
                    return Ok(());
                }
                None
            }
        };
        self.model.owed.push(Owed { said, at, time });
        Ok(())
    }

    /// Of two rotations to one generation, the later one in a history must fail.
    fn rotated(&mut self, waiting: &Waiting, delivery: Delivery) -> Result<(), String> {
        let Asking::Rotation { next, asked, .. } = &waiting.asking else {
            return Ok(());
        };
        let Ok(accepted) = delivery.accepted() else {
            return Err(format!("a rotation that is {delivery:?}"));
        };
        let at = accepted.position();
        let (id, generation) = (next.claims.id, next.claims.generation);
        let before = self.model.rotations.entry((id, generation)).or_default();
        let state = self.net.state();
        for other in before.iter() {
            if *other == at || (state.primary.passed(other) && state.primary.passed(&at)) {
                return Err(format!(
                    "two rotations of one session to generation {generation}, at {other} and {at}"
                ));
            }
            self.stats.count("void: rotated twice, the engine lost one");
        }
        before.push(at);
        drop(state);
        self.stats.count("rotated");
        let seconds = self.servers[waiting.server].clocks.seconds();
        // What a server mints it mints with the time it began with.
        if seconds < asked + IDLE - 1 && seconds < next.claims.started + ABSOLUTE - CLOCKS_APART {
            self.model.keep((**next).clone());
        }
        Ok(())
    }
}

pub(crate) const fn name(route: &Route) -> &'static str {
    match route {
        Route::Primary => "primary",
        Route::Cut => "cut off",
        Route::Past(_) => "shown the past",
        Route::Side => "old primary",
    }
}
