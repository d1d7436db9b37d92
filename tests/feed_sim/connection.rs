//! One server's connection to the simulated engine.

use std::sync::Arc;
use std::time::Duration;

use cloakroom::feed::{Appended, EngineError, FeedConnector, FeedEngine, Position, Tail};

use crate::net::{Flying, Net, Route};
use crate::store::Store;

/// Requests in one step beyond which a server is said to never stop.
const ENDLESS: u64 = 20_000;

#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) net: Arc<Net>,
    pub(crate) server: usize,
}

impl FeedConnector for Connector {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    Lost,
    Unanswered,
    Later,
}

fn no_answer<T>() -> Result<T, EngineError> {
    Err(EngineError::unavailable("no answer in time"))
}

impl Connector {
    /// The request is sent: what happens to it, and where it goes.
    fn send(&self, excludes: bool) -> Result<(Fate, Route), EngineError> {
        let (fate, route, overtaken) = {
            let mut random = self.net.random();
            let mut state = self.net.state();
            state.calls += 1;
            if state.calls > ENDLESS {
                panic!("a server never stops asking");
            }
            let chaos = state.chaos;
            let route = state.routes[self.server].clone().unwrap_or(Route::Primary);
            let fate = if state.frozen || matches!(route, Route::Cut) || random.chance(chaos.before)
            {
                Fate::Lost
            } else if random.chance(chaos.after) {
                Fate::Unanswered
            } else if random.chance(chaos.later) {
                Fate::Later
            } else {
                Fate::Done
            };
            (fate, route, random.chance(chaos.overtaken))
        };
        if overtaken {
            self.net.overtake(self.server, excludes);
        }
        if fate == Fate::Lost {
            let wait = self.net.random().below(60);
            self.net.pass(wait);
            self.net.state().count("request lost");
            return no_answer();
        }
        Ok((fate, route))
    }

    /// The answer is on its way back.
    fn answer<T>(&self, fate: Fate, answer: T, excludes: bool) -> Result<T, EngineError> {
        if fate != Fate::Done {
            self.net.pass(20);
            self.net.state().count("answer lost");
            return no_answer();
        }
        let overtaken = {
            let overtaken = self.net.state().chaos.overtaken;
            self.net.random().chance(overtaken)
        };
        if overtaken {
            self.net.overtake(self.server, excludes);
        }
        Ok(answer)
    }

    fn ask<T>(&self, excludes: bool, what: impl FnOnce(&Store) -> T) -> Result<T, EngineError> {
        let (fate, route) = self.send(excludes)?;
        let answer = {
            let state = self.net.state();
            match (&route, &state.side) {
                (Route::Past(past), _) => what(past),
                (Route::Side, Some(side)) => what(side),
                _ => what(&state.primary),
            }
        };
        self.answer(fate, answer, excludes)
    }
}

impl FeedEngine for Connector {
    fn read(&mut self, after: u64, limit: usize, _: Duration) -> Result<Tail, EngineError> {
        // Only a look asks for so many; reading everything again asks for three times what a look
        // would, which is never this.
        let excludes = limit != 256;
        self.ask(excludes, |store| store.read(after, limit))
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let (fate, route) = self.send(false)?;
        let appended = {
            let now = self.net.now();
            let due = now + self.net.random().between(1, 1500);
            let mut state = self.net.state();
            let side = matches!(route, Route::Side) && state.side.is_some();
            match route {
                Route::Past(_) => {
                    // Whoever shows the past may as well say that somebody else was first.
                    state.count("append to the past");
                    Appended::Conflict
                }
                _ if side && !state.side_writes => {
                    drop(state);
                    return Err(EngineError::refused("not enough replicas to write"));
                }
                _ if fate == Fate::Later && !side => {
                    state.flying.push(Flying {
                        due,
                        onto: *onto,
                        becomes: *becomes,
                        batch: batch.to_vec(),
                    });
                    drop(state);
                    return no_answer();
                }
                _ => {
                    let appended = state.append(side, (onto, batch, becomes), now);
                    self.net.say(|| {
                        let said = crate::said::Said::in_batch(batch);
                        format!(
                            "server {} appends {becomes}: {appended:?} {said:?}",
                            self.server
                        )
                    });
                    appended
                }
            }
        };
        self.answer(fate, appended, false)
    }

    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        Ok(0)
    }

    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError> {
        let (fate, route) = self.send(true)?;
        if !matches!(route, Route::Primary) {
            return no_answer();
        }
        let founded = {
            let mut state = self.net.state();
            let gone = state.primary.history.clone();
            let founded = state.primary.found(instead_of, first);
            if founded {
                state.count("feed founded");
                state.forget(&gone);
            }
            founded
        };
        self.answer(fate, founded, true)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        self.ask(true, Store::snapshot)
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let (fate, route) = self.send(false)?;
        let put = {
            let mut state = self.net.state();
            let put = match route {
                Route::Primary => state.primary.put_snapshot(at, snapshot, drop_to),
                _ => false,
            };
            if put {
                state.count("snapshot kept");
                if !state.primary.passed(at) {
                    let server = self.server;
                    let why = format!("server {server} put a snapshot of another history, at {at}");
                    state.misdeed = Some(why);
                }
            }
            self.net
                .say(|| format!("server {} puts a snapshot at {at}: {put}", self.server));
            put
        };
        self.answer(fate, put, false)
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        self.ask(true, Store::snapshot_at)
    }
}
