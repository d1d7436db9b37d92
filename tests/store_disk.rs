//! Places where nothing can be written: a directory that may only be read, and a disk that is full.
//! By real processes, because the limits belong to a process.
#![cfg(all(unix, feature = "redb"))]
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
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use cloakroom::store::{DurableRevocations, OpenError, StoreError};
use cloakroom::{Freshness, RevocationPublish as _, RevocationView as _};

#[path = "common/store.rs"]
mod common;

use common::{Folder, NOW, at, id, logout};

/// Tells the child, which is this program again, where its store is.
const CHILD: &str = "CLOAKROOM_STORE_DISK_CHILD";

/// Held while the copy below is written, and while another process begins: whoever is forked in
/// between holds the copy open for writing until it executes something, and what is open for writing
/// can't be executed (`ETXTBSY`).
static ALONE: Mutex<()> = Mutex::new(());

/// This program with one test, from a place that everybody may read; `before` are shell commands.
fn again(folder: &Folder, test: &str, before: &str) -> Command {
    let program = folder.path().join("program");
    if !program.exists() {
        let _alone = ALONE.lock().unwrap();
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        for path in [program.as_path(), folder.path()] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{before} exec \"$0\" --exact {test} --nocapture"))
        .arg(program)
        .env("RUST_BACKTRACE", "0")
        .current_dir("/");
    command
}

fn output(mut command: Command) -> String {
    let child = {
        let _alone = ALONE.lock().unwrap();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    };
    let output = child.unwrap().wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

#[test]
fn a_directory_that_may_only_be_read_is_an_error_that_says_so() {
    if let Ok(file) = std::env::var(CHILD) {
        for result in [
            DurableRevocations::open(&file, at(NOW)).err(),
            DurableRevocations::recover(&file, at(NOW)).err().or(Some(
                // Intact, when there is a file: opened for writing it is not.
                OpenError::Missing { path: file.into() },
            )),
        ] {
            let error = result.expect("a store where nothing can be written");
            println!("REFUSED {error}");
        }
        return;
    }
    let folder = Folder::new();
    let test = "a_directory_that_may_only_be_read_is_an_error_that_says_so";
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    let file = closed.join("revocations.redb");
    let run = || {
        let mut command = again(&folder, test, "");
        command.env(CHILD, &file);
        // Permissions do not bind root.
        if std::fs::metadata(folder.path()).unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        output(command)
    };
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
    let text = run();
    assert_eq!(text.matches("REFUSED").count(), 2, "{text}");
    assert_eq!(text.matches("ermission denied").count(), 2, "{text}");
    assert!(text.contains("revocations.redb"), "{text}");

    // And a file that may only be read.
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).unwrap();
    drop(DurableRevocations::open(&file, at(NOW)).unwrap());
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o444)).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
    let text = run();
    assert_eq!(text.matches("ermission denied").count(), 2, "{text}");
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).unwrap();
}

/// Publishes until the disk is full, and checks what is true then.
fn fill(file: &Path) {
    let store = DurableRevocations::open(file, at(NOW)).unwrap();
    for number in 0..1_000_000 {
        match store.publish(&logout(number), at(NOW)) {
            Ok(_) => println!("ACK {number}"),
            Err(error) => {
                assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
                assert!(common::sessions(&store).contains(&id(number)));
                assert!(matches!(store.freshness(), Freshness::Stale { .. }));
                let next = store.publish(&logout(number + 1), at(NOW)).unwrap_err();
                assert!(matches!(next, StoreError::Poisoned(_)), "{next:?}");
                println!("FULL {error}");
                return;
            }
        }
    }
    panic!("the disk was never full");
}

#[test]
fn a_full_disk_is_an_error_and_what_was_acknowledged_before_is_kept() {
    if let Ok(file) = std::env::var(CHILD) {
        return fill(Path::new(&file));
    }
    let folder = Folder::new();
    let test = "a_full_disk_is_an_error_and_what_was_acknowledged_before_is_kept";
    // Without the signal, a write beyond the limit is an error like any other.
    let mut command = again(&folder, test, "trap '' XFSZ; ulimit -f 400;");
    command.env(CHILD, folder.file());
    let text = output(command);
    assert!(text.contains("FULL the revocation store failed"), "{text}");
    let lines = text.lines().filter_map(|line| line.strip_prefix("ACK "));
    let acknowledged: HashSet<_> = lines.map(|line| id(line.parse().unwrap())).collect();
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    let store = DurableRevocations::open_existing(folder.file(), at(NOW)).unwrap();
    assert!(acknowledged.is_subset(&common::sessions(&store)));
    store.publish(&logout(7_000_000), at(NOW)).unwrap();
}

#[test]
fn a_disk_that_is_full_from_the_start_is_an_error_and_leaves_no_half_store() {
    if let Ok(file) = std::env::var(CHILD) {
        let error = DurableRevocations::open(file, at(NOW)).unwrap_err();
        println!("REFUSED {error}");
        return;
    }
    let folder = Folder::new();
    let test = "a_disk_that_is_full_from_the_start_is_an_error_and_leaves_no_half_store";
    let mut command = again(&folder, test, "trap '' XFSZ; ulimit -f 8;");
    command.env(CHILD, folder.file());
    let text = output(command);
    assert!(
        text.contains("REFUSED") && text.contains("creating the file"),
        "{text}"
    );
    assert!(!folder.file().exists());
    // With room again it starts.
    assert!(
        DurableRevocations::open(folder.file(), at(NOW))
            .unwrap()
            .opening()
            .created
    );
}
