//! Vectors of kind `issue`, `renew`, `update` and `rotate`.

use cloakroom::hazmat::{Claims, Opener};
use cloakroom::{Issued, Missing, Reason, RotateError, Scratch, UpdateError, VerifyError};
use serde_json::{Value, json};

use crate::hex;
use crate::vectors::numbered::{self, Presented};
use crate::vectors::rings;
use crate::vectors::setting::{Setting, replacement};
use crate::vectors::shapes::Reader;
use crate::vectors::tokens::claims_json;
use crate::vectors::vector::{Vector, Why, small};

pub(crate) fn issue(vector: &Vector) -> Result<(), Why> {
    let mut setting = Setting::of(vector, rings::of_one(vector)?)?;
    setting.drawn = vector.array("session_id")?;
    let (subject, payload) = (vector.bytes("subject")?, vector.bytes("payload")?);
    let sessions = numbered::of(vector.small("major")?, vector.small("minor")?)?;
    match sessions.issue(&setting, &subject, payload)? {
        Err(_) => vector.answers("refused", json!({ "token": null, "claims": null })),
        Ok(issued) => {
            let token = issued.token.as_str();
            let claims = claims(&setting, token)?;
            vector.answers("ok", json!({ "token": token, "claims": claims }))
        }
    }
}

/// What a reader finds in a token.
fn claims(setting: &Setting, token: &str) -> Result<Value, Why> {
    let opener = Opener::new(setting.ring(), &setting.purpose, &setting.audience);
    let opener = opener.map_err(|error| error.to_string())?;
    let opened = opener.open(token, &setting.binding, setting.now);
    let opened = opened.map_err(|stage| format!("the new token can't be opened: {stage}"))?;
    let (claims, _) = Claims::decode(&opened.plaintext)
        .map_err(|_| "the claims of the new token can't be read")?;
    Ok(claims_json(&claims))
}

/// The session of the vector's token, which is a live one.
fn presented<'b>(
    vector: &Vector,
    setting: &Setting,
    scratch: &'b mut Scratch,
) -> Result<Presented<'b>, Why> {
    let reader = Reader::of(vector)?;
    let token = vector.text("token")?.ok_or("its token is no UTF-8")?;
    let sessions = numbered::of(reader.major, reader.minor)?;
    let session = match sessions.verify(setting, &token, scratch)? {
        Ok(session) => session,
        Err(error) => return Err(format!("its token is refused: {error}").into()),
    };
    match reader.read(session.info().schema(), &session.payload().0) {
        Some(_) => Ok(session),
        None => Err("the payload of its token is not of the reader's shape".into()),
    }
}

fn token(made: Option<&Issued>) -> Value {
    made.map(|issued| issued.token.as_str()).into()
}

pub(crate) fn renew(vector: &Vector) -> Result<(), Why> {
    let mut setting = Setting::of(vector, rings::of(vector)?)?;
    let [due, whole] = vector.values("share")? else {
        return Err("`share` is not two numbers".into());
    };
    setting.share = (small(due)?, small(whole)?);
    let mut scratch = Scratch::new();
    let session = presented(vector, &setting, &mut scratch)?;
    // The payload stays as it is, whatever its type.
    let renewed = setting.sessions::<()>()?.renew(&session);
    let renewed = renewed.map_err(|error| format!("it is not renewed: {error}"))?;
    let stage = if renewed.is_some() { "ok" } else { "none" };
    vector.answers(stage, json!({ "token": token(renewed.as_ref()) }))
}

/// The stage of a session that got no new token.
///
/// That the sealing key is distrusted is refused, and reported as unavailable by the library, as SPEC
/// §8.6 allows. What is unavailable in a vector is a session that starts ahead under another key.
fn ended(
    error: &UpdateError,
    setting: &Setting,
    session: &Presented<'_>,
) -> Result<&'static str, Why> {
    let ahead = session.info().authenticated_at() > setting.now;
    match error {
        UpdateError::Verify(VerifyError::Unavailable(error))
            if error.missing() == Missing::SealingKey =>
        {
            Ok(if ahead { "unavailable" } else { "refused" })
        }
        UpdateError::Verify(VerifyError::Rejected(rejected))
            if rejected.reason() == Reason::Expired =>
        {
            Ok("time")
        }
        UpdateError::Verify(error) => Err(format!("its session is refused: {error}").into()),
        _ => Ok("refused"),
    }
}

pub(crate) fn update(vector: &Vector) -> Result<(), Why> {
    let setting = Setting::of(vector, rings::of(vector)?)?;
    let (major, minor, payload) = replacement(vector)?.ok_or("`new` is null")?;
    let mut scratch = Scratch::new();
    let session = presented(vector, &setting, &mut scratch)?;
    let updated = numbered::of(major, minor)?.update(&setting, &session, payload)?;
    let stage = match &updated {
        Ok(_) => "ok",
        Err(error) => ended(error, &setting, &session)?,
    };
    vector.answers(stage, json!({ "token": token(updated.as_ref().ok()) }))
}

pub(crate) fn rotate(vector: &Vector) -> Result<(), Why> {
    let setting = Setting::of(vector, rings::of(vector)?)?;
    let expires = expires(vector, &setting)?;
    let new = replacement(vector)?;
    let mut scratch = Scratch::new();
    let session = presented(vector, &setting, &mut scratch)?;
    let rotated = match new {
        None => setting.sessions::<()>()?.rotate(&session),
        Some((major, minor, payload)) => {
            numbered::of(major, minor)?.rotate(&setting, &session, payload)?
        }
    };
    let stage = match &rotated {
        Ok(_) => "ok",
        Err(RotateError::Update(error)) => ended(error, &setting, &session)?,
        Err(_) => "refused",
    };
    let token = token(rotated.as_ref().ok());
    let record = setting.view.published(expires)?;
    let record = record.map(|record| hex::encode(&record));
    vector.answers(stage, json!({ "token": token, "record": record }))
}

/// When the entry expires that a vector publishes.
pub(crate) fn expires(vector: &Vector, setting: &Setting) -> Result<u64, Why> {
    let expires = setting.now.unix().checked_add(vector.number("entry_life")?);
    expires.ok_or_else(|| "`entry_life` is too long".into())
}
