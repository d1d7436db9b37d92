//! One connection to the feed of one realm.

use core::fmt;
use core::time::Duration;

use cloakroom::feed::{Appended, EngineError, FeedEngine, MAX_BATCH, Position, Tail};
use tokio::time::Instant;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::connector::{Line, Timeouts};
use crate::fault;
use crate::row::{self, Place};
use crate::run::Runner;

const READ: &str = include_str!("sql/read.sql");
const APPEND: &str = include_str!("sql/append.sql");
const FOUND_FIRST: &str = include_str!("sql/found_first.sql");
const FOUND_INSTEAD: &str = include_str!("sql/found_instead.sql");
const PUT_SNAPSHOT: &str = include_str!("sql/put_snapshot.sql");
const SNAPSHOT: &str = "SELECT CASE WHEN octet_length(data) <= $2 THEN data END \
                        FROM cloakroom_feed_snapshot WHERE realm = $1";
const SNAPSHOT_AT: &str = "SELECT n FROM cloakroom_feed_snapshot WHERE realm = $1";
const WRITTEN: &str = "SELECT pg_current_wal_flush_lsn()::text";
/// How many hold it on their disks, and of how many the role may not know. Who receives a logical
/// stream (change data capture, a subscription to other tables) confirms places in the log, too, and
/// holds nothing that could become the server.
const HOLDERS: &str = "SELECT count(*) FILTER (WHERE flush_lsn >= $1::text::pg_lsn), \
                       count(*) FILTER (WHERE state IS NULL) FROM pg_stat_replication AS sender \
                       WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS slot \
                       WHERE slot.active_pid = sender.pid AND slot.slot_type = 'logical')";

/// How often standbys are counted while they are waited for.
const COUNTING: Duration = Duration::from_millis(5);

/// Bytes of the longest batch, and of all batches in one answer, unless the first is longer.
const LONGEST: i64 = MAX_BATCH as i64;
const ANSWER: i64 = 8 << 20;

/// A parameter and its type, which saves asking the server for it.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub(crate) struct Engine {
    runner: Runner,
    line: Line,
    realm: String,
    timeouts: Timeouts,
    listens: bool,
    appended: bool,
    /// A place in the server's log behind what this connection had appended when it was asked who
    /// holds that, until that is answered: on a busy server a standby never reaches the end of the
    /// log, and on a busy connection never the last batch.
    written: Option<String>,
}

impl Engine {
    pub(crate) const fn new(runner: Runner, line: Line, realm: String, timeouts: Timeouts) -> Self {
        Self {
            runner,
            line,
            realm,
            timeouts,
            listens: false,
            appended: false,
            written: None,
        }
    }

    /// Runs a statement that writes, and returns whether it did.
    fn write(
        &self,
        limit: Duration,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<bool, EngineError> {
        let client = &self.line.client;
        let rows = self
            .runner
            .run(limit, query(client, statement, parameters))?;
        Ok(!rows.is_empty())
    }
}

impl FeedEngine for Engine {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (client, news, realm) = (&self.line.client, &self.line.news, &self.realm);
        let listens = self.listens;
        let within = self.timeouts.usual.saturating_add(wait);
        let tail = self.runner.run(within, async {
            let until = Instant::now().checked_add(wait);
            if !listens && !wait.is_zero() {
                // Only those that wait, and so read what they are told: what nobody reads piles up
                // on the server.
                let listening = client.batch_execute("LISTEN cloakroom_feed").await;
                listening.map_err(|error| fault::of(&error))?;
            }
            loop {
                let parameters: [Parameter<'_>; 5] = [
                    (realm, Type::TEXT),
                    (&after, Type::INT8),
                    (&limit, Type::INT8),
                    (&LONGEST, Type::INT8),
                    (&ANSWER, Type::INT8),
                ];
                let tail = row::tail(&query(client, READ, &parameters).await?)?;
                let Some(until) = until.filter(|until| *until > Instant::now()) else {
                    return Ok(tail);
                };
                if !tail.batches.is_empty() {
                    return Ok(tail);
                }
                // A wake-up and nothing else: whether it came or not, the table is read.
                let _ = tokio::time::timeout_at(until, news.notified()).await;
            }
        })?;
        self.listens = self.listens || !wait.is_zero();
        Ok(tail)
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let (realm, onto, becomes) = (self.realm.clone(), Place::of(onto)?, Place::of(becomes)?);
        let [a, b, c] = onto.parameters();
        let [d, e, f] = becomes.parameters();
        let added = self.write(
            self.timeouts.usual,
            APPEND,
            &[
                (&realm, Type::TEXT),
                a,
                b,
                c,
                d,
                e,
                f,
                (&batch, Type::BYTEA),
            ],
        )?;
        if added {
            self.appended = true;
            Ok(Appended::Accepted)
        } else {
            Ok(Appended::Conflict)
        }
    }

    fn replicated(&mut self, wanted: u32, wait: Duration) -> Result<u32, EngineError> {
        if !self.appended {
            return Err(EngineError::refused(
                "postgres: this connection wrote nothing to ask about",
            ));
        }
        let (client, known) = (&self.line.client, &mut self.written);
        let within = self.timeouts.usual.saturating_add(wait);
        let answer = self.runner.run(within, async {
            let until = Instant::now().checked_add(wait);
            let written: String = match known {
                Some(written) => written.clone(),
                None => {
                    // On this machine's disk, as synchronous_commit is not off.
                    let rows = query(client, WRITTEN, &[]).await?;
                    known.insert(row::only(&rows)?).clone()
                }
            };
            loop {
                let rows = query(client, HOLDERS, &[(&written, Type::TEXT)]).await?;
                let (holders, hidden) = row::counts(&rows)?;
                if holders >= wanted {
                    return Ok(holders);
                }
                if hidden > 0 {
                    return Err(EngineError::refused(
                        "postgres: the role may not see what standbys hold; grant pg_read_all_stats",
                    ));
                }
                if until.is_none_or(|until| until <= Instant::now()) {
                    return Ok(holders);
                }
                tokio::time::sleep(COUNTING).await;
            }
        });
        if !matches!(answer, Ok(holders) if holders < wanted) {
            self.written = None;
        }
        answer
    }

    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError> {
        let (realm, first) = (self.realm.clone(), Place::of(first)?);
        let [a, b, c] = first.parameters();
        let realm: Parameter<'_> = (&realm, Type::TEXT);
        let Some(old) = instead_of else {
            return self.write(self.timeouts.usual, FOUND_FIRST, &[realm, a, b, c]);
        };
        let old = Place::of(old)?;
        let [d, e, f] = old.parameters();
        self.write(
            self.timeouts.usual,
            FOUND_INSTEAD,
            &[realm, a, b, c, d, e, f],
        )
    }

    fn largest_snapshot(&self) -> usize {
        self.timeouts.largest_snapshot
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let largest = i64::try_from(self.timeouts.largest_snapshot).unwrap_or(i64::MAX);
        let (client, realm) = (&self.line.client, &self.realm);
        self.runner.run(self.timeouts.snapshot, async {
            let parameters: [Parameter<'_>; 2] = [(realm, Type::TEXT), (&largest, Type::INT8)];
            let rows = query(client, SNAPSHOT, &parameters).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let data: Option<Vec<u8>> = row::get(row, 0)?;
            data.map(Some).ok_or_else(|| {
                EngineError::refused("postgres: the snapshot is larger than largest_snapshot")
            })
        })
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let (realm, at) = (self.realm.clone(), Place::of(at)?);
        let drop_to = i64::try_from(drop_to).unwrap_or(i64::MAX);
        let [epoch, n, chain] = at.parameters();
        self.write(
            self.timeouts.snapshot,
            PUT_SNAPSHOT,
            &[
                (&realm, Type::TEXT),
                epoch,
                n,
                chain,
                (&snapshot, Type::BYTEA),
                (&drop_to, Type::INT8),
            ],
        )
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let (client, realm) = (&self.line.client, &self.realm);
        self.runner.run(self.timeouts.usual, async {
            let rows = query(client, SNAPSHOT_AT, &[(realm, Type::TEXT)]).await?;
            rows.first().map(row::number).transpose()
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

async fn query(
    client: &Client,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, EngineError> {
    let rows = client.query_typed(statement, parameters).await;
    rows.map_err(|error| fault::of(&error))
}
