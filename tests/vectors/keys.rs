//! Vectors of kind `key-text`, `ring` and `ring-replace`.

use cloakroom::hazmat::{Derived, Opener};
#[cfg(feature = "password")]
use cloakroom::source::{KeyUnwrap as _, Password};
use cloakroom::{Key, KeyId, KeyRing, ManualClock, NoRevocation, Sessions, Timestamp, Unit};
use serde_json::{Map, Value};
use time::Duration;

use crate::input::{Vector, hex, to_hex};

pub(crate) fn key_text(vector: &Vector) {
    let Some(text) = vector.text("text") else {
        assert_eq!(vector.stage(), "refused");
        return;
    };
    let read = if vector.input("purpose").is_null() {
        let root = Key::parse(&text).ok().map(|key| {
            assert_eq!(key.to_text().expose(), text);
            ("root", key.id())
        });
        root.or_else(|| Some(("unit", Unit::parse(&text).ok()?.id())))
    } else {
        unit(vector, &text).map(|id| ("unit", id))
    };
    assert_eq!(
        if read.is_some() { "ok" } else { "refused" },
        vector.stage()
    );
    if let Some((form, id)) = read {
        assert_eq!(form, *vector.expected("form"));
        assert_eq!(id.to_string(), *vector.expected("kid"));
        let secret = hex(vector.expected("secret").as_str().unwrap());
        if form == "root" {
            let key = Key::from_bytes(secret.as_slice().try_into().unwrap()).unwrap();
            assert_eq!(key.to_text().expose(), text);
        } else {
            // The text is kid || S || chk; its characters from the 6th to the 48th group hold S.
            assert!(text.len() == 64 && secret.len() == 32);
        }
    }
}

/// A unit is checked when it is put to use for a purpose and audience.
fn unit(vector: &Vector, text: &str) -> Option<KeyId> {
    let unit = Unit::parse(text).ok()?;
    assert_eq!(unit.to_text().expose(), text);
    let file =
        format!("cloakroom-ring 1\nmax-lifetime 1\nkey {text} activate=1970-01-01T00:00:00Z\n");
    let ring = KeyRing::parse(&file).unwrap();
    Opener::new(&ring, &vector.bytes("purpose"), &vector.bytes("audience")).ok()?;
    Some(unit.id())
}

pub(crate) fn ring(vector: &Vector) {
    let loaded = load(vector, &vector.text_bytes("text"));
    assert_eq!(
        if loaded.is_some() { "ok" } else { "refused" },
        vector.stage()
    );
    let Some(ring) = loaded else { return };
    let state = |id: KeyId, now: Timestamp| ring.state(id, now).unwrap().to_string();
    for row in vector.expected("states").as_array().unwrap() {
        let now = Timestamp::from_unix(row["now"].as_u64().unwrap()).unwrap();
        let states: Map<String, Value> = ring
            .keys()
            .map(|key| (key.id.to_string(), state(key.id, now).into()))
            .collect();
        assert_eq!(Value::Object(states), row["states"], "at {now}");
    }
    let retirements: Map<String, Value> = ring
        .keys()
        .map(|key| (key.id.to_string(), key.retire.map(Timestamp::unix).into()))
        .collect();
    // A retirement behind the year 9999 is shown as its end.
    let mut expected = vector.expected("retirements").clone();
    for at in expected.as_object_mut().unwrap().values_mut() {
        *at = at.as_u64().map(|at| at.min(Timestamp::MAX.unix())).into();
    }
    assert_eq!(Value::Object(retirements), expected);
    // What is printed says the same.
    let again = KeyRing::parse(ring.to_text().expose()).unwrap();
    assert_eq!(again.to_text().expose(), ring.to_text().expose());
}

/// Sessions over a ring at the time of the vector, with tokens of one second where the vector has no
/// policy: whatever refuses a ring refuses it here.
fn sessions(vector: &Vector, ring: KeyRing) -> Option<Sessions<(), NoRevocation>> {
    let ttl = vector.input("ttl").as_u64().unwrap_or(1);
    let context = |name: &str| match vector.input(name).as_str() {
        Some(_) => vector.bytes(name),
        None => b"any".to_vec(),
    };
    Sessions::builder(ring, NoRevocation)
        .purpose(context("purpose"))
        .audience(context("audience"))
        .no_idle_timeout()
        .absolute_timeout(Duration::seconds(i64::try_from(ttl).unwrap()))
        .clock(ManualClock::at(vector.number("now")))
        .build()
        .ok()
}

fn load(vector: &Vector, file: &[u8]) -> Option<KeyRing> {
    let ring = KeyRing::parse_bytes(file).ok()?;
    if vector.input("purpose").is_null() && ring.to_text().expose().contains(" clksub1.") {
        // Units without a purpose and audience to check them against can only be read.
        return ring.sealing_key(vector.now()).map(|_| ring);
    }
    sessions(vector, ring).map(|sessions| sessions.key_ring())
}

pub(crate) fn ring_replace(vector: &Vector) {
    let ring = |name: &str| KeyRing::parse(&vector.text(name).unwrap()).ok();
    let forced = vector.input("forced").as_bool().unwrap();
    let old = ring("old").unwrap();
    if let Some(new) = ring("new").filter(|new| new.to_text().expose().contains(" clksub1.")) {
        // No purpose and audience to build sessions for: only the rings are compared.
        let allowed = forced || old.check_successor(&new, vector.now()).is_ok();
        assert_eq!(if allowed { "ok" } else { "refused" }, vector.stage());
        return;
    }
    let sessions = sessions(vector, old).unwrap();
    let allowed = ring("new").is_some_and(|new| {
        let replaced = if forced {
            sessions.replace_keys_forced(&new)
        } else {
            sessions.replace_keys(&new)
        };
        replaced.is_ok()
    });
    assert_eq!(if allowed { "ok" } else { "refused" }, vector.stage());
}

/// `s` is what this implementation makes itself, of the password and the head of the text.
#[cfg(feature = "password")]
pub(crate) fn wrapped(vector: &Vector) {
    let password = String::from_utf8(vector.bytes("password")).unwrap();
    let text = vector.text("wrapped").unwrap();
    let read = Password::new(&password).ok();
    let read = read.and_then(|password| password.unwrap_ring(text.as_bytes()).ok());
    assert_eq!(
        if read.is_some() { "ok" } else { "refused" },
        vector.stage()
    );
    let read = read.map(|text| text.expose().to_owned());
    assert_eq!(Value::from(read), *vector.expected("text"));
}

/// The unit that a text holds is the one its root derives.
#[test]
fn a_unit_text_holds_what_the_root_derives() {
    let key = Key::from_bytes(&std::array::from_fn(|i| u8::try_from(i).unwrap())).unwrap();
    let text = key
        .derive_unit(b"session", b"api.example.com")
        .unwrap()
        .to_text();
    let derived = Derived::of(&key, b"session", b"api.example.com").unwrap();
    // SPEC §4.5 prints this text and §6.2 this S.
    assert!(include_str!("../../SPEC.md").contains(text.expose()));
    assert!(include_str!("../../SPEC.md").contains(&to_hex(&derived.unit)));
}
