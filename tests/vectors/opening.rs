//! Vectors of kind `token` and `age`.

use cloakroom::hazmat::{self, Derived, For, Opener};
use cloakroom::{
    Key, ManualClock, OwnedPayload, Payload, Reason, RevocationList, RevocationView, Sessions,
    SessionsBuilder, VerifyError,
};
use serde_json::{Value, json};
use time::Duration;

use crate::input::{Vector, hex, to_hex};
use crate::readers::with_reader;
use crate::shapes::{At, Shape};

/// Sessions as the vector describes them.
pub(crate) fn describe<T: Payload, R: RevocationView>(
    vector: &Vector,
    ring: cloakroom::KeyRing,
    revocations: R,
) -> SessionsBuilder<T, R> {
    let policy = vector.input("policy");
    let seconds = |name: &str| Duration::seconds(policy[name].as_i64().unwrap());
    let builder = Sessions::builder(ring, revocations)
        .purpose(vector.bytes("purpose"))
        .audience(vector.bytes("audience"))
        .absolute_timeout(seconds("absolute"))
        .leeway(seconds("leeway"))
        .tolerance(seconds("tolerance"))
        .allow_small_tolerance()
        .max_token_len(4096)
        .clock(ManualClock::at(vector.number("now")));
    match policy["idle"].as_i64() {
        Some(0) => builder.no_idle_timeout(),
        _ => builder.idle_timeout(seconds("idle")),
    }
}

/// Merges what the vector's server had received, with the policy's tolerance in force.
pub(crate) fn receive(vector: &Vector, list: &RevocationList) {
    for record in vector.input("revocations").as_array().unwrap() {
        let record = cloakroom::Record::from_bytes(&hex(record.as_str().unwrap())).unwrap();
        let _ = list.merge(&[record], vector.now());
    }
}

pub(crate) fn token(vector: &Vector) {
    with_reader!(vector, T => verify::<T>(vector));
}

/// The value that a payload type of the vectors wraps.
pub(crate) trait Wraps: OwnedPayload {
    fn shown(&self) -> Value;
}

impl<S: Shape, const MAJOR: u32, const MINOR: u32> Wraps for At<S, MAJOR, MINOR> {
    fn shown(&self) -> Value {
        self.0.json()
    }
}

fn verify<T: Wraps>(vector: &Vector) {
    let Some(text) = vector.text("token") else {
        // Not UTF-8: a text interface refuses it before us.
        assert_eq!(vector.stage(), "text");
        return;
    };
    let (stage, expected) = judge::<T>(vector, &text);
    assert_eq!(stage, vector.stage(), "stage");
    let members = expected.as_object().unwrap().iter();
    for (name, value) in members.filter(|(name, _)| *name != "steps") {
        assert_eq!(value, vector.expected(name), "{name}");
    }
    if stage == "ok" {
        let steps = vector.expected("steps");
        for (name, value) in expected["steps"].as_object().unwrap() {
            assert_eq!(value, &steps[name], "{name}");
        }
        let plaintext = hex(steps["P"].as_str().unwrap());
        reseal(vector, &text, &plaintext, steps);
    }
}

/// Stage and expected of a token, as a vector has them; of the steps those that an opener sees.
pub(crate) fn judge<T: Wraps>(vector: &Vector, text: &str) -> (String, Value) {
    let list = RevocationList::new();
    let sessions: Sessions<T> = describe(vector, vector.ring(), list.clone())
        .build()
        .unwrap();
    let sessions = sessions.bound_to(&vector.bytes("binding")).unwrap();
    receive(vector, &list);
    let opener = Opener::new(
        &vector.ring(),
        &vector.bytes("purpose"),
        &vector.bytes("audience"),
    );
    let opened = opener
        .unwrap()
        .open(text, &vector.bytes("binding"), vector.now());
    let outcome = sessions.verify(text);
    let (stage, reason) = match (&opened, &outcome) {
        (Err(stage), Err(VerifyError::Rejected(rejected))) => {
            assert_eq!(rejected.reason(), Reason::Invalid);
            (stage.to_string(), Value::Null)
        }
        (Ok(_), Err(VerifyError::Rejected(rejected))) => match rejected.reason() {
            Reason::Invalid => ("claims".to_owned(), Value::Null),
            Reason::WrongSchema => ("schema".to_owned(), Value::Null),
            Reason::Revoked => ("revoked".to_owned(), Value::Null),
            reason => ("time".to_owned(), reason.as_str().into()),
        },
        (Ok(_), Ok(_)) => ("ok".to_owned(), Value::Null),
        (opened, outcome) => panic!("{opened:?} and then {outcome:?}"),
    };
    let (Ok(opened), Ok(session)) = (opened, outcome) else {
        return (stage, json!({ "reason": reason }));
    };

    let info = session.info();
    let (claims, payload) = hazmat::Claims::decode(&opened.plaintext).unwrap();
    let aad = [b"clk1.", opened.kid.as_slice(), &vector.bytes("binding")].concat();
    let expected = json!({
        "reason": reason,
        "claims": {
            "session_id": session.id().to_hex(),
            "generation": info.generation(),
            "subject": to_hex(session.subject()),
            "authenticated_at": claims.authenticated_at,
            "issued_at": claims.authenticated_at + u64::from(claims.issued_after),
            "idle": claims.idle,
            "absolute": claims.absolute,
            "major": info.schema().major(),
            "minor": info.schema().minor(),
        },
        "payload": to_hex(payload),
        "value": session.payload().shown(),
        "read_only": session.is_read_only(),
        "steps": {
            "kid": to_hex(&opened.kid),
            "N": to_hex(&opened.nonce),
            "P": to_hex(&opened.plaintext),
            "AAD": to_hex(&aad),
            "log_id": sessions.log_reference(info).unwrap().to_string(),
        },
    });
    (stage, expected)
}

/// Sealing the same plaintext again gives the same token, by way of the same intermediate values.
/// A vector with derived units has no root key to derive them from.
fn reseal(vector: &Vector, text: &str, plaintext: &[u8], steps: &Value) {
    let keys = vector.input("keys").as_array().cloned().unwrap_or_default();
    let (purpose, audience) = (vector.bytes("purpose"), vector.bytes("audience"));
    let binding = vector.bytes("binding");
    let roots = keys
        .iter()
        .filter_map(|key| Key::parse(key["text"].as_str().unwrap()).ok());
    for key in roots.filter(|key| key.id().to_string() == steps["kid"]) {
        let to = For {
            purpose: &purpose,
            audience: &audience,
            binding: &binding,
        };
        assert_eq!(hazmat::seal(&key, to, plaintext).unwrap(), text);
        let derived = Derived::of(&key, &purpose, &audience).unwrap();
        assert_eq!(to_hex(&derived.context), steps["ctx"]);
        assert_eq!(to_hex(&derived.unit), steps["S"]);
        assert_eq!(to_hex(&derived.encryption), steps["Ke"]);
        assert_eq!(to_hex(&derived.nonce), steps["Kn"]);
    }
}

/// SPEC §8.10, over a real session whose times are those of the vector.
pub(crate) fn age(vector: &Vector) {
    let key = Key::from_bytes(&std::array::from_fn(|i| u8::try_from(i).unwrap())).unwrap();
    let started = vector.number("authenticated_at");
    let ring = cloakroom::KeyRing::new(
        key.clone(),
        cloakroom::Timestamp::UNIX_EPOCH,
        Duration::days(9000),
    );
    let sessions = Sessions::<()>::builder(ring.unwrap(), RevocationList::new())
        .purpose("session")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(Duration::days(9000))
        .leeway(Duration::seconds(vector.input("leeway").as_i64().unwrap()))
        .tolerance(Duration::seconds(300))
        .clock(ManualClock::at(vector.number("now")))
        .build()
        .unwrap();
    let claims = hazmat::Claims {
        session: hazmat::SessionId::from_bytes([1; 16]),
        generation: 0,
        subject: b"",
        authenticated_at: started,
        // Each question is about one of the two times; the other is one at which a session lives.
        issued_after: if vector.input("max_age").is_null() {
            0
        } else {
            u32::try_from(vector.number("issued_at") - started).unwrap()
        },
        idle: 0,
        absolute: 777_600_000,
        schema: hazmat::Schema::new(1, 0),
    };
    let to = For {
        purpose: b"session",
        audience: b"",
        binding: b"",
    };
    let text = hazmat::seal(&key, to, &claims.encode(b"")).unwrap();
    let session = sessions.verify(&text).unwrap();
    let limit = |name: &str| vector.input(name).as_i64().map(Duration::seconds);
    let answer = match (limit("max_age"), limit("require_fresh")) {
        (Some(limit), None) => session.info().require_max_age(limit),
        (None, Some(limit)) => session.require_fresh(limit),
        other => panic!("{other:?}"),
    };
    assert_eq!(if answer.is_ok() { "ok" } else { "failed" }, vector.stage());
}
