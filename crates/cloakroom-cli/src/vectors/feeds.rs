//! Vectors of kind `feed-key`, `feed-batch` and `feed-snapshot`.

use cloakroom::feed::{BadBatch, BadSnapshot, FeedKey, FeedKeys, Position, Realm};
use cloakroom::hazmat::feed as stage;
use serde_json::Value;

use crate::hex;
use crate::vectors::vector::{Vector, Why, ok_or_refused, same};

pub(crate) fn key(vector: &Vector) -> Result<(), Why> {
    let Some(text) = vector.text("text")? else {
        return vector.ends("refused");
    };
    let read = FeedKey::parse(&text);
    vector.ends(ok_or_refused(read.is_ok()))?;
    let Ok(key) = read else { return Ok(()) };
    vector.says("fid", hex::encode(&key.id()))?;
    vector.says("mac_key", hex::encode(&stage::mac_key(&key)))
}

fn setting(vector: &Vector) -> Result<(FeedKeys, Realm), Why> {
    let keys = vector.input("keys").as_array().ok_or("it has no keys")?;
    let mut parsed = Vec::new();
    for key in keys {
        let text = key.as_str().ok_or("a key is no text")?;
        parsed.push(FeedKey::parse(text).map_err(|error| error.to_string())?);
    }
    let mut parsed = parsed.into_iter();
    let mut accepted = FeedKeys::new(parsed.next().ok_or("it has no keys")?);
    if let Some(second) = parsed.next() {
        accepted = accepted.and_accept(second);
    }
    let realm = Realm::new(vector.input("realm").as_str().unwrap_or_default());
    Ok((accepted, realm.map_err(|error| error.to_string())?))
}

const fn fault(why: BadBatch) -> &'static str {
    match why {
        BadBatch::UnknownKey => "unknown-key",
        BadBatch::Forged => "forged",
        BadBatch::Version => "version",
        BadBatch::Malformed => "malformed",
        BadBatch::OutOfPlace => "out-of-place",
        _ => "(a fault without a name)",
    }
}

pub(crate) fn batch(vector: &Vector) -> Result<(), Why> {
    let (keys, realm) = setting(vector)?;
    let onto: [u8; 32] = vector
        .bytes("onto")?
        .try_into()
        .map_err(|_| "`onto` has not 32 bytes")?;
    let onto = Position::from_bytes(&onto);
    let bytes = vector.bytes("batch")?;
    let opened = match stage::open_batch(&keys, &realm, &onto, &bytes) {
        Ok(opened) => opened,
        Err(why) => {
            vector.ends("refused")?;
            return vector.says("fault", fault(why));
        }
    };
    vector.ends("ok")?;
    vector.says("time", opened.time)?;
    let records = opened
        .records
        .iter()
        .map(|record| hex::encode(&record.to_bytes()));
    vector.says("records", records.collect::<Vec<_>>())?;
    vector.says("becomes", hex::encode(&opened.becomes.to_bytes()))?;
    // Written again under the same key: the same bytes.
    match stage::seal_batch(&keys, &realm, &onto, opened.time, &opened.records) {
        Some((again, _)) if again.get(1..5) == bytes.get(1..5) => {
            let (again, bytes) = (hex::encode(&again), hex::encode(&bytes));
            same("written again", &again.into(), &bytes.into())
        }
        Some(_) => Ok(()),
        None => Err("it can't be written again".into()),
    }
}

pub(crate) fn snapshot(vector: &Vector) -> Result<(), Why> {
    let (keys, realm) = setting(vector)?;
    let bytes = vector.bytes("snapshot")?;
    let (at, life, list) = match stage::open_snapshot(&keys, &realm, &bytes) {
        Ok(opened) => opened,
        Err(why) => {
            vector.ends("refused")?;
            let fault = match why {
                BadSnapshot::Format => "format",
                BadSnapshot::Untrusted(why) => fault(why),
                BadSnapshot::Malformed(_) => "malformed",
                _ => "(a fault without a name)",
            };
            return vector.says("fault", fault);
        }
    };
    vector.ends("ok")?;
    vector.says("position", hex::encode(&at.to_bytes()))?;
    vector.says("life", Value::from(life))?;
    vector.says("snapshot", hex::encode(&list))
}
