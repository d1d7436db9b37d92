//! What a writer does to the slowest readers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cloakroom::SessionId;

use crate::ids::{Ids, median};
use crate::maps::{Ours, Table, all, facts};

const RUNS: u64 = 10;
const RUN: Duration = Duration::from_millis(500);
/// Checks that are timed together.
const BATCH: usize = 64;
const PER_SECOND: u32 = 1_000;

pub(crate) fn run(sizes: &[u64]) {
    for &size in sizes {
        println!(
            "-- 99.9 % of batches of {BATCH} checks, {size} entries, alone and beside a writer of \
             {PER_SECOND} logouts a second; median of {RUNS} runs each"
        );
        for mut table in all(size).into_iter().map(Some) {
            let table = table.take().unwrap();
            let mut ids = Ids::known();
            for _ in 0..size {
                table.insert(ids.next());
            }
            let name = table.name();
            let write = |id| table.insert(id);
            compare(name, &*table, &write);
        }
        // With the purge that a publication brings along.
        let list = Ours::default();
        let mut ids = Ids::known();
        for _ in 0..size {
            list.insert(ids.next());
        }
        compare("cloakroom, published", &list, &|id| list.publish(id));
    }
}

fn compare(name: &str, table: &dyn Table, write: &(dyn Fn([u8; 16]) + Sync)) {
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut rate = f64::MAX;
    for run in 0..RUNS {
        alone.push(slowest(table));
        let done = AtomicBool::new(false);
        let (slow, written) = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let (mut ids, start, mut written) = (Ids::new(run), Instant::now(), 0);
                while !done.load(Ordering::Relaxed) {
                    write(ids.next());
                    written += 1;
                    let due = Duration::from_secs(1) / PER_SECOND * written;
                    std::thread::sleep(due.saturating_sub(start.elapsed()));
                }
                written
            });
            let slow = slowest(table);
            done.store(true, Ordering::Relaxed);
            (slow, writer.join().unwrap())
        });
        rate = rate.min(f64::from(written) / RUN.as_secs_f64());
        beside.push(slow);
    }
    let (alone, beside) = (median(&mut alone), median(&mut beside));
    println!(
        "{name:>40}: {alone:8.0} ns alone, {beside:8.0} ns, {:.2}",
        beside / alone
    );
    // The machine has other things to do: said, because less was asked of the table then.
    if rate < 0.9 * f64::from(PER_SECOND) {
        println!("{:>40}  (in one run only {rate:.0} logouts a second)", "");
    }
}

/// The 99.9th percentile of one run, in ns.
fn slowest(table: &dyn Table) -> f64 {
    let slowest = Mutex::new(0.0);
    facts("user-42", |mut facts| {
        let mut ids = Ids::unknown();
        let mut took = Vec::with_capacity(1 << 20);
        let start = Instant::now();
        while start.elapsed() < RUN {
            let batch: [_; BATCH] = std::array::from_fn(|_| SessionId::from_bytes(ids.next()));
            let start = Instant::now();
            for id in batch {
                facts.session = id;
                assert!(!table.refuses(&facts));
            }
            took.push(start.elapsed().as_nanos() as f64);
        }
        took.sort_by(f64::total_cmp);
        *slowest.lock().unwrap() = took[took.len() * 999 / 1_000];
    });
    slowest.into_inner().unwrap()
}
