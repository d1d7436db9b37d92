//! A reader that has the JSON form and the bytes, and not the type: what a port of this crate to
//! another language does. It must find what serde finds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::use_self,
    missing_docs
)]

use std::collections::BTreeMap;

use cloakroom::Payload;
use cloakroom::schema::describe;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

struct Reader<'a> {
    bytes: &'a [u8],
    /// The enclosing named types, for references.
    named: Vec<&'a Value>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        taken
    }

    fn varint(&mut self) -> u128 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = self.take(1)[0];
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }

    fn count(&mut self) -> usize {
        self.varint() as usize
    }

    fn text(&mut self) -> Value {
        let len = self.count();
        json!(std::str::from_utf8(self.take(len)).unwrap())
    }

    fn scalar(&mut self, name: &str) -> Value {
        match name {
            "bool" => json!(self.take(1)[0] == 1),
            "u8" => json!(self.take(1)[0]),
            "i8" => json!(i8::from_le_bytes([self.take(1)[0]])),
            "u16" | "u32" | "u64" => json!(self.varint() as u64),
            "i16" | "i32" | "i64" => {
                let raw = self.varint() as u64;
                let half = i64::from_le_bytes((raw >> 1).to_le_bytes());
                json!(if raw & 1 == 0 { half } else { !half })
            }
            "f32" => json!(f32::from_le_bytes(self.take(4).try_into().unwrap())),
            "f64" => json!(f64::from_le_bytes(self.take(8).try_into().unwrap())),
            "char" | "str" => self.text(),
            "bytes" => {
                let len = self.count();
                json!(self.take(len))
            }
            "unit" => Value::Null,
            _ => panic!("unknown scalar {name}"),
        }
    }

    fn list(&mut self, parts: &'a Value) -> Value {
        parts
            .as_array()
            .unwrap()
            .iter()
            .map(|part| self.value(part))
            .collect()
    }

    fn fields(&mut self, fields: &'a Value) -> Value {
        let fields = fields.as_array().unwrap().iter();
        let read = |field: &'a Value| {
            (
                field["name"].as_str().unwrap().to_owned(),
                self.value(&field["type"]),
            )
        };
        Value::Object(fields.map(read).collect::<Map<_, _>>())
    }

    fn variant(&mut self, shape: &'a Value) -> Value {
        let index = self.count();
        let variant = &shape["variants"][index];
        assert_eq!(variant["index"], index);
        let data = match variant {
            _ if variant.get("newtype").is_some() => self.value(&variant["newtype"]),
            _ if variant.get("tuple").is_some() => self.list(&variant["tuple"]),
            _ if variant.get("fields").is_some() => self.fields(&variant["fields"]),
            _ => return variant["name"].clone(),
        };
        json!({ variant["name"].as_str().unwrap(): data })
    }

    fn value(&mut self, shape: &'a Value) -> Value {
        if let Some(scalar) = shape.as_str() {
            return self.scalar(scalar);
        }
        let kind = shape["kind"].as_str().unwrap();
        if kind == "ref" {
            let same = |at: &usize| self.named[*at]["name"] == shape["name"];
            let nth = shape["nth"].as_u64().unwrap() as usize;
            let at = (0..self.named.len())
                .rev()
                .filter(same)
                .nth(nth - 1)
                .unwrap();
            let enclosing = self.named.split_off(at);
            let value = self.value(enclosing[0]);
            self.named.extend(enclosing);
            return value;
        }
        let is_named = matches!(kind, "newtype" | "tuple-struct" | "struct" | "enum");
        if is_named {
            self.named.push(shape);
        }
        let value = match kind {
            "option" if self.take(1)[0] == 0 => Value::Null,
            "option" | "newtype" => self.value(&shape["of"]),
            "seq" => (0..self.count())
                .map(|_| self.value(&shape["of"]))
                .collect(),
            "array" => (0..shape["len"].as_u64().unwrap())
                .map(|_| self.value(&shape["of"]))
                .collect(),
            "tuple" | "tuple-struct" => self.list(&shape["of"]),
            "unit-struct" => Value::Null,
            "struct" => self.fields(&shape["fields"]),
            "enum" => self.variant(shape),
            "map" => {
                let mut entries = Map::new();
                for _ in 0..self.count() {
                    let key = self.value(&shape["key"]);
                    entries.insert(
                        key.as_str().unwrap().to_owned(),
                        self.value(&shape["value"]),
                    );
                }
                Value::Object(entries)
            }
            _ => panic!("unknown kind {kind}"),
        };
        if is_named {
            self.named.pop();
        }
        value
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Marker;
#[derive(Clone, Serialize, Deserialize)]
struct Id(u64);
#[derive(Clone, Serialize, Deserialize)]
struct Point(f32, f32);
#[derive(Clone, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid(u32),
    Both(u8, u8),
    Trial { days: u8, then: Box<Plan> },
}
#[derive(Clone, Serialize, Deserialize)]
struct User {
    name: String,
    roles: Vec<String>,
    locale: Option<String>,
    limits: BTreeMap<String, u32>,
    hash: [u8; 32],
    pair: (u8, String),
    marker: Marker,
    id: Id,
    point: Point,
    plans: Vec<Plan>,
    numbers: (bool, i8, i16, i32, i64, u16, u64, f64, char, ()),
    next: Option<Box<User>>,
}
cloakroom::payload!(User);

#[test]
fn a_reader_without_the_type_finds_every_field() {
    let mut user = User {
        name: "Anna \u{e9}".into(),
        roles: vec!["admin".into(), String::new()],
        locale: Some("de".into()),
        limits: BTreeMap::from([("calls".into(), 1_000_000), ("mails".into(), 0)]),
        hash: [7; 32],
        pair: (1, "x".into()),
        marker: Marker,
        id: Id(u64::MAX),
        point: Point(0.5, -2.0),
        plans: vec![
            Plan::Free,
            Plan::Paid(300),
            Plan::Both(1, 2),
            Plan::Trial {
                days: 9,
                then: Box::new(Plan::Free),
            },
        ],
        numbers: (
            true,
            -1,
            i16::MIN,
            -300,
            i64::MIN,
            u16::MAX,
            1 << 63,
            0.1,
            '\u{1f512}',
            (),
        ),
        next: None,
    };
    user.next = Some(Box::new(User {
        locale: None,
        ..user.clone()
    }));
    let mut buffer = [0; 1024];
    let len = User::encode(&user, &mut buffer).unwrap();
    let description: Value = serde_json::from_str(&describe::<User>().unwrap().to_json()).unwrap();
    assert_eq!(description["schema"], json!([1, 0]));
    let mut reader = Reader {
        bytes: &buffer[..len],
        named: Vec::new(),
    };
    assert_eq!(
        reader.value(&description["payload"]),
        serde_json::to_value(&user).unwrap()
    );
    assert!(reader.bytes.is_empty());
}
