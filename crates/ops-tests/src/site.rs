//! What several runbooks begin with.

use std::fs;
use std::time::Duration;

use engine_tests::RedisServer;
use engine_tests::process::{find, free_port, until};

use crate::place::Place;
use crate::server::{Clock, Server, login, logout, status_of};

pub const SOON: Duration = Duration::from_secs(20);

/// A ring whose tokens live for six seconds and that reaches all servers in two, and a server for it.
pub const SHORT: &str = "cloakroom keys new ring --max-lifetime 6s --rollout 2s";
pub const QUICK: &[(&str, &str)] = &[("CLOAKROOM_IDLE", "6"), ("CLOAKROOM_RELOAD", "1")];

/// Whether the programs are here that the commands use.
pub fn has_tools() -> bool {
    ["curl", "jq", "redis-server"]
        .iter()
        .all(|tool| find(tool, tool, &[]).is_some())
}

pub fn wait_for(place: &Place, line: &str) {
    let found = until(SOON, || place.read("server.log").contains(line));
    assert!(found, "no {line:?} in: {}", place.read("server.log"));
}

/// With a Redis, whose feed the server shares.
pub fn shared(redis: &RedisServer) -> Place {
    Place::new()
        .with("FEED", &redis.address())
        .with("FEED_KEY", "data/feed-key")
}

/// A server under the word `server` of the runbooks, and what more it is told.
pub fn serve_shared(place: &Place, redis: &RedisServer, more: &[(&str, &str)]) -> Server {
    let address = redis.address();
    let mut with = vec![("REDIS_URL", &*address), ("CLOAKROOM_RELOAD", "1")];
    with.extend(more);
    Server::start(place, "data", place.port, &with, Clock::Right)
}

/// Two servers that share a feed, the second in a directory of its own.
pub struct Pair {
    pub place: Place,
    pub ports: [u16; 2],
    /// As long as the test and no runbook runs it.
    pub first: Option<Server>,
    second: Option<Server>,
}

impl Pair {
    pub fn start(redis: &RedisServer) -> Self {
        let place = shared(redis);
        place.run(
            "cloakroom keys new ring --max-lifetime 8h
             mkdir -m 700 data data-2
             cloakroom keys feed-key data/feed-key
             cp -p data/feed-key data-2",
        );
        let mut pair = Self {
            ports: [place.port, free_port()],
            place,
            first: None,
            second: None,
        };
        pair.restart_second(redis, &[]);
        pair.first = Some(serve_shared(&pair.place, redis, &[]));
        pair
    }

    /// As the runbook does with the first.
    pub fn restart_second(&mut self, redis: &RedisServer, with: &[(&str, &str)]) {
        self.stop_second();
        let address = redis.address();
        let with = [&[("REDIS_URL", &*address)], with].concat();
        let first = self.place.path("server.pid");
        let first = fs::read_to_string(first).unwrap_or_default();
        let (place, port) = (&self.place, self.ports[1]);
        self.second = Some(Server::start(place, "data-2", port, &with, Clock::Right));
        self.place.write("server.pid", &first);
    }

    pub fn stop_second(&mut self) {
        drop(self.second.take());
    }

    pub fn statuses(&self, token: &str) -> [u16; 2] {
        self.ports.map(|port| status_of(port, token))
    }

    /// Waits until both say this to the token.
    pub fn both_say(&self, token: &str, status: u16) {
        let said = until(SOON, || self.statuses(token) == [status; 2]);
        let (now, log) = (self.statuses(token), self.place.read("server.log"));
        assert!(said, "{now:?} instead of {status}: {log}");
    }

    /// A logout on each reaches the other.
    pub fn hear_each_other(&self) {
        for port in self.ports {
            let token = login(port, "ada");
            self.both_say(&token, 200);
            logout(port, &token);
            assert_eq!(status_of(port, &token), 401);
            self.both_say(&token, 401);
        }
    }
}
