//! What somebody who can write to the engine left there under the names of a feed: it is not read
//! into the memory of every server.

use core::time::Duration;

use cloakroom::feed::{Appended, FeedConnector, MAX_BATCH};

use crate::contract::{batch, connect, feed, nth, read};

/// Bytes that `limited` reads of a snapshot.
pub const SMALL: usize = 1 << 10;

/// # Panics
///
/// Where too much is read, or less than there is.
pub fn check(connector: &dyn FeedConnector, limited: &dyn FeedConnector) {
    feed(connector, 2);
    let mut engine = connect(connector);
    let put = |engine: &mut dyn cloakroom::feed::FeedEngine, n: u64, bytes: usize| {
        let done = engine.append(&nth(n - 1), &vec![7; bytes], &nth(n));
        assert_eq!(done, Ok(Appended::Accepted), "{n}");
    };
    for n in 3..=7 {
        put(&mut *engine, n, MAX_BATCH);
    }
    put(&mut *engine, 8, MAX_BATCH + 1);
    put(&mut *engine, 9, 1);
    // Everything is read in the end, but never very much at once.
    let mut after = 0;
    while after < 7 {
        let tail = read(&mut *engine, after);
        let bytes: usize = tail.batches.iter().map(Vec::len).sum();
        assert!(bytes <= 8 << 20, "{bytes}");
        assert!(!tail.batches.is_empty());
        after += u64::try_from(tail.batches.len()).unwrap();
    }
    assert_eq!(after, 7);
    assert_eq!(read(&mut *engine, 0).batches.first(), Some(&batch(1)));
    let error = engine.read(7, 10, Duration::ZERO).unwrap_err();
    assert!(error.is_lasting(), "{error}");
    assert_eq!(read(&mut *connect(connector), 8).batches.len(), 1);

    let mut small = connect(limited);
    assert_eq!(small.largest_snapshot(), SMALL);
    for (n, bytes) in [(3, SMALL), (4, SMALL + 1)] {
        assert_eq!(engine.put_snapshot(&nth(n), &vec![1; bytes], 0), Ok(true));
        let read = small.snapshot();
        if bytes > SMALL {
            let error = read.unwrap_err();
            assert!(error.is_lasting(), "{error}");
            assert!(error.to_string().contains("largest_snapshot"), "{error}");
        } else {
            assert_eq!(read.unwrap().unwrap().len(), bytes);
        }
    }
}
