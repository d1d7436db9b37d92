//! What the tracer makes up satisfies types that insist on one value, what has no shape is named by its
//! place, and names of every kind are written so that they read back.
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::use_self,
    missing_docs
)]
#![allow(dead_code, reason = "the types are read by their `Deserialize` alone")]

use std::collections::BTreeMap;

use cloakroom::schema::Shape;
use serde::Deserialize;

macro_rules! insists {
    ($name:ident($type:ty = $text:literal) $check:expr) => {
        #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[serde(try_from = $text)]
        struct $name;
        impl TryFrom<$type> for $name {
            type Error = &'static str;
            fn try_from(raw: $type) -> Result<Self, &'static str> {
                let check: fn($type) -> bool = $check;
                if check(raw) { Ok(Self) } else { Err("another") }
            }
        }
    };
}

insists!(Off(bool = "bool") | off | !off);
insists!(On(bool = "bool") | on | on);
insists!(Half(f32 = "f32") | number | number.to_bits() == 0.5_f32.to_bits());
insists!(Capital(char = "char") | letter | letter == 'A');

/// postcard's bytes do not say which.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
enum Any {
    Number(u8),
    Text(String),
}

#[derive(Deserialize)]
struct Insisting {
    off: Off,
    on: On,
    half: Half,
    capital: Capital,
    // A refused value ends a run: something has to come after each.
    last: u8,
}

#[test]
fn values_are_found_that_a_type_insists_on() {
    assert_eq!(
        Shape::of::<Insisting>().unwrap().to_string(),
        "Insisting { off: bool, on: bool, half: f32, capital: char, last: u8 }"
    );
}

#[derive(Deserialize)]
struct InList {
    list: Vec<Any>,
}

#[derive(Deserialize)]
struct InKey {
    table: BTreeMap<Any, u8>,
}

#[derive(Deserialize)]
struct InValue {
    table: BTreeMap<u8, Any>,
}

#[test]
fn what_has_no_shape_is_named_by_its_place() {
    let place = |result: Result<Shape, _>| {
        let error: cloakroom::schema::ShapeError = result.unwrap_err();
        error.path().to_owned()
    };
    assert_eq!(place(Shape::of::<InList>()), "InList.list[]");
    assert_eq!(place(Shape::of::<InKey>()), "InKey.table[key]");
    assert_eq!(place(Shape::of::<InValue>()), "InValue.table[]");
}

#[test]
fn names_that_are_words_of_the_grammar_are_quoted_and_read_back() {
    for text in [
        r#""option" { a: u8 }"#,
        r#""seq" { a: u8 }"#,
        r#""map" { a: u8 }"#,
        r#""enum" { a: u8 }"#,
        r#""unit" { a: u8 }"#,
        r#""u8" { a: u8 }"#,
        r#"unit "unit""#,
        "unit _Mark",
        "_name { a: u8 }",
        r#""9a" { a: u8 }"#,
        r#"A { "9": u8 }"#,
    ] {
        let shape: Shape = text.parse().unwrap();
        assert_eq!(shape.to_string(), text);
        assert_eq!(shape.to_string().parse::<Shape>().unwrap(), shape);
    }
}

#[derive(Deserialize)]
struct Odd {
    #[serde(rename = "a\u{1}b")]
    field: u8,
}

#[test]
fn control_characters_are_escaped_in_json() {
    let json = Shape::of::<Odd>().unwrap().to_json();
    assert!(json.contains(r"a\u0001b"), "{json}");
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}
