//! Merging revocation lists: in any order, any number of times, in any grouping, the same list,
//! which forgets no cut-off that matters. And that this test would notice a merge that is wrong.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;
#[path = "model/records.rs"]
mod records;

use cloakroom::{KeyId, Record, Revocation, RevocationList, SessionId, SnapshotError};
use common::{NOW, TOLERANCE, at};
use proptest::prelude::*;
use records::{records, shuffle};

/// One event as plain data. Few names, so that events meet.
#[derive(Clone, Copy, Debug)]
enum Event {
    Session(u8, u32),
    Subject(u8, u64, Option<u8>),
    Audience(u8, u64),
    Key(u8),
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn event() -> impl Strategy<Value = (Event, u64)> {
    let near = || prop_oneof![0..5_u64, 0..2 * TOLERANCE].prop_map(|ahead| NOW - 2 + ahead);
    let event = prop_oneof![
        (0..3_u8, prop_oneof![1..4_u32, Just(u32::MAX)]).prop_map(|(s, g)| Event::Session(s, g)),
        (0..2_u8, near(), proptest::option::of(0..3_u8))
            .prop_map(|(s, b, e)| Event::Subject(s, b, e)),
        (0..2_u8, near(), proptest::option::of(0..3_u8))
            .prop_map(|(s, b, e)| Event::Subject(s, b, e)),
        (0..2_u8, near()).prop_map(|(a, b)| Event::Audience(a, b)),
        (0..3_u8).prop_map(Event::Key),
    ];
    (event, NOW..NOW + 5)
}

fn record((event, expires): (Event, u64)) -> Record {
    let revocation = match event {
        Event::Session(session, below) => Revocation::older_generations(id(session), below),
        Event::Subject(subject, before, exempt) => {
            Revocation::subject(&[b'a' + subject], before, exempt.map(id))
        }
        Event::Audience(audience, before) => Revocation::audience([audience; 16], before),
        Event::Key(key) => Revocation::key(KeyId::from_bytes([key; 4])),
    };
    Record::new(revocation, expires)
}

fn merged(records: &[Record]) -> RevocationList {
    let list = RevocationList::new();
    let _ = list.merge(records, at(NOW));
    list
}

fn bytes(list: &RevocationList) -> Vec<u8> {
    list.snapshot(at(NOW))
}

/// A merge of subject cut-offs that keeps the latest alone: the obvious one, and wrong.
fn naive(cutoffs: &[(u64, Option<u8>)]) -> Option<(u64, Option<u8>)> {
    let mut kept: Option<(u64, Option<u8>)> = None;
    for cutoff in cutoffs {
        if kept.is_none_or(|kept| cutoff.0 >= kept.0) {
            kept = Some(*cutoff);
        }
    }
    kept
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn order_repetition_and_grouping_of_merges_make_no_difference(
        events in proptest::collection::vec(event(), 0..24),
        seed in any::<u64>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let all: Vec<Record> = events.iter().copied().map(record).collect();
        let whole = bytes(&merged(&all));

        let mut again = all.clone();
        again.extend_from_within(..all.len() / 2);
        shuffle(&mut again, seed);
        prop_assert_eq!(&bytes(&merged(&again)), &whole, "order or repetition");

        // Two halves that each server heard, exchanged as snapshots in both directions.
        let (one, other) = again.split_at(cut.index(again.len() + 1));
        let (one, other) = (merged(one), merged(other));
        let (from_one, from_other) = (bytes(&one), bytes(&other));
        let _ = one.merge_snapshot(&from_other, at(NOW)).unwrap();
        let _ = other.merge_snapshot(&from_one, at(NOW)).unwrap();
        prop_assert_eq!(&bytes(&one), &whole, "grouping");
        prop_assert_eq!(&bytes(&other), &whole, "grouping, the other way");

        // What travels is all there is to know.
        let mut read = records(&whole);
        shuffle(&mut read, seed);
        prop_assert_eq!(&bytes(&merged(&read)), &whole, "a copy");
    }

    #[test]
    fn a_damaged_or_misordered_snapshot_is_refused_as_a_whole(
        events in proptest::collection::vec(event(), 2..12),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let good = bytes(&merged(&events.iter().copied().map(record).collect::<Vec<_>>()));
        let mut bad = good.clone();
        bad[place.index(good.len())] ^= flip;
        let cut = &good[..place.index(good.len())];
        let mut longer = good.clone();
        longer.push(0);
        for bytes in [&bad[..], cut, &longer] {
            let list = RevocationList::new();
            prop_assert!(list.merge_snapshot(bytes, at(NOW)).is_err());
            prop_assert_eq!(list.stats().entries() + list.stats().quarantined, 0);
        }
    }
}

/// Whether two merges of the same cut-offs, in the given order and reversed, decide alike.
fn order_matters(
    merge: impl Fn(&[(u64, Option<u8>)]) -> Vec<u8>,
    cutoffs: &[(u64, Option<u8>)],
) -> bool {
    let mut reversed = cutoffs.to_vec();
    reversed.reverse();
    merge(cutoffs) != merge(&reversed)
}

#[test]
fn the_property_notices_a_merge_that_keeps_the_latest_cut_off_alone() {
    let naive = |cutoffs: &[(u64, Option<u8>)]| format!("{:?}", naive(cutoffs)).into_bytes();
    let ours = |cutoffs: &[(u64, Option<u8>)]| {
        let records = cutoffs
            .iter()
            .map(|(before, exempt)| record((Event::Subject(0, *before, *exempt), NOW)));
        bytes(&merged(&records.collect::<Vec<_>>()))
    };
    let (mut found, mut tried) = (0, 0);
    for first in 0..3_u64 {
        for second in 0..3_u64 {
            for one in [None, Some(0), Some(1)] {
                for other in [None, Some(0), Some(1)] {
                    let cutoffs = [(NOW + first, one), (NOW + second, other)];
                    assert!(!order_matters(ours, &cutoffs), "{cutoffs:?}");
                    found += usize::from(order_matters(naive, &cutoffs));
                    tried += 1;
                }
            }
        }
    }
    assert!(
        found >= 18,
        "the naive merge was found {found} times of {tried}"
    );
    // Nor is it right where the order makes no difference: the exempt session escapes the earlier
    // cut-off that did not exempt it.
    let everywhere_then_others = [(NOW + 1, None), (NOW + 2, Some(0))];
    assert_eq!(naive(&everywhere_then_others), naive(&[(NOW + 2, Some(0))]));
    assert_ne!(ours(&everywhere_then_others), ours(&[(NOW + 2, Some(0))]));
}

#[test]
fn three_exemptions_leave_what_decides_for_everybody() {
    let cutoffs = [(NOW + 3, Some(0)), (NOW + 2, Some(1)), (NOW + 1, None)];
    let records: Vec<Record> = cutoffs
        .iter()
        .map(|(before, exempt)| record((Event::Subject(0, *before, *exempt), NOW)))
        .collect();
    let kept = self::records(&bytes(&merged(&records)));
    let expected = [records[1], records[0]];
    assert_eq!(kept, expected);
}

#[test]
fn an_empty_list_has_the_bytes_of_the_specification() {
    let mut expected = b"clkrevs1".to_vec();
    expected.extend([0; 20]);
    let list = RevocationList::new();
    let snapshot = list.snapshot(at(0));
    assert_eq!(snapshot[..28], expected);
    assert_eq!(snapshot.len(), 60);
    assert!(matches!(
        list.merge_snapshot(b"", at(0)),
        Err(SnapshotError::Format)
    ));
}
