//! Damage that shows only when the entries are read: checksums fit, and what stands there is no
//! store's. It is an error, and a recovery moves it aside like any other.

#![cfg(feature = "redb")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::path::Path;

use cloakroom::store::{DurableRevocations, OpenError, Recovered};
use cloakroom::{RevocationPublish as _, RevocationView as _};
use redb::{Database, TableDefinition, WriteTransaction};

#[path = "common/store.rs"]
mod common;

use common::{Folder, NOW, at, logout};

const APPLIED: TableDefinition<'_, &[u8], ()> = TableDefinition::new("applied");
const WAITING: TableDefinition<'_, &[u8], ()> = TableDefinition::new("waiting");
const OUTBOX: TableDefinition<'_, &[u8], ()> = TableDefinition::new("outbox");
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const CURSOR: TableDefinition<'_, (), &[u8; 32]> = TableDefinition::new("cursor");

type Edit = fn(&WriteTransaction);

fn insert(write: &WriteTransaction, table: TableDefinition<'_, &[u8], ()>, row: &[u8]) {
    write.open_table(table).unwrap().insert(row, ()).unwrap();
}

fn set(write: &WriteTransaction, name: &str, value: u64) {
    write
        .open_table(ABOUT)
        .unwrap()
        .insert(name, value)
        .unwrap();
}

const EDITS: [(&str, Edit); 9] = [
    ("a row that is no record", |write| {
        insert(write, APPLIED, &[7; 41])
    }),
    ("a row cut short", |write| insert(write, APPLIED, &[1; 12])),
    ("a waiting record of an unknown kind", |write| {
        insert(write, WAITING, &[9; 33])
    }),
    ("an empty row for the feed", |write| {
        insert(write, OUTBOX, &[])
    }),
    ("a number that is missing", |write| {
        let mut about = write.open_table(ABOUT).unwrap();
        assert!(about.remove("high-water-mark").unwrap().is_some());
    }),
    ("a number that is too large", |write| {
        set(write, "tolerance", u64::MAX)
    }),
    ("a table that is missing", |write| {
        assert!(write.delete_table(CURSOR).unwrap())
    }),
    ("the entries are missing", |write| {
        assert!(write.delete_table(APPLIED).unwrap())
    }),
    ("a table of another type", |write| {
        assert!(write.delete_table(OUTBOX).unwrap());
        let other: TableDefinition<'_, u64, u64> = TableDefinition::new("outbox");
        write.open_table(other).unwrap().insert(1, 2).unwrap();
    }),
];

fn edited(file: &Path, edit: Edit) {
    let store = DurableRevocations::open(file, at(NOW)).unwrap();
    store.publish(&logout(1), at(NOW)).unwrap();
    drop(store);
    let write = Database::create(file).unwrap().begin_write().unwrap();
    edit(&write);
    write.commit().unwrap();
}

#[test]
fn what_is_no_entry_is_damage_and_recovery_moves_it_aside() {
    for (what, edit) in EDITS {
        let folder = Folder::new();
        edited(&folder.file(), edit);
        let before = std::fs::read(folder.file()).unwrap();
        let error = DurableRevocations::open_existing(folder.file(), at(NOW)).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{what}: {error:?}"
        );

        let Recovered::Replaced(store, alarm) =
            DurableRevocations::recover(folder.file(), at(NOW)).unwrap()
        else {
            panic!("{what}: taken as intact");
        };
        assert!(store.opening().created, "{what}");
        assert!(
            matches!(alarm.why, OpenError::Damaged { .. }),
            "{what}: {alarm}"
        );
        let kept = alarm.moved_to.unwrap();
        assert!(
            !std::fs::read(&kept).unwrap().is_empty() && !before.is_empty(),
            "{what}"
        );
        // Everybody from before is logged out, and it stays a store.
        let bound = store.start_bound(b"ada", &[0; 16], at(NOW));
        assert!(bound > NOW, "{what}");
        store.publish(&logout(2), at(NOW)).unwrap();
        drop(store);
        let Recovered::Intact(store) = DurableRevocations::recover(folder.file(), at(NOW)).unwrap()
        else {
            panic!("{what}: replaced once more");
        };
        assert_eq!(store.stats().sessions, 1, "{what}");
        assert_eq!(
            store.start_bound(b"ada", &[0; 16], at(NOW)),
            bound,
            "{what}"
        );
    }
}
