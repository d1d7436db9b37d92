//! Where the engine is, and what is set and checked before it is used.

use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::time::Duration;

use cloakroom::feed::{EngineError, FeedConnector, FeedEngine, Realm};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, Error, NoTls, SimpleQueryMessage, Socket,
};

use crate::engine::Engine;
use crate::fault;
use crate::run::Runner;

const TIMEOUT: Duration = Duration::from_millis(900);
const LARGEST_SNAPSHOT: usize = 256 << 20;
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(30);

/// The tables, as `schema.sql` of this crate has them.
pub const SCHEMA: &str = include_str!("../schema.sql");

/// Two that create the tables at once would run into each other in the catalogue.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7161115318466439985);";

/// Connects to the feed of one realm in a PostgreSQL.
///
/// ```no_run
/// use std::time::Duration;
///
/// use cloakroom::feed::{FeedConnector, Realm};
/// use cloakroom_postgres::PostgresConnector;
///
/// let config = "host=10.0.0.5 user=feed password=secret dbname=shop".parse()?;
/// let postgres = PostgresConnector::new(config, Realm::new("shop.example")?)
///     .timeout(Duration::from_millis(500));
/// let head = postgres.connect()?.read(0, 0, Duration::ZERO)?.head;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PostgresConnector {
    config: Config,
    realm: Realm,
    timeouts: Timeouts,
    dial: Dial,
}

#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) usual: Duration,
    pub(crate) snapshot: Duration,
    /// Bytes.
    pub(crate) largest_snapshot: usize,
}

/// A client and what it is told out of turn.
pub(crate) struct Line {
    pub(crate) client: Client,
    pub(crate) news: Arc<Notify>,
}

type Dialing = Pin<Box<dyn Future<Output = Result<Line, Error>> + Send>>;
type Dial = Box<dyn Fn(Config, Realm) -> Dialing + Send + Sync>;

impl PostgresConnector {
    /// A connector without TLS: for a socket file, for this machine, for a network that is
    /// encrypted already. Nothing is sent yet.
    ///
    /// With several hosts, the one that takes writes is used.
    #[must_use]
    pub fn new(config: Config, realm: Realm) -> Self {
        Self::with_tls(config, realm, NoTls)
    }

    /// A connector with TLS by the connector of your choice, say that of `tokio-postgres-rustls` or
    /// `postgres-native-tls`.
    ///
    /// # Security
    ///
    /// The configuration decides whether TLS must be used: `sslmode=prefer`, the default, goes on in
    /// the clear with a server, or somebody in between, that says it has none. Set `sslmode=require`.
    #[must_use]
    pub fn with_tls<T>(config: Config, realm: Realm, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as tokio_postgres::tls::TlsConnect<Socket>>::Future: Send,
    {
        let dial = move |config: Config, realm: Realm| -> Dialing {
            let tls = tls.clone();
            Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                let news = Arc::new(Notify::new());
                tokio::spawn(drive(connection, realm, Arc::clone(&news)));
                Ok(Line { client, news })
            })
        };
        Self {
            config,
            realm,
            timeouts: Timeouts {
                usual: TIMEOUT,
                snapshot: SNAPSHOT_TIMEOUT,
                largest_snapshot: LARGEST_SNAPSHOT,
            },
            dial: Box::new(dial),
        }
    }

    /// How long connecting and every call may take, besides what the call itself says to wait: 900 ms
    /// unless said otherwise. It is part of the bound within which a frozen engine is noticed.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.usual = timeout;
        self
    }

    /// How long reading and writing a snapshot may take: 30 seconds unless said otherwise. Snapshots
    /// are as large as the list; a million entries take some 40 MB.
    #[must_use]
    pub const fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.snapshot = timeout;
        self
    }

    /// Bytes of the largest snapshot that is read or put: 256 MiB unless said otherwise, some seven
    /// million entries. Whoever can write to the server without a feed key can put one there, and
    /// every server of the realm reads it before it knows that it is no snapshot.
    #[must_use]
    pub const fn largest_snapshot(mut self, bytes: usize) -> Self {
        self.timeouts.largest_snapshot = bytes;
        self
    }

    /// Creates the tables where they are missing. [`FeedConnector::connect`] does that too, if the
    /// role may; where it may not, call this with one that may, or run [`SCHEMA`].
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    pub fn create_schema(&self) -> Result<(), EngineError> {
        let runner = Runner::new()?;
        runner.run(self.timeouts.snapshot, async {
            let (line, _) = self.open().await?;
            create(&line.client).await
        })
    }

    /// A connection with its settings made, and whether the tables are there.
    async fn open(&self) -> Result<(Line, bool), EngineError> {
        let mut config = self.config.clone();
        // A standby answers reads with a past that it can't date.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("cloakroom");
        }
        let dialing = (self.dial)(config, self.realm.clone());
        let line = dialing.await.map_err(|error| fault::of(&error))?;
        // - READ COMMITTED: a statement that waited for the head's lock looks at the head again.
        // - A lock that is not had in time: nothing was changed, and the server says so.
        // - Statements whose caller has long given up end too. A commit that waits for its standbys is
        //   none: that time-out ends before it, so nothing is taken for done that they lack.
        // - A role or database with synchronous_commit off would acknowledge what a crash forgets.
        let settings = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
             SET lock_timeout = {};
             SET statement_timeout = {};
             SELECT set_config('synchronous_commit', 'on', false)
                 WHERE current_setting('synchronous_commit') = 'off';
             SELECT count(to_regclass(name)) AS tables FROM unnest(ARRAY['cloakroom_feed_head',
                 'cloakroom_feed_batch', 'cloakroom_feed_snapshot']) AS name",
            milliseconds(self.timeouts.usual),
            milliseconds(self.timeouts.usual.max(self.timeouts.snapshot)),
        );
        let answer = line.client.simple_query(&settings).await;
        let answer = answer.map_err(|error| fault::of(&error))?;
        let complete = answer.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get("tables").is_ok_and(|n| n == Some("3")),
            _ => false,
        });
        Ok((line, complete))
    }
}

impl FeedConnector for PostgresConnector {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        let runner = Runner::new()?;
        let line = runner.run(self.timeouts.usual, async {
            let (line, complete) = self.open().await?;
            if !complete {
                create(&line.client).await?;
            }
            Ok(line)
        })?;
        let realm = self.realm.as_str().to_owned();
        Ok(Box::new(Engine::new(runner, line, realm, self.timeouts)))
    }
}

impl fmt::Debug for PostgresConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnector")
            .field("realm", &self.realm)
            .field("timeout", &self.timeouts.usual)
            .finish_non_exhaustive()
    }
}

async fn create(client: &Client) -> Result<(), EngineError> {
    // Sent at once, it is one transaction.
    let all = format!("{ONE_AT_A_TIME}{SCHEMA}");
    let created = client.batch_execute(&all).await;
    created.map_err(|error| {
        let fault = fault::of(&error);
        if fault.is_lasting() {
            EngineError::refused(format_args!(
                "the tables of schema.sql are missing: {fault}"
            ))
        } else {
            fault
        }
    })
}

/// Carries messages until the connection ends; whoever waits for an answer then learns that it did.
async fn drive<T>(mut connection: Connection<Socket, T>, realm: Realm, news: Arc<Notify>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        // However many come, one wake-up is kept.
        match message {
            AsyncMessage::Notification(told) if told.payload() == realm.as_str() => {
                news.notify_one();
            }
            _ => {}
        }
    }
}

/// At least 1: to PostgreSQL, 0 means no limit.
fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).map_or(i32::MAX, |time| time.max(1))
}
