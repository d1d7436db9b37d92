//! A token to look into. The session's own cookie is out of reach for scripts (HttpOnly), and a page
//! that printed it would undo that. So this is a twin: the same fields under the same keys, but
//! sealed for another purpose, and a token for one use opens for no other.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cloakroom::Payload;
use cloakroom::http::response::Refusal;
use cloakroom::web::{CommandError, Rejection, Session, SessionHandle};
use serde_json::{Value, json};

use crate::api::answer;
use crate::app::{App, User};
use crate::log;
use crate::who::LoggedIn;

/// Bytes of a token that are neither prefix nor ciphertext: key id, nonce, tag.
const KID: usize = 4;
const NONCE: usize = 24;
const TAG: usize = 16;
const PREFIX: &str = "clk1.";

/// Makes a specimen for the user and says what is in it.
pub async fn make(State(app): State<Arc<App>>, who: LoggedIn) -> axum::response::Result<Response> {
    let user = who.session.payload();
    let made = app.specimens.issue(&user.name, user);
    let made = made.map_err(|error| {
        log::line(format_args!("specimen: {error}"));
        Refusal::unavailable(5)
    })?;
    let opened = app.specimens.verify(made.token.as_str());
    app.count_verification();
    let Ok(session) = opened else {
        return Err(Refusal::unavailable(5).into());
    };
    let text = made.token.as_str();
    let length = text.len().saturating_sub(PREFIX.len());
    let binary = length.saturating_mul(3).checked_div(4).unwrap_or(0);
    let sealed = binary.saturating_sub(KID + NONCE + TAG);
    let outside = json!([
        field("prefix", "Format and version", PREFIX.len(), PREFIX),
        field("key", "Key id", KID, &made.session.key().to_string()),
        field("nonce", "Nonce, derived from all that is sealed", NONCE, ""),
        field("sealed", "Ciphertext: everything below", sealed, ""),
        field("tag", "Tag: proves that nothing was changed", TAG, ""),
    ]);
    let info = session.info();
    let policy = app.specimens.policy();
    let started = info.authenticated_at().unix();
    let after = info.issued_at().unix().saturating_sub(started);
    let idle = u64::from(policy.idle_timeout().unwrap_or(0));
    let absolute = u64::from(policy.absolute_timeout());
    let generation = u64::from(info.generation());
    let schema = info.schema();
    let claims = [
        ("Session id", 16, info.id().to_hex()),
        ("Generation", varint(generation), generation.to_string()),
        (
            "Subject",
            user.name.len().saturating_add(1),
            user.name.clone(),
        ),
        (
            "Logged in",
            varint(started),
            info.authenticated_at().to_string(),
        ),
        ("Sealed, seconds later", varint(after), after.to_string()),
        ("Idle timeout, seconds", varint(idle), idle.to_string()),
        (
            "Absolute timeout, seconds",
            varint(absolute),
            absolute.to_string(),
        ),
        (
            "Schema of the payload",
            varint(schema.major().into()).saturating_add(varint(schema.minor().into())),
            schema.to_string(),
        ),
    ];
    let mut inside: Vec<Value> = claims
        .iter()
        .map(|(what, bytes, value)| field("claim", what, *bytes, value))
        .collect();
    let payload = serde_json::to_string(user).unwrap_or_default();
    let bytes = <User as Payload>::encode(user, &mut [0; 4096]).unwrap_or_default();
    inside.push(field("payload", "Your payload", bytes, &payload));
    let cookie = app.specimen_cookie.name();
    let made = json!({
        "token": text,
        "bytes": binary,
        "cookie": cookie,
        "secure": app.specimen_cookie.development_warning().is_none(),
        "outside": outside,
        "inside": inside,
    });
    Ok(answer(StatusCode::OK, &made))
}

fn field(name: &str, what: &str, bytes: usize, value: &str) -> Value {
    json!({"name": name, "what": what, "bytes": bytes, "value": value})
}

/// How many bytes a number takes (SPEC §7).
fn varint(number: u64) -> usize {
    let bits = u64::BITS.saturating_sub(number.leading_zeros()).max(1);
    usize::try_from(bits.div_ceil(7)).unwrap_or(usize::MAX)
}

/// Opens a specimen, or refuses it, as any request with a session is.
pub async fn open(
    State(app): State<Arc<App>>,
    session: Result<Session<User>, Rejection>,
) -> Result<Response, Rejection> {
    app.count_verification();
    let user = &session?.payload().name.clone();
    Ok(answer(StatusCode::OK, &json!({"user": user})))
}

/// Logs the specimen out.
pub async fn end(handle: SessionHandle<User>) -> Result<StatusCode, CommandError> {
    handle.logout().await?;
    Ok(StatusCode::NO_CONTENT)
}
