//! Any bytes as a snapshot or record: never a panic, all or nothing, and merging twice is merging
//! once.
#![no_main]

use cloakroom::{Record, RevocationList, Timestamp};
use cloakroom_fuzz::NOW;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_unix(NOW).expect("before the year 9999");
    if let Ok(record) = Record::from_bytes(bytes) {
        assert_eq!(record.to_bytes(), bytes);
    }
    let list = RevocationList::new();
    if list.merge_snapshot(bytes, now).is_ok() {
        let once = list.snapshot(now);
        list.merge_snapshot(bytes, now).expect("it was read before");
        assert_eq!(list.snapshot(now), once);
    } else {
        assert_eq!(list.stats().entries(), 0);
    }
    // Records behind a valid frame, which the fuzzer can't make a digest for.
    let records: Vec<Record> =
        bytes.chunks(33).filter_map(|chunk| Record::from_bytes(chunk).ok()).collect();
    let _ = list.merge(&records, now);
    let copy = RevocationList::new();
    copy.merge_snapshot(&list.snapshot(now), now).expect("our own snapshot");
    assert_eq!(copy.snapshot(now), list.snapshot(now));
});
