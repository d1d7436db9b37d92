//! What the tests of all engines need of a server.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom::feed::{EngineError, FeedConnector, FeedEngine, Realm};
use cloakroom_postgres::PostgresConnector;
use cloakroom_redis::RedisConnector;

use crate::postgres_server::PostgresServer;

/// What connectors of tests are configured with. Not shorter, for a machine that does other things
/// too.
pub const TIMEOUT: Duration = Duration::from_millis(800);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Redis,
    Postgres,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Postgres => "postgres",
        }
    }

    /// A connector to a server of this kind at a port of this machine.
    pub fn connector(self, port: u16, realm: Realm) -> AnyConnector {
        let connector: Box<dyn FeedConnector> = match self {
            Self::Redis => {
                let address = format!("redis://127.0.0.1:{port}");
                let connector = RedisConnector::new(&address, realm).unwrap();
                Box::new(connector.timeout(TIMEOUT).snapshot_timeout(2 * TIMEOUT))
            }
            Self::Postgres => {
                let connector = PostgresConnector::new(PostgresServer::config_at(port), realm);
                Box::new(connector.timeout(TIMEOUT).snapshot_timeout(2 * TIMEOUT))
            }
        };
        AnyConnector(connector)
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let kinds = [Self::Redis, Self::Postgres];
        let found = kinds.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("{name} is no engine"))
    }
}

/// A connector of some kind.
pub struct AnyConnector(Box<dyn FeedConnector>);

impl FeedConnector for AnyConnector {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        self.0.connect()
    }
}

impl std::fmt::Debug for AnyConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnyConnector")
    }
}

/// A server to break.
pub trait Server: Send {
    fn kind(&self) -> Kind;

    fn port(&self) -> u16;

    fn connector(&self, realm: Realm) -> AnyConnector {
        self.kind().connector(self.port(), realm)
    }

    /// `kill -9`.
    fn kill(&mut self);

    /// `kill -9` if it runs, then a start on the same port with what its disk has.
    fn restart(&mut self);

    /// The same without what its disk had.
    fn restart_empty(&mut self);

    /// `SIGSTOP`: it takes connections and answers nothing.
    fn freeze(&self);

    fn thaw(&self);

    /// A replica of this one, in step with it, which follows through a network of its own.
    fn replica(&self) -> Box<dyn Server>;

    /// Cuts a replica off from its primary. Frozen instead, it would still find in its socket what
    /// was written meanwhile.
    fn isolate(&self);

    /// Makes a replica a primary.
    fn promote(&mut self);
}

/// A realm that no other test uses.
pub fn realm() -> Realm {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    Realm::new(&format!("test-{number}")).unwrap()
}
