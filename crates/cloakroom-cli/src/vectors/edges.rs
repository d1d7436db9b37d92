//! Vectors of kind `edge-key`, `edge-signer`, `edge-make` and `edge-export` (SPEC §18).

use std::time::Duration;

use cloakroom::edge::{BadExport, EdgeKey, EdgeKeys, EdgeStatus, EdgeView};
use cloakroom::feed::{Environment, Position};
use cloakroom::hazmat::edge as stage;
use cloakroom::{ClockError, Record, SessionId};
use serde_json::{Value, json};

use crate::hex;
use crate::vectors::feeds::realm;
use crate::vectors::keys::secret_at;
use crate::vectors::lists::in_hex;
use crate::vectors::rings::{accepted, feed_key};
use crate::vectors::vector::{Vector, Why, array, exactly, number};

pub(crate) fn key(vector: &Vector) -> Result<(), Why> {
    let text = vector.plain("edge_key")?;
    let Ok(key) = EdgeKey::parse(text) else {
        return vector.answers("refused", json!({}));
    };
    let found = json!({ "eid": hex::encode(&key.id()), "key": secret_at(&key.to_text(), 0) });
    vector.answers("ok", found)
}

pub(crate) fn signer(vector: &Vector) -> Result<(), Why> {
    let key = feed_key(vector)?;
    let text = key.edge_signer().public_key().to_text();
    let seed = hex::encode(&stage::seed(&key));
    vector.answers("ok", json!({ "seed": seed, "text": text }))
}

fn sessions(vector: &Vector) -> Result<Vec<SessionId>, Why> {
    let sessions = vector.values("sessions")?.iter();
    let sessions = sessions.map(|id| array(id).map(SessionId::from_bytes));
    let sessions: Result<_, String> = sessions.collect();
    sessions.map_err(|why| format!("the input `sessions`: {why}").into())
}

pub(crate) fn make(vector: &Vector) -> Result<(), Why> {
    let records = vector.list("records")?;
    let records = records.iter().map(|record| Record::from_bytes(record));
    let records: Result<_, _> = records.collect();
    let export = stage::Export {
        position: Position::from_bytes(&vector.array("position")?),
        made_at: vector.number("made_at")?,
        valid_until: vector.number("valid_until")?,
        high_water_mark: vector.number("high_water")?,
        life: vector.small("life")?,
        salt: vector.array("salt")?,
        records: records.map_err(|error| format!("the input `records`: {error}"))?,
    };
    let signer = feed_key(vector)?.edge_signer();
    let made = stage::seal_export(&signer, &realm(vector)?, &export, &sessions(vector)?);
    let made = made.ok_or("no reader takes such an export")?;
    vector.answers("ok", json!({ "export": hex::encode(&made) }))
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
        _ => "(a fault without a name)",
    }
}

/// What was accepted before.
fn seen(vector: &Vector) -> Result<Option<EdgeStatus>, Why> {
    let seen = vector.input("seen");
    if seen.is_null() {
        return Ok(None);
    }
    exactly("`seen`", seen, &["position", "made_at"])?;
    let position = array(&seen["position"]);
    let position = position.map_err(|why| format!("`position` of `seen`: {why}"))?;
    let made_at = number(&seen["made_at"]).ok_or("`made_at` of `seen` is no number")?;
    Ok(Some(EdgeStatus {
        position: Position::from_bytes(&position),
        made_at,
    }))
}

pub(crate) fn export(vector: &Vector) -> Result<(), Why> {
    let (first, second) = accepted(vector, EdgeKey::parse)?;
    let mut keys = EdgeKeys::new(first);
    if let Some(second) = second {
        keys = keys.and_accept(second);
    }
    let (realm, asked) = (realm(vector)?, sessions(vector)?);
    let mut view = EdgeView::builder(realm.clone(), keys)
        .environment(Still(vector.number("now")?))
        .clock_allowance(Duration::from_millis(vector.number("skew")?));
    if let Some(seen) = seen(vector)? {
        view = view.seen(seen);
    }
    let (view, bytes) = (view.build(), vector.bytes("export")?);
    let status = match view.load(&bytes) {
        Ok(status) => status,
        Err(why) => return vector.answers("refused", json!({ "fault": fault(why) })),
    };
    let opened = stage::open_export(&keys, &realm, &bytes);
    let opened = opened.map_err(|error| error.to_string())?;
    let said = &opened.export;
    let age = view.age().map(|age| u64::try_from(age.as_millis()));
    let age = age.and_then(Result::ok).ok_or("the view has no age")?;
    let hits: Vec<Value> = asked.iter().map(|id| opened.hits(*id).into()).collect();
    let found = json!({
        "position": hex::encode(&status.position.to_bytes()),
        "made_at": status.made_at,
        "valid_until": said.valid_until,
        "high_water": said.high_water_mark,
        "life": said.life,
        "salt": hex::encode(&said.salt),
        "records": in_hex(&said.records),
        "age": age,
        "hits": hits,
    });
    vector.answers("ok", found)
}
