//! Vectors of kind `key-text`, `ring` and `ring-replace`.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::hazmat::Opener;
use cloakroom::{Key, KeyId, KeyRing, ManualClock, NoRevocation, Sessions, Timestamp, Unit};
use serde_json::{Map, Value, json};
use time::Duration;

use crate::hex;
use crate::vectors::vector::{Vector, Why, array, ok_or_refused, same};

/// The 32 bytes behind so many others in a key text, in hex.
pub(crate) fn secret_at(text: &str, place: usize) -> Option<String> {
    let (_, encoded) = text.split_once('.')?;
    let bytes = Base64UrlUnpadded::decode_vec(encoded).ok()?;
    let secret = bytes.get(place..)?.first_chunk::<32>()?;
    Some(hex::encode(secret))
}

/// What keys are put to use for.
struct Use {
    /// Purpose and audience; `None` where the vector has none.
    context: Option<(Vec<u8>, Vec<u8>)>,
    /// The life of tokens, in seconds.
    ttl: Option<i64>,
}

impl Use {
    fn of(vector: &Vector) -> Result<Self, Why> {
        let purpose = vector.bytes_or_null("purpose")?;
        let context = match (purpose, vector.bytes_or_null("audience")?) {
            (Some(purpose), Some(audience)) => Some((purpose, audience)),
            (None, None) => None,
            _ => return Err("it has a purpose or an audience, and not the other".into()),
        };
        let ttl = vector.number_or_null("ttl")?.map(i64::try_from);
        let ttl = ttl.transpose().map_err(|error| format!("`ttl`: {error}"))?;
        Ok(Self { context, ttl })
    }

    /// Whatever refuses a ring refuses it here.
    fn sessions(&self, ring: KeyRing, now: Timestamp) -> Option<Sessions<(), NoRevocation>> {
        let any = (b"any".to_vec(), b"any".to_vec());
        let (purpose, audience) = self.context.as_ref().unwrap_or(&any);
        let builder = Sessions::builder(ring, NoRevocation)
            .purpose(purpose)
            .audience(audience)
            .no_idle_timeout()
            .absolute_timeout(Duration::seconds(self.ttl.unwrap_or(1)))
            .clock(ManualClock::at(now.unix()));
        builder.build().ok()
    }
}

pub(crate) fn key_text(vector: &Vector) -> Result<(), Why> {
    let put = Use::of(vector)?;
    let text = vector.text("text")?.unwrap_or_default();
    let read = match &put.context {
        None => {
            let root = Key::parse(&text).ok().map(|key| ("root", key.id()));
            root.or_else(|| Some(("unit", Unit::parse(&text).ok()?.id())))
        }
        Some((purpose, audience)) => unit(&text, purpose, audience)?.map(|id| ("unit", id)),
    };
    let Some((form, id)) = read else {
        let nothing = json!({ "form": null, "kid": null, "secret": null });
        return vector.answers("refused", nothing);
    };
    // A root is its secret and a checksum; a unit has its id before the secret.
    let place = if form == "root" { 0 } else { 4 };
    let secret = secret_at(&text, place);
    let found = json!({ "form": form, "kid": id.to_string(), "secret": secret });
    vector.answers("ok", found)?;
    if form == "root" {
        let secret = array(vector.expected("secret"))?;
        let key = Key::from_bytes(&secret).map_err(|error| error.to_string())?;
        same("text", &key.to_text().expose().into(), &text.into())?;
    }
    Ok(())
}

/// A unit is checked when it is put to use for a purpose and audience.
fn unit(text: &str, purpose: &[u8], audience: &[u8]) -> Result<Option<KeyId>, Why> {
    let Ok(unit) = Unit::parse(text) else {
        return Ok(None);
    };
    let file =
        format!("cloakroom-ring 1\nmax-lifetime 1\nkey {text} activate=1970-01-01T00:00:00Z\n");
    let ring = KeyRing::parse(&file).map_err(|error| error.to_string())?;
    let opener = Opener::new(&ring, purpose, audience);
    Ok(opener.ok().map(|_| unit.id()))
}

pub(crate) fn ring(vector: &Vector) -> Result<(), Why> {
    let (put, now) = (Use::of(vector)?, vector.now()?);
    let read = KeyRing::parse_bytes(&vector.text_bytes("text")?).ok();
    let Some(ring) = read.and_then(|ring| load(ring, &put, now)) else {
        return vector.answers("refused", json!({}));
    };
    vector.ends("ok")?;
    let rows = vector.expected("states").as_array();
    for row in rows.ok_or("`states` is no list")? {
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
    let mut expected = vector.expected("retirements").clone();
    let expected_at = expected.as_object_mut().into_iter();
    for at in expected_at.flat_map(|all| all.values_mut()) {
        // A retirement behind the year 9999 is shown as its end.
        if let Some(unix) = at.as_u64() {
            *at = unix.min(Timestamp::MAX.unix()).into();
        }
    }
    same("retirements", &retirements.into(), &expected)
}

fn units(ring: &KeyRing) -> bool {
    ring.to_text().expose().contains(" clksub1.")
}

fn load(ring: KeyRing, put: &Use, now: Timestamp) -> Option<KeyRing> {
    if put.context.is_some() || !units(&ring) {
        return put.sessions(ring, now).map(|sessions| sessions.key_ring());
    }
    // Units without a purpose and audience to check them against can only be read.
    let longest = i64::from(ring.max_lifetime());
    let fits = put.ttl.is_none_or(|ttl| (1..=longest).contains(&ttl));
    (fits && ring.sealing_key(now).is_some()).then_some(ring)
}

pub(crate) fn ring_replace(vector: &Vector) -> Result<(), Why> {
    let forced = vector.input("forced").as_bool();
    let (forced, now) = (forced.ok_or("`forced` is no boolean")?, vector.now()?);
    let ring = |name: &str| vector.plain(name).map(|text| KeyRing::parse(text).ok());
    let (old, new) = (ring("old")?.ok_or("the old ring is refused")?, ring("new")?);
    let allowed = match new {
        None => false,
        // No purpose and audience to build sessions for: only the rings are compared.
        Some(new) if units(&new) => match forced {
            true => new.sealing_key(now).is_some(),
            false => old.check_successor(&new, now).is_ok(),
        },
        Some(new) => {
            let put = Use {
                context: None,
                ttl: None,
            };
            let sessions = put.sessions(old, now).ok_or("the old ring is refused")?;
            match forced {
                true => sessions.replace_keys_forced(&new).is_ok(),
                false => sessions.replace_keys(&new).is_ok(),
            }
        }
    };
    vector.answers(ok_or_refused(allowed), json!({}))
}
