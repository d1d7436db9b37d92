//! What the tests of the durable store share: folders, random numbers, what is in a store.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use cloakroom::store::DurableRevocations;
use cloakroom::{Record, Revocation, SessionId, Timestamp};

pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

/// A folder of its own, removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "cloakroom-store-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("revocations.redb")
    }

    /// The names in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `SplitMix64`: reproducible, seed printed by whoever uses it.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A new one in every run, or the one of an earlier run.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("STORE_SEED").ok();
    let seed = given.map_or_else(
        || {
            let since = std::time::UNIX_EPOCH.elapsed().unwrap();
            u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap()
        },
        |text| text.parse().unwrap(),
    );
    println!("STORE_SEED={seed}");
    seed
}

pub(crate) fn id(number: u64) -> SessionId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    // Not all at one end of the tree, like real ones.
    bytes[8..].copy_from_slice(&Random(number).next().to_be_bytes());
    bytes.rotate_left(8);
    SessionId::from_bytes(bytes)
}

pub(crate) fn logout(number: u64) -> [Revocation; 1] {
    [Revocation::session(id(number))]
}

/// Every record of the store, by its public export.
pub(crate) fn records(store: &DurableRevocations, now: Timestamp) -> Vec<Record> {
    let snapshot = store.snapshot(now);
    let mut rest = &snapshot[28..snapshot.len() - 32];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let (record, after) = rest.split_at(if rest[0] == 0x82 { 49 } else { 33 });
        records.push(Record::from_bytes(record).unwrap());
        rest = after;
    }
    records
}

/// The sessions in it.
pub(crate) fn sessions(store: &DurableRevocations) -> HashSet<SessionId> {
    let records = records(store, at(NOW));
    let sessions = records.iter().filter_map(|record| {
        let bytes = record.to_bytes();
        let key: [u8; 16] = bytes[1..17].try_into().unwrap();
        (bytes[0] == 1).then(|| SessionId::from_bytes(key))
    });
    sessions.collect()
}

/// The smallest executor there is: the waker unparks the thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
