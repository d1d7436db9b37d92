//! Vectors of kind `logout` and `cutoff`.

use cloakroom::Timestamp;
use serde_json::json;

use crate::hex;
use crate::vectors::lists::value;
use crate::vectors::making::expires;
use crate::vectors::rings;
use crate::vectors::setting::Setting;
use crate::vectors::vector::{Vector, Why};

pub(crate) fn logout(vector: &Vector) -> Result<(), Why> {
    let setting = Setting::of(vector, rings::of(vector)?)?;
    let expires = expires(vector, &setting)?;
    let Some(token) = vector.text("token")? else {
        // Not UTF-8: a text interface refuses it before us.
        return vector.answers("refused", json!({ "record": null }));
    };
    let ended = setting.sessions::<()>()?.revoke_token(&token);
    let ended = ended.map_err(|error| format!("nobody is logged out: {error}"))?;
    let stage = if ended.is_some() { "ok" } else { "refused" };
    let record = setting.view.published(expires)?;
    let record = record.map(|record| hex::encode(&record));
    vector.answers(stage, json!({ "record": record }))
}

pub(crate) fn cutoff(vector: &Vector) -> Result<(), Why> {
    let setting = Setting::of(vector, rings::of_one(vector)?)?;
    let sessions = setting.sessions::<()>()?;
    let before = match vector.number_or_null("before")? {
        None => None,
        Some(unix) => Some(Timestamp::from_unix(unix).ok_or("`before` is beyond the calendar")?),
    };
    let published = match (vector.bytes_or_null("subject")?, before) {
        (Some(subject), None) => sessions.revoke_subject(subject),
        (Some(subject), Some(before)) => sessions.revoke_subject_before(subject, before),
        (None, None) => sessions.revoke_all(),
        (None, Some(before)) => sessions.revoke_all_before(before),
    };
    let stage = if published.is_ok() { "ok" } else { "refused" };
    let record = setting.view.published(u64::MAX)?;
    let cutoff = record.as_deref().map(value);
    vector.answers(stage, json!({ "cutoff": cutoff }))
}
