//! Vectors of kind `feed-key`, `feed-batch` and `feed-snapshot`.

use cloakroom::feed::{BadBatch, BadSnapshot, FeedKey, FeedKeys, Position, Realm};
use cloakroom::hazmat::feed as stage;
use serde_json::json;

use crate::hex;
use crate::vectors::keys::secret_at;
use crate::vectors::lists::in_hex;
use crate::vectors::rings;
use crate::vectors::vector::{Vector, Why, same};

pub(crate) fn key(vector: &Vector) -> Result<(), Why> {
    let text = vector.text("text")?.unwrap_or_default();
    let Ok(key) = FeedKey::parse(&text) else {
        return vector.answers("refused", json!({}));
    };
    let found = json!({
        "fid": hex::encode(&key.id()),
        "secret": secret_at(&text, 0),
        "mac_key": hex::encode(&stage::mac_key(&key)),
    });
    vector.answers("ok", found)
}

fn setting(vector: &Vector) -> Result<(FeedKeys, Realm), Why> {
    let (first, second) = rings::accepted(vector, FeedKey::parse)?;
    let mut keys = FeedKeys::new(first);
    if let Some(second) = second {
        keys = keys.and_accept(second);
    }
    Ok((keys, realm(vector)?))
}

pub(crate) fn realm(vector: &Vector) -> Result<Realm, Why> {
    Realm::new(vector.plain("realm")?).map_err(|error| error.to_string().into())
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
    let onto = Position::from_bytes(&vector.array("onto")?);
    let bytes = vector.bytes("batch")?;
    let opened = match stage::open_batch(&keys, &realm, &onto, &bytes) {
        Ok(opened) => opened,
        Err(why) => return vector.answers("refused", json!({ "fault": fault(why) })),
    };
    let found = json!({
        "time": opened.time,
        "records": in_hex(&opened.records),
        "becomes": hex::encode(&opened.becomes.to_bytes()),
    });
    vector.answers("ok", found)?;
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
            let fault = match why {
                BadSnapshot::Format => "format",
                BadSnapshot::Untrusted(why) => fault(why),
                BadSnapshot::Malformed(_) => "malformed",
                _ => "(a fault without a name)",
            };
            return vector.answers("refused", json!({ "fault": fault }));
        }
    };
    let found = json!({
        "position": hex::encode(&at.to_bytes()),
        "life": life,
        "snapshot": hex::encode(&list),
    });
    vector.answers("ok", found)
}
