//! The shape tracer on types that are picky, and on types that have no shape.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::use_self,
    missing_docs
)]
#![allow(dead_code, reason = "the types are read by their `Deserialize` alone")]

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use cloakroom::schema::Shape;
use serde::Deserialize;
use serde::de::{self, Deserializer};

#[track_caller]
fn error<V: Deserialize<'static>>() -> String {
    Shape::of::<V>().unwrap_err().to_string()
}

#[derive(Deserialize)]
enum Plan {
    Free,
    Paid(u32),
}
#[derive(Deserialize)]
struct Page<T> {
    item: T,
}

macro_rules! checked {
    ($name:ident($type:ty = $text:literal) $check:expr) => {
        #[derive(Deserialize)]
        #[serde(try_from = $text)]
        struct $name;
        impl TryFrom<$type> for $name {
            type Error = &'static str;
            fn try_from(raw: $type) -> Result<Self, &'static str> {
                let check: fn(&$type) -> bool = $check;
                if check(&raw) {
                    Ok(Self)
                } else {
                    Err("not good enough")
                }
            }
        }
    };
}

checked!(Email(String = "String") | text | text.contains('@'));
checked!(Below((u8, u8) = "(u8, u8)") | (low, high) | low < high);
checked!(Filled(Vec<u8> = "Vec<u8>") |list| list.len() >= 2);
checked!(Two(BTreeSet<u8> = "BTreeSet<u8>") |set| set.len() == 2);
checked!(On(bool = "bool") | on | *on);
checked!(Never(String = "String") | _ | false);

struct Digest;
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Digest;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("16 bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Digest, E> {
                if bytes.len() == 16 {
                    Ok(Digest)
                } else {
                    Err(E::custom("not 16 bytes"))
                }
            }
        }
        input.deserialize_byte_buf(Bytes)
    }
}

#[derive(Deserialize)]
struct Checked {
    email: Email,
    digest: Digest,
    below: Below,
    filled: Filled,
    two: Two,
    on: On,
    // Makes more runs necessary than the first, in which everything above is checked again.
    plan: Plan,
    last: Option<NonZeroU64>,
}

#[derive(Deserialize)]
struct Stubborn {
    before: u8,
    never: Never,
}

#[test]
fn types_that_check_what_they_read() {
    assert_eq!(
        Shape::of::<Checked>().unwrap().to_string(),
        "Checked { email: str, digest: bytes, below: [u8; 2], filled: seq<u8>, two: seq<u8>, \
         on: bool, plan: enum Plan { 0 Free, 1 Paid(u32) }, last: option<u64> }"
    );
    let stubborn = error::<(u8, Stubborn, u8)>();
    assert!(stubborn.contains("Never"), "{stubborn}");
    assert!(stubborn.contains(".never"), "{stubborn}");
    assert!(stubborn.contains("not good enough"), "{stubborn}");
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    A(u8),
    B(String),
}
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Internal {
    A { a: u8 },
    B { b: u8 },
}
#[derive(Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    A(u8),
    B(String),
}
#[derive(Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    rest: Page<u8>,
}
#[derive(Deserialize)]
struct Alias {
    #[serde(alias = "b")]
    a: u8,
    c: u8,
}
#[derive(Deserialize)]
enum AliasedVariant {
    #[serde(alias = "B")]
    A,
    C,
}
struct Deep<const N: usize>;
macro_rules! deep {
    ($($n:literal)*) => {$(
        impl<'de> Deserialize<'de> for Deep<$n> {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                <(Deep<{ $n - 1 }>, Deep<{ $n - 1 }>)>::deserialize(input).map(|_| Self)
            }
        }
    )*};
}
impl<'de> Deserialize<'de> for Deep<0> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        u8::deserialize(input).map(|_| Self)
    }
}
deep!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20);

/// Contains itself, and no name says so.
#[derive(Debug)]
struct Hole;
impl<'de> Deserialize<'de> for Hole {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        <(u8, Box<Hole>)>::deserialize(input).map(|_| Self)
    }
}
/// Asks for something else each time.
struct Moody;
impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static TURN: AtomicU32 = AtomicU32::new(0);
        if TURN.fetch_add(1, Ordering::Relaxed) % 2 == 0 {
            u8::deserialize(input).map(|_| Self)
        } else {
            u16::deserialize(input).map(|_| Self)
        }
    }
}
struct Failing;
impl<'de> Deserialize<'de> for Failing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom("out of order"))
    }
}

#[test]
fn what_postcard_cannot_read_is_named() {
    for (error, wanted) in [
        (error::<Page<Untagged>>(), ["`Page.item`", "untagged"]),
        (error::<Page<Internal>>(), ["`Page.item`", "tag = "]),
        (error::<Page<Adjacent>>(), ["`Page.item.type`", "content"]),
        (
            error::<Page<serde_json::Value>>(),
            ["`Page.item`", "anything"],
        ),
        (error::<Option<Flat>>(), ["Flat", "flatten"]),
        (error::<(u8, Alias)>(), ["`the payload.1`", "alias"]),
        (error::<AliasedVariant>(), ["`AliasedVariant.", "alias"]),
        (error::<de::IgnoredAny>(), ["IgnoredAny", "skips"]),
        (error::<Hole>(), ["Hole", "deeply"]),
        (error::<(Moody, Plan)>(), ["Moody", "no one shape"]),
        (error::<Page<Failing>>(), ["`Page.item`", "out of order"]),
        (error::<Deep<20>>(), ["the payload", "too many"]),
    ] {
        assert!(
            wanted.iter().all(|wanted| error.contains(wanted)),
            "{error}"
        );
    }
}
