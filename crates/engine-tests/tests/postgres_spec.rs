//! The layout in PostgreSQL as SPEC §17.8 writes it: the same as the shipped one, and enough to follow
//! and to write by itself.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core
)]

use std::time::{Duration, Instant};

use cloakroom::feed::{
    Appended, EngineError, FeedConnector, FeedEngine, FeedKey, FeedKeys, FeedRevocations, Position,
    Tail,
};
use cloakroom::{Clock as _, KeyRing, Revocation, RevocationPublish as _, Sessions, SystemClock};
use engine_tests::process::until;
use engine_tests::{PostgresServer, Server as _, realm};
use tokio::runtime::Runtime;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};

const PATIENCE: Duration = Duration::from_secs(20);
/// Of a batch, of all batches of an answer, of a snapshot: bytes.
const LONGEST: i64 = cloakroom::feed::MAX_BATCH as i64;
const ANSWER: i64 = 1 << 20;
const SNAPSHOT: i64 = 1 << 26;

/// What section 17.8 says in SQL, in its order.
fn statements() -> [String; 8] {
    let spec = include_str!("../../../SPEC.md");
    let (_, section) = spec.split_once("\n### 17.8. ").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let mut blocks = section.split("```sql\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("```").unwrap();
        block.to_owned()
    });
    let mut next = || blocks.next().expect("a block of SQL");
    let [schema, read, append, first, instead, put, last] = [(); 7].map(|()| next());
    let (snapshot, snapshot_at) = last.trim().split_once('\n').unwrap();
    let snapshots = [snapshot, snapshot_at].map(str::to_owned);
    assert!(blocks.next().is_none());
    let [snapshot, snapshot_at] = snapshots;
    [
        schema,
        read,
        append,
        first,
        instead,
        put,
        snapshot,
        snapshot_at,
    ]
}

/// Without comments and the way it is set.
fn plain(sql: &str) -> String {
    let lines = sql.lines().filter(|line| !line.starts_with("--"));
    let words = lines.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_specification_and_the_adapter_say_the_same() {
    macro_rules! shipped {
        ($name:literal) => {
            include_str!(concat!("../../cloakroom-postgres/", $name))
        };
    }
    let [
        schema,
        read,
        append,
        first,
        instead,
        put,
        snapshot,
        snapshot_at,
    ] = statements();
    for (said, shipped) in [
        (schema, shipped!("schema.sql")),
        (read, shipped!("src/sql/read.sql")),
        (append, shipped!("src/sql/append.sql")),
        (first, shipped!("src/sql/found_first.sql")),
        (instead, shipped!("src/sql/found_instead.sql")),
        (put, shipped!("src/sql/put_snapshot.sql")),
    ] {
        assert_eq!(plain(&said), plain(shipped));
    }
    let engine = plain(&shipped!("src/engine.rs").replace("\\\n", " "));
    for said in [snapshot, snapshot_at] {
        assert!(engine.contains(&format!("\"{said}\"")), "{said}");
    }
    assert!(engine.contains("\"LISTEN cloakroom_feed\""));
}

/// An engine that knows no more than the specification.
struct BySpec {
    runtime: Runtime,
    client: Client,
    realm: String,
    statements: [String; 8],
}

struct Connector {
    port: u16,
    realm: String,
}

impl FeedConnector for Connector {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = runtime.block_on(async {
            let config = PostgresServer::config_at(self.port);
            let (client, connection) = config.connect(NoTls).await.map_err(unavailable)?;
            tokio::spawn(connection);
            Ok(client)
        })?;
        Ok(Box::new(BySpec {
            runtime,
            client,
            realm: self.realm.clone(),
            statements: statements(),
        }))
    }
}

fn unavailable(error: tokio_postgres::Error) -> EngineError {
    EngineError::unavailable(error)
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

impl BySpec {
    fn ask(&self, statement: usize, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, EngineError> {
        let mut all: Vec<Parameter<'_>> = vec![(&self.realm, Type::TEXT)];
        all.extend_from_slice(parameters);
        let sql = &self.statements[statement];
        let asked = self.client.query_typed(sql, &all);
        self.runtime.block_on(asked).map_err(unavailable)
    }

    fn says_one(
        &self,
        statement: usize,
        parameters: &[Parameter<'_>],
    ) -> Result<bool, EngineError> {
        Ok(self.ask(statement, parameters)?.len() == 1)
    }
}

/// A position as three columns.
struct Columns(Vec<u8>, i64, Vec<u8>);

impl Columns {
    fn of(at: &Position) -> Self {
        Self(at.epoch.to_vec(), number(at.n), at.chain.to_vec())
    }

    fn parameters(&self) -> [Parameter<'_>; 3] {
        [
            (&self.0, Type::BYTEA),
            (&self.1, Type::INT8),
            (&self.2, Type::BYTEA),
        ]
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn array<const N: usize>(row: &Row, column: usize) -> [u8; N] {
    row.get::<_, &[u8]>(column).try_into().unwrap()
}

impl FeedEngine for BySpec {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        let until = Instant::now() + wait;
        let (after, limit) = (number(after), i64::try_from(limit).unwrap_or(i64::MAX));
        loop {
            let parameters: [Parameter<'_>; 4] = [
                (&after, Type::INT8),
                (&limit, Type::INT8),
                (&LONGEST, Type::INT8),
                (&ANSWER, Type::INT8),
            ];
            let rows = self.ask(1, &parameters)?;
            assert!(!rows[0].get::<_, bool>(0), "a standby");
            let head = rows[0].get::<_, Option<i16>>(1).map(|fmt| {
                assert_eq!(fmt, 1);
                Position {
                    epoch: array(&rows[0], 2),
                    n: u64::try_from(rows[0].get::<_, i64>(3)).unwrap(),
                    chain: array(&rows[0], 4),
                }
            });
            let batches: Vec<Vec<u8>> = rows.iter().filter_map(|row| row.get(5)).collect();
            if !batches.is_empty() || Instant::now() >= until {
                return Ok(Tail { head, batches });
            }
            // "Whether it came or not, the reader reads again."
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let (onto, becomes) = (Columns::of(onto), Columns::of(becomes));
        let mut parameters: Vec<Parameter<'_>> = Vec::new();
        parameters.extend(onto.parameters());
        parameters.extend(becomes.parameters());
        parameters.push((&batch, Type::BYTEA));
        Ok(match self.says_one(2, &parameters)? {
            true => Appended::Accepted,
            false => Appended::Conflict,
        })
    }

    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        Err(EngineError::refused("not asked for"))
    }

    fn found(&mut self, old: Option<&Position>, first: &Position) -> Result<bool, EngineError> {
        let first = Columns::of(first);
        let Some(old) = old else {
            return self.says_one(3, &first.parameters());
        };
        let old = Columns::of(old);
        let mut parameters = first.parameters().to_vec();
        parameters.extend(old.parameters());
        self.says_one(4, &parameters)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let rows = self.ask(6, &[(&SNAPSHOT, Type::INT8)])?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let (at, drop_to) = (Columns::of(at), number(drop_to));
        let mut parameters = at.parameters().to_vec();
        parameters.push((&snapshot, Type::BYTEA));
        parameters.push((&drop_to, Type::INT8));
        self.says_one(5, &parameters)
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let rows = self.ask(7, &[])?;
        Ok(rows
            .first()
            .map(|row| u64::try_from(row.get::<_, i64>(0)).unwrap()))
    }
}

#[test]
fn whoever_has_the_specification_alone_follows_and_writes_the_same_feed() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let realm = realm();
    let key = FeedKey::generate().unwrap();
    // The tables are those of the specification; the shipped adapter is content with them.
    server.say(&statements()[0]);
    let by_spec = || Connector {
        port: server.port(),
        realm: realm.to_string(),
    };
    let start = |connector: Box<dyn FeedConnector>| {
        let feed =
            FeedRevocations::builder(realm.clone(), FeedKeys::new(key.clone()), Boxed(connector))
                .snapshot_every(10)
                .start()
                .unwrap();
        assert!(feed.wait_until_fresh(PATIENCE), "{feed:?}");
        feed
    };
    let shipped = || {
        let config = PostgresServer::config_at(server.port());
        Box::new(cloakroom_postgres::PostgresConnector::new(
            config,
            realm.clone(),
        ))
    };
    // Founded by the one, joined by the other.
    let feeds = [start(Box::new(by_spec())), start(shipped())];
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let sessions = feeds.each_ref().map(|feed| {
        Sessions::<(), _>::builder(ring.clone(), feed.clone())
            .purpose("session")
            .audience("")
            .aal2()
            .build()
            .unwrap()
    });
    let now = SystemClock.now().unwrap();
    for round in 0..30 {
        let (here, there) = (round % 2, 1 - round % 2);
        let login = sessions[there].issue("ada", &()).unwrap();
        let verifies = |server: usize| sessions[server].verify(login.token.as_str()).is_ok();
        assert!(verifies(here) && verifies(there));
        let revocation = Revocation::session(login.session.id());
        let delivery = feeds[here].publish(&[revocation], now).unwrap();
        assert!(delivery.accepted().is_ok(), "{round}");
        assert!(!verifies(here));
        assert!(until(PATIENCE, || !verifies(there)), "{round}");
    }
    // Snapshots were put by whoever came first, and either starts from them.
    let kept = || server.say("SELECT n FROM cloakroom_feed_snapshot");
    assert!(until(PATIENCE, || !kept().is_empty()));
    for feed in [start(Box::new(by_spec())), start(shipped())] {
        assert_eq!(feed.stats().sessions, 30);
    }
    // And a feed is founded anew by the statements alone.
    let _accepted = feeds[0].found_anew().unwrap();
    assert!(until(PATIENCE, || feeds[1].wait_until_fresh(PATIENCE)
        && feeds[1].status().position.map(|at| at.epoch)
            == feeds[0].status().position.map(|at| at.epoch)));
    assert_eq!(feeds.map(|feed| feed.stats().sessions), [30, 30]);
}

/// One type for both.
struct Boxed(Box<dyn FeedConnector>);

impl FeedConnector for Boxed {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        self.0.connect()
    }
}
