//! How long one logout takes while the list grows by a half, which takes every shard through the
//! copying that makes room, and how long the worst one.

use std::time::{Duration, Instant};

use crate::ids::Ids;
use crate::maps::{Ours, Table as _};

pub(crate) fn run(sizes: &[u64]) {
    println!("one logout after the other, into a list of the size that grows by a half");
    for &size in sizes {
        let list = Ours::default();
        let mut ids = Ids::known();
        for _ in 0..size {
            list.insert(ids.next());
        }
        let mut took: Vec<Duration> = (0..size / 2)
            .map(|_| {
                let id = ids.next();
                let start = Instant::now();
                list.publish(id);
                start.elapsed()
            })
            .collect();
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        println!(
            "{size:>9} entries: median {:?}, 99.9 % {:?}, worst {:?}",
            at(0.5),
            at(0.999),
            at(1.0)
        );
        let start = Instant::now();
        let forgotten = list.0.purge(cloakroom::Timestamp::MAX);
        let took = start.elapsed();
        assert_eq!(forgotten as u64, size + size / 2);
        println!(
            "{:>9} forgotten at once in {took:?}, {} bytes stay",
            "",
            list.0.stats().bytes
        );
    }
}
