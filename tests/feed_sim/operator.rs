//! What an operator does: changes the feed key, and founds a feed anew that nobody can follow.

use crate::model::Asking;
use crate::run::Run;

impl Run {
    /// All servers get the keys of the next step before any gets those of the one after; the old
    /// key is dropped when nothing that a cold start reads is under it.
    pub(crate) fn next_key_step(&mut self) {
        let late = self
            .servers
            .iter()
            .position(|server| server.key_step < self.key_step);
        if let Some(server) = late {
            if self.servers[server].up.is_some() {
                self.crash(server);
            }
            return self.start(server);
        }
        let mixed = self
            .servers
            .iter()
            .any(|server| server.key_step != self.key_step);
        if mixed || self.key_step % 3 == 2 && !self.old_key_is_gone() {
            return;
        }
        self.key_step += 1;
        self.stats.count("feed key step");
    }

    fn old_key_is_gone(&self) -> bool {
        let state = self.net.state();
        let id = crate::server::feed_key(self.key_step / 3 + 2).id();
        let Some(snapshot) = state.primary.snapshot() else {
            return false;
        };
        let from = state.primary.snapshot_at().unwrap_or(0) as usize;
        let mut after = state.primary.history.iter().skip(from);
        snapshot.get(8..12) == Some(&id) && after.all(|entry| entry.bytes.get(1..5) == Some(&id))
    }

    /// What an operator does about a feed that can't be followed any more.
    pub(crate) fn operate(&mut self) {
        let now = self.net.now();
        let lasting = (0..self.servers.len()).any(|server| {
            let up = self.servers[server].up.as_ref();
            let failure = up.and_then(|up| up.feed.status().failure);
            failure.is_some_and(|failure| failure.is_lasting())
                && self.net.state().routes[server].is_none()
        });
        if !lasting {
            self.stuck_since = None;
            return;
        }
        let since = *self.stuck_since.get_or_insert(now);
        if now < since + 3_000 {
            return;
        }
        self.stuck_since = None;
        let able = |server: &&crate::server::Server| server.up.is_some() && !server.follows;
        let able: Vec<usize> = self.servers.iter().filter(able).map(|s| s.number).collect();
        if able.is_empty() {
            return;
        }
        let server = able[self.random.index(able.len())];
        let up = self.servers[server].up.as_ref().unwrap();
        let founding = Asking::Founding(up.feed.found_anew_by_hand());
        self.stats.count("founded anew by the operator");
        let waiting = self.waiting(server, founding);
        self.model.waiting.push(waiting);
    }
}
