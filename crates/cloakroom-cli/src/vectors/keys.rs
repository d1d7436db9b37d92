//! Vectors of kind `key-text`, `ring` and `ring-replace`.

use cloakroom::hazmat::Opener;
use cloakroom::{Key, KeyId, KeyRing, ManualClock, NoRevocation, Sessions, Timestamp, Unit};
use serde_json::{Map, Value};
use time::Duration;

use crate::vectors::vector::{Vector, Why, bytes, ok_or_refused, same};

pub(crate) fn key_text(vector: &Vector) -> Result<(), Why> {
    let Some(text) = vector.text("text")? else {
        return vector.ends("refused");
    };
    let read = match vector.input("purpose").is_null() {
        true => {
            let root = Key::parse(&text).ok().map(|key| ("root", key.id()));
            root.or_else(|| Some(("unit", Unit::parse(&text).ok()?.id())))
        }
        false => unit(vector, &text)?.map(|id| ("unit", id)),
    };
    vector.ends(ok_or_refused(read.is_some()))?;
    let Some((form, id)) = read else {
        return Ok(());
    };
    vector.says("form", form)?;
    vector.says("kid", id.to_string())?;
    if form == "root" {
        let secret = bytes(vector.expected("secret"))?;
        let secret = secret
            .as_slice()
            .try_into()
            .map_err(|_| "`secret` has not 32 bytes")?;
        let key = Key::from_bytes(secret).map_err(|error| error.to_string())?;
        same("text", &key.to_text().expose().into(), &text.into())?;
    }
    Ok(())
}

/// A unit is checked when it is put to use for a purpose and audience.
fn unit(vector: &Vector, text: &str) -> Result<Option<KeyId>, Why> {
    let Ok(unit) = Unit::parse(text) else {
        return Ok(None);
    };
    let file =
        format!("cloakroom-ring 1\nmax-lifetime 1\nkey {text} activate=1970-01-01T00:00:00Z\n");
    let ring = KeyRing::parse(&file).map_err(|error| error.to_string())?;
    let opener = Opener::new(&ring, &vector.bytes("purpose")?, &vector.bytes("audience")?);
    Ok(opener.ok().map(|_| unit.id()))
}

pub(crate) fn ring(vector: &Vector) -> Result<(), Why> {
    let loaded = load(vector, &vector.text_bytes("text")?)?;
    vector.ends(ok_or_refused(loaded.is_some()))?;
    let Some(ring) = loaded else { return Ok(()) };
    for row in vector.expected("states").as_array().into_iter().flatten() {
        let now = row["now"].as_u64().and_then(Timestamp::from_unix);
        let now = now.ok_or("a state has no `now`")?;
        let states: Map<String, Value> = ring
            .keys()
            .filter_map(|key| {
                let state = ring.state(key.id, now)?;
                Some((key.id.to_string(), state.to_string().into()))
            })
            .collect();
        same(&format!("states at {now}"), &states.into(), &row["states"])?;
    }
    let retirements: Map<String, Value> = ring
        .keys()
        .map(|key| (key.id.to_string(), key.retire.map(Timestamp::unix).into()))
        .collect();
    // A retirement behind the year 9999 is shown as its end.
    let mut expected = vector.expected("retirements").clone();
    for at in expected
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        *at = at.as_u64().map(|at| at.min(Timestamp::MAX.unix())).into();
    }
    same("retirements", &retirements.into(), &expected)
}

fn load(vector: &Vector, file: &[u8]) -> Result<Option<KeyRing>, Why> {
    let Ok(ring) = KeyRing::parse_bytes(file) else {
        return Ok(None);
    };
    if vector.input("purpose").is_null() && ring.to_text().expose().contains(" clksub1.") {
        // Units without a purpose and audience to check them against can only be read.
        let seals = ring.sealing_key(vector.now()?).is_some();
        return Ok(seals.then_some(ring));
    }
    Ok(sessions(vector, ring)?.map(|sessions| sessions.key_ring()))
}

/// Whatever refuses a ring refuses it here.
fn sessions(vector: &Vector, ring: KeyRing) -> Result<Option<Sessions<(), NoRevocation>>, Why> {
    let ttl = vector.input("ttl").as_i64().unwrap_or(1);
    let context = |name: &str| match vector.input(name).is_null() {
        true => Ok(b"any".to_vec()),
        false => vector.bytes(name),
    };
    Ok(Sessions::builder(ring, NoRevocation)
        .purpose(context("purpose")?)
        .audience(context("audience")?)
        .no_idle_timeout()
        .absolute_timeout(Duration::seconds(ttl))
        .clock(ManualClock::at(vector.number("now")?))
        .build()
        .ok())
}

pub(crate) fn ring_replace(vector: &Vector) -> Result<(), Why> {
    let ring = |name: &str| -> Result<Option<KeyRing>, Why> {
        let text = vector.text(name)?;
        Ok(text.and_then(|text| KeyRing::parse(&text).ok()))
    };
    let forced = vector
        .input("forced")
        .as_bool()
        .ok_or("`forced` is no boolean")?;
    let old = ring("old")?.ok_or("the old ring is refused")?;
    let units = |ring: &KeyRing| ring.to_text().expose().contains(" clksub1.");
    if let Some(new) = ring("new")?.filter(units) {
        // No purpose and audience to build sessions for: only the rings are compared.
        let allowed = forced || old.check_successor(&new, vector.now()?).is_ok();
        return vector.ends(ok_or_refused(allowed));
    }
    let sessions = sessions(vector, old)?.ok_or("the old ring is refused")?;
    let allowed = match ring("new")? {
        None => false,
        Some(new) if forced => sessions.replace_keys_forced(&new).is_ok(),
        Some(new) => sessions.replace_keys(&new).is_ok(),
    };
    vector.ends(ok_or_refused(allowed))
}
