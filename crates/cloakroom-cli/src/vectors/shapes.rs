//! The shapes of SPEC §16.5, and payloads read in them.

use cloakroom::Schema as Number;
use serde_json::{Value, json};

use crate::hex;
use crate::payload::{self, Form, Schema};
use crate::vectors::vector::{Vector, Why, exactly, small};

/// As this library writes descriptions. `raw` is none.
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

/// What a reader takes for a field that is missing; for any other it has no default.
fn default(shape: &str, field: &str) -> Option<Value> {
    Some(match (shape, field) {
        ("user-1" | "user-2", "theme") => Value::Null,
        ("user-2", "scopes") => json!([]),
        ("limits-1" | "limits-2", "note") => json!(""),
        ("limits-2", "extra") => json!({ "a": 0, "b": 0 }),
        _ => return None,
    })
}

/// The one shape of a vector's reader.
pub(crate) struct Reader<'v> {
    shape: &'v str,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// `None` for raw bytes.
    schema: Option<Schema>,
}

/// A payload of the reader's shape.
pub(crate) struct Shaped {
    pub(crate) value: Value,
    pub(crate) read_only: bool,
}

impl<'v> Reader<'v> {
    pub(crate) fn of(vector: &'v Vector) -> Result<Self, Why> {
        let reader = vector.input("reader");
        exactly("the reader", reader, &["shape", "major", "minor"])?;
        let number = |name: &str| {
            small(&reader[name]).map_err(|why| format!("`{name}` of the reader: {why}"))
        };
        let (major, minor) = (number("major")?, number("minor")?);
        let shape = reader["shape"].as_str();
        let shape = shape.ok_or("the reader has no shape")?;
        let schema = match shape {
            "raw" => None,
            _ => {
                let line = SHAPES.iter().find(|(name, _)| *name == shape);
                let (_, line) = line.ok_or("the shape of the reader is not one of SPEC 16.5")?;
                let name = if line.starts_with('{') { "S " } else { "" };
                Some(payload::parse(&format!("{major}.{minor} {name}{line}"))?)
            }
        };
        Ok(Self {
            shape,
            major,
            minor,
            schema,
        })
    }

    /// `None` where the payload is not one of the reader's.
    pub(crate) fn read(&self, number: Number, bytes: &[u8]) -> Option<Shaped> {
        if number.major() != self.major {
            return None;
        }
        let Some(schema) = &self.schema else {
            let value = hex::encode(bytes).into();
            return (number.minor() == self.minor).then_some(Shaped {
                value,
                read_only: false,
            });
        };
        let read = payload::read_in(Form::Shaped, schema, number.minor(), bytes).ok()?;
        let mut value = read.value;
        for field in &read.missing {
            let default = default(self.shape, field)?;
            value.as_object_mut()?.insert(field.clone(), default);
        }
        Some(Shaped {
            value,
            read_only: number.minor() > self.minor,
        })
    }
}
