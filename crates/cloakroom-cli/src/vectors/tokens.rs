//! Vectors of kind `token`: Verify (SPEC §8.3), with the shapes of SPEC §16.5.

use cloakroom::hazmat::{self, Claims, Derived, For, Opener};
use cloakroom::{Key, Record, RevocationList, RevocationView as _};
use serde_json::{Value, json};

use crate::args::PolicyArgs;
use crate::hex;
use crate::payload::{self, Schema};
use crate::token::{judge, shown};
use crate::vectors::vector::{Vector, Why, list, same};

/// The shapes of SPEC §16.5, as this library writes descriptions. `raw` is none.
const SHAPES: [(&str, &str); 12] = [
    ("user", "{ id: u64, name: str, admin: bool }"),
    (
        "user-1",
        "{ id: u64, name: str, admin: bool, theme: option<str> }",
    ),
    (
        "user-2",
        "{ id: u64, name: str, admin: bool, theme: option<str>, scopes: seq<u16> }",
    ),
    ("limits", "{ limits: L { read: bool }, admin: bool }"),
    (
        "limits-1",
        "{ limits: L { read: bool }, admin: bool, note: str }",
    ),
    (
        "limits-2",
        "{ limits: L { read: bool }, admin: bool, note: str, extra: E { a: u8, b: u8 } }",
    ),
    ("units", "{ items: seq<unit> }"),
    ("chain", "{ next: option<^S> }"),
    (
        "tree",
        "enum S { 0 leaf(u8), 1 one(^S), 2 both(u8, ^S), 3 node { next: ^S } }",
    ),
    (
        "choice",
        "enum S { 0 a, 1 b(u32), 2 c(u8, u16), 3 d { x: bool } }",
    ),
    (
        "kinds",
        "{ flag: bool, a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64, x: f32, \
         y: f64, text: str, blob: bytes, opt: option<u8>, list: seq<u16>, map: map<str, u8>, \
         pair: (u8, u16), choice: enum C { 0 a, 1 b(u32), 2 c(u8, u16), 3 d { x: bool } }, \
         nothing: unit }",
    ),
    (
        "bounds",
        "{ items: seq<unit>, more: seq<unit>, map: map<str, u8>, nest: enum N { 0 end, 1 one(^N), \
         2 list(seq<^N>), 3 map(map<str, ^N>), 4 pair { next: (u8, ^N) } } }",
    ),
];

pub(crate) fn token(vector: &Vector) -> Result<(), Why> {
    let Some(text) = vector.text("token")? else {
        // Not UTF-8: a text interface refuses it before us.
        return vector.ends("text");
    };
    let now = vector.now()?;
    let (purpose, audience) = (vector.bytes("purpose")?, vector.bytes("audience")?);
    let binding = vector.bytes("binding")?;
    let to = For {
        purpose: &purpose,
        audience: &audience,
        binding: &binding,
    };
    let opener = Opener::new(&vector.ring()?, &purpose, &audience);
    let opener = opener.map_err(|error| error.to_string())?;
    let opened = match opener.open(&text, &binding, now) {
        Ok(opened) => opened,
        Err(stage) => return vector.ends(&stage.to_string()),
    };
    let Ok((claims, payload)) = Claims::decode(&opened.plaintext) else {
        return vector.ends("claims");
    };
    let (number, reader) = (
        |name: &str| vector.input("reader")[name].as_u64(),
        claims.schema,
    );
    let minor = number("minor").unwrap_or_default();
    if number("major") != Some(reader.major().into()) {
        return vector.ends("schema");
    }
    let Some(read_only) = shape(vector, &claims, payload, minor)? else {
        return vector.ends("schema");
    };
    let policy = policy(vector)?;
    let reason =
        judge::time(&opened.plaintext, &policy, now).map_err(|_| "the time is not judged")?;
    if let Some(reason) = reason {
        vector.ends("time")?;
        return vector.says("reason", reason.as_str());
    }
    let revoked = revoked(vector, &claims, opened.kid, to, &policy)?;
    if revoked {
        return vector.ends("revoked");
    }
    vector.ends("ok")?;
    vector.says("payload", hex::encode(payload))?;
    vector.says("read_only", read_only)?;
    same("claims", &claims_json(&claims), vector.expected("claims"))?;
    steps(vector, &text, &opened, to)
}

/// Whether the session is read-only, or `None` where the payload is not one of the reader's.
fn shape(
    vector: &Vector,
    claims: &Claims<'_>,
    bytes: &[u8],
    reader: u64,
) -> Result<Option<bool>, Why> {
    let minor = claims.schema.minor();
    let name = vector.input("reader")["shape"].as_str().unwrap_or_default();
    if name == "raw" {
        return Ok((u64::from(minor) == reader).then_some(false));
    }
    let line = SHAPES.iter().find(|(shape, _)| *shape == name);
    let (_, line) = line.ok_or_else(|| format!("the shape {name} is not known here"))?;
    let name = if line.starts_with('{') { "S " } else { "" };
    let line = format!("{}.{reader} {name}{line}", claims.schema.major());
    let schema: Schema = payload::parse(&line)?;
    // What an older writer may leave out had a default when it was appended (SPEC §7.7): all but
    // the fields of the first minor.
    let first = match name.len() {
        0 => 0,
        _ => first_fields(vector),
    };
    Ok(match payload::read(&schema, minor, bytes) {
        Err(_) => None,
        Ok(read) if read.present < first => None,
        Ok(_) => Some(u64::from(minor) > reader),
    })
}

/// Fields that every minor of the shape has.
fn first_fields(vector: &Vector) -> usize {
    match vector.input("reader")["shape"].as_str() {
        Some(name) if name.starts_with("user") => 3,
        Some(name) if name.starts_with("limits") => 2,
        _ => 0,
    }
}

fn policy(vector: &Vector) -> Result<PolicyArgs, Why> {
    let number = |name: &str| {
        let number = vector.input("policy")[name].as_u64();
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| format!("the policy has no `{name}`"))
    };
    Ok(PolicyArgs {
        idle_timeout: Some(number("idle")?).filter(|idle| *idle > 0),
        absolute_timeout: Some(number("absolute")?),
        leeway: number("leeway")?,
        tolerance: number("tolerance")?,
    })
}

fn revoked(
    vector: &Vector,
    claims: &Claims<'_>,
    kid: [u8; 4],
    to: For<'_>,
    policy: &PolicyArgs,
) -> Result<bool, Why> {
    let view = RevocationList::new();
    let now = vector.now()?;
    judge::register(&view, policy).map_err(|_| "the list could not be set up")?;
    for record in list(vector.input("revocations"))? {
        let record = Record::from_bytes(&record).map_err(|error| error.to_string())?;
        let _counted = view.merge(&[record], now);
    }
    view.tick(now);
    let scope = judge::revoked(claims, kid, to, &view, now);
    Ok(scope.map_err(|_| "the list was not asked")?.is_some())
}

fn claims_json(claims: &Claims<'_>) -> Value {
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
