//! The shape tracer: a table of types and the lines they print as.
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

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroI8, NonZeroU64};
use std::time::{Duration, SystemTime};

use cloakroom::schema::{Description, Shape, describe};
use serde::{Deserialize, Serialize};

/// The text of a type, after checking that it reads back as the same shape.
#[track_caller]
fn text<V: Deserialize<'static>>() -> String {
    let shape = Shape::of::<V>().unwrap();
    let text = shape.to_string();
    assert_eq!(text.parse::<Shape>().unwrap(), shape, "{text}");
    assert!(
        text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{text}"
    );
    serde_json::from_str::<serde_json::Value>(&shape.to_json()).unwrap();
    text
}

#[derive(Serialize, Deserialize)]
enum Plan {
    Free,
    Paid(u32),
}

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
    admin: bool,
    roles: Vec<String>,
    plan: Plan,
}
cloakroom::payload!(User);

#[derive(Serialize, Deserialize)]
struct Borrowed<'a> {
    name: &'a str,
    picture: &'a [u8],
    #[serde(borrow)]
    nick: Option<Cow<'a, str>>,
}
cloakroom::payload!(Borrowed<'_>, schema = (3, 0));

#[test]
fn the_line_of_the_documentation() {
    let user = describe::<User>().unwrap();
    let line = "1.0 User { name: str, admin: bool, roles: seq<str>, \
                plan: enum Plan { 0 Free, 1 Paid(u32) } }";
    assert_eq!(user.to_string(), line);
    assert_eq!(line.parse::<Description>().unwrap(), user);
    let borrowed = describe::<Borrowed<'_>>().unwrap();
    assert_eq!(
        borrowed.to_string(),
        "3.0 Borrowed { name: str, picture: bytes, nick: option<str> }"
    );
    assert_eq!(describe::<()>().unwrap().to_string(), "1.0 unit");
}

#[test]
fn json_has_the_same_information() {
    assert_eq!(
        describe::<User>().unwrap().to_json(),
        concat!(
            r#"{"schema":[1,0],"payload":{"kind":"struct","name":"User","fields":["#,
            r#"{"name":"name","type":"str"},{"name":"admin","type":"bool"},"#,
            r#"{"name":"roles","type":{"kind":"seq","of":"str"}},"#,
            r#"{"name":"plan","type":{"kind":"enum","name":"Plan","variants":["#,
            r#"{"index":0,"name":"Free"},{"index":1,"name":"Paid","newtype":"u32"}]}}]}}"#,
        )
    );
    assert_eq!(
        Shape::of::<Tree>().unwrap().to_json(),
        concat!(
            r#"{"kind":"struct","name":"Tree","fields":[{"name":"children","#,
            r#""type":{"kind":"seq","of":{"kind":"ref","name":"Tree","nth":1}}}]}"#,
        )
    );
}

#[test]
fn plain_types() {
    assert_eq!(
        text::<(bool, i8, i16, i32, i64, i128)>(),
        "(bool, i8, i16, i32, i64, i128)"
    );
    assert_eq!(
        text::<(u8, u16, u32, u64, u128)>(),
        "(u8, u16, u32, u64, u128)"
    );
    assert_eq!(
        text::<(f32, f64, char, String, ())>(),
        "(f32, f64, char, str, unit)"
    );
    assert_eq!(text::<&[u8]>(), "bytes");
    assert_eq!(text::<Option<Box<u8>>>(), "option<u8>");
    assert_eq!(text::<Option<Option<u8>>>(), "option<option<u8>>");
    assert_eq!(text::<BTreeSet<Box<str>>>(), "seq<str>");
    assert_eq!(text::<BTreeMap<String, Vec<u32>>>(), "map<str, seq<u32>>");
    assert_eq!(
        text::<HashMap<u8, HashMap<u8, Plan>>>()
            .matches("Plan")
            .count(),
        1
    );
    assert_eq!(text::<[u8; 32]>(), "[u8; 32]");
    assert_eq!(text::<(u32, u32)>(), "[u32; 2]");
    assert_eq!(text::<(u32,)>(), "[u32; 1]");
    assert_eq!(text::<[u8; 0]>(), "()");
    assert_eq!(text::<[[Option<u8>; 3]; 2]>(), "[[option<u8>; 3]; 2]");
    assert_eq!(
        text::<Result<u8, String>>(),
        "enum Result { 0 Ok(u8), 1 Err(str) }"
    );
    assert_eq!(text::<Duration>(), "Duration { secs: u64, nanos: u32 }");
    assert!(text::<SystemTime>().starts_with("SystemTime {"));
    assert_eq!(text::<Ipv4Addr>(), "[u8; 4]");
    assert_eq!(
        text::<IpAddr>(),
        "enum IpAddr { 0 V4([u8; 4]), 1 V6([u8; 16]) }"
    );
    assert_eq!(text::<PhantomData<u8>>(), "unit PhantomData");
    assert_eq!(
        text::<std::ops::Range<u8>>(),
        "Range { start: u8, end: u8 }"
    );
    assert_eq!(text::<(NonZeroU64, NonZeroI8)>(), "(u64, i8)");
}

#[derive(Deserialize)]
struct Unit;
#[derive(Deserialize)]
struct Empty {}
#[derive(Deserialize)]
struct Id(u64);
#[derive(Deserialize)]
struct Point(f32, f32);
#[derive(Deserialize)]
struct One(#[serde(skip)] u8, u16);
#[derive(Deserialize)]
struct Page<T> {
    item: T,
}
#[derive(Deserialize)]
enum Data {
    Unit,
    New(Id),
    Empty(),
    Two(u8, Box<str>),
    Alike(u8, u8),
    Named { a: u8, b: Plan },
    Nothing {},
}
#[derive(Deserialize)]
#[serde(rename = "odd name", rename_all = "kebab-case")]
struct Odd {
    two_words: u8,
    #[serde(rename = "caf\u{e9} \"\\")]
    quoted: u8,
    #[serde(skip)]
    absent: u8,
    option: u8,
}
#[derive(Deserialize)]
#[serde(rename = "str")]
struct Str {
    a: u8,
}

#[test]
fn containers() {
    assert_eq!(text::<Unit>(), "unit Unit");
    assert_eq!(text::<(Unit, ())>(), "(unit Unit, unit)");
    assert_eq!(text::<Empty>(), "Empty {}");
    assert_eq!(text::<Id>(), "Id(u64)");
    assert_eq!(text::<Point>(), "Point(f32, f32)");
    assert_eq!(text::<One>(), "One(u16,)");
    assert_eq!(
        text::<Data>(),
        "enum Data { 0 Unit, 1 New(Id(u64)), 2 Empty(), 3 Two(u8, str), 4 Alike(u8, u8), \
         5 Named { a: u8, b: enum Plan { 0 Free, 1 Paid(u32) } }, 6 Nothing {} }"
    );
    assert_eq!(
        text::<Odd>(),
        r#""odd name" { two-words: u8, "caf\u{e9} \"\\": u8, option: u8 }"#
    );
    assert_eq!(text::<Str>(), r#""str" { a: u8 }"#);
    // The same name, but not the same type: no recursion.
    assert_eq!(text::<Page<Page<u8>>>(), "Page { item: Page { item: u8 } }");
}

#[derive(Deserialize)]
struct Tree {
    children: Vec<Tree>,
}
#[derive(Deserialize)]
struct List {
    value: Plan,
    next: Option<Box<List>>,
}
#[derive(Deserialize)]
enum Expr {
    Add(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Call {
        name: String,
        args: BTreeMap<String, Expr>,
    },
    Lit(i64),
}
#[derive(Deserialize)]
struct Even(Option<Box<Odds>>);
#[derive(Deserialize)]
struct Odds {
    odd: Box<Even>,
    after: u8,
}
#[derive(Deserialize)]
struct Endless {
    next: Box<Endless>,
}
#[derive(Deserialize)]
struct Nest {
    first: Page<Box<Option<Nest>>>,
    second: Vec<Page<Nest>>,
    third: u8,
}

#[test]
fn recursion() {
    assert_eq!(text::<Tree>(), "Tree { children: seq<^Tree> }");
    assert_eq!(
        text::<List>(),
        "List { value: enum Plan { 0 Free, 1 Paid(u32) }, next: option<^List> }"
    );
    assert_eq!(
        text::<Expr>(),
        "enum Expr { 0 Add(^Expr, ^Expr), 1 Not(^Expr), \
         2 Call { name: str, args: map<str, ^Expr> }, 3 Lit(i64) }"
    );
    assert_eq!(
        text::<Even>(),
        "Even(option<Odds { odd: ^Even, after: u8 }>)"
    );
    assert_eq!(
        text::<Nest>(),
        "Nest { first: Page { item: option<^Nest> }, second: seq<Page { item: ^Nest }>, third: u8 }"
    );
    let endless = Shape::of::<Endless>().unwrap_err();
    assert!(endless.to_string().contains("no finite value"));
}

mod inner {
    #[derive(serde::Deserialize)]
    pub(crate) struct Node {
        pub(crate) outer: Option<Box<super::Node>>,
        pub(crate) own: Option<Box<Node>>,
    }
}
#[derive(Deserialize)]
struct Node {
    inner: inner::Node,
}

#[test]
fn two_types_of_one_name_are_told_apart() {
    assert_eq!(
        text::<Node>(),
        "Node { inner: Node { outer: option<^^Node>, own: option<^Node> } }"
    );
}

#[test]
fn text_that_is_no_shape_is_refused() {
    let deep = format!("{}u8{}", "option<".repeat(10_000), ">".repeat(10_000));
    for bad in [
        "",
        "User",
        "User {",
        "User { a }",
        "User { a: }",
        "u9",
        "option<u8",
        "option",
        "seq<>",
        "enum A { 1 B }",
        "enum A { B }",
        "[u8; 0]",
        "[u8]",
        "(u8 u8)",
        "u8 u8",
        "\"a",
        "^",
        "\"str\"",
        "map<u8>",
        "A(,)",
        "\"\\u{110000}\" {}",
        "\u{e9} {}",
        deep.as_str(),
    ] {
        assert!(bad.parse::<Shape>().is_err(), "{bad}");
    }
    for bad in [
        "",
        "1.0",
        "1 u8",
        "01.0 u8",
        "1.00 u8",
        "+1.0 u8",
        "1.0.0 u8",
        "4294967296.0 u8",
    ] {
        assert!(bad.parse::<Description>().is_err(), "{bad}");
    }
    let spaced = " 1.0   User{name:str,admin : bool,}"
        .parse::<Description>()
        .unwrap();
    assert_eq!(spaced.to_string(), "1.0 User { name: str, admin: bool }");
}
