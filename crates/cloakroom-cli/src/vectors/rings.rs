//! The ring of a vector: a file, a key, or keys in given states, for which times are made up.

use cloakroom::feed::FeedKey;
use cloakroom::{Key, KeyRing, Timestamp, Unit};
use serde_json::Value;

use crate::vectors::vector::{Vector, Why, exactly};

const HEAD: &str = "cloakroom-ring 1\nmax-lifetime 4294967295\n";
/// The states of SPEC §4.6, in the order of their activations.
const STATES: [&str; 5] = ["retired", "disabled", "open-only", "sealing", "announced"];

/// Of `ring` or `keys`.
pub(crate) fn of(vector: &Vector) -> Result<KeyRing, Why> {
    let text = match vector.input("ring").as_str() {
        Some(text) => text.to_owned(),
        None => in_states(vector)?,
    };
    read(&text)
}

/// Of `key` alone.
pub(crate) fn of_one(vector: &Vector) -> Result<KeyRing, Why> {
    let text = key_text(vector.input("key"))?;
    let activate = time(0)?;
    read(&format!("{HEAD}key {text} activate={activate}\n"))
}

fn read(text: &str) -> Result<KeyRing, Why> {
    KeyRing::parse(text).map_err(|error| format!("its ring is refused: {error}").into())
}

/// Nothing but a key text: a line end would begin a line of its own.
fn key_text(value: &Value) -> Result<&str, Why> {
    let text = value.as_str().unwrap_or_default();
    match Key::parse(text).is_ok() || Unit::parse(text).is_ok() {
        true => Ok(text),
        false => Err("a key is no key text".into()),
    }
}

fn in_states(vector: &Vector) -> Result<String, Why> {
    let now = vector.number("now")?;
    let keys = vector.values("keys")?;
    for key in keys {
        exactly("a key", key, &["text", "state"])?;
        key_text(&key["text"])?;
        if !STATES.iter().any(|state| key["state"] == *state) {
            return Err("a key has no state".into());
        }
    }
    let mut lines = HEAD.to_owned();
    let mut past = 0_u64;
    for state in STATES {
        let mut of_it = keys.iter().filter(|key| key["state"] == state).peekable();
        // Every ring has a key that seals; this one sealed none of the vectors.
        if state == "sealing" && of_it.peek().is_none() {
            let text = filler(vector, keys)?;
            lines.push_str(&format!("key {text} activate={}\n", time(now.min(1000))?));
        }
        for key in of_it {
            let text = key_text(&key["text"])?;
            let ahead = match state {
                "announced" => now.saturating_add(1),
                _ => 0,
            };
            let activate = time(ahead.saturating_add(past))?;
            past = past.saturating_add(1);
            let end = match state {
                "retired" => format!(" retire={} forced", time(now)?),
                "disabled" => " disabled".to_owned(),
                _ => String::new(),
            };
            lines.push_str(&format!("key {text} activate={activate}{end}\n"));
        }
    }
    Ok(lines)
}

fn filler(vector: &Vector, keys: &[Value]) -> Result<String, Why> {
    let key = Key::generate().map_err(|error| error.to_string())?;
    let first = keys.first().and_then(|key| key["text"].as_str());
    if !first.is_some_and(|text| text.starts_with("clksub1.")) {
        return Ok(key.to_text().expose().to_owned());
    }
    let unit: Unit = key
        .derive_unit(&vector.bytes("purpose")?, &vector.bytes("audience")?)
        .map_err(|error| error.to_string())?;
    Ok(unit.to_text().expose().to_owned())
}

fn time(unix: u64) -> Result<String, Why> {
    let time = Timestamp::from_unix(unix).ok_or("a time is beyond the calendar")?;
    Ok(time.to_string())
}

/// The one or two `keys` of a feed or an edge.
pub(crate) fn accepted<K, E: ToString>(
    vector: &Vector,
    parse: impl Fn(&str) -> Result<K, E>,
) -> Result<(K, Option<K>), Why> {
    let key = |value: &Value| -> Result<K, Why> {
        let text = value.as_str().ok_or("a key is no text")?;
        parse(text).map_err(|error| error.to_string().into())
    };
    match vector.values("keys")? {
        [only] => Ok((key(only)?, None)),
        [first, second] => Ok((key(first)?, Some(key(second)?))),
        _ => Err("`keys` are not one or two".into()),
    }
}

pub(crate) fn feed_key(vector: &Vector) -> Result<FeedKey, Why> {
    let key = FeedKey::parse(vector.plain("feed_key")?);
    key.map_err(|error| format!("`feed_key`: {error}").into())
}
