//! What is written is compared with what is read, step by step and name by name; and what stands on
//! the way of a payload that other tests pass by.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloakroom::schema::{EncodeError, Ends, Unreadable};
use cloakroom::{
    Answer, Facts, Freshness, InMemory, IssueError, ManualClock, Missing, NoPrevious, OwnedPayload,
    Payload, PayloadError, Revocation, RevocationList, RevocationPublish, RevocationView, Schema,
    Scope, Sessions, Terms, Timestamp, VerifyError,
};
use common::{IDLE, NOW, User, builder, user};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use shop::Shop;

fn error<T: OwnedPayload>(value: &T) -> Option<PayloadError> {
    let shop = Shop::new();
    match shop.sessions::<T>().issue("ada", value) {
        Ok(_) => None,
        Err(IssueError::Payload(error)) => Some(error),
        Err(other) => panic!("{other:?}"),
    }
}

fn as_option<S: Serializer>(_: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

fn as_unsigned<S: Serializer>(value: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(u32::from(*value))
}

/// One byte 00 each way, under one name: nothing is written, and a number is read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nothing {
    #[serde(serialize_with = "as_option")]
    credit: u8,
}
cloakroom::payload!(Nothing);

/// Small numbers are one byte each way, and 200 is two.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wider {
    #[serde(serialize_with = "as_unsigned")]
    credit: u8,
}
cloakroom::payload!(Wider);

/// Two fields of one type, written in the places of each other.
#[derive(Debug, PartialEq, Deserialize)]
struct Crossed {
    may_read: bool,
    may_write: bool,
}

impl Serialize for Crossed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Crossed", 2)?;
        fields.serialize_field("may_write", &self.may_write)?;
        fields.serialize_field("may_read", &self.may_read)?;
        fields.end()
    }
}
cloakroom::payload!(Crossed);

/// One field more than is read, under the name of the last.
#[derive(Debug, PartialEq, Deserialize)]
struct Twice {
    first: Vec<u8>,
    last: bool,
}

impl Serialize for Twice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Twice", 2)?;
        fields.serialize_field("last", &self.first)?;
        fields.serialize_field("last", &self.last)?;
        fields.end()
    }
}
cloakroom::payload!(Twice);

#[test]
fn bytes_that_can_be_read_as_something_else_are_refused() {
    let refused = Some(PayloadError::Unreadable);
    assert_eq!(error(&Nothing { credit: 0 }), refused);
    assert_eq!(error(&Wider { credit: 7 }), refused);
    let crossed = Crossed {
        may_read: true,
        may_write: false,
    };
    assert_eq!(error(&crossed), refused);
    let twice = Twice {
        first: vec![],
        last: true,
    };
    assert_eq!(error(&twice), refused);
}

/// Written as bytes in one piece, read as a list of numbers: the same in postcard.
fn in_one_piece<S: Serializer>(value: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(value)
}

/// Written by its `Display`, as addresses and versions are, and read as text.
fn by_display<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    struct Shown<'a>(&'a str);
    impl fmt::Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    serializer.collect_str(&Shown(value))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Written {
    #[serde(serialize_with = "in_one_piece")]
    blob: Vec<u8>,
    #[serde(serialize_with = "by_display")]
    shown: String,
    last: u8,
}
cloakroom::payload!(Written);

#[test]
fn bytes_in_one_piece_and_what_displays_itself_are_read_as_they_were_written() {
    let shop = Shop::new();
    let sessions = shop.sessions::<Written>();
    for (blob, shown) in [
        (vec![], ""),
        (vec![0, 128, 255], "Ada"),
        (vec![7; 300], "é\u{1f600}"),
    ] {
        let value = Written {
            blob,
            shown: shown.into(),
            last: 9,
        };
        let token = sessions.issue("ada", &value).unwrap().token;
        let session = sessions.verify(token.as_str()).unwrap();
        assert_eq!(*session.payload(), value);
    }
}

/// By hand and not by `payload!`: it writes what it can't read.
struct Odd;

impl Payload for Odd {
    const SCHEMA: Schema = Schema::new(1, 0);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(_: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let first = out.first_mut().ok_or(EncodeError::TooLong { needed: 1 })?;
        *first = 1;
        Ok(1)
    }

    fn decode(_: &[u8], _: Ends) -> Result<Self, Unreadable> {
        Err(Unreadable::new())
    }
}

impl OwnedPayload for Odd {}

#[test]
fn a_payload_by_hand_that_reads_nothing_is_refused_before_it_is_sealed() {
    assert_eq!(error(&Odd), Some(PayloadError::Unreadable));
}

/// A chain of options, under two minors of one type.
macro_rules! chain {
    ($name:ident, $minor:literal) => {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct $name {
            next: Option<Box<$name>>,
        }
        cloakroom::payload!($name, schema = (1, $minor));
    };
}
chain!(Chain0, 0);
chain!(Chain1, 1);

impl Chain0 {
    fn of(links: usize) -> Self {
        (0..links).fold(Self { next: None }, |next, _| Self {
            next: Some(Box::new(next)),
        })
    }
}

/// The levels are counted from the outermost struct, whichever of the readers it is that reads it: the
/// one of equal minors, or that of older and newer ones.
#[test]
fn a_token_of_another_minor_is_read_as_deep_as_one_of_the_same() {
    let shop = Shop::new();
    let (writer, reader) = (shop.sessions::<Chain0>(), shop.sessions::<Chain1>());
    let mut depths = Vec::new();
    for links in 1..40 {
        // Too deep to be written is too deep to be read.
        let Ok(issued) = writer.issue("ada", &Chain0::of(links)) else {
            break;
        };
        let token = issued.token;
        assert!(writer.verify(token.as_str()).is_ok(), "{links}");
        assert!(reader.verify(token.as_str()).is_ok(), "{links}");
        depths.push(links);
    }
    let deepest = *depths.last().unwrap();
    assert_eq!(deepest, 31);
    // The same bytes with one link more, sealed without the check.
    let unchecked: Sessions<Chain0> = builder(&shop.clock, shop.list.clone())
        .check_payloads(false)
        .build()
        .unwrap();
    let token = unchecked
        .issue("ada", &Chain0::of(deepest + 1))
        .unwrap()
        .token;
    for refused in [
        writer.verify(token.as_str()).map(drop),
        reader.verify(token.as_str()).map(drop),
    ] {
        assert!(
            matches!(refused, Err(VerifyError::Rejected(_))),
            "{refused:?}"
        );
    }
}

/// One level for each variant, and none for what is in it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Branch {
    Leaf,
    One(Box<Self>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree0 {
    branch: Branch,
}
cloakroom::payload!(Tree0, schema = (1, 0));

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree1 {
    branch: Branch,
}
cloakroom::payload!(Tree1, schema = (1, 1));

/// In steps of one level, so that one level more or less makes a difference.
#[test]
fn level_64_of_another_minor_is_read_and_level_65_is_not() {
    let shop = Shop::new();
    let unchecked: Sessions<Tree0> = builder(&shop.clock, shop.list.clone())
        .check_payloads(false)
        .build()
        .unwrap();
    let (same, other) = (shop.sessions::<Tree0>(), shop.sessions::<Tree1>());
    // Above the branches stands the struct.
    for (branches, read) in [(63, true), (64, false)] {
        let branch = (1..branches).fold(Branch::Leaf, |inner, _| Branch::One(Box::new(inner)));
        let token = unchecked.issue("ada", &Tree0 { branch }).unwrap().token;
        assert_eq!(same.verify(token.as_str()).is_ok(), read, "{branches}");
        assert_eq!(other.verify(token.as_str()).is_ok(), read, "{branches}");
    }
}

/// A view that can't tell from some question on.
struct Until(AtomicUsize, RevocationList);

impl RevocationView for Until {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.1.verdict(facts, now)
    }

    fn answer(&self, _: &Facts<'_>, _: Timestamp) -> Answer {
        let left = self.0.load(Ordering::SeqCst);
        self.0.store(left.saturating_sub(1), Ordering::SeqCst);
        match left {
            0 => Answer::Unknown,
            _ => Answer::Clear,
        }
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.1.start_bound(subject, audience, now)
    }

    fn register(&self, terms: Terms) {
        self.1.register(terms);
    }
}

impl RevocationPublish for Until {
    type Receipt = InMemory;
    type Error = core::convert::Infallible;

    fn publish(&self, all: &[Revocation], now: Timestamp) -> Result<InMemory, Self::Error> {
        self.1.publish(all, now)
    }
}

/// "Not due" would be wrong: the token may be due, and nobody knows whether it lives.
#[test]
fn a_renewal_over_a_view_that_can_not_tell_is_unavailable_whenever_it_is_asked() {
    let clock = ManualClock::at(NOW);
    let mut answers = Vec::new();
    for known in 0..6 {
        clock.set(NOW);
        let view = std::sync::Arc::new(Until(AtomicUsize::new(usize::MAX), RevocationList::new()));
        let sessions: Sessions<User, _> = builder(&clock, view.clone()).build().unwrap();
        let token = sessions.issue("ada", &user("Ada")).unwrap().token;
        let session = sessions.verify(token.as_str()).unwrap();
        clock.set(NOW + IDLE - 1);
        view.0.store(known, Ordering::SeqCst);
        answers.push(match sessions.renew(&session) {
            Ok(Some(_)) => "renewed",
            Ok(None) => "none",
            Err(VerifyError::Unavailable(why)) if why.missing() == Missing::Origin => "unknown",
            Err(other) => panic!("{other:?}"),
        });
    }
    // However often it is asked: unknown before the last answer, renewed after it.
    let first = answers
        .iter()
        .position(|answer| *answer == "renewed")
        .unwrap();
    assert!(first >= 2, "{answers:?}");
    assert!(
        answers
            .iter()
            .take(first)
            .all(|answer| *answer == "unknown"),
        "{answers:?}"
    );
}
