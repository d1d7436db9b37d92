//! Nothing acknowledged is lost when the process is killed, proved with a real process and SIGKILL.

#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cloakroom::store::DurableRevocations;
use cloakroom::{RevocationPublish as _, SessionId};

#[path = "common/store.rs"]
mod common;

use common::{Folder, NOW, Random, at, block_on, id, logout};

const ROUNDS: u64 = 200;
/// Tells the child, which is this program again, what to do.
const CHILD: &str = "CLOAKROOM_STORE_KILL_CHILD";
const THREADS: u64 = 3;

/// Revokes until it is killed, and says so for each once it is acknowledged.
fn child(file: &Path, first: u64) -> ! {
    let store = DurableRevocations::open_existing(file, at(NOW)).unwrap();
    println!("READY");
    thread::scope(|scope| {
        for own in 0..THREADS {
            let store = store.clone();
            scope.spawn(move || {
                for number in (first + own..).step_by(THREADS as usize) {
                    if number % 2 == 0 {
                        store.publish(&logout(number), at(NOW)).unwrap();
                    } else {
                        block_on(store.publish_async(&logout(number), at(NOW))).unwrap();
                    }
                    // One write, so that a kill leaves whole lines or a torn last one.
                    let line = format!("ACK {number} END\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    // So that purges are killed too.
                    if number % 97 == 0 {
                        store.purge(at(NOW)).unwrap();
                    }
                }
            });
        }
    });
    unreachable!("there are more numbers than that")
}

#[test]
fn every_acknowledged_revocation_survives_200_kills() {
    if let Ok(first) = std::env::var(CHILD) {
        let (file, first) = first.split_once('|').unwrap();
        child(Path::new(file), first.parse().unwrap());
    }
    let folder = Folder::new();
    let mut random = Random(common::seed());
    drop(DurableRevocations::open(folder.file(), at(NOW)).unwrap());
    let mut acknowledged: HashSet<SessionId> = HashSet::new();
    let (mut silent, mut slowest) = (0, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "every_acknowledged_revocation_survives_200_kills",
            ])
            .arg("--nocapture")
            .env(
                CHILD,
                format!("{}|{}", folder.file().display(), round << 32),
            )
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (ready, is_ready) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut numbers = Vec::new();
            for line in lines.map_while(Result::ok) {
                // The test harness writes "test ... " in front of the first line.
                if line.ends_with("READY") {
                    ready.send(()).unwrap();
                }
                let number = line
                    .strip_prefix("ACK ")
                    .and_then(|l| l.strip_suffix(" END"));
                numbers.extend(number.map(|number| number.parse::<u64>().unwrap()));
            }
            numbers
        });
        is_ready.recv().unwrap();
        thread::sleep(Duration::from_micros(random.below(50_000)));
        process.kill().unwrap();
        assert!(!process.wait().unwrap().success());
        let numbers = reader.join().unwrap();
        silent += u64::from(numbers.is_empty());
        acknowledged.extend(numbers.into_iter().map(id));

        let start = std::time::Instant::now();
        let store = DurableRevocations::open_existing(folder.file(), at(NOW)).unwrap();
        slowest = slowest.max(start.elapsed());
        let found = common::sessions(&store);
        let lost = acknowledged.difference(&found).count();
        assert_eq!(lost, 0, "round {round}: {lost} of {}", acknowledged.len());
    }
    println!(
        "{ROUNDS} kills, {} acknowledged, {silent} rounds before the first, slowest reopening {slowest:?}",
        acknowledged.len()
    );
    assert!(
        acknowledged.len() as u64 > ROUNDS / 2,
        "there was next to nothing to lose"
    );
}
