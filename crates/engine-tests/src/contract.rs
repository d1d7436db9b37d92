//! What every engine of a feed does, written once. Each clause takes a realm of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cloakroom::feed::{Appended, FeedConnector, FeedEngine, Position, Realm, Tail};

use crate::contract_snapshots as snapshots;
use crate::subject::{TIMEOUT, realm};

const NO_WAIT: Duration = Duration::ZERO;
/// Long enough that an answer before it is an early one, on a machine with other work too.
const LONG: Duration = Duration::from_secs(4);
const SHORT: Duration = Duration::from_millis(150);

type Clause = fn(&dyn FeedConnector);

pub const CLAUSES: &[(&str, Clause)] = &[
    ("an engine without a feed has nothing", nothing_at_first),
    (
        "only a missing head is founded on, or the head that was named",
        founding,
    ),
    ("of many who found at once, one does", founding_races),
    (
        "an append elsewhere than at the head changes nothing",
        appends_at_the_head,
    ),
    (
        "of those who append at once, one does, and numbers stay dense",
        appends_race,
    ),
    ("head and batches are of one moment", one_moment),
    (
        "what was acknowledged is what the next read of another sees",
        seen_at_once,
    ),
    ("a limit cuts off the newest", limits),
    ("a reader beyond the head sees the head", beyond_the_head),
    (
        "a reader that waits is woken by news, and all of them are",
        woken,
    ),
    (
        "a reader waits as long as it was told, and not with news at hand",
        waits,
    ),
    ("any bytes pass, and many", any_bytes),
    ("replicas are counted only after an append", replicas),
    ("snapshots go forward", snapshots::forward),
    (
        "snapshots are for the feed that is there",
        snapshots::of_this_feed,
    ),
    (
        "a snapshot drops batches up to where it may",
        snapshots::drops,
    ),
    (
        "of snapshots put at once, the newest stays",
        snapshots::race,
    ),
    (
        "a new feed has neither batches nor snapshot",
        snapshots::founded_anew,
    ),
    ("a large snapshot comes back as it was", snapshots::large),
];

/// Checks all clauses, and that realms know nothing of each other.
pub fn check(connector: &dyn Fn(Realm) -> Box<dyn FeedConnector>) {
    let other = realm();
    let neighbour = feed(&*connector(other.clone()), 3);
    for (what, clause) in CLAUSES {
        eprintln!("    {what}");
        clause(&*connector(realm()));
    }
    let mut engine = connect(&*connector(other));
    let tail = read(&mut *engine, 0);
    assert_eq!((tail.head, tail.batches.len()), (Some(neighbour), 3));
}

/// A position that no SHA-256 made: an engine takes any.
pub const fn at(epoch: u8, n: u64, chain: u8) -> Position {
    Position {
        epoch: [epoch; 16],
        n,
        chain: [chain; 8],
    }
}

/// Where batch `n` of the tests ends: its chain is its number.
pub fn nth(n: u64) -> Position {
    Position {
        chain: n.to_be_bytes(),
        ..at(1, n, 0)
    }
}

pub fn batch(n: u64) -> Vec<u8> {
    n.to_be_bytes().to_vec()
}

pub fn connect(connector: &dyn FeedConnector) -> Box<dyn FeedEngine> {
    connector.connect().unwrap()
}

pub fn read(engine: &mut dyn FeedEngine, after: u64) -> Tail {
    engine.read(after, 10_000, NO_WAIT).unwrap()
}

pub fn append(engine: &mut dyn FeedEngine, n: u64) -> Appended {
    let done = engine.append(&nth(n - 1), &batch(n), &nth(n));
    done.unwrap()
}

/// A feed with batches 1 to `n`.
pub fn feed(connector: &dyn FeedConnector, n: u64) -> Position {
    let mut engine = connect(connector);
    assert!(engine.found(None, &nth(0)).unwrap());
    for n in 1..=n {
        assert_eq!(append(&mut *engine, n), Appended::Accepted);
    }
    nth(n)
}

fn nothing_at_first(connector: &dyn FeedConnector) {
    let mut engine = connect(connector);
    let started = Instant::now();
    assert_eq!(read(&mut *engine, 0), Tail::default());
    assert_eq!(
        engine.append(&nth(0), b"x", &nth(1)),
        Ok(Appended::Conflict)
    );
    assert_eq!(engine.put_snapshot(&nth(0), b"x", 0), Ok(false));
    assert_eq!(engine.snapshot(), Ok(None));
    assert_eq!(engine.snapshot_at(), Ok(None));
    assert_eq!(engine.found(Some(&nth(0)), &nth(0)), Ok(false));
    assert_eq!(read(&mut *engine, 0), Tail::default());
    assert!(started.elapsed() < LONG);
}

fn founding(connector: &dyn FeedConnector) {
    let mut engine = connect(connector);
    assert_eq!(engine.found(None, &at(1, 0, 7)), Ok(true));
    for wrong in [
        None,
        Some(at(2, 0, 7)),
        Some(at(1, 1, 7)),
        Some(at(1, 0, 8)),
    ] {
        assert_eq!(engine.found(wrong.as_ref(), &at(3, 0, 3)), Ok(false));
        assert_eq!(read(&mut *engine, 0).head, Some(at(1, 0, 7)));
    }
    assert_eq!(engine.found(Some(&at(1, 0, 7)), &at(3, 0, 3)), Ok(true));
    assert_eq!(read(&mut *engine, 0).head, Some(at(3, 0, 3)));
}

fn founding_races(connector: &dyn FeedConnector) {
    let race = |instead_of: Option<Position>, racers: core::ops::Range<u8>| -> Vec<Position> {
        thread::scope(|scope| {
            let spawn = |racer: u8| {
                scope.spawn(move || {
                    let mine = at(racer, 0, racer);
                    let done = connect(connector).found(instead_of.as_ref(), &mine);
                    done.unwrap().then_some(mine)
                })
            };
            let racers: Vec<_> = racers.map(spawn).collect();
            let winners = racers.into_iter().filter_map(|racer| racer.join().unwrap());
            winners.collect()
        })
    };
    let head = || read(&mut *connect(connector), 0).head;
    let winners = race(None, 1..7);
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(head(), Some(winners[0]));
    assert_eq!(race(None, 7..9), [], "there is a head");
    let anew = race(Some(winners[0]), 11..17);
    assert_eq!(anew.len(), 1, "{anew:?}");
    assert_eq!(head(), Some(anew[0]));
}

fn appends_at_the_head(connector: &dyn FeedConnector) {
    feed(connector, 2);
    let mut engine = connect(connector);
    let before = read(&mut *engine, 0);
    let wrong = [
        nth(0),
        nth(1),
        nth(3),
        Position {
            epoch: [9; 16],
            ..nth(2)
        },
        Position {
            chain: [9; 8],
            ..nth(2)
        },
        Position { n: 1, ..nth(2) },
    ];
    for onto in wrong {
        let done = engine.append(&onto, b"wrong", &nth(3));
        assert_eq!(done, Ok(Appended::Conflict), "{onto}");
        assert_eq!(read(&mut *engine, 0), before);
    }
    assert_eq!(append(&mut *engine, 3), Appended::Accepted);
    // The same again, as after an answer that was lost.
    assert_eq!(append(&mut *engine, 3), Appended::Conflict);
    let tail = read(&mut *engine, 0);
    assert_eq!(tail.head, Some(nth(3)));
    assert_eq!(tail.batches, [batch(1), batch(2), batch(3)]);
}

fn appends_race(connector: &dyn FeedConnector) {
    const EACH: usize = 60;
    feed(connector, 0);
    let written: Vec<Vec<u8>> = thread::scope(|scope| {
        let racers: Vec<_> = (0..4_u8)
            .map(|racer| {
                scope.spawn(move || {
                    let (mut engine, mut mine) = (connect(connector), Vec::new());
                    while mine.len() < EACH {
                        let head = read(&mut *engine, u64::MAX).head.unwrap();
                        let becomes = nth(head.n + 1);
                        let text = [&batch(becomes.n)[..], &[racer]].concat();
                        if engine.append(&head, &text, &becomes) == Ok(Appended::Accepted) {
                            mine.push(text);
                        }
                    }
                    mine
                })
            })
            .collect();
        let all = racers.into_iter().flat_map(|racer| racer.join().unwrap());
        all.collect()
    });
    let tail = read(&mut *connect(connector), 0);
    assert_eq!(tail.head, Some(nth(4 * EACH as u64)));
    let numbers = tail.batches.iter().map(|batch| &batch[..8]);
    assert!(numbers.eq((1..=4 * EACH as u64).map(batch).collect::<Vec<_>>()));
    let mut sorted = written;
    sorted.sort();
    assert_eq!(sorted, tail.batches);
}

fn one_moment(connector: &dyn FeedConnector) {
    const LOOKS: u64 = 100;
    feed(connector, 0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut engine, mut n) = (connect(connector), 0);
            while !done.load(Ordering::SeqCst) {
                n += 1;
                assert_eq!(append(&mut *engine, n), Appended::Accepted);
            }
        });
        let (mut engine, mut after, mut looks) = (connect(connector), 0, 0);
        while looks < LOOKS {
            let tail = engine.read(after, 1_000_000, LONG).unwrap();
            let head = tail.head.unwrap();
            // With news at hand, or it waited in vain for a writer that does not rest.
            assert_eq!(tail.batches.last().unwrap()[..], head.chain);
            assert_eq!(head.n, after + tail.batches.len() as u64);
            after = head.n;
            looks += 1;
        }
        done.store(true, Ordering::SeqCst);
    });
}

fn seen_at_once(connector: &dyn FeedConnector) {
    feed(connector, 0);
    let (mut writer, mut reader) = (connect(connector), connect(connector));
    for n in 1..=50 {
        assert_eq!(append(&mut *writer, n), Appended::Accepted);
        assert_eq!(read(&mut *reader, n - 1).batches, [batch(n)]);
    }
}

fn limits(connector: &dyn FeedConnector) {
    feed(connector, 9);
    let mut engine = connect(connector);
    for wait in [NO_WAIT, SHORT] {
        let tail = engine.read(2, 3, wait).unwrap();
        assert_eq!(tail.head, Some(nth(9)));
        assert_eq!(tail.batches, [batch(3), batch(4), batch(5)]);
    }
    let tail = engine.read(0, 0, NO_WAIT).unwrap();
    assert_eq!((tail.head, tail.batches), (Some(nth(9)), vec![]));
}

fn beyond_the_head(connector: &dyn FeedConnector) {
    feed(connector, 2);
    let mut engine = connect(connector);
    for after in [2, 3, 1 << 40, i64::MAX as u64, u64::MAX - 1, u64::MAX] {
        for wait in [NO_WAIT, SHORT] {
            let tail = engine.read(after, 10, wait).unwrap();
            assert_eq!((tail.head, tail.batches), (Some(nth(2)), vec![]), "{after}");
        }
    }
}

fn woken(connector: &dyn FeedConnector) {
    feed(connector, 1);
    let mut writer = connect(connector);
    thread::scope(|scope| {
        let (sender, ready) = std::sync::mpsc::channel();
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let sender = sender.clone();
                scope.spawn(move || {
                    let mut engine = connect(connector);
                    sender.send(()).unwrap();
                    let started = Instant::now();
                    let tail = engine.read(1, 10, LONG).unwrap();
                    assert_eq!((tail.head, tail.batches), (Some(nth(2)), vec![batch(2)]));
                    started.elapsed()
                })
            })
            .collect();
        (0..3).for_each(|_| ready.recv().unwrap());
        // Whether they wait by now or not, they must see it.
        thread::sleep(SHORT);
        assert_eq!(append(&mut *writer, 2), Appended::Accepted);
        for reader in readers {
            let waited = reader.join().unwrap();
            assert!(waited < LONG / 2, "{waited:?}");
        }
    });
}

fn waits(connector: &dyn FeedConnector) {
    feed(connector, 1);
    let mut engine = connect(connector);
    for _ in 0..2 {
        let started = Instant::now();
        let tail = engine.read(1, 10, SHORT).unwrap();
        assert_eq!((tail.head, tail.batches), (Some(nth(1)), vec![]));
        let waited = started.elapsed();
        assert!(waited >= SHORT - Duration::from_millis(2), "{waited:?}");
        assert!(waited < SHORT + TIMEOUT, "{waited:?}");
    }
    let started = Instant::now();
    assert_eq!(engine.read(0, 10, LONG).unwrap().batches, [batch(1)]);
    assert!(started.elapsed() < LONG / 2);
}

fn any_bytes(connector: &dyn FeedConnector) {
    const MANY: u64 = 200;
    feed(connector, 0);
    let mut engine = connect(connector);
    let bytes: Arc<[u8]> = (0..25_600_u32).map(|i| ((i * i) >> 3) as u8).collect();
    for n in 1..=MANY {
        let text = &bytes[usize::try_from(n % 3).unwrap()..];
        let done = engine.append(&nth(n - 1), text, &nth(n));
        assert_eq!(done, Ok(Appended::Accepted));
    }
    assert_eq!(
        engine.append(&nth(MANY), b"", &nth(MANY + 1)),
        Ok(Appended::Accepted)
    );
    let tail = read(&mut *engine, 0);
    assert_eq!(tail.batches.len() as u64, MANY + 1);
    for (n, text) in (1..=MANY).zip(&tail.batches) {
        assert!(
            text[..] == bytes[usize::try_from(n % 3).unwrap()..],
            "batch {n}"
        );
    }
    assert_eq!(tail.batches.last().unwrap(), b"");
}

fn replicas(connector: &dyn FeedConnector) {
    feed(connector, 1);
    let mut engine = connect(connector);
    // Nothing of this connection's: an error, or nobody. An error ends the connection.
    assert_eq!(engine.replicated(1, SHORT).unwrap_or(0), 0);
    let mut engine = connect(connector);
    assert_eq!(append(&mut *engine, 2), Appended::Accepted);
    let started = Instant::now();
    assert_eq!(engine.replicated(1, SHORT), Ok(0));
    assert!(started.elapsed() < SHORT + TIMEOUT);
    assert_eq!(engine.replicated(0, NO_WAIT), Ok(0));
    assert_eq!(
        read(&mut *engine, 1).batches,
        [batch(2)],
        "the connection goes on"
    );
}
