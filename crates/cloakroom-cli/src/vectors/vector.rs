//! One vector, and its members, of which any may be missing or of another type.

use cloakroom::Timestamp;
use serde_json::{Map, Value};

use crate::hex;

pub(crate) struct Vector(pub(crate) Value);

/// Why a vector does not agree.
#[derive(Debug)]
pub(crate) enum Why {
    /// It says something else than this implementation, or is no vector.
    Disagrees(String),
    /// This command can't run it.
    NotChecked(String),
}

impl From<String> for Why {
    fn from(sentence: String) -> Self {
        Self::Disagrees(sentence)
    }
}

impl From<&str> for Why {
    fn from(sentence: &str) -> Self {
        Self::Disagrees(sentence.into())
    }
}

/// What stands for a member that is not there.
const NOTHING: &Value = &Value::Null;

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

    /// `inputs` or `expected`.
    pub(crate) fn members(&self, part: &str) -> Result<&Map<String, Value>, Why> {
        let members = self.0.get(part).and_then(Value::as_object);
        members.ok_or_else(|| format!("`{part}` is no object").into())
    }

    fn member(&self, part: &str, name: &str) -> Option<&Value> {
        self.0.get(part)?.get(name)
    }

    pub(crate) fn input(&self, name: &str) -> &Value {
        self.member("inputs", name).unwrap_or(NOTHING)
    }

    pub(crate) fn expected(&self, name: &str) -> &Value {
        self.member("expected", name).unwrap_or(NOTHING)
    }

    pub(crate) fn number(&self, name: &str) -> Result<u64, Why> {
        number(self.input(name)).ok_or_else(|| format!("the input `{name}` is no number").into())
    }

    /// A number of 32 bits.
    pub(crate) fn small(&self, name: &str) -> Result<u32, Why> {
        small(self.input(name)).map_err(|why| format!("the input `{name}`: {why}").into())
    }

    /// `None` where it is null.
    pub(crate) fn number_or_null(&self, name: &str) -> Result<Option<u64>, Why> {
        match self.input(name).is_null() {
            true => Ok(None),
            false => self.number(name).map(Some),
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, Why> {
        bytes(self.input(name)).map_err(|why| format!("the input `{name}`: {why}").into())
    }

    /// `None` where it is null.
    pub(crate) fn bytes_or_null(&self, name: &str) -> Result<Option<Vec<u8>>, Why> {
        match self.input(name).is_null() {
            true => Ok(None),
            false => self.bytes(name).map(Some),
        }
    }

    /// So many bytes.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> Result<[u8; N], Why> {
        array(self.input(name)).map_err(|why| format!("the input `{name}`: {why}").into())
    }

    /// Byte strings of whatever length.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Vec<u8>>, Why> {
        let list = self.values(name)?.iter().map(bytes);
        let list: Result<_, String> = list.collect();
        list.map_err(|why| format!("the input `{name}`: {why}").into())
    }

    pub(crate) fn values(&self, name: &str) -> Result<&[Value], Why> {
        let list = self.input(name).as_array().map(Vec::as_slice);
        list.ok_or_else(|| format!("the input `{name}` is no list").into())
    }

    /// A text that is UTF-8.
    pub(crate) fn plain(&self, name: &str) -> Result<&str, Why> {
        let text = self.input(name).as_str();
        text.ok_or_else(|| format!("the input `{name}` is no text").into())
    }

    /// The bytes of a text, which may be no UTF-8 and then stands in hex under another name.
    pub(crate) fn text_bytes(&self, name: &str) -> Result<Vec<u8>, Why> {
        let in_hex = format!("{name}_hex");
        match self.member("inputs", &in_hex).is_some() {
            true => self.bytes(&in_hex),
            false => self.plain(name).map(|text| text.as_bytes().to_vec()),
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
        let expected = self.member("expected", name);
        let expected = expected.ok_or_else(|| format!("`expected` has no `{name}`"))?;
        same(name, &found.into(), expected)
    }

    /// Whether the stage is this, and `expected` has these members and no others.
    pub(crate) fn answers(&self, stage: &str, found: Value) -> Result<(), Why> {
        self.ends(stage)?;
        let Value::Object(found) = found else {
            return Err("there is no answer".into());
        };
        for name in self.members("expected")?.keys() {
            if !found.contains_key(name) {
                return Err(format!("`{name}` is not expected at the stage `{stage}`").into());
            }
        }
        let mut members = found.into_iter();
        members.try_for_each(|(name, value)| self.says(&name, value))
    }
}

/// An object of an input, with these members and no others.
pub(crate) fn exactly(what: &str, value: &Value, names: &[&str]) -> Result<(), Why> {
    let members = value.as_object();
    let members = members.ok_or_else(|| format!("{what} is no object"))?;
    if let Some(name) = names.iter().find(|name| !members.contains_key(**name)) {
        return Err(format!("{what} has no `{name}`").into());
    }
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("`{name}` is no member of {what}").into()),
        None => Ok(()),
    }
}

pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

pub(crate) fn small(value: &Value) -> Result<u32, String> {
    let small = number(value).and_then(|number| u32::try_from(number).ok());
    small.ok_or_else(|| "no number of 32 bits".into())
}

pub(crate) fn bytes(value: &Value) -> Result<Vec<u8>, String> {
    let bytes = value.as_str().and_then(hex::decode);
    bytes.ok_or_else(|| "no pairs of hex digits".into())
}

pub(crate) fn array<const N: usize>(value: &Value) -> Result<[u8; N], String> {
    let array = bytes(value)?.try_into();
    array.map_err(|_| format!("not {N} bytes"))
}

pub(crate) fn same(name: &str, found: &Value, expected: &Value) -> Result<(), Why> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (short(found), short(expected));
    Err(format!("{name}: the vector says {expected}, this implementation {found}").into())
}

/// What is longer than the longest token is not for eyes.
fn short(value: &Value) -> String {
    const MOST: usize = 5000;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(crate) const fn ok_or_refused(ok: bool) -> &'static str {
    if ok { "ok" } else { "refused" }
}
