//! The payload shapes of SPEC §16.5, at any schema number, and their values as JSON.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use cloakroom::schema::{EncodeError, Ends, Unreadable};
use cloakroom::{NoPrevious, OwnedPayload, Payload, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::input::to_hex;

/// A shape that can be shown as SPEC §16.5 says.
pub(crate) trait Shape: Sized + 'static {
    fn json(&self) -> Value;
    fn write(&self, out: &mut [u8]) -> Result<usize, EncodeError>;
    fn read(bytes: &[u8], ends: Ends) -> Result<Self, Unreadable>;
}

/// A shape under a schema number: the number is part of the vector, not of the type.
pub(crate) struct At<S, const MAJOR: u32, const MINOR: u32>(pub(crate) S, PhantomData<S>);

impl<S: Shape, const MAJOR: u32, const MINOR: u32> Payload for At<S, MAJOR, MINOR> {
    const SCHEMA: Schema = Schema::new(MAJOR, MINOR);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        value.0.write(out)
    }

    fn decode(bytes: &[u8], ends: Ends) -> Result<Self, Unreadable> {
        S::read(bytes, ends).map(|shape| Self(shape, PhantomData))
    }
}

impl<S: Shape, const MAJOR: u32, const MINOR: u32> OwnedPayload for At<S, MAJOR, MINOR> {}

/// Bytes written as they are under any schema number, for what `issue` and `rotate` are given.
pub(crate) struct Given<const MAJOR: u32, const MINOR: u32>(pub(crate) Vec<u8>);

impl<const MAJOR: u32, const MINOR: u32> Payload for Given<MAJOR, MINOR> {
    const SCHEMA: Schema = Schema::new(MAJOR, MINOR);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = value.0.len();
        out.get_mut(..needed)
            .ok_or(EncodeError::TooLong { needed })?
            .copy_from_slice(&value.0);
        Ok(needed)
    }

    fn decode(bytes: &[u8], _: Ends) -> Result<Self, Unreadable> {
        Ok(Self(bytes.to_vec()))
    }
}

impl<const MAJOR: u32, const MINOR: u32> OwnedPayload for Given<MAJOR, MINOR> {}

pub(crate) struct Raw(Vec<u8>);

impl Shape for Raw {
    fn json(&self) -> Value {
        to_hex(&self.0).into()
    }

    fn write(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        cloakroom::RawBytes::encode(&cloakroom::RawBytes(self.0.clone()), out)
    }

    fn read(bytes: &[u8], ends: Ends) -> Result<Self, Unreadable> {
        cloakroom::RawBytes::decode(bytes, ends).map(|raw| Self(raw.0))
    }
}

/// A structured shape: what `payload!` makes of a type.
trait Structured: Serialize + DeserializeOwned + 'static {
    fn value(&self) -> Value;
}

impl<T: Structured> Shape for T {
    fn json(&self) -> Value {
        self.value()
    }

    fn write(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        cloakroom::__private::encode_postcard(self, out)
    }

    fn read(bytes: &[u8], ends: Ends) -> Result<Self, Unreadable> {
        cloakroom::__private::decode_postcard(bytes, ends)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct User {
    id: u64,
    name: String,
    admin: bool,
}

impl Structured for User {
    fn value(&self) -> Value {
        json!({ "id": self.id.to_string(), "name": self.name, "admin": self.admin })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct User1 {
    id: u64,
    name: String,
    admin: bool,
    #[serde(default)]
    theme: Option<String>,
}

impl Structured for User1 {
    fn value(&self) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name, "admin": self.admin, "theme": self.theme,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct User2 {
    id: u64,
    name: String,
    admin: bool,
    #[serde(default)]
    theme: Option<String>,
    #[serde(default)]
    scopes: Vec<u16>,
}

impl Structured for User2 {
    fn value(&self) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name, "admin": self.admin, "theme": self.theme,
            "scopes": self.scopes,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Inner {
    read: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Limits1 {
    limits: Inner,
    admin: bool,
    #[serde(default)]
    note: String,
}

impl Structured for Limits1 {
    fn value(&self) -> Value {
        json!({ "limits": { "read": self.limits.read }, "admin": self.admin, "note": self.note })
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Extra {
    a: u8,
    b: u8,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Limits2 {
    limits: Inner,
    admin: bool,
    #[serde(default)]
    note: String,
    #[serde(default)]
    extra: Extra,
}

impl Structured for Limits2 {
    fn value(&self) -> Value {
        json!({
            "limits": { "read": self.limits.read }, "admin": self.admin, "note": self.note,
            "extra": { "a": self.extra.a, "b": self.extra.b },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Tree {
    Leaf(u8),
    One(Box<Self>),
    Both(u8, Box<Self>),
    Node { next: Box<Self> },
}

impl Structured for Tree {
    fn value(&self) -> Value {
        match self {
            Self::Leaf(number) => json!({ "leaf": number }),
            Self::One(tree) => json!({ "one": tree.value() }),
            Self::Both(number, tree) => json!({ "both": [number, tree.value()] }),
            Self::Node { next } => json!({ "node": { "next": next.value() } }),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Units {
    items: Vec<()>,
}

impl Structured for Units {
    fn value(&self) -> Value {
        json!({ "items": self.items })
    }
}

/// What has a level, within itself.
#[derive(Serialize, Deserialize)]
enum Nest {
    End,
    One(Box<Self>),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
    Pair { next: (u8, Box<Self>) },
}

impl Nest {
    fn value(&self) -> Value {
        match self {
            Self::End => json!({ "end": null }),
            Self::One(nest) => json!({ "one": nest.value() }),
            Self::List(list) => json!({ "list": list.iter().map(Self::value).collect::<Value>() }),
            Self::Map(map) => {
                let map: serde_json::Map<_, _> = map
                    .iter()
                    .map(|(key, nest)| (key.clone(), nest.value()))
                    .collect();
                json!({ "map": map })
            }
            Self::Pair { next } => json!({ "pair": { "next": [next.0, next.1.value()] } }),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Bounds {
    items: Vec<()>,
    more: Vec<()>,
    map: BTreeMap<String, u8>,
    nest: Nest,
}

impl Structured for Bounds {
    fn value(&self) -> Value {
        json!({
            "items": self.items, "more": self.more, "map": self.map, "nest": self.nest.value(),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Chain {
    next: Option<Box<Self>>,
}

impl Structured for Chain {
    fn value(&self) -> Value {
        json!({ "next": self.next.as_ref().map(|next| next.value()) })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Choice {
    A,
    B(u32),
    C(u8, u16),
    D { x: bool },
}

impl Structured for Choice {
    fn value(&self) -> Value {
        match self {
            Self::A => json!({ "a": null }),
            Self::B(number) => json!({ "b": number }),
            Self::C(one, two) => json!({ "c": [one, two] }),
            Self::D { x } => json!({ "d": { "x": x } }),
        }
    }
}

/// The encoding of `bytes` and of a sequence of `u8` is the same; this asks for the former.
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Kinds {
    flag: bool,
    a: u8,
    b: i8,
    c: u16,
    d: i16,
    e: u32,
    f: i32,
    g: u64,
    h: i64,
    x: f32,
    y: f64,
    text: String,
    blob: Blob,
    opt: Option<u8>,
    list: Vec<u16>,
    map: BTreeMap<String, u8>,
    pair: (u8, u16),
    choice: Choice,
    nothing: (),
}

impl Structured for Kinds {
    fn value(&self) -> Value {
        json!({
            "flag": self.flag, "a": self.a, "b": self.b, "c": self.c, "d": self.d, "e": self.e,
            "f": self.f, "g": self.g.to_string(), "h": self.h.to_string(),
            "x": to_hex(&self.x.to_le_bytes()), "y": to_hex(&self.y.to_le_bytes()),
            "text": self.text, "blob": to_hex(&self.blob.0), "opt": self.opt, "list": self.list,
            "map": self.map, "pair": [self.pair.0, self.pair.1], "choice": self.choice.value(),
            "nothing": self.nothing,
        })
    }
}
