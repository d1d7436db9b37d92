//! Vectors of kind `token`: Verify (SPEC §8.3).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::hazmat::{self, Claims, Derived, For, Opener};
use cloakroom::{Key, Scratch};
use serde_json::{Value, json};

use crate::hex;
use crate::token::{judge, shown};
use crate::vectors::rings;
use crate::vectors::setting::Setting;
use crate::vectors::shapes::Reader;
use crate::vectors::vector::{Vector, Why, same};

/// Where the ciphertext begins in a token, behind key id and nonce, and the bytes of its tag (SPEC §5.1).
const TEXT_AT: usize = 28;
const TAG: usize = 16;

pub(crate) fn token(vector: &Vector) -> Result<(), Why> {
    let reader = Reader::of(vector)?;
    let setting = Setting::of(vector, rings::of(vector)?)?;
    let rejected = |stage: &str| vector.answers(stage, json!({ "reason": null }));
    let Some(text) = vector.text("token")? else {
        // Not UTF-8: a text interface refuses it before us.
        return rejected("text");
    };
    let now = setting.now;
    let opener = Opener::new(setting.ring(), &setting.purpose, &setting.audience);
    let opener = opener.map_err(|error| error.to_string())?;
    let opened = match opener.open(&text, &setting.binding, now) {
        Ok(opened) => opened,
        Err(stage) => return rejected(&stage.to_string()),
    };
    let Ok((claims, payload)) = Claims::decode(&opened.plaintext) else {
        return rejected("claims");
    };
    let Some(read) = reader.read(claims.schema, payload) else {
        return rejected("schema");
    };
    let reason = judge::time(&opened.plaintext, &setting.policy, now);
    let reason = reason.map_err(|_| "the time is not judged")?;
    if let Some(reason) = reason {
        return vector.answers("time", json!({ "reason": reason.as_str() }));
    }
    let scope = judge::revoked(&claims, opened.kid, setting.to(), setting.view.list(), now);
    if scope.map_err(|_| "the list was not asked")?.is_some() {
        return rejected("revoked");
    }
    vector.ends("ok")?;
    vector.says("reason", Value::Null)?;
    vector.says("payload", hex::encode(payload))?;
    vector.says("value", read.value)?;
    vector.says("read_only", read.read_only)?;
    vector.says("claims", claims_json(&claims))?;
    log_id(vector, &setting, &text)?;
    steps(vector, &text, &opened, setting.to())
}

/// By sessions like those of a server, which accept it, too.
fn log_id(vector: &Vector, setting: &Setting, text: &str) -> Result<(), Why> {
    let sessions = setting.sessions::<judge::Anything>()?;
    let mut scratch = Scratch::new();
    let session = sessions.verify_in(text, &mut scratch);
    let session = session.map_err(|error| format!("a server refuses it: {error}"))?;
    let reference = sessions.log_reference(session.info());
    let reference = reference.ok_or("it has no log reference")?.to_string();
    same(
        "log_id",
        &reference.into(),
        &vector.expected("steps")["log_id"],
    )
}

pub(crate) fn claims_json(claims: &Claims<'_>) -> Value {
    json!({
        "session_id": claims.session.to_hex(),
        "generation": claims.generation,
        "subject": hex::encode(claims.subject),
        "authenticated_at": claims.authenticated_at,
        "issued_at": shown::issued_at(claims),
        "idle": claims.idle,
        "absolute": claims.absolute,
        "major": claims.schema.major(),
        "minor": claims.schema.minor(),
    })
}

/// The intermediate values, and that the same plaintext gives the same token again.
fn steps(
    vector: &Vector,
    text: &str,
    opened: &hazmat::OpenedToken,
    to: For<'_>,
) -> Result<(), Why> {
    let steps = vector.expected("steps");
    let says = |name: &str, bytes: &[u8]| same(name, &hex::encode(bytes).into(), &steps[name]);
    says("kid", &opened.kid)?;
    says("N", &opened.nonce)?;
    says("P", &opened.plaintext)?;
    says(
        "AAD",
        &[b"clk1.", opened.kid.as_slice(), to.binding].concat(),
    )?;
    // What is sealed, and its tag, as the text has them.
    let body = text.split_once('.').map(|(_, body)| body);
    let body = body.and_then(|body| Base64UrlUnpadded::decode_vec(body).ok());
    let body = body.ok_or("its token is no base64url")?;
    let sealed = body.get(TEXT_AT..).unwrap_or_default();
    let (sealed, tag) = sealed
        .split_last_chunk::<TAG>()
        .ok_or("its token has no tag")?;
    says("C", sealed)?;
    says("T", tag)?;
    let keys = vector.input("keys").as_array().into_iter().flatten();
    let roots = keys.filter_map(|key| Key::parse(key["text"].as_str()?).ok());
    for key in roots.filter(|key| key.id().to_bytes() == opened.kid) {
        let again = hazmat::seal(&key, to, &opened.plaintext).map_err(|error| error.to_string())?;
        same("sealed again", &again.into(), &text.into())?;
        let derived = Derived::of(&key, to.purpose, to.audience);
        let derived = derived.map_err(|error| error.to_string())?;
        says("ctx", &derived.context)?;
        says("S", &derived.unit)?;
        says("Ke", &derived.encryption)?;
        says("Kn", &derived.nonce)?;
    }
    Ok(())
}
