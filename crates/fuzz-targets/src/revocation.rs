//! Snapshots and records.

use cloakroom::{Record, RevocationList};

use crate::setting::now;

/// Any bytes as a snapshot or record: never a panic, all or nothing, and merging twice is merging
/// once.
pub fn snapshot(bytes: &[u8]) {
    let now = now();
    if let Ok(record) = Record::from_bytes(bytes) {
        assert_eq!(record.to_bytes(), bytes);
    }
    let list = RevocationList::new();
    if list.merge_snapshot(bytes, now).is_ok() {
        let once = list.snapshot(now);
        let again = list.merge_snapshot(bytes, now);
        again.expect("it was read before");
        assert_eq!(list.snapshot(now), once);
    } else {
        assert_eq!(list.stats().entries(), 0);
    }
    // Records behind a valid frame, which a fuzzer can't make a digest for.
    let chunks = bytes.chunks(33);
    let records: Vec<Record> = chunks.filter_map(|c| Record::from_bytes(c).ok()).collect();
    let _ = list.merge(&records, now);
    let copy = RevocationList::new();
    let merged = copy.merge_snapshot(&list.snapshot(now), now);
    merged.expect("our own snapshot");
    assert_eq!(copy.snapshot(now), list.snapshot(now));
}
