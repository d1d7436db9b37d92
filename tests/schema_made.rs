//! What the tracer makes up satisfies types that insist on one value, in this release and in the ones
//! before it; what has no shape is named by its place, and names of every kind are written so that they
//! read back.
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::use_self,
    missing_docs
)]
#![allow(dead_code, reason = "the types are read by their `Deserialize` alone")]

use std::collections::BTreeMap;

use cloakroom::Payload;
use cloakroom::schema::{Shape, check_unchanged};
use serde::{Deserialize, Serialize};

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

/// A statement is empty or runs an expression, and an expression ends only in a statement.
#[derive(Deserialize)]
enum Statement {
    Empty,
    Run(Expression),
}

#[derive(Deserialize)]
enum Expression {
    Block(Box<Statement>),
    // What comes after an expression is seen only if one can be made up.
    Both(Box<Expression>, u8),
}

#[test]
fn a_value_is_found_that_is_finite_only_by_way_of_an_enclosing_type() {
    assert_eq!(
        Shape::of::<Statement>().unwrap().to_string(),
        "enum Statement { 0 Empty, \
         1 Run(enum Expression { 0 Block(^Statement), 1 Both(^Expression, u8) }) }"
    );
}

/// That `T` has the shape of the last line, and that what the first one lacks has a default.
#[track_caller]
fn grows<T>(test: &str, lines: &str)
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    let name = format!("cloakroom-made-{test}-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, lines).unwrap();
    let result = check_unchanged::<T>(&path);
    std::fs::remove_file(&path).unwrap();
    result.unwrap();
}

/// Far apart on the tracer's list of texts: from the first on it takes 20 tries to the second and 33 to
/// the third, and a part may refuse 40 times.
const ZONES: [&str; 3] = ["a", "UTC", "0123456789abcdef0123456789abcdef"];

#[derive(Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Zone(String);
impl TryFrom<String> for Zone {
    type Error = &'static str;
    fn try_from(raw: String) -> Result<Self, &'static str> {
        let known = ZONES.contains(&raw.as_str());
        known.then_some(Self(raw)).ok_or("no zone")
    }
}

#[derive(Deserialize)]
#[serde(rename = "Picky")]
struct Unchecked {
    zone: Zone,
    #[serde(default)]
    second: u8,
    #[serde(default)]
    third: u8,
}

/// Each release insists on another zone.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
struct Picky {
    zone: Zone,
    second: u8,
    third: u8,
}
impl TryFrom<Unchecked> for Picky {
    type Error = &'static str;
    fn try_from(raw: Unchecked) -> Result<Self, &'static str> {
        let Unchecked {
            zone,
            second,
            third,
        } = raw;
        let wanted = match (second, third) {
            (0, 0) => "UTC",
            (_, 0) => "0123456789abcdef0123456789abcdef",
            _ => zone.0.as_str(),
        };
        let good = zone.0 == wanted;
        good.then_some(Self {
            zone,
            second,
            third,
        })
        .ok_or("another zone")
    }
}
cloakroom::payload!(Picky, schema = (1, 1));

#[test]
fn refusals_without_one_field_do_not_count_against_the_next() {
    grows::<Picky>(
        "refusals",
        "1.0 Picky { zone: str }\n1.1 Picky { zone: str, second: u8, third: u8 }\n",
    );
}

#[derive(Serialize, Deserialize)]
struct Inner {
    a: u8,
    b: u8,
    c: u8,
}

#[derive(Serialize, Deserialize)]
struct Outer {
    inner: Inner,
    #[serde(default)]
    more: u8,
}
cloakroom::payload!(Outer, schema = (1, 1));

#[test]
fn fields_are_left_out_of_the_outermost_struct_and_of_no_other() {
    let inner = "inner: Inner { a: u8, b: u8, c: u8 }";
    let lines = format!("1.0 Outer {{ {inner} }}\n1.1 Outer {{ {inner}, more: u8 }}\n");
    grows::<Outer>("outermost", &lines);
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
