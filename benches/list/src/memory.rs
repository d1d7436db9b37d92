//! Bytes an entry costs, with the room that is reserved for more.

use cloakroom::{Record, Revocation, SessionId};

use crate::ids::Ids;
use crate::maps::{EXPIRES, NOW, Ours, Table as _, all, now};

pub(crate) fn run(sizes: &[u64]) {
    println!("bytes allocated per entry after so many inserts, by a counting allocator");
    for &size in sizes {
        println!("-- {size} entries");
        let names: Vec<_> = all(0).iter().map(|table| table.name()).collect();
        for (index, name) in names.iter().enumerate() {
            let bytes = kept(|| {
                let table = all(size).swap_remove(index);
                let mut ids = Ids::known();
                for _ in 0..size {
                    table.insert(ids.next());
                }
                table
            });
            println!("{name:>40}: {:6.1}", bytes as f64 / size as f64);
        }
        let exempt = |number: u64| {
            number
                .is_multiple_of(10)
                .then(|| SessionId::from_bytes([7; 16]))
        };
        println!(
            "{:>40}: {:6.1}",
            "cloakroom, subjects",
            cutoffs(size, |_| None)
        );
        println!(
            "{:>40}: {:6.1}",
            "cloakroom, subjects, a tenth exempting",
            cutoffs(size, exempt)
        );
    }
    // The worst moment is right after a shard has grown, and the shards grow at about one time.
    let (mut most, mut least) = ((0.0, 0), (f64::MAX, 0));
    let list = Ours::default();
    let mut ids = Ids::known();
    for number in 1..=1_000_000_u64 {
        list.insert(ids.next());
        if number >= 100_000 && number % 1_000 == 0 {
            let bytes = list.0.stats().bytes as f64 / number as f64;
            most = if bytes > most.0 {
                (bytes, number)
            } else {
                most
            };
            least = if bytes < least.0 {
                (bytes, number)
            } else {
                least
            };
        }
    }
    println!("-- from 100,000 to 1,000,000 sessions, by the list's own account");
    println!(
        "between {:.1} (at {}) and {:.1} (at {})",
        least.0, least.1, most.0, most.1
    );
}

fn cutoffs(size: u64, exempt: impl Fn(u64) -> Option<SessionId>) -> f64 {
    let bytes = kept(|| {
        let table = Ours::default();
        for number in 0..size {
            let cutoff = Revocation::subject(&number.to_be_bytes(), NOW, exempt(number));
            let _ = table.0.merge(&[Record::new(cutoff, EXPIRES)], now());
        }
        table
    });
    bytes as f64 / size as f64
}

/// Bytes that are allocated for what `make` returns.
fn kept<T>(make: impl FnOnce() -> T) -> i64 {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    drop(made);
    counted.bytes_current
}
