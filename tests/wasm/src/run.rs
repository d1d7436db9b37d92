//! What a vector says against what the core does. A difference is a panic, whose text the host shows.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use cloakroom::hazmat::{self, Claims, For, Opener};
use cloakroom::{
    Clock, ClockError, Key, KeyRing, NoRevocation, RandomError, RandomSource, RawBytes, Reason,
    Record, Schema, Sessions, Timestamp, Unit, VerifyError,
};
use serde_json::Value;
use time::Duration;

use crate::operations;

pub(crate) fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap_or_default();
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).expect("before the year 9999")
}

pub(crate) struct Fixed(pub(crate) u64);

impl Clock for Fixed {
    fn now(&self) -> Result<Timestamp, ClockError> {
        Timestamp::from_unix(self.0).ok_or(ClockError::new())
    }
}

/// Without an operating system there is none; verifying draws nothing.
struct NoRandom;

impl RandomSource for NoRandom {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError::new())
    }
}

/// A text, or `None` where its bytes are not UTF-8: an interface of texts never sees those.
pub(crate) fn text(inputs: &Value, name: &str) -> Option<String> {
    match inputs[name].as_str() {
        Some(text) => Some(text.to_string()),
        None => String::from_utf8(hex(&inputs[format!("{name}_hex").as_str()])).ok(),
    }
}

/// How far a vector was run, or that its kind needs what the core does not have: the list and its
/// snapshots, feeds, and edges. Another kind is none that anybody looked at.
pub(crate) fn vector(vector: &Value) -> &'static str {
    let (inputs, stage) = (&vector["inputs"], vector["stage"].as_str().expect("text"));
    let expected = &vector["expected"];
    match vector["kind"].as_str().expect("text") {
        "token" => token(inputs, stage, expected),
        "key-text" => key_text(inputs, stage, expected),
        "ring" => ring(inputs, stage, expected),
        "record" => record(inputs, stage),
        "digest" => digest(inputs, expected),
        "issue" => operations::issue(inputs, stage, expected),
        "renew" => operations::renew(inputs, stage, expected),
        "update" => operations::update(inputs, stage, expected),
        "rotate" => operations::rotate(inputs, stage, expected),
        "logout" => operations::logout(inputs, stage, expected),
        "age" => operations::age(inputs, stage),
        "ring-replace" => operations::ring_replace(inputs, stage),
        "merge" | "snapshot" | "feed-key" | "feed-batch" | "feed-snapshot" => "not in the core",
        "edge-key" | "edge-signer" | "edge-make" | "edge-export" => "not in the core",
        // A revocation list, and a reader of payloads by description.
        "cutoff" | "description" => "not in the core",
        other => panic!("unknown kind {other}"),
    }
}

/// The ring of a token's vector: a ring file, or keys in given states, for which times are made up.
pub(crate) fn ring_of(inputs: &Value) -> KeyRing {
    if let Some(text) = inputs["ring"].as_str() {
        return KeyRing::parse(text).expect("a ring file");
    }
    let now = inputs["now"].as_u64().expect("a number");
    let keys = inputs["keys"].as_array().expect("a list");
    let mut file = String::from("cloakroom-ring 1\nmax-lifetime 4294967295\n");
    let mut past = 0;
    for state in [
        "retired",
        "disabled",
        "open-only",
        "filler",
        "sealing",
        "announced",
    ] {
        if state == "filler" && keys.iter().all(|key| key["state"] != "sealing") {
            // Every ring has a key that seals; this one sealed none of the vectors.
            let filler = Key::from_bytes(&core::array::from_fn(|i| 200 + i as u8));
            let filler = filler.expect("not weak");
            let unit = keys[0]["text"].as_str().unwrap_or_default();
            let secret = if unit.starts_with("clksub1.") {
                let (purpose, audience) = (hex(&inputs["purpose"]), hex(&inputs["audience"]));
                let unit = filler.derive_unit(&purpose, &audience);
                unit.expect("a good context").to_text()
            } else {
                filler.to_text()
            };
            let line = format!("key {} activate={}\n", secret.expose(), at(now.min(1000)));
            file.push_str(&line);
        }
        for key in keys.iter().filter(|key| key["state"] == state) {
            let activate = at(if state == "announced" {
                now + 1 + past
            } else {
                past
            });
            past += 1;
            let end = match state {
                "retired" => format!(" retire={} forced", at(now)),
                "disabled" => " disabled".to_string(),
                _ => String::new(),
            };
            let secret = key["text"].as_str().expect("text");
            file.push_str(&format!("key {secret} activate={activate}{end}\n"));
        }
    }
    KeyRing::parse(&file).expect("a ring file")
}

/// Every stage up to the claims; and the time, where nothing was revoked and any payload will do.
fn token(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let Some(token) = text(inputs, "token") else {
        assert_eq!(stage, "text");
        return "token";
    };
    let (purpose, audience) = (hex(&inputs["purpose"]), hex(&inputs["audience"]));
    let binding = hex(&inputs["binding"]);
    let now = inputs["now"].as_u64().expect("a number");
    let ring = ring_of(inputs);
    let opener = Opener::new(&ring, &purpose, &audience).expect("keys of this context");
    let opened = match opener.open(&token, &binding, at(now)) {
        Ok(opened) => opened,
        Err(failed) => {
            assert_eq!(failed.to_string(), stage);
            return "token";
        }
    };
    let Ok((claims, payload)) = Claims::decode(&opened.plaintext) else {
        assert_eq!(stage, "claims");
        return "token";
    };
    assert!(
        ["schema", "time", "revoked", "ok"].contains(&stage),
        "{stage}"
    );
    assert_eq!(claims.encode(payload), opened.plaintext);
    let steps = &expected["steps"];
    if stage == "ok" {
        assert_eq!(to_hex(&opened.kid), steps["kid"]);
        assert_eq!(to_hex(&opened.nonce), steps["N"]);
        assert_eq!(to_hex(&opened.plaintext), steps["P"]);
        assert_eq!(to_hex(payload), expected["payload"]);
        assert_eq!(claims.session.to_hex(), expected["claims"]["session_id"]);
        assert_eq!(to_hex(claims.subject), expected["claims"]["subject"]);
    }
    for key in inputs["keys"].as_array().into_iter().flatten() {
        let key = Key::parse(key["text"].as_str().unwrap_or_default());
        if let Some(key) = key.ok().filter(|key| key.id().to_bytes() == opened.kid) {
            let to = For {
                purpose: &purpose,
                audience: &audience,
                binding: &binding,
            };
            let again = hazmat::seal(&key, to, &opened.plaintext).expect("within its limits");
            assert_eq!(again, token);
        }
    }
    let revocations = inputs["revocations"]
        .as_array()
        .is_some_and(|all| !all.is_empty());
    if revocations || claims.schema != Schema::new(1, 0) || !["time", "ok"].contains(&stage) {
        return "token up to the claims";
    }
    let policy = &inputs["policy"];
    let seconds = |name: &str| Duration::seconds(policy[name].as_i64().expect("a number"));
    let builder = Sessions::<RawBytes, NoRevocation>::builder(ring, NoRevocation)
        .purpose(purpose)
        .audience(audience)
        .absolute_timeout(seconds("absolute"))
        .leeway(seconds("leeway"))
        .tolerance(seconds("tolerance"))
        .allow_small_tolerance()
        .max_token_len(4096)
        .random(NoRandom)
        .clock(Fixed(now));
    let builder = match policy["idle"].as_i64() {
        Some(0) => builder.no_idle_timeout(),
        _ => builder.idle_timeout(seconds("idle")),
    };
    let sessions = builder.build().expect("a policy").bound_to(&binding);
    match sessions.expect("a short binding").verify(&token) {
        Ok(session) => {
            assert_eq!(stage, "ok");
            assert_eq!(to_hex(session.payload().0.as_slice()), expected["payload"]);
        }
        Err(VerifyError::Rejected(rejected)) => {
            assert_eq!(stage, "time");
            assert_ne!(rejected.reason(), Reason::Invalid);
            assert_eq!(rejected.reason().as_str(), expected["reason"]);
        }
        Err(other) => panic!("{other:?}"),
    }
    "token"
}

fn key_text(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let ok = text(inputs, "text").is_some_and(|text| {
        if inputs["purpose"].is_null() && !text.starts_with("clksub1.") {
            let key = Key::parse(&text).ok();
            key.is_some_and(|key| {
                assert_eq!(key.to_text().expose(), text);
                key.id().to_string() == expected["kid"]
            })
        } else {
            let Ok(unit) = Unit::parse(&text) else {
                return false;
            };
            let file = format!(
                "cloakroom-ring 1\nmax-lifetime 1\nkey {text} activate=1970-01-01T00:00:00Z\n"
            );
            let ring = KeyRing::parse(&file).expect("a ring of one unit");
            let (purpose, audience) = (hex(&inputs["purpose"]), hex(&inputs["audience"]));
            // Without a context nobody can check that it is this one's.
            let fits =
                inputs["purpose"].is_null() || Opener::new(&ring, &purpose, &audience).is_ok();
            fits && unit.id().to_string() == expected["kid"]
        }
    });
    assert_eq!(if ok { "ok" } else { "refused" }, stage);
    "key-text"
}

/// What a file says. Whether sessions can be had from it, which refuses some more, is left out.
fn ring(inputs: &Value, stage: &str, expected: &Value) -> &'static str {
    let bytes = match inputs["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => hex(&inputs["text_hex"]),
    };
    let read = KeyRing::parse_bytes(&bytes);
    if stage != "ok" {
        return if read.is_err() {
            "ring"
        } else {
            "ring up to its use"
        };
    }
    let ring = read.expect("a ring file");
    for row in expected["states"].as_array().expect("a list") {
        let now = at(row["now"].as_u64().expect("a number"));
        let states = row["states"].as_object().expect("an object");
        assert_eq!(ring.keys().count(), states.len());
        for key in ring.keys() {
            let state = ring.state(key.id, now).expect("a key of the ring");
            assert_eq!(states[&key.id.to_string()], state.to_string());
        }
    }
    let printed = ring.to_text();
    let again = KeyRing::parse(printed.expose()).expect("what is printed is read");
    assert_eq!(again.to_text().expose(), printed.expose());
    "ring"
}

fn record(inputs: &Value, stage: &str) -> &'static str {
    let bytes = hex(&inputs["record"]);
    let read = Record::from_bytes(&bytes);
    assert_eq!(if read.is_ok() { "ok" } else { "refused" }, stage);
    if let Ok(record) = read {
        assert_eq!(record.to_bytes().as_slice(), bytes);
    }
    "record"
}

fn digest(inputs: &Value, expected: &Value) -> &'static str {
    let kind = inputs["kind"].as_u64().expect("a number") as u8;
    let digest = hazmat::revocation_key(kind, &hex(&inputs["data"]));
    let wanted = expected.as_object().expect("an object");
    let wanted = wanted.values().next().expect("one member");
    assert_eq!(to_hex(&digest), *wanted);
    "digest"
}
