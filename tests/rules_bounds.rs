//! Payloads made to exhaust their reader: depth, counts of elements that take no bytes, and lengths
//! that the input merely claims.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::use_self,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use cloakroom::{IssueError, OwnedPayload, PayloadError, RawBytes};
use common::*;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What a reader of `T` makes of these bytes.
fn read<T: OwnedPayload>(bytes: &[u8]) -> Outcome {
    let world = world_of::<RawBytes>();
    let issued = world
        .sessions
        .issue("ada", &RawBytes(bytes.to_vec()))
        .unwrap();
    let reader = builder::<T, _>(&world.clock, world.list.clone())
        .build()
        .unwrap();
    outcome(&reader, issued.token.as_str())
}

/// A varint.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

macro_rules! wrapper {
    ($($name:ident($inner:ty);)*) => {$(
        #[derive(Serialize, Deserialize)]
        struct $name($inner);
        cloakroom::payload!($name);
    )*};
}

wrapper! {
    Units(Vec<()>);
    Letter(char);
    Letters(Vec<char>);
    UnitSet(HashSet<()>);
    Map(HashMap<u64, u64>);
    Lists(Vec<Vec<()>>);
}

#[derive(Serialize, Deserialize)]
struct Chain {
    next: Option<Box<Chain>>,
}
cloakroom::payload!(Chain);

#[derive(Serialize, Deserialize)]
struct Nest {
    lists: Vec<Nest>,
}
cloakroom::payload!(Nest);

#[test]
fn elements_of_no_size_are_counted_up_to_4096() {
    assert_eq!(read::<Units>(&varint(4_096)), Outcome::Live);
    assert_eq!(read::<UnitSet>(&varint(4_096)), Outcome::Live);
    // Without a bound these run for years.
    for count in [4_097, 65_536, 1 << 32, u64::MAX >> 1, u64::MAX] {
        assert_eq!(read::<Units>(&varint(count)), WRONG_SCHEMA, "{count}");
        assert_eq!(read::<UnitSet>(&varint(count)), WRONG_SCHEMA, "{count}");
    }
}

#[test]
fn the_count_is_of_the_whole_payload_and_not_of_each_list() {
    let lists = |sizes: &[u64]| {
        let mut bytes = varint(sizes.len() as u64);
        bytes.extend(sizes.iter().flat_map(|size| varint(*size)));
        read::<Lists>(&bytes)
    };
    assert_eq!(lists(&[2_047, 2_047]), Outcome::Live);
    assert_eq!(lists(&[2_047, 2_048]), WRONG_SCHEMA);
    assert_eq!(lists(&[4_095]), Outcome::Live);
    assert_eq!(lists(&[4_096]), WRONG_SCHEMA);
}

#[test]
fn nesting_ends_at_64_levels() {
    // Each link is a struct in an option: two levels. The last option is a level of its own.
    let chain = |links: usize| {
        let mut bytes = vec![1; links];
        bytes.push(0);
        read::<Chain>(&bytes)
    };
    assert_eq!(chain(31), Outcome::Live);
    assert_eq!(chain(32), WRONG_SCHEMA);
    // And each list in a struct.
    let nest = |lists: usize| {
        let mut bytes = vec![1; lists];
        bytes.push(0);
        read::<Nest>(&bytes)
    };
    assert_eq!(nest(31), Outcome::Live);
    assert_eq!(nest(32), WRONG_SCHEMA);
    // What would overflow the stack of a thread.
    assert_eq!(nest(2_900), WRONG_SCHEMA);
    assert_eq!(chain(2_900), WRONG_SCHEMA);
}

#[derive(Serialize, Deserialize)]
enum Odd {
    Leaf,
    Branch(Box<Odd>),
}
cloakroom::payload!(Odd);

#[test]
fn level_64_is_read_and_level_65_is_not() {
    // A variant is one level, its content adds none.
    let branch = |levels: usize| {
        let mut bytes = vec![1; levels - 1];
        bytes.push(0);
        read::<Odd>(&bytes)
    };
    assert_eq!(branch(64), Outcome::Live);
    assert_eq!(branch(65), WRONG_SCHEMA);
}

#[test]
fn what_is_too_large_to_be_read_is_not_sealed() {
    fn error<T: OwnedPayload>(value: &T) -> Option<PayloadError> {
        match world_of::<T>().sessions.issue("ada", value) {
            Ok(_) => None,
            Err(IssueError::Payload(error)) => Some(error),
            Err(other) => unreachable!("{other}"),
        }
    }
    assert_eq!(error(&Units(vec![(); 4_096])), None);
    assert_eq!(
        error(&Units(vec![(); 4_097])),
        Some(PayloadError::Unreadable)
    );
    let deep = |levels: usize| (1..levels).fold(Odd::Leaf, |odd, _| Odd::Branch(Box::new(odd)));
    assert_eq!(error(&deep(64)), None);
    assert_eq!(error(&deep(65)), Some(PayloadError::Unreadable));
}

thread_local! {
    /// The largest number of elements that a collection was told to expect.
    static PROMISED: Cell<usize> = const { Cell::new(0) };
}

/// A list or map that reads its elements and remembers what it was promised: what the collections
/// of the standard library reserve memory by.
struct Promised;

impl<'de> Visitor<'de> for Promised {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        PROMISED.set(PROMISED.get().max(seq.size_hint().unwrap_or(0)));
        while seq.next_element::<u64>()?.is_some() {
            PROMISED.set(PROMISED.get().max(seq.size_hint().unwrap_or(0)));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        PROMISED.set(PROMISED.get().max(map.size_hint().unwrap_or(0)));
        while map.next_entry::<u64, u64>()?.is_some() {
            PROMISED.set(PROMISED.get().max(map.size_hint().unwrap_or(0)));
        }
        Ok(())
    }
}

macro_rules! promised {
    ($($name:ident $method:ident;)*) => {$(
        #[derive(Serialize)]
        struct $name;

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.$method(Promised).map(|()| Self)
            }
        }
        cloakroom::payload!($name);
    )*};
}

promised! {
    AnyList deserialize_seq;
    AnyMap deserialize_map;
}

#[test]
fn a_length_that_the_input_merely_claims_is_not_promised_to_collections() {
    for count in [17, 100, 4_095, 4_096, 100_000, 1 << 32, u64::MAX] {
        let mut bytes = varint(count);
        bytes.extend([1; 8]);
        assert_eq!(read::<AnyList>(&bytes), WRONG_SCHEMA);
        assert_eq!(read::<AnyMap>(&bytes), WRONG_SCHEMA);
        assert_eq!(read::<Map>(&bytes), WRONG_SCHEMA);
    }
    let long = |count: u8, bytes: usize| [vec![count], vec![1; bytes]].concat();
    assert_eq!(read::<AnyList>(&long(100, 100)), Outcome::Live);
    assert_eq!(read::<AnyMap>(&long(100, 200)), Outcome::Live);
    let promised = PROMISED.get();
    assert!(
        (1..=16).contains(&promised),
        "{promised} elements were promised"
    );
}

#[test]
fn a_character_is_a_text_of_exactly_one() {
    for (bytes, is_one) in [
        ("\u{1}a", true),
        ("\u{2}\u{e9}", true),
        ("\u{4}\u{1f600}", true),
        ("\u{0}", false),
        ("\u{2}ab", false),
        ("\u{4}abcd", false),
        ("\u{3}\u{e9}a", false),
        ("\u{5}\u{1f600}a", false),
    ] {
        let expected = if is_one { Outcome::Live } else { WRONG_SCHEMA };
        assert_eq!(read::<Letter>(bytes.as_bytes()), expected, "{bytes:?}");
        // Within a list as well.
        let list = ["\u{1}".as_bytes(), bytes.as_bytes()].concat();
        assert_eq!(read::<Letters>(&list), expected, "{bytes:?}");
    }
}
