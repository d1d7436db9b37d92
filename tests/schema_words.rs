//! The drift alarm names what changed, whatever kind of part it is and however deep it lies.
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::use_self,
    missing_docs
)]
#![allow(dead_code, reason = "the types are read by their `Deserialize` alone")]

use std::collections::BTreeMap;
use std::fs;

use cloakroom::Payload;
use cloakroom::schema::{DriftKind, check_unchanged};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Id(u8);

#[derive(Serialize, Deserialize)]
struct Point(u8, u16);

#[derive(Serialize, Deserialize)]
struct Mark;

#[derive(Serialize, Deserialize)]
enum Choice {
    Pair(u8, u16),
}

#[derive(Serialize, Deserialize)]
struct Whole {
    maybe: Option<u8>,
    table: BTreeMap<u8, u16>,
    row: [u8; 4],
    pair: (u8, u16),
    id: Id,
    point: Point,
    mark: Mark,
    choice: Choice,
}
cloakroom::payload!(Whole);

#[derive(Serialize, Deserialize)]
struct Wrapped(u8);
cloakroom::payload!(Wrapped);

#[derive(Serialize, Deserialize)]
struct Tuple(u8, u16);
cloakroom::payload!(Tuple);

#[derive(Serialize, Deserialize)]
struct Bare;
cloakroom::payload!(Bare);

const WHOLE: &str = "1.0 Whole { maybe: option<u8>, table: map<u8, u16>, row: [u8; 4], \
                     pair: (u8, u16), id: Id(u8), point: Point(u8, u16), mark: unit Mark, \
                     choice: enum Choice { 0 Pair(u8, u16) } }";

/// What the alarm says about `T` where `recorded` is what was released.
#[track_caller]
fn said<T>(test: &str, recorded: &str) -> String
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    let path = std::env::temp_dir().join(format!("cloakroom-{test}-{}", std::process::id()));
    fs::write(&path, recorded).unwrap();
    let result = check_unchanged::<T>(&path);
    fs::remove_file(&path).unwrap();
    let drift = result.unwrap_err();
    assert_eq!(drift.kind(), DriftKind::Changed, "{drift}");
    drift.to_string()
}

#[test]
fn a_difference_inside_is_told_where_it_is() {
    for (now, before, words) in [
        (
            "option<u8>",
            "option<u16>",
            "`Whole.maybe` was `u16` and is `u8`",
        ),
        (
            "map<u8, ",
            "map<u32, ",
            "`Whole.table[key]` was `u32` and is `u8`",
        ),
        (
            "map<u8, u16>",
            "map<u8, u32>",
            "`Whole.table[]` was `u32` and is `u16`",
        ),
        ("[u8; 4]", "[u16; 4]", "`Whole.row[]` was `u16` and is `u8`"),
        (
            "pair: (u8, u16)",
            "pair: (u8, u32)",
            "`Whole.pair.1` was `u32` and is `u16`",
        ),
        ("Id(u8)", "Id(u16)", "`Whole.id` was `u16` and is `u8`"),
        (
            "Point(u8, u16)",
            "Point(u8, u32)",
            "`Whole.point.1` was `u32` and is `u16`",
        ),
        (
            "0 Pair(u8, u16)",
            "0 Pair(u8, u32)",
            "`Whole.choice.Pair.1` was `u32` and is `u16`",
        ),
    ] {
        let text = said::<Whole>("inside", &WHOLE.replacen(now, before, 1));
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}

#[test]
fn another_number_of_parts_is_told_with_both() {
    for (now, before, words) in [
        (
            "pair: (u8, u16)",
            "pair: (u8, u16, u8)",
            "`Whole.pair` was `(u8, u16, u8)` and is `(u8, u16)`",
        ),
        (
            "Point(u8, u16)",
            "Point(u8, u16, u8)",
            "`Whole.point` was `Point(u8, u16, u8)` and is `Point(u8, u16)`",
        ),
        (
            "0 Pair(u8, u16)",
            "0 Pair(u8, u16, u8)",
            "variant `Whole.choice.Pair` holds something else",
        ),
        (
            "maybe: option<u8>",
            "perhaps: u8",
            "field `Whole.perhaps` gave way to `maybe`",
        ),
    ] {
        let text = said::<Whole>("parts", &WHOLE.replacen(now, before, 1));
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}

#[test]
fn another_name_of_a_nested_type_is_told_as_one() {
    for (name, place) in [
        ("Id", "id"),
        ("Point", "point"),
        ("Mark", "mark"),
        ("Choice", "choice"),
    ] {
        let text = said::<Whole>("names", &WHOLE.replacen(name, "Former", 1));
        let words = format!("the type `Former` of `Whole.{place}` is called `{name}` now");
        assert!(text.contains(&words), "{words} is not in: {text}");
    }
}

#[test]
fn the_outermost_type_is_called_by_its_name() {
    for (text, words) in [
        (
            said::<Wrapped>("wrapped", "1.0 Wrapped(u16)"),
            "`Wrapped` was `u16` and is `u8`",
        ),
        (
            said::<Tuple>("tuple", "1.0 Tuple(u8, u32)"),
            "`Tuple.1` was `u32` and is `u16`",
        ),
        (
            said::<Bare>("bare", "1.0 unit Former"),
            "the type `Former` of `Former` is called `Bare` now",
        ),
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}
