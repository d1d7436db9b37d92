//! An entry of a list of devices as bytes: what was written is read, and other bytes are none.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "index/shop.rs"]
mod shop;

use cloakroom::index::IndexEntry;
use common::*;
use shop::*;

#[test]
fn an_entry_is_what_its_bytes_say_and_other_bytes_are_none() {
    each(|_, index| {
        let shop = shop(&index);
        let session = shop.login("ada", "phone");
        let subject = {
            let devices = shop.sessions.devices("ada").unwrap();
            assert_eq!(devices[0].id(), session.id());
            subject_name(b"ada")
        };
        let entries = index.of_subject(&subject).unwrap();
        let [entry] = entries.as_slice() else {
            unreachable!("one entry");
        };
        assert_eq!(entry.session(), session.id());
        assert_eq!(entry.subject(), subject);
        assert_eq!(entry.expires(), NOW + IDLE);
        let bytes = entry.to_bytes();
        assert_eq!(IndexEntry::from_bytes(&bytes).as_ref(), Ok(entry));
        // The subject itself is not in it.
        assert!(!bytes.windows(3).any(|window| window == b"ada"));
        let fixed = bytes.len() - "phone".len() - 1;
        for length in 0..fixed {
            assert!(
                IndexEntry::from_bytes(&bytes[..length]).is_err(),
                "{length}"
            );
        }
        assert!(IndexEntry::from_bytes(&bytes[..fixed]).is_ok());
        let with = |at: usize, byte: u8| {
            let mut changed = bytes.clone();
            changed[at] = byte;
            IndexEntry::from_bytes(&changed)
        };
        assert!(with(0, 2).is_err());
        assert!(with(fixed, 2).is_err());
        assert!(with(fixed + 1, 0xFF).is_err());
        let long = [&bytes[..=fixed], &[b'x'; 129]].concat();
        assert!(IndexEntry::from_bytes(&long).is_err());
        let longest = [&bytes[..=fixed], &[b'x'; 128]].concat();
        assert!(IndexEntry::from_bytes(&longest).is_ok());
    });
}

/// The name of a subject in a revocation list, read out of a record's bytes.
fn subject_name(subject: &[u8]) -> [u8; 16] {
    let revocation = cloakroom::Revocation::subject(subject, 1, None);
    let record = cloakroom::Record::new(revocation, 1).to_bytes();
    record[1..17].try_into().unwrap()
}
