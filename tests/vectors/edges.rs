//! Vectors of kind `edge-key`, `edge-signer`, `edge-make` and `edge-export`.

use std::time::Duration;

use cloakroom::edge::{BadExport, EdgeKey, EdgeKeys, EdgeStatus, EdgeView};
use cloakroom::feed::{Environment, FeedKey, Position, Realm};
use cloakroom::hazmat::edge as stage;
use cloakroom::{ClockError, Record, SessionId};
use serde_json::{Value, json};

use crate::input::{Vector, to_hex};

pub(crate) fn key(vector: &Vector) {
    let text = vector.input("edge_key").as_str().unwrap();
    let read = EdgeKey::parse(text);
    assert_eq!(if read.is_ok() { "ok" } else { "refused" }, vector.stage());
    let Ok(key) = read else { return };
    assert_eq!(key.to_text(), text);
    assert_eq!(to_hex(&key.id()), *vector.expected("eid"));
}

fn feed_key(vector: &Vector) -> FeedKey {
    FeedKey::parse(vector.input("feed_key").as_str().unwrap()).unwrap()
}

fn realm(vector: &Vector) -> Realm {
    Realm::new(vector.input("realm").as_str().unwrap()).unwrap()
}

pub(crate) fn signer(vector: &Vector) {
    let key = feed_key(vector);
    assert_eq!(to_hex(&stage::seed(&key)), *vector.expected("seed"));
    let text = key.edge_signer().public_key().to_text();
    assert_eq!(text, *vector.expected("text"));
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn array<const N: usize>(hex: &Value) -> [u8; N] {
    from_hex(hex.as_str().unwrap()).try_into().unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn number(vector: &Vector, name: &str) -> u64 {
    vector.input(name).as_u64().unwrap()
}

fn names(vector: &Vector) -> Vec<SessionId> {
    let sessions = list(vector.input("sessions"));
    sessions
        .map(|hex| SessionId::from_bytes(array(hex)))
        .collect()
}

pub(crate) fn make(vector: &Vector) {
    let records = list(vector.input("records"));
    let export = stage::Export {
        position: Position::from_bytes(&array(vector.input("position"))),
        made_at: number(vector, "made_at"),
        valid_until: number(vector, "valid_until"),
        high_water_mark: number(vector, "high_water"),
        life: number(vector, "life").try_into().unwrap(),
        salt: array(vector.input("salt")),
        records: records
            .map(|hex| Record::from_bytes(&from_hex(hex.as_str().unwrap())).unwrap())
            .collect(),
    };
    let signer = feed_key(vector).edge_signer();
    let made = stage::seal_export(&signer, &realm(vector), &export, &names(vector));
    assert_eq!(to_hex(&made.unwrap()), *vector.expected("export"));
}

/// The clock of a vector, which stands still.
struct Still(u64);

impl Environment for Still {
    fn unix_millis(&self) -> Result<u64, ClockError> {
        Ok(self.0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self, _: &mut [u8]) -> bool {
        false
    }
}

const fn fault(why: BadExport) -> &'static str {
    match why {
        BadExport::Format => "format",
        BadExport::UnknownKey => "unknown-key",
        BadExport::Forged => "forged",
        BadExport::OtherRealm => "other-realm",
        BadExport::Malformed => "malformed",
        BadExport::Older => "older",
        BadExport::Ahead => "ahead",
        BadExport::Expired => "expired",
        _ => "a fault without a name",
    }
}

pub(crate) fn export(vector: &Vector) {
    let mut keys =
        list(vector.input("keys")).map(|key| EdgeKey::parse(key.as_str().unwrap()).unwrap());
    let mut accepted = EdgeKeys::new(keys.next().unwrap());
    if let Some(second) = keys.next() {
        accepted = accepted.and_accept(second);
    }
    let mut view = EdgeView::builder(realm(vector), accepted)
        .environment(Still(number(vector, "now")))
        .clock_allowance(Duration::from_millis(number(vector, "skew")));
    let seen = vector.input("seen");
    if !seen.is_null() {
        view = view.seen(EdgeStatus {
            position: Position::from_bytes(&array(&seen["position"])),
            made_at: seen["made_at"].as_u64().unwrap(),
        });
    }
    let (view, bytes) = (view.build(), vector.bytes("export"));
    match view.load(&bytes) {
        Err(why) => {
            assert_eq!(vector.stage(), "refused");
            assert_eq!(*vector.expected("fault"), fault(why));
        }
        Ok(status) => {
            assert_eq!(vector.stage(), "ok");
            let opened = stage::open_export(&accepted, &realm(vector), &bytes).unwrap();
            let said = &opened.export;
            assert_eq!(status.position, said.position);
            assert_eq!(status.made_at, said.made_at);
            let position = to_hex(&said.position.to_bytes());
            assert_eq!(*vector.expected("position"), position);
            assert_eq!(*vector.expected("made_at"), said.made_at);
            assert_eq!(*vector.expected("valid_until"), said.valid_until);
            assert_eq!(*vector.expected("high_water"), said.high_water_mark);
            assert_eq!(*vector.expected("life"), said.life);
            assert_eq!(*vector.expected("salt"), to_hex(&said.salt));
            let records = said.records.iter().map(|record| to_hex(&record.to_bytes()));
            assert_eq!(
                *vector.expected("records"),
                json!(records.collect::<Vec<_>>())
            );
            let age = u64::try_from(view.age().unwrap().as_millis()).unwrap();
            assert_eq!(*vector.expected("age"), age);
            let asked = names(vector);
            let hits: Vec<bool> = asked.iter().map(|name| opened.hits(*name)).collect();
            assert_eq!(*vector.expected("hits"), json!(hits));
        }
    }
}
