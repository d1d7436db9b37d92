//! Every bad file and every bad place is a clear error or a recovery that raises an alarm; no store
//! is ever silently empty.

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

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cloakroom::store::{DurableRevocations, OpenError, Recovered};
use cloakroom::{RevocationPublish as _, RevocationView as _};

#[path = "common/store.rs"]
mod common;

use common::{Folder, NOW, at, logout};

/// A closed store with `count` logouts, on several pages.
fn filled(file: &Path, count: u64) {
    let store = DurableRevocations::open(file, at(NOW)).unwrap();
    for first in (0..count).step_by(50) {
        let some: Vec<_> = (first..count.min(first + 50)).flat_map(logout).collect();
        store.publish(&some, at(NOW)).unwrap();
    }
}

#[test]
fn a_first_start_makes_the_file_and_says_so_and_the_second_does_not() {
    let folder = Folder::new();
    let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    assert!(store.opening().created);
    drop(store);
    let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    assert!(!store.opening().created);
    assert_eq!(
        folder.names(),
        ["revocations.redb", "revocations.redb.lock"]
    );
}

#[test]
fn a_file_that_must_exist_and_does_not_is_an_error() {
    let folder = Folder::new();
    let error = DurableRevocations::open_existing(folder.file(), at(NOW)).unwrap_err();
    assert!(matches!(&error, OpenError::Missing { path } if *path == folder.file()));
    assert!(folder.names().is_empty());
}

#[test]
fn a_second_store_on_the_same_file_is_refused_until_the_first_is_closed() {
    let folder = Folder::new();
    let first = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    for error in [
        DurableRevocations::open(folder.file(), at(NOW)).unwrap_err(),
        DurableRevocations::open_existing(folder.file(), at(NOW)).unwrap_err(),
        // Also not moved aside.
        DurableRevocations::recover(folder.file(), at(NOW)).unwrap_err(),
    ] {
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("revocations.redb") && text.contains("has it open"),
            "{text}"
        );
    }
    drop(first);
    drop(DurableRevocations::open(folder.file(), at(NOW)).unwrap());
}

#[test]
fn two_that_start_at_once_for_the_first_time_make_one_store() {
    for _ in 0..20 {
        let folder = Folder::new();
        let results: Vec<_> = std::thread::scope(|scope| {
            let open = || DurableRevocations::open(folder.file(), at(NOW));
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let created = results
            .iter()
            .flatten()
            .filter(|store| store.opening().created);
        // One that was beaten to it may open after another closed, but made nothing.
        assert!(created.count() <= 1);
        for result in &results {
            assert!(
                matches!(result, Ok(_) | Err(OpenError::InUse { .. })),
                "{result:?}"
            );
        }
    }
}

#[test]
fn a_missing_directory_is_an_error_that_names_it() {
    let folder = Folder::new();
    let file = folder.path().join("absent/revocations.redb");
    for error in [
        DurableRevocations::open(&file, at(NOW)).unwrap_err(),
        DurableRevocations::recover(&file, at(NOW)).unwrap_err(),
    ] {
        assert!(matches!(error, OpenError::Io { .. }), "{error:?}");
        assert!(error.to_string().contains("absent"), "{error}");
    }
}

#[test]
fn truncated_files_are_damaged_at_every_length() {
    let folder = Folder::new();
    filled(&folder.file(), 300);
    let whole = fs::read(folder.file()).unwrap();
    let lengths = [0, 1, 8, 9, 63, 64, 319, 320, 4095, 4096];
    let steps = (1..whole.len() / 1024).map(|kilobytes| kilobytes * 1024);
    for length in lengths.into_iter().chain(steps).chain([whole.len() - 1]) {
        fs::write(folder.file(), &whole[..length]).unwrap();
        let error = DurableRevocations::open(folder.file(), at(NOW)).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{length}: {error:?}"
        );
        assert!(error.to_string().contains("recover"), "{error}");
        // An error changes nothing, so a second look finds the same.
        assert!(
            fs::read(folder.file()).unwrap() == whole[..length],
            "{length}"
        );
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_or_harmless() {
    let folder = Folder::new();
    filled(&folder.file(), 300);
    let whole = fs::read(folder.file()).unwrap();
    let mut random = common::Random(common::seed());
    let (mut found, mut harmless) = (0, 0);
    // All of the header, then samples.
    let places = (0..320).chain((0..500).map(|_| random.below(whole.len() as u64) as usize));
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(folder.file(), &bytes).unwrap();
        match DurableRevocations::open(folder.file(), at(NOW)) {
            Ok(store) => {
                harmless += 1;
                let entries = common::sessions(&store).len();
                assert_eq!(entries, 300, "bit {} of byte {place}", place % 8);
            }
            Err(OpenError::Damaged { .. }) => found += 1,
            Err(other) => panic!("byte {place}: {other:?}"),
        }
    }
    println!("{found} found, {harmless} harmless");
    assert!(found > 50, "{found}");
}

#[test]
fn recovery_moves_the_file_aside_raises_an_alarm_and_logs_everybody_out() {
    let folder = Folder::new();
    filled(&folder.file(), 300);
    let mut bytes = fs::read(folder.file()).unwrap();
    bytes.truncate(9000);
    fs::write(folder.file(), &bytes).unwrap();

    let recovered = DurableRevocations::recover(folder.file(), at(NOW)).unwrap();
    let Recovered::Replaced(store, alarm) = recovered else {
        panic!("nothing was damaged?");
    };
    let aside = alarm.moved_to.clone().unwrap();
    assert_eq!(fs::read(&aside).unwrap(), bytes);
    assert!(
        aside
            .to_str()
            .unwrap()
            .ends_with("revocations.redb.damaged-1800000000")
    );
    assert!(matches!(alarm.why, OpenError::Damaged { .. }));
    assert_eq!(alarm.everything_before, at(NOW + 3));
    assert!(
        alarm.to_string().contains("2027-01-15T08:00:03Z"),
        "{alarm}"
    );
    assert_eq!(store.stats().entries(), 0);
    assert_eq!(store.start_bound(b"anyone", &[0; 16], at(NOW)), NOW + 3);

    // It is kept, and the next damage does not overwrite the first.
    drop(store);
    let again = DurableRevocations::recover(folder.file(), at(NOW)).unwrap();
    let Recovered::Intact(store) = again else {
        panic!("it was replaced twice");
    };
    assert_eq!(store.start_bound(b"", &[0; 16], at(NOW)), NOW + 3);
    drop(store);
    fs::write(folder.file(), b"").unwrap();
    let third = DurableRevocations::recover(folder.file(), at(NOW)).unwrap();
    assert!(matches!(third, Recovered::Replaced(..)));
    drop(third);
    assert_eq!(
        folder.names(),
        [
            "revocations.redb",
            "revocations.redb.damaged-1800000000",
            "revocations.redb.damaged-1800000000-1",
            "revocations.redb.lock"
        ]
    );
}

#[test]
fn recovery_of_a_missing_file_logs_everybody_out_too() {
    let folder = Folder::new();
    let recovered = DurableRevocations::recover(folder.file(), at(NOW)).unwrap();
    let Recovered::Replaced(store, alarm) = recovered else {
        panic!("there was nothing");
    };
    assert_eq!(alarm.moved_to, None);
    assert_eq!(store.start_bound(b"", &[0; 16], at(NOW)), NOW + 3);
}

#[test]
fn sessions_from_before_a_recovery_are_refused_and_logins_after_it_work() {
    use cloakroom::{KeyRing, ManualClock, Reason, Sessions, VerifyError};
    use time::Duration;

    let folder = Folder::new();
    let clock = ManualClock::at(NOW);
    let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
    let sessions = |store: DurableRevocations| {
        Sessions::<(), _>::builder(ring.clone(), store)
            .purpose("session")
            .audience("shop.example")
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .clock(clock.clone())
            .build()
            .unwrap()
    };
    let before = sessions(DurableRevocations::open(folder.file(), at(NOW)).unwrap());
    let old = before.issue("user-42", &()).unwrap();
    before.revoke(old.session.id()).unwrap();
    drop(before);
    fs::write(folder.file(), b"not a store").unwrap();

    clock.advance(5);
    let Recovered::Replaced(store, alarm) =
        DurableRevocations::recover(folder.file(), at(NOW + 5)).unwrap()
    else {
        panic!("nothing was damaged?");
    };
    drop(alarm);
    let after = sessions(store);
    match after.verify(old.token.as_str()).unwrap_err() {
        VerifyError::Rejected(why) => assert_eq!(why.reason(), Reason::Revoked),
        other => panic!("{other:?}"),
    }
    let new = after.issue("user-42", &()).unwrap();
    after.verify(new.token.as_str()).unwrap();
}

/// Changes one row of a store behind its back.
fn edit(file: &Path, table: &str, key: &str, value: u64) {
    let table = redb::TableDefinition::<&str, u64>::new(table);
    let database = redb::Database::create(file).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(table).unwrap().insert(key, value).unwrap();
    write.commit().unwrap();
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = Folder::new();
    filled(&folder.file(), 3);
    edit(&folder.file(), "about", "format", 2);
    let refused = || {
        for error in [
            DurableRevocations::open(folder.file(), at(NOW)).unwrap_err(),
            DurableRevocations::recover(folder.file(), at(NOW)).unwrap_err(),
        ] {
            assert!(matches!(error, OpenError::Newer { .. }), "{error:?}");
            assert!(error.to_string().contains("newer version"), "{error}");
        }
        assert_eq!(
            folder.names(),
            ["revocations.redb", "revocations.redb.lock"]
        );
    };
    refused();
    // A later format of the engine itself.
    let mut file = File::options().write(true).open(folder.file()).unwrap();
    for slot in [64, 192] {
        file.seek(SeekFrom::Start(slot)).unwrap();
        file.write_all(&[4]).unwrap();
    }
    drop(file);
    refused();
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let folder = Folder::new();
    edit(&folder.file(), "accounts", "balance", 7);
    for error in [
        DurableRevocations::open(folder.file(), at(NOW)).unwrap_err(),
        DurableRevocations::recover(folder.file(), at(NOW)).unwrap_err(),
    ] {
        assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    }
    assert!(!folder.names().iter().any(|name| name.contains("damaged")));
}

#[test]
fn an_interrupted_first_start_does_not_stand_in_the_way() {
    let folder = Folder::new();
    fs::write(folder.path().join("revocations.redb.new"), b"half of it").unwrap();
    let store = DurableRevocations::open(folder.file(), at(NOW)).unwrap();
    store.publish(&logout(1), at(NOW)).unwrap();
    drop(store);
    let mut start = [0; 4];
    let mut file = File::open(folder.file()).unwrap();
    file.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"redb");
    assert_eq!(
        folder.names(),
        ["revocations.redb", "revocations.redb.lock"]
    );
}

/// To open a pipe waits for its other end, and a server never starts.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_and_nothing_waits_for_it() {
    let folder = Folder::new();
    let pipe = folder.file();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let refused = |error: OpenError, says: &str| {
        assert!(matches!(error, OpenError::NotAFile { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    let open = DurableRevocations::open(&pipe, at(NOW));
    refused(open.unwrap_err(), "a pipe");
    let open = DurableRevocations::open_existing(&pipe, at(NOW));
    refused(open.unwrap_err(), "a pipe");
    refused(
        DurableRevocations::recover(&pipe, at(NOW)).unwrap_err(),
        "a pipe",
    );
    let directory = pipe.parent().unwrap();
    let open = DurableRevocations::open_existing(directory, at(NOW));
    refused(open.unwrap_err(), "name the file in it");
    fs::remove_file(&pipe).unwrap();
    // A pipe in the place of the lock, which the recovery had taken.
    let lock = pipe.with_extension("redb.lock");
    fs::remove_file(&lock).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&lock).status();
    assert!(made.unwrap().success());
    refused(
        DurableRevocations::open(&pipe, at(NOW)).unwrap_err(),
        "a pipe",
    );
}

#[cfg(unix)]
#[test]
fn a_store_is_its_owners_alone_and_one_that_everybody_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let file = folder.file();
    filled(&file, 3);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&file.with_extension("redb.lock")), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o606)).unwrap();
    let refused = DurableRevocations::open(&file, at(NOW)).unwrap_err();
    assert!(
        matches!(refused, OpenError::Writable { mode: 0o606, .. }),
        "{refused}"
    );
    // Nor is it replaced: what is in it may be true.
    let refused = DurableRevocations::recover(&file, at(NOW)).unwrap_err();
    assert!(matches!(refused, OpenError::Writable { .. }), "{refused}");
    // A group may, where the operator says so.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o660)).unwrap();
    DurableRevocations::open(&file, at(NOW)).unwrap();
}
