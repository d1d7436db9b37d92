//! Vectors of kind `feed-key`, `feed-batch` and `feed-snapshot`.

use cloakroom::feed::{BadBatch, BadSnapshot, FeedKey, FeedKeys, Position, Realm};
use cloakroom::hazmat::feed as stage;
use serde_json::json;

use crate::input::{Vector, to_hex};

pub(crate) fn key(vector: &Vector) {
    let text = vector.input("text").as_str().unwrap();
    let read = FeedKey::parse(text);
    assert_eq!(if read.is_ok() { "ok" } else { "refused" }, vector.stage());
    let Ok(key) = read else { return };
    assert_eq!(key.to_text().expose(), text);
    assert_eq!(to_hex(&key.id()), *vector.expected("fid"));
    assert_eq!(to_hex(&stage::mac_key(&key)), *vector.expected("mac_key"));
}

fn setting(vector: &Vector) -> (FeedKeys, Realm) {
    let keys = vector.input("keys").as_array().unwrap();
    let mut keys = keys
        .iter()
        .map(|key| FeedKey::parse(key.as_str().unwrap()).unwrap());
    let mut accepted = FeedKeys::new(keys.next().unwrap());
    if let Some(second) = keys.next() {
        accepted = accepted.and_accept(second);
    }
    (
        accepted,
        Realm::new(vector.input("realm").as_str().unwrap()).unwrap(),
    )
}

const fn batch_fault(why: BadBatch) -> &'static str {
    match why {
        BadBatch::UnknownKey => "unknown-key",
        BadBatch::Forged => "forged",
        BadBatch::Version => "version",
        BadBatch::Malformed => "malformed",
        BadBatch::OutOfPlace => "out-of-place",
        _ => "a fault without a name",
    }
}

pub(crate) fn batch(vector: &Vector) {
    let (keys, realm) = setting(vector);
    let onto: [u8; 32] = vector.bytes("onto").try_into().unwrap();
    let onto = Position::from_bytes(&onto);
    let bytes = vector.bytes("batch");
    match stage::open_batch(&keys, &realm, &onto, &bytes) {
        Err(why) => {
            assert_eq!(vector.stage(), "refused");
            assert_eq!(*vector.expected("fault"), batch_fault(why));
        }
        Ok(opened) => {
            assert_eq!(vector.stage(), "ok");
            assert_eq!(*vector.expected("time"), opened.time);
            let records: Vec<_> = opened
                .records
                .iter()
                .map(|record| to_hex(&record.to_bytes()))
                .collect();
            assert_eq!(*vector.expected("records"), json!(records));
            let becomes = to_hex(&opened.becomes.to_bytes());
            assert_eq!(*vector.expected("becomes"), becomes);
            // Written again under either key: the same bytes, or another key's tag.
            let (again, after) =
                stage::seal_batch(&keys, &realm, &onto, opened.time, &opened.records).unwrap();
            if bytes[1..5] == again[1..5] {
                assert_eq!((again, after), (bytes, opened.becomes));
            }
        }
    }
}

pub(crate) fn snapshot(vector: &Vector) {
    let (keys, realm) = setting(vector);
    let bytes = vector.bytes("snapshot");
    match stage::open_snapshot(&keys, &realm, &bytes) {
        Err(why) => {
            assert_eq!(vector.stage(), "refused");
            let fault = match why {
                BadSnapshot::Format => "format",
                BadSnapshot::Untrusted(why) => batch_fault(why),
                BadSnapshot::Malformed(_) => "malformed",
                _ => "a fault without a name",
            };
            assert_eq!(*vector.expected("fault"), fault);
        }
        Ok((at, life, list)) => {
            assert_eq!(vector.stage(), "ok");
            assert_eq!(*vector.expected("position"), to_hex(&at.to_bytes()));
            assert_eq!(*vector.expected("life"), life);
            assert_eq!(*vector.expected("snapshot"), to_hex(&list));
            let again = stage::seal_snapshot(&keys, &realm, &at, life, &list);
            if bytes[8..12] == again[8..12] {
                assert_eq!(again, bytes);
            }
        }
    }
}
