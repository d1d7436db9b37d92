//! The part of the contract that is about snapshots.

use std::thread;

use cloakroom::feed::{Appended, FeedConnector, Position};

use crate::contract::{append, at, batch, connect, feed, nth, read};

pub(crate) fn forward(connector: &dyn FeedConnector) {
    feed(connector, 12);
    let mut engine = connect(connector);
    for (n, kept) in [
        (0, true),
        (0, false),
        (5, true),
        (5, false),
        (4, false),
        (0, false),
        (6, true),
        (12, true),
        (10, false),
    ] {
        let text = format!("made at {n}");
        let before = engine.snapshot().unwrap();
        assert_eq!(
            engine.put_snapshot(&nth(n), text.as_bytes(), 0),
            Ok(kept),
            "{n}"
        );
        let expected = if kept {
            Some(text.into_bytes())
        } else {
            before
        };
        assert_eq!(engine.snapshot().unwrap(), expected, "{n}");
    }
    assert_eq!(engine.snapshot_at(), Ok(Some(12)));
    assert_eq!(read(&mut *engine, 0).batches.len(), 12);
}

pub(crate) fn of_this_feed(connector: &dyn FeedConnector) {
    feed(connector, 5);
    let mut engine = connect(connector);
    // Beyond the head, of another history, and of another epoch.
    for wrong in [
        nth(6),
        Position {
            chain: [9; 8],
            ..nth(5)
        },
        nth(u64::MAX >> 1),
        Position {
            epoch: [9; 16],
            ..nth(3)
        },
    ] {
        assert_eq!(
            engine.put_snapshot(&wrong, b"wrong", 2),
            Ok(false),
            "{wrong}"
        );
    }
    assert_eq!(engine.snapshot(), Ok(None));
    assert_eq!(read(&mut *engine, 0).batches.len(), 5);
    // Numbers are compared as numbers.
    assert_eq!(append(&mut *engine, 6), Appended::Accepted);
    for n in 7..=10 {
        assert_eq!(append(&mut *engine, n), Appended::Accepted);
    }
    assert_eq!(engine.put_snapshot(&nth(9), b"nine", 0), Ok(true));
    assert_eq!(engine.put_snapshot(&nth(10), b"ten", 0), Ok(true));
    assert_eq!(engine.snapshot_at(), Ok(Some(10)));
}

pub(crate) fn drops(connector: &dyn FeedConnector) {
    feed(connector, 8);
    let mut engine = connect(connector);
    assert_eq!(engine.put_snapshot(&nth(6), b"six", 4), Ok(true));
    let tail = read(&mut *engine, 0);
    assert_eq!(tail.head, Some(nth(8)));
    let kept: Vec<u64> = (5..=8).collect();
    // It may drop them, and must not drop others.
    assert!(
        tail.batches
            .ends_with(&kept.iter().map(|n| batch(*n)).collect::<Vec<_>>())
    );
    assert_eq!(read(&mut *engine, 4).batches.len(), 4);
    // What is refused drops nothing.
    assert_eq!(engine.put_snapshot(&nth(5), b"five", 7), Ok(false));
    assert_eq!(read(&mut *engine, 4).batches.len(), 4);
    assert_eq!(append(&mut *engine, 9), Appended::Accepted);
    assert_eq!(read(&mut *engine, 8).batches, [batch(9)]);
    // A log that is all gone.
    assert_eq!(engine.put_snapshot(&nth(9), b"nine", 8), Ok(true));
    assert_eq!(read(&mut *engine, 8).batches, [batch(9)]);
}

pub(crate) fn race(connector: &dyn FeedConnector) {
    feed(connector, 40);
    thread::scope(|scope| {
        for start in 1..=4 {
            scope.spawn(move || {
                let mut engine = connect(connector);
                for n in (start..=40).step_by(4) {
                    let text = format!("made at {n}");
                    engine
                        .put_snapshot(&nth(n), text.as_bytes(), n - 1)
                        .unwrap();
                }
            });
        }
    });
    let mut engine = connect(connector);
    assert_eq!(engine.snapshot_at(), Ok(Some(40)));
    assert_eq!(engine.snapshot().unwrap().unwrap(), b"made at 40");
    assert_eq!(read(&mut *engine, 39).batches, [batch(40)]);
}

pub(crate) fn founded_anew(connector: &dyn FeedConnector) {
    let head = feed(connector, 4);
    let mut engine = connect(connector);
    assert_eq!(engine.put_snapshot(&nth(3), b"three", 1), Ok(true));
    assert_eq!(engine.found(Some(&head), &at(5, 0, 5)), Ok(true));
    let tail = read(&mut *engine, 0);
    assert_eq!((tail.head, tail.batches), (Some(at(5, 0, 5)), vec![]));
    assert_eq!(engine.snapshot(), Ok(None));
    assert_eq!(engine.snapshot_at(), Ok(None));
    // Numbers begin again, and so do those of snapshots.
    let done = engine.append(&at(5, 0, 5), b"first", &at(5, 1, 6));
    assert_eq!(done, Ok(Appended::Accepted));
    assert_eq!(engine.put_snapshot(&at(5, 1, 6), b"one", 0), Ok(true));
    assert_eq!(read(&mut *engine, 0).batches, [b"first"]);
}

pub(crate) fn large(connector: &dyn FeedConnector) {
    feed(connector, 2);
    let bytes: Vec<u8> = (0..8_000_000_u32).map(|i| ((i * 31) >> 2) as u8).collect();
    let mut engine = connect(connector);
    assert_eq!(engine.put_snapshot(&nth(1), &bytes, 0), Ok(true));
    assert_eq!(engine.put_snapshot(&nth(2), &bytes[1..], 1), Ok(true));
    assert!(engine.snapshot().unwrap().unwrap() == bytes[1..]);
    assert_eq!(engine.snapshot_at(), Ok(Some(2)));
}
