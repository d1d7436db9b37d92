//! The index in a file when its process is killed: the next start always opens it, and what was seen
//! listed is listed again.
#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

mod common;
#[path = "common/store.rs"]
mod store;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cloakroom::index::{FileIndex, SessionIndex as _};
use cloakroom::{ManualClock, RevocationList, Sessions};
use common::*;
use store::{Folder, Random};

/// Tells the child, which is this program again, where to work.
const CHILD: &str = "CLOAKROOM_INDEX_KILL_CHILD";

fn say(line: &str) {
    // One write, so that a kill leaves whole lines or a torn last one. The harness writes "test ... "
    // in front of the first.
    let line = format!("\n{line} END\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Starts the child, kills it after its `lines`-th line and a moment more; what it said.
fn killed(test: &str, at: &Path, lines: usize, random: &mut Random) -> Vec<String> {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, at)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut said = out.map_while(Result::ok).filter_map(|line| {
        let line = line.strip_suffix(" END")?;
        Some(line.to_owned())
    });
    let mut heard: Vec<_> = said.by_ref().take(lines).collect();
    assert_eq!(heard.len(), lines);
    std::thread::sleep(Duration::from_micros(random.below(20_000)));
    process.kill().unwrap();
    assert!(!process.wait().unwrap().success());
    heard.extend(said);
    heard
}

#[test]
fn a_first_start_that_was_killed_does_not_stand_in_the_way_of_the_next() {
    if let Ok(folder) = std::env::var(CHILD) {
        for number in 0_u32.. {
            let file = Path::new(&folder).join(format!("{number}.redb"));
            say(file.to_str().unwrap());
            drop(FileIndex::open(&file).unwrap());
        }
    }
    let mut random = Random(store::seed());
    for _ in 0..40 {
        let folder = Folder::new();
        let test = "a_first_start_that_was_killed_does_not_stand_in_the_way_of_the_next";
        let lines = 1 + usize::try_from(random.below(5)).unwrap();
        let said = killed(test, folder.path(), lines, &mut random);
        let last = PathBuf::from(said.last().unwrap());
        let index = FileIndex::open(&last).unwrap();
        assert_eq!(index.report().entries, Some(0));
        drop(index);
        // Who is left over is of no consequence: the name is another.
        drop(FileIndex::open(&last).unwrap());
    }
}

fn sessions(clock: &ManualClock, index: FileIndex) -> Sessions<User> {
    builder::<User, _>(clock, RevocationList::new())
        .session_index(index)
        // No process makes the ids of another.
        .random(cloakroom::SystemRandom)
        .build()
        .unwrap()
}

/// Logs in, renews, rotates and logs out until it is killed; says what it saw listed.
fn child(file: &Path) -> ! {
    let clock = ManualClock::at(NOW);
    let index = FileIndex::open(file).unwrap();
    let before = index.report().entries.unwrap();
    let sessions = sessions(&clock, index);
    for number in 0_u64.. {
        let subject = format!("user-{before}-{number}");
        let issued = sessions.issue_labelled(&subject, &user("Ada"), &subject);
        let token = issued.unwrap().token;
        let other = sessions.issue_labelled(&subject, &user("Ada"), "gone");
        sessions.revoke(other.unwrap().session.id()).unwrap();
        if number % 3 == 0 {
            let session = sessions.verify(token.as_str()).unwrap();
            sessions.rotate(&session).unwrap();
        }
        // A list sees everything before it: it is written.
        let devices = sessions.devices(&subject).unwrap();
        assert_eq!(devices.len(), 1);
        say(&subject);
    }
    unreachable!("there are more numbers than that")
}

#[test]
fn what_was_seen_listed_is_listed_again_after_100_kills() {
    if let Ok(file) = std::env::var(CHILD) {
        child(Path::new(&file));
    }
    let folder = Folder::new();
    let file = folder.path().join("devices.redb");
    let mut random = Random(store::seed());
    let mut seen = BTreeMap::new();
    let test = "what_was_seen_listed_is_listed_again_after_100_kills";
    for round in 0..100 {
        for subject in killed(test, &file, 1, &mut random) {
            seen.insert(subject, round);
        }
        let index = FileIndex::open(&file).unwrap_or_else(|error| panic!("{round}: {error}"));
        let sessions = sessions(&ManualClock::at(NOW), index);
        for subject in seen.keys() {
            let devices = sessions.devices(subject).unwrap();
            let labels: Vec<_> = devices.iter().map(|device| device.label()).collect();
            assert_eq!(labels, [subject], "{round}");
        }
        // And it works on, where it was left in the middle of a write.
        let subject = format!("after-{round}");
        let login = sessions.issue_labelled(&subject, &user("Ada"), "phone");
        drop(login.unwrap());
        assert_eq!(sessions.devices(&subject).unwrap().len(), 1);
        assert_eq!(sessions.status().index.unwrap().failures, 0);
    }
    println!("{} listed before a kill", seen.len());
}
