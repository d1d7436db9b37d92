//! Vectors of kind `record`, `merge`, `snapshot` and `digest`.

use cloakroom::{Record, RevocationList, Timestamp, hazmat};
use serde_json::Value;

use crate::input::{Vector, hex, to_hex};

fn records(value: &Value) -> Vec<Vec<u8>> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|record| hex(record.as_str().unwrap()))
        .collect()
}

/// The records within a snapshot (SPEC §9.12): 28 bytes before, 32 behind.
fn inside(snapshot: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &snapshot[28..snapshot.len() - 32];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (record, after) = rest.split_at(if rest[0] == 0x82 { 49 } else { 33 });
        found.push(record.to_vec());
        rest = after;
    }
    found
}

pub(crate) fn record(vector: &Vector) {
    let bytes = vector.bytes("record");
    let read = Record::from_bytes(&bytes);
    assert_eq!(if read.is_ok() { "ok" } else { "refused" }, vector.stage());
    let Ok(record) = read else { return };
    assert_eq!(record.to_bytes(), bytes);
    assert_eq!(record.expires().to_string(), *vector.expected("expires"));
    assert_eq!(u64::from(bytes[0] & 0x7f), *vector.expected("kind"));
    assert_eq!(to_hex(&bytes[1..17]), *vector.expected("key"));
    let value = u64::from_be_bytes(bytes[17..25].try_into().unwrap());
    assert_eq!(value.to_string(), *vector.expected("value"));
    let exempt = bytes
        .get(33..)
        .filter(|exempt| !exempt.is_empty())
        .map(to_hex);
    assert_eq!(Value::from(exempt), *vector.expected("exempt"));
}

pub(crate) fn merge(vector: &Vector) {
    let given: Vec<Record> = records(vector.input("records"))
        .iter()
        .map(|bytes| Record::from_bytes(bytes).unwrap())
        .collect();
    let reversed: Vec<Record> = given.iter().rev().copied().collect();
    let twice: Vec<Record> = given.iter().flat_map(|record| [*record, *record]).collect();
    // Late enough that nothing is put aside.
    let now = Timestamp::MAX;
    for order in [given, reversed, twice] {
        let list = RevocationList::new();
        for record in &order {
            let _ = list.merge(&[*record], now);
        }
        assert_eq!(
            inside(&list.snapshot(now)),
            records(vector.expected("records"))
        );
    }
}

pub(crate) fn snapshot(vector: &Vector) {
    let bytes = vector.bytes("snapshot");
    let list = RevocationList::new();
    let read = list.merge_snapshot(&bytes, Timestamp::MAX);
    assert_eq!(if read.is_ok() { "ok" } else { "refused" }, vector.stage());
    if read.is_err() {
        assert_eq!(
            list.stats().entries(),
            0,
            "nothing of a bad snapshot is used"
        );
        return;
    }
    let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!(number(8), *vector.expected("made_at"));
    assert_eq!(number(16), *vector.expected("high_water"));
    let expected = records(vector.expected("records"));
    assert_eq!(inside(&bytes), expected);
    // What was read is written again, where the snapshot holds merged states.
    let made_at = Timestamp::from_unix(number(8)).unwrap();
    let written = list.snapshot(made_at);
    let again = RevocationList::new();
    let _ = again.merge_snapshot(&written, Timestamp::MAX).unwrap();
    assert_eq!(again.snapshot(made_at), written);
    if inside(&written) == expected {
        assert_eq!(written, bytes);
    }
}

pub(crate) fn digest(vector: &Vector) {
    let kind = u8::try_from(vector.number("kind")).unwrap();
    let key = hazmat::revocation_key(kind, &vector.bytes("data"));
    assert_eq!(to_hex(&key), *vector.expected("key"));
}
