//! One vector, and its members, of which any may be missing or of another type.

use cloakroom::{Key, KeyRing, Timestamp, Unit};
use serde_json::Value;

use crate::hex;

pub(crate) struct Vector(pub(crate) Value);

/// Why a vector disagrees, or can't be run.
pub(crate) type Why = String;

impl Vector {
    fn outer(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or("(none)")
    }

    pub(crate) fn id(&self) -> &str {
        self.outer("id")
    }

    pub(crate) fn kind(&self) -> &str {
        self.outer("kind")
    }

    pub(crate) fn stage(&self) -> &str {
        self.outer("stage")
    }

    pub(crate) fn input(&self, name: &str) -> &Value {
        self.0
            .get("inputs")
            .and_then(|all| all.get(name))
            .unwrap_or(&Value::Null)
    }

    pub(crate) fn expected(&self, name: &str) -> &Value {
        self.0
            .get("expected")
            .and_then(|all| all.get(name))
            .unwrap_or(&Value::Null)
    }

    pub(crate) fn number(&self, name: &str) -> Result<u64, Why> {
        self.input(name)
            .as_u64()
            .ok_or_else(|| format!("the input `{name}` is no number"))
    }

    /// Bytes in hex; none where it is null.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, Why> {
        bytes(self.input(name)).map_err(|why| format!("the input `{name}`: {why}"))
    }

    /// The bytes of a text, which may be no UTF-8 and then stands in hex under another name.
    pub(crate) fn text_bytes(&self, name: &str) -> Result<Vec<u8>, Why> {
        match self.input(name).as_str() {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.bytes(&format!("{name}_hex")),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Why> {
        self.text_bytes(name)
            .map(|bytes| String::from_utf8(bytes).ok())
    }

    pub(crate) fn now(&self) -> Result<Timestamp, Why> {
        let now = Timestamp::from_unix(self.number("now")?);
        now.ok_or_else(|| "`now` is beyond the calendar".into())
    }

    /// Whether this implementation came to the stage of the vector.
    pub(crate) fn ends(&self, stage: &str) -> Result<(), Why> {
        same("stage", &Value::from(stage), &Value::from(self.stage()))
    }

    pub(crate) fn says(&self, name: &str, found: impl Into<Value>) -> Result<(), Why> {
        same(name, &found.into(), self.expected(name))
    }

    /// The ring: a file, or keys in given states, for which times are made up.
    pub(crate) fn ring(&self) -> Result<KeyRing, Why> {
        let text = match self.input("ring").as_str() {
            Some(text) => text.to_owned(),
            None => self.ring_text()?,
        };
        KeyRing::parse(&text).map_err(|error| format!("its ring is refused: {error}"))
    }

    fn ring_text(&self) -> Result<String, Why> {
        let now = self.number("now")?;
        let keys = self
            .input("keys")
            .as_array()
            .ok_or("it has neither keys nor a ring")?;
        let mut lines = String::from("cloakroom-ring 1\nmax-lifetime 4294967295\n");
        let mut past = 0_u64;
        let mut add = |state: &str, lines: &mut String| -> Result<bool, Why> {
            let mut found = false;
            for key in keys.iter().filter(|key| key["state"] == state) {
                let text = key["text"].as_str().ok_or("a key has no text")?;
                let ahead = if state == "announced" {
                    now.saturating_add(1)
                } else {
                    0
                };
                let activate = time(ahead.saturating_add(past))?;
                past = past.saturating_add(1);
                let end = match state {
                    "retired" => format!(" retire={} forced", time(now)?),
                    "disabled" => " disabled".to_owned(),
                    _ => String::new(),
                };
                lines.push_str(&format!("key {text} activate={activate}{end}\n"));
                found = true;
            }
            Ok(found)
        };
        for state in ["retired", "disabled", "open-only"] {
            add(state, &mut lines)?;
        }
        // Every ring has a key that seals; this one sealed none of the vectors.
        let mut sealing = String::new();
        if add("sealing", &mut sealing)? {
            lines.push_str(&sealing);
        } else {
            let text = self.filler(keys)?;
            lines.push_str(&format!("key {text} activate={}\n", time(now.min(1000))?));
        }
        add("announced", &mut lines)?;
        Ok(lines)
    }

    fn filler(&self, keys: &[Value]) -> Result<String, Why> {
        let key = Key::generate().map_err(|error| error.to_string())?;
        let first = keys
            .first()
            .and_then(|key| key["text"].as_str())
            .unwrap_or_default();
        if !first.starts_with("clksub1.") {
            return Ok(key.to_text().expose().to_owned());
        }
        let unit: Unit = key
            .derive_unit(&self.bytes("purpose")?, &self.bytes("audience")?)
            .map_err(|error| error.to_string())?;
        Ok(unit.to_text().expose().to_owned())
    }
}

fn time(unix: u64) -> Result<String, Why> {
    let time = Timestamp::from_unix(unix).ok_or("a time is beyond the calendar")?;
    Ok(time.to_string())
}

pub(crate) fn bytes(value: &Value) -> Result<Vec<u8>, Why> {
    let bytes = hex::decode(value.as_str().unwrap_or_default());
    bytes.ok_or_else(|| "no pairs of hex digits".into())
}

pub(crate) fn list(value: &Value) -> Result<Vec<Vec<u8>>, Why> {
    let list = value.as_array().ok_or("a list was expected")?;
    list.iter().map(bytes).collect()
}

pub(crate) fn same(name: &str, found: &Value, expected: &Value) -> Result<(), Why> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{name}: the vector says {expected}, this implementation {found}"
    ))
}

pub(crate) const fn ok_or_refused(ok: bool) -> &'static str {
    if ok { "ok" } else { "refused" }
}
