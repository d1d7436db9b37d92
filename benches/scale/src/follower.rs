//! One follower of a feed, the shipped one, on a clock that jumps: how often it asks the engine and
//! what it is given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom::ClockError;
use cloakroom::feed::{
    Appended, EngineError, Environment, FeedConnector, FeedEngine, FeedKeys, FeedRevocations,
    Position, Tail,
};
use cloakroom::hazmat::feed::{seal_batch, start};
use cloakroom::{Record, Revocation};

use crate::LOGOUTS;
use crate::lists::{key, realm};
use crate::random::Random;
use crate::table::{bytes, number, table as markdown};

/// There and back, in seconds: an assumption.
const ROUND_TRIP: f64 = 0.001;
/// How long each run lasts, in seconds.
const LASTS: f64 = 120.0;
const START: u64 = 1_800_000_000_000;

/// What is written to the feed.
#[derive(Clone, Copy)]
pub struct Load {
    pub name: &'static str,
    /// Batches per second, besides heartbeats.
    rate: f64,
    /// Logouts in each.
    records: usize,
}

/// The loads that the tables show.
pub const LOADS: [Load; 5] = [
    Load {
        name: "nobody logs out",
        rate: 0.0,
        records: 0,
    },
    Load {
        name: "10 logouts a second",
        rate: 10.0,
        records: 1,
    },
    Load {
        name: "a million an hour, 64 to a batch",
        rate: LOGOUTS / 64.0,
        records: 64,
    },
    Load {
        name: "a million an hour, 8 to a batch",
        rate: LOGOUTS / 8.0,
        records: 8,
    },
    Load {
        name: "a million an hour, each alone",
        rate: LOGOUTS,
        records: 1,
    },
];

/// What one follower does in a second.
pub struct Row {
    pub load: Load,
    pub appends: f64,
    pub commands: f64,
    pub sent: f64,
    pub received: f64,
}

#[derive(Default)]
struct World {
    /// Seconds.
    now: f64,
    /// When, what, and where the feed stands after it.
    batches: Vec<(f64, Vec<u8>, Position)>,
    reads: u64,
    sent: u64,
    received: u64,
}

#[derive(Clone)]
struct Sim(Arc<Mutex<World>>);

impl Sim {
    fn world<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        with(&mut self.0.lock().expect("no test panics under it"))
    }
}

impl Environment for Sim {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        self.world(|world| Ok(START + (world.now * 1e3) as u64))
    }

    fn monotonic(&self) -> Duration {
        self.world(|world| Duration::from_secs_f64(world.now))
    }

    fn random(&self, out: &mut [u8]) -> bool {
        out.fill(0x7F);
        true
    }
}

impl FeedConnector for Sim {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

/// Bytes of a command as Redis is sent it (RESP2): an array of strings.
fn command(parts: &[usize]) -> u64 {
    let digits = |value: usize| value.to_string().len();
    let each: usize = parts.iter().map(|part| digits(*part) + 5 + part).sum();
    (each + digits(parts.len()) + 3) as u64
}

impl FeedEngine for Sim {
    fn read(&mut self, after: u64, limit: usize, wait: Duration) -> Result<Tail, EngineError> {
        self.world(|world| {
            let from = usize::try_from(after).unwrap_or(usize::MAX);
            let next = world.batches.get(from).map(|(at, _, _)| *at);
            // At once where there is something, else when there is or the wait is over.
            let until = world.now + wait.as_secs_f64();
            let wakes = next.map_or(until, |at| at.min(until)).max(world.now);
            world.now = wakes + ROUND_TRIP;
            let there = world.batches.partition_point(|(at, _, _)| *at <= wakes);
            let head = world
                .batches
                .get(there.wrapping_sub(1))
                .map(|(_, _, at)| *at);
            let batches: Vec<Vec<u8>> = world
                .batches
                .get(from..there)
                .unwrap_or_default()
                .iter()
                .take(limit)
                .map(|(_, bytes, _)| bytes.clone())
                .collect();
            let realm = realm().as_str().len();
            let (log, top) = (realm + 16, realm + 17);
            let number = after.to_string().len();
            world.reads += 1;
            // XREAD COUNT 1 BLOCK ms STREAMS log n-0, then EVALSHA hash 2 head log n limit.
            world.sent += command(&[5, 5, 1, 5, 3, 7, log, number + 2])
                + command(&[7, 40, 1, top, log, number, 3]);
            // The wake-up with its one batch or a null, then head and batches.
            let woken = batches
                .first()
                .map_or(5, |first| log + first.len() + number + 40);
            let given: usize = batches.iter().map(|batch| batch.len() + 9).sum();
            world.received += (woken + given + 70) as u64;
            Ok(Tail { head, batches })
        })
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(None)
    }

    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        Ok(None)
    }

    fn replicated(&mut self, _: u32, _: Duration) -> Result<u32, EngineError> {
        unreachable!("this follower only reads")
    }

    fn append(&mut self, _: &Position, _: &[u8], _: &Position) -> Result<Appended, EngineError> {
        unreachable!("this follower only reads")
    }

    fn found(&mut self, _: Option<&Position>, _: &Position) -> Result<bool, EngineError> {
        unreachable!("this follower only reads")
    }

    fn put_snapshot(&mut self, _: &Position, _: &[u8], _: u64) -> Result<bool, EngineError> {
        unreachable!("this follower only reads")
    }
}

/// All batches of a run: logouts as they come, and a heartbeat where half a second, and at most a
/// quarter of it more, passed without.
fn batches(load: Load) -> Vec<(f64, Vec<u8>, Position)> {
    let (keys, realm, mut random) = (FeedKeys::new(key()), realm(), Random(3));
    let mut at = start(&realm, [0xE0; 16]);
    let (mut last, mut out) = (0.0_f64, Vec::new());
    let mut next = if load.rate > 0.0 {
        random.exponential(load.rate)
    } else {
        f64::INFINITY
    };
    while last < LASTS {
        let beat = last + 0.5 * (1.0 + 0.25 * random.unit());
        let (when, count) = if next < beat {
            (next, load.records)
        } else {
            (beat, 0)
        };
        if next < beat {
            next += random.exponential(load.rate);
        }
        let records: Vec<Record> = (0..count)
            .map(|_| Record::new(Revocation::session(random.id()), 1_800_002_000))
            .collect();
        let time = START + (when * 1e3) as u64;
        let (bytes, after) = seal_batch(&keys, &realm, &at, time, &records).expect("few records");
        out.push((when, bytes, after));
        (at, last) = (after, when);
    }
    out
}

fn run(load: Load) -> Row {
    let sim = Sim(Arc::default());
    sim.world(|world| world.batches = batches(load));
    let builder = FeedRevocations::builder(realm(), FeedKeys::new(key()), sim.clone());
    let builder = builder.follow_only().environment(sim.clone());
    let (feed, hands) = builder.by_hand().expect("sound settings");
    let (mut reading, _) = hands.split();
    let wait = Duration::from_millis(250);
    let mut from = None;
    while sim.world(|world| world.now) < LASTS {
        let pause = reading.read(wait);
        sim.world(|world| world.now += pause.as_secs_f64());
        // From the moment on at which it follows.
        if from.is_none() && feed.status().position.is_some() {
            from = Some(sim.world(|world| (world.now, world.reads, world.sent, world.received)));
        }
    }
    let (began, reads, sent, received) = from.expect("it follows");
    sim.world(|world| {
        let lasted = world.now - began;
        let each = |now: u64, then: u64| (now - then) as f64 / lasted;
        Row {
            load,
            appends: world.batches.len() as f64 / LASTS,
            // Two commands: what waits, and what reads.
            commands: 2.0 * each(world.reads, reads),
            sent: each(world.sent, sent),
            received: each(world.received, received),
        }
    })
}

pub fn table() -> Vec<Row> {
    LOADS.iter().map(|load| run(*load)).collect()
}

pub fn text(rows: &[Row]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.load.name.to_owned(),
                number(row.appends),
                number(row.commands),
                format!("{}/s", bytes(row.sent)),
                format!("{}/s", bytes(row.received)),
            ]
        })
        .collect();
    table_of(&rows)
}

fn table_of(rows: &[Vec<String>]) -> String {
    markdown(
        &[
            "load",
            "batches a second, heartbeats included",
            "commands of one follower a second",
            "it sends",
            "it is given",
        ],
        rows,
    )
}
