//! Records as they travel: out of a snapshot, in any order.

use cloakroom::Record;

/// The records in a snapshot (SPEC §9.12).
pub(crate) fn records(snapshot: &[u8]) -> Vec<Record> {
    let mut rest = &snapshot[28..snapshot.len() - 32];
    let mut records = Vec::new();
    while let Some(kind) = rest.first() {
        let (record, after) = rest.split_at(if *kind == 0x82 { 49 } else { 33 });
        records.push(Record::from_bytes(record).unwrap());
        rest = after;
    }
    records
}

pub(crate) fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let index = usize::try_from(seed >> 33).unwrap() % (last + 1);
        items.swap(last, index);
    }
}
