//! How long it takes to learn that a session was not logged out.

use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

use cloakroom::{Record, Revocation, SessionId};

use crate::ids::{Ids, median};
use crate::maps::{EXPIRES, Ours, Table, all, facts, now};

const ROUNDS: usize = 11;
/// So many that what a table needs is in the cache again after the others had their turn.
const PER_ROUND: u32 = 1_000_000;

pub(crate) fn run(sizes: &[u64]) {
    println!(
        "ns for a name that is not there, one after the other; median of {ROUNDS} rounds, and the \
         least"
    );
    println!("(the names are made in the loop: see the row `names alone`)");
    for &size in sizes {
        println!("-- {size} entries");
        let tables = all(size);
        for table in &tables {
            let mut ids = Ids::known();
            for _ in 0..size {
                table.insert(ids.next());
            }
        }
        let subjects = Ours::default();
        let mut ids = Ids::known();
        for number in 0..size {
            subjects.insert(ids.next());
            if number % 10 == 0 {
                let cutoff = Revocation::subject(&number.to_be_bytes(), 1_000, None);
                let _ = subjects.0.merge(&[Record::new(cutoff, EXPIRES)], now());
            }
        }
        measure(&tables, &subjects);
    }
}

fn measure(tables: &[Box<dyn Table>], subjects: &Ours) {
    let samples = Mutex::new(vec![Vec::with_capacity(ROUNDS); tables.len() + 2]);
    let ids = Mutex::new(Ids::unknown());
    facts("user-42", |mut facts| {
        let mut ids = ids.lock().unwrap();
        let mut samples = samples.lock().unwrap();
        for _ in 0..ROUNDS {
            for (index, samples) in samples.iter_mut().enumerate() {
                let start = Instant::now();
                let mut refused = 0;
                for _ in 0..PER_ROUND {
                    facts.session = SessionId::from_bytes(black_box(ids.next()));
                    refused += u32::from(match tables.get(index) {
                        Some(table) => table.refuses(&facts),
                        None if index == tables.len() => subjects.refuses(&facts),
                        None => black_box(false),
                    });
                }
                samples.push(start.elapsed().as_nanos() as f64 / f64::from(PER_ROUND));
                assert_eq!(refused, 0);
            }
        }
    });
    let mut samples = samples.into_inner().unwrap();
    let medians: Vec<f64> = samples.iter_mut().map(|s| median(s)).collect();
    // Sorted by now.
    let least: Vec<f64> = samples.iter().map(|samples| samples[0]).collect();
    let names = tables.iter().map(|table| table.name());
    let names = names.chain(["cloakroom, and a tenth as many subjects", "names alone"]);
    for ((name, ns), least) in names.zip(&medians).zip(&least) {
        let ratio = ns / medians[0];
        println!("{name:>40}: {ns:7.1} ns, {least:7.1} ns, {ratio:5.2} of ours");
    }
}
