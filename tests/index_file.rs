//! The index in a file: what is there after a restart, what is not, and that a bad file is an error.
#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::incompatible_msrv
)]

mod common;
#[path = "common/store.rs"]
mod store;

use cloakroom::index::{FileIndex, SessionIndex as _};
use cloakroom::{ManualClock, RevocationList, Sessions};
use common::*;
use store::Folder;

fn sessions(clock: &ManualClock, list: &RevocationList, index: FileIndex) -> Sessions<User> {
    builder::<User, _>(clock, list.clone())
        .session_index(index)
        .build()
        .unwrap()
}

fn labels(sessions: &Sessions<User>, subject: &str) -> Vec<String> {
    let devices = sessions.devices(subject).unwrap();
    devices.iter().map(|d| d.label().to_owned()).collect()
}

#[test]
fn what_was_put_is_there_after_a_restart() {
    let (folder, clock) = (Folder::new(), ManualClock::at(NOW));
    let list = RevocationList::new();
    let file = folder.path().join("devices.redb");
    {
        let sessions = sessions(&clock, &list, FileIndex::open(&file).unwrap());
        for number in 0..300 {
            let subject = format!("user-{}", number % 100);
            let label = number.to_string();
            let issued = sessions.issue_labelled(subject, &user("Ada"), &label);
            if number == 205 {
                sessions.revoke(issued.unwrap().session.id()).unwrap();
            }
        }
        // Dropped at once: what waits is written.
    }
    let index = FileIndex::open(&file).unwrap();
    assert_eq!(index.report().entries, Some(299));
    let sessions = sessions(&clock, &list, index);
    let mut found = labels(&sessions, "user-7");
    found.sort();
    assert_eq!(found, ["107", "207", "7"]);
    let mut found = labels(&sessions, "user-5");
    found.sort();
    assert_eq!(found, ["105", "5"]);
    assert_eq!(sessions.status().index.unwrap().failures, 0);
}

#[test]
fn a_file_that_is_in_use_or_no_index_is_an_error_and_left_alone() {
    let folder = Folder::new();
    let file = folder.path().join("devices.redb");
    let index = FileIndex::open(&file).unwrap();
    let error = FileIndex::open(&file).unwrap_err();
    assert!(error.to_string().contains("open"), "{error}");
    let clone = index.clone();
    drop(index);
    assert!(FileIndex::open(&file).is_err());
    drop(clone);
    drop(FileIndex::open(&file).unwrap());

    let other = folder.path().join("notes.txt");
    let text = "not an index, and somebody's work\n".repeat(100);
    std::fs::write(&other, &text).unwrap();
    assert!(FileIndex::open(&other).is_err());
    assert_eq!(std::fs::read_to_string(&other).unwrap(), text);
    assert!(FileIndex::open(folder.path().join("nowhere/devices.redb")).is_err());
}

#[test]
fn many_threads_put_and_list_at_once() {
    let (folder, clock) = (Folder::new(), ManualClock::at(NOW));
    let file = folder.path().join("devices.redb");
    let sessions = sessions(
        &clock,
        &RevocationList::new(),
        FileIndex::open(&file).unwrap(),
    );
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let sessions = &sessions;
            scope.spawn(move || {
                let subject = format!("thread-{thread}");
                for number in 1..=50_usize {
                    sessions
                        .issue_labelled(&subject, &user("Ada"), &number.to_string())
                        .unwrap();
                    if number % 10 == 0 {
                        // A list sees every login before it.
                        assert_eq!(labels(sessions, &subject).len(), number);
                    }
                }
            });
        }
    });
    assert_eq!(sessions.status().index.unwrap().entries, Some(200));
}

#[cfg(unix)]
#[test]
fn an_index_is_its_owners_alone_and_a_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let file = folder.file();
    drop(FileIndex::open(&file).unwrap());
    let mode = file.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o602)).unwrap();
    assert!(FileIndex::open(&file).is_err());
    std::fs::remove_file(&file).unwrap();
    // Whoever opened it would wait for its other end.
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    assert!(FileIndex::open(&file).is_err());
}
