//! One connection to the feed of one realm.

use core::fmt;
use core::time::Duration;

use cloakroom::feed::{Appended, EngineError, FeedEngine, MAX_BATCH, Position, Tail};
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};

use crate::connector::{Moved, Timeouts};
use crate::fault;
use crate::layout::{self, Fields, Keys};
use crate::run::Runner;
use crate::script;

pub(crate) struct Engine {
    runner: Runner,
    connection: MultiplexedConnection,
    keys: Keys,
    timeouts: Timeouts,
    moved: Moved,
    /// Whether this connection wrote a batch: `WAIT` speaks of the connection's own writes, and for
    /// one that wrote nothing it counts every replica there is.
    appended: bool,
    /// Whether this connection read within the bounds of `script::READ` before it waited: what follows
    /// then is news, and not an entry of any length that somebody left there.
    bounded: bool,
}

/// Bytes of batches in one answer, unless the first is longer.
const ANSWER: usize = 8 << 20;

/// Head fields and batches, as the script returns them.
type Read = (Vec<Option<Vec<u8>>>, Vec<Vec<u8>>);

impl Engine {
    pub(crate) const fn new(
        runner: Runner,
        connection: MultiplexedConnection,
        keys: Keys,
        timeouts: Timeouts,
        moved: Moved,
    ) -> Self {
        Self {
            runner,
            connection,
            keys,
            timeouts,
            moved,
            appended: false,
            bounded: false,
        }
    }

    /// Reads the head alone, and hands the connection back when that works.
    pub(crate) async fn probe(
        mut connection: MultiplexedConnection,
        keys: &Keys,
        moved: &Moved,
    ) -> Result<MultiplexedConnection, EngineError> {
        let keys = [keys.head.as_str(), &keys.log];
        let read: Result<Read, _> = script::call(
            &mut connection,
            script::READ,
            &keys,
            &[b"0", b"0", b"0", b"0"],
        )
        .await;
        let (fields, _) = read.map_err(|error| told(&error, moved))?;
        layout::head(&fields)?;
        Ok(connection)
    }

    /// Calls a script that answers 0 or 1.
    fn step(
        &mut self,
        limit: Duration,
        script: &'static str,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<bool, EngineError> {
        let (connection, moved) = (&mut self.connection, &self.moved);
        let done: i64 = self.runner.run(limit, async {
            script::call(connection, script, keys, arguments)
                .await
                .map_err(|error| told(&error, moved))
        })?;
        Ok(done == 1)
    }
}

impl FeedEngine for Engine {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        let (connection, moved) = (&mut self.connection, &self.moved);
        let keys = [self.keys.head.as_str(), &self.keys.log];
        let (after, limit) = (after.to_string(), limit.to_string());
        let (longest, most) = (MAX_BATCH.to_string(), ANSWER.to_string());
        let arguments = [&after, &limit, &longest, &most].map(|text| text.as_bytes());
        let within = self.timeouts.usual.saturating_add(wait);
        let bounded = self.bounded;
        let read = async {
            // XREAD returns an entry whole, however long. One that somebody left there must not be read
            // with every attempt: each begins with a new connection, and a new connection begins here.
            if wait.is_zero() || !bounded {
                let read: Read = script::call(connection, script::READ, &keys, &arguments).await?;
                if wait.is_zero() || !read.1.is_empty() {
                    return Ok(read);
                }
            }
            // Both at once: the server runs the second as soon as the first is over, and that saves
            // the way there and back. What the first one returns is a wake-up and nothing else.
            let mut both = redis::pipe();
            both.ignore_errors()
                .cmd("XREAD")
                .arg("COUNT")
                .arg(1)
                .arg("BLOCK")
                .arg(milliseconds(wait))
                .arg("STREAMS")
                .arg(keys[1])
                .arg(format!("{after}-0"))
                .add_command(script::by_hash(script::READ, &keys, &arguments));
            let (woken, read): (RedisResult<Value>, RedisResult<Read>) =
                both.query_async(connection).await?;
            woken?;
            match read {
                // The cache of scripts was flushed since `probe`.
                Err(error) if script::is_unknown(&error) => {
                    script::call(connection, script::READ, &keys, &arguments).await
                }
                read => read,
            }
        };
        let (fields, batches): Read = self.runner.run(within, async {
            read.await.map_err(|error| told(&error, moved))
        })?;
        self.bounded = true;
        let head = layout::head(&fields)?;
        Ok(Tail { head, batches })
    }

    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let (onto, becomes) = (Fields::of(onto), Fields::of(becomes));
        let ([a, b, c], [d, e, f]) = (onto.fields(), becomes.fields());
        let keys = self.keys.clone();
        let added = self.step(
            self.timeouts.usual,
            script::APPEND,
            &[&keys.head, &keys.log],
            &[a, b, c, d, e, f, batch],
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
                "redis: this connection wrote nothing, so the server can't tell",
            ));
        }
        let (connection, moved) = (&mut self.connection, &self.moved);
        let within = self.timeouts.usual.saturating_add(wait);
        let wait = milliseconds(wait);
        self.runner.run(within, async {
            let mut on_disk = redis::cmd("WAITAOF");
            on_disk.arg(1).arg(wanted).arg(wait);
            let counts: Result<(u32, u32), _> = on_disk.query_async(connection).await;
            match counts {
                // Not on this machine's own disk: then it is no copy to count further ones on.
                Ok((0, _)) => return Ok(0),
                Ok((_, replicas)) => return Ok(replicas),
                // Before 7.2, or without appendonly.
                Err(error) if error.code() == Some("ERR") => {}
                Err(error) => return Err(told(&error, moved)),
            }
            let mut in_memory = redis::cmd("WAIT");
            in_memory.arg(wanted).arg(wait);
            let replicas = in_memory.query_async(connection).await;
            replicas.map_err(|error| told(&error, moved))
        })
    }

    fn found(
        &mut self,
        instead_of: Option<&Position>,
        first: &Position,
    ) -> Result<bool, EngineError> {
        let (old, first) = (instead_of.map(Fields::of), Fields::of(first));
        let nothing: [&[u8]; 3] = [b""; 3];
        let [a, b, c] = old.as_ref().map_or(nothing, Fields::fields);
        let [d, e, f] = first.fields();
        let keys = self.keys.clone();
        self.step(
            self.timeouts.usual,
            script::FOUND,
            &keys.all(),
            &[a, b, c, d, e, f],
        )
    }

    fn largest_snapshot(&self) -> usize {
        self.timeouts.largest_snapshot
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        let (connection, moved) = (&mut self.connection, &self.moved);
        let (mut size, mut get) = (redis::cmd("HSTRLEN"), redis::cmd("HGET"));
        size.arg(&self.keys.snap).arg("data");
        get.arg(&self.keys.snap).arg("data");
        let largest = self.timeouts.largest_snapshot;
        self.runner.run(self.timeouts.snapshot, async {
            let bytes: Result<usize, _> = size.query_async(connection).await;
            if bytes.map_err(|error| told(&error, moved))? > largest {
                return Err(EngineError::refused(
                    "redis: the snapshot is larger than largest_snapshot",
                ));
            }
            let data = get.query_async(connection).await;
            data.map_err(|error| told(&error, moved))
        })
    }

    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let at = Fields::of(at);
        let keep = drop_to.saturating_add(1).to_string();
        let keys = self.keys.clone();
        self.step(
            self.timeouts.snapshot,
            script::PUT_SNAPSHOT,
            &keys.all(),
            &[
                at.epoch.as_slice(),
                at.n.as_bytes(),
                at.chain.as_slice(),
                snapshot,
                keep.as_bytes(),
            ],
        )
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let (connection, moved) = (&mut self.connection, &self.moved);
        let mut get = redis::cmd("HGET");
        get.arg(&self.keys.snap).arg("n");
        let n: Option<Vec<u8>> = self.runner.run(self.timeouts.usual, async {
            let n = get.query_async(connection).await;
            n.map_err(|error| told(&error, moved))
        })?;
        let Some(n) = n else { return Ok(None) };
        let unreadable = || EngineError::refused("redis: the snapshot has no number");
        layout::number(&n).map(Some).ok_or_else(unreadable)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// The error for the port; and where a cluster names another node, the next connection goes there.
fn told(error: &RedisError, moved: &Moved) -> EngineError {
    let Some((node, _)) = error.redirect_node() else {
        return fault::of(error);
    };
    let to = node.rsplit_once(':').and_then(|(host, port)| {
        let port: u16 = port.parse().ok()?;
        let host = host.trim_matches(['[', ']']);
        (!host.is_empty() && host != "?").then(|| (host.to_owned(), port))
    });
    match to {
        Some(to) => {
            moved.set(Some(to));
            EngineError::unavailable("redis: the realm lives on another node of the cluster")
        }
        None => EngineError::refused("redis: the cluster does not name the node of the realm"),
    }
}

/// At least 1: to Redis, 0 means for ever.
fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).map_or(u64::MAX, |wait| wait.max(1))
}
