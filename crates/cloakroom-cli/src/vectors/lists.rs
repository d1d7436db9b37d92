//! Vectors of kind `record`, `merge`, `snapshot` and `digest`.

use cloakroom::{Record, RevocationList, Timestamp, hazmat};
use serde_json::{Value, json};

use crate::hex;
use crate::vectors::vector::{Vector, Why, same};

/// What stands before the records of a snapshot, and behind them (SPEC §9.12).
const HEAD: usize = 28;
const DIGEST: usize = 32;

pub(crate) fn in_hex(records: &[Record]) -> Vec<String> {
    let records = records.iter();
    records
        .map(|record| hex::encode(&record.to_bytes()))
        .collect()
}

/// The value of a record (SPEC §9.3).
pub(crate) fn value(record: &[u8]) -> u64 {
    let value = record.get(17..).and_then(<[u8]>::first_chunk);
    value.map_or(0, |value| u64::from_be_bytes(*value))
}

pub(crate) fn record(vector: &Vector) -> Result<(), Why> {
    let bytes = vector.bytes("record")?;
    let Ok(record) = Record::from_bytes(&bytes) else {
        return vector.answers("refused", json!({}));
    };
    same(
        "record",
        &hex::encode(&record.to_bytes()).into(),
        &hex::encode(&bytes).into(),
    )?;
    let kind = bytes.first().map_or(0, |kind| kind & 0x7f);
    let exempt = bytes.get(33..).filter(|exempt| !exempt.is_empty());
    let found = json!({
        "kind": kind,
        "key": hex::encode(bytes.get(1..17).unwrap_or_default()),
        "value": value(&bytes).to_string(),
        "expires": record.expires().to_string(),
        "exempt": exempt.map(hex::encode),
    });
    vector.answers("ok", found)
}

/// The records within a snapshot, in hex.
fn inside(snapshot: &[u8]) -> Value {
    let end = snapshot.len().saturating_sub(DIGEST);
    let mut rest = snapshot.get(HEAD..end).unwrap_or_default();
    let mut found = Vec::new();
    while let Some(kind) = rest.first() {
        let length = if *kind == 0x82 { 49 } else { 33 };
        let (record, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        found.push(hex::encode(record));
        rest = after;
    }
    found.into()
}

pub(crate) fn merge(vector: &Vector) -> Result<(), Why> {
    let given = vector.list("records")?;
    let given: Result<Vec<Record>, _> = given.iter().map(|one| Record::from_bytes(one)).collect();
    let given = given.map_err(|error| error.to_string())?;
    let reversed: Vec<Record> = given.iter().rev().copied().collect();
    let twice: Vec<Record> = given.iter().flat_map(|record| [*record, *record]).collect();
    // Late enough that nothing is put aside.
    let now = Timestamp::MAX;
    for order in [given, reversed, twice] {
        let list = RevocationList::new();
        for record in &order {
            let _counted = list.merge(&[*record], now);
        }
        vector.answers("ok", json!({ "records": inside(&list.snapshot(now)) }))?;
    }
    Ok(())
}

pub(crate) fn snapshot(vector: &Vector) -> Result<(), Why> {
    let bytes = vector.bytes("snapshot")?;
    let list = RevocationList::new();
    let read = list.merge_snapshot(&bytes, Timestamp::MAX);
    if read.is_err() {
        vector.answers("refused", json!({}))?;
        return same("entries kept", &list.stats().entries().into(), &json!(0));
    }
    let number = |from: usize| {
        let part = bytes.get(from..).and_then(<[u8]>::first_chunk::<8>);
        part.map(|part| u64::from_be_bytes(*part))
    };
    let found = json!({
        "made_at": number(8),
        "high_water": number(16),
        "records": inside(&bytes),
    });
    vector.answers("ok", found)?;
    // Written again, where the snapshot holds merged states.
    let made_at = number(8)
        .and_then(Timestamp::from_unix)
        .ok_or("`made_at` is no time")?;
    let written = list.snapshot(made_at);
    match inside(&written) == *vector.expected("records") {
        true => same(
            "written again",
            &hex::encode(&written).into(),
            &hex::encode(&bytes).into(),
        ),
        false => Ok(()),
    }
}

pub(crate) fn digest(vector: &Vector) -> Result<(), Why> {
    let kind = u8::try_from(vector.number("kind")?).map_err(|error| error.to_string())?;
    let key = hazmat::revocation_key(kind, &vector.bytes("data")?);
    vector.answers("ok", json!({ "key": hex::encode(&key) }))
}
