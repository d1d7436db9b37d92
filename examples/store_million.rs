//! How long a store of a million logouts takes to open, and a logout on top of it to be durable:
//! `cargo run --release --features redb --example store_million -- FILE`.

use std::time::Instant;

use cloakroom::store::DurableRevocations;
use cloakroom::{Clock as _, Record, Revocation, RevocationPublish as _, SessionId, SystemClock};

const ENTRIES: u64 = 1_000_000;
const AT_ONCE: u64 = 20_000;

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let file = std::env::args().nth(1).ok_or("which FILE?")?;
    let now = SystemClock.now()?;

    let start = Instant::now();
    let store = DurableRevocations::open(&file, now)?;
    for first in (0..ENTRIES).step_by(usize::try_from(AT_ONCE)?) {
        let some: Vec<Record> = (first..first.saturating_add(AT_ONCE))
            .map(|number| {
                // Scattered like random ids, over expiries of an hour.
                let scattered =
                    u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
                let id = SessionId::from_bytes(scattered.to_be_bytes());
                let expires = now.unix().saturating_add(7200).saturating_add(number / 300);
                Record::new(Revocation::session(id), expires)
            })
            .collect();
        let _merged = store.merge(&some, now)?;
    }
    println!(
        "{} entries written in {:?}",
        store.stats().sessions,
        start.elapsed()
    );
    drop(store);
    let bytes = std::fs::metadata(&file)?.len();
    println!("file: {} bytes an entry", bytes / ENTRIES);

    for _ in 0..3 {
        let start = Instant::now();
        let store = DurableRevocations::open(&file, now)?;
        println!(
            "opened {} entries in {:?}",
            store.opening().entries,
            start.elapsed()
        );
    }

    let store = DurableRevocations::open(&file, now)?;
    let mut times = Vec::new();
    for number in 0..1000_u128 {
        let revocation = Revocation::session(SessionId::from_bytes(number.to_be_bytes()));
        let start = Instant::now();
        let _durable = store.publish(&[revocation], now)?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!(
        "durable logout: median {:?}, 99 % {:?}",
        times.get(500),
        times.get(990)
    );
    Ok(())
}
