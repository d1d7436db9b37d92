//! What errors say to those who read them, what `Debug` prints in place of a secret, and what the
//! small questions to a policy and a session answer.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use std::net::Ipv4Addr;
use std::sync::Mutex;

use cloakroom::schema::{EncodeError, Ends, Shape};
use cloakroom::{
    BuildError, IssueError, KeyId, ParseKeyIdError, Payload as _, RandomError, RandomSource as _,
    RawBytes, RawSlice, Scratch, SessionId, sealed_len_bound,
};
use common::*;
use serde::{Deserialize, Serialize};

#[test]
fn errors_say_what_is_wrong() {
    let unreadable = <()>::decode(b"x", Ends::Exact).unwrap_err();
    let no_shape = "seq<".parse::<Shape>().unwrap_err();
    let no_key: ParseKeyIdError = "x".parse::<KeyId>().unwrap_err();
    let no_session = "x".parse::<SessionId>().unwrap_err();
    let too_long = IssueError::SubjectTooLong { length: 256 };
    let world = world();
    let binding = world.sessions.bound_to(&[0; 1_025]).unwrap_err();
    for (text, words) in [
        (no_key.to_string(), "eight lower-case hex digits"),
        (no_session.to_string(), "32 lower-case hex digits"),
        (
            unreadable.to_string(),
            "does not have the shape that its schema number promises",
        ),
        (
            EncodeError::TooLong { needed: 7 }.to_string(),
            "needs 7 bytes",
        ),
        (EncodeError::Unsupported.to_string(), "flatten"),
        (
            RandomError::new().to_string(),
            "the random source gives nothing",
        ),
        (
            too_long.to_string(),
            "the subject has 256 bytes, at most 255 are allowed",
        ),
        (
            binding.to_string(),
            "the binding has 1025 bytes, at most 1024 are allowed",
        ),
        (no_shape.to_string(), "at byte 4 of the shape"),
        (
            BuildError::Missing("`purpose`").to_string(),
            "sessions need `purpose`",
        ),
        (BuildError::Share.to_string(), "a fraction below 1"),
        (
            BuildError::Skew.to_string(),
            "less than half of `tolerance`",
        ),
        (BuildError::TokenLimit.to_string(), "65 to 4096 characters"),
        (BuildError::Clock.to_string(), "the clock gives no time"),
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}

#[test]
fn what_is_hidden_says_that_something_is() {
    let world = world_of::<RawBytes>();
    let issued = world
        .sessions
        .issue("ada", &RawBytes(vec![1, 2, 3]))
        .unwrap();
    let session = world.session(issued.token.as_str());
    assert_eq!(format!("{:?}", issued.token), "Token(REDACTED)");
    assert_eq!(format!("{:?}", Scratch::new()), "Scratch(REDACTED)");
    assert_eq!(format!("{:?}", session.payload()), "RawBytes(3 bytes)");
    let key = issued.session.key();
    assert_eq!(format!("{key:?}"), format!("KeyId({key})"));
}

#[test]
fn a_refused_form_and_somebody_who_waits_say_so() {
    let world = world();
    let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
    let refused = world.sessions.check_form_token(&issued.session, "x");
    assert_eq!(refused.unwrap_err().to_string(), "form rejected");
    let session = world.session(issued.token.as_str());
    let ended = format!("{:?}", world.sessions.ended(&session));
    assert!(ended.starts_with("Ended { waiting: true"), "{ended}");
}

#[test]
fn ids_are_read_in_one_form_alone() {
    let key: KeyId = "09afe5c1".parse().unwrap();
    assert_eq!(key.to_string(), "09afe5c1");
    assert!(
        "0123456789abcdef0123456789abcdef"
            .parse::<SessionId>()
            .is_ok()
    );
    for wrong in [
        "",
        "9afe5c1",
        "009afe5c1",
        "09AFE5C1",
        "+9afe5c1",
        "09afe5cg",
        " 9afe5c1",
    ] {
        assert!(wrong.parse::<KeyId>().is_err(), "{wrong}");
        let longer = format!("{wrong}{}", "0".repeat(24));
        assert!(longer.parse::<SessionId>().is_err(), "{longer}");
    }
}

#[test]
fn a_policy_says_what_it_was_built_with() {
    let world = world_with::<User>(|builder| {
        builder
            .leeway(seconds(5))
            .tolerance(seconds(90))
            .skew(seconds(20))
    });
    let policy = world.sessions.policy();
    assert_eq!(policy.leeway(), 5);
    assert_eq!(policy.tolerance(), 90);
    assert_eq!(policy.skew(), 20);
}

#[test]
fn a_session_says_whose_it_is_and_how_long_its_token_lasts() {
    let world = world();
    let text = world.sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(text.session.max_age(), IDLE);
    assert_eq!(
        world.session(text.token.as_str()).subject_str(),
        Some("ada")
    );
    let bytes = world.sessions.issue(b"\xff", &user("Ada")).unwrap();
    assert_eq!(world.session(bytes.token.as_str()).subject_str(), None);
}

#[test]
fn a_generator_behind_a_lock_fills_what_it_is_given() {
    let mut out = [0; 32];
    Mutex::new(getrandom::SysRng).fill(&mut out).unwrap();
    assert_ne!(out, [0; 32]);
}

#[test]
fn borrowed_bytes_are_kept_as_they_are() {
    let world = world_of_slices();
    let issued = world.issue("ada", &&b"\x00bytes\xff"[..]).unwrap();
    let mut scratch = Scratch::new();
    let session = world
        .verify_in(issued.token.as_str(), &mut scratch)
        .unwrap();
    assert_eq!(session.payload(), b"\x00bytes\xff");
}

fn world_of_slices() -> cloakroom::Sessions<RawSlice> {
    builder(
        &cloakroom::ManualClock::at(NOW),
        cloakroom::RevocationList::new(),
    )
    .build()
    .unwrap()
}

/// Sixteen bytes of id, and 38 of numbers that are as long as numbers get.
#[test]
fn the_bound_of_a_token_is_that_of_the_longest_numbers() {
    let body = 28 + 16 + 5 + 2 + 6 + 5 + 5 + 5 + 5 + 5 + 16;
    assert_eq!(sealed_len_bound(0, 0), 5 + (body * 4_usize).div_ceil(3));
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bare(Ipv4Addr);
cloakroom::payload!(Bare);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    address: Ipv4Addr,
}
cloakroom::payload!(Held);

/// Types that write text for people write bytes here, and read them.
#[test]
fn types_with_two_forms_have_their_short_one() {
    let address = Ipv4Addr::new(192, 0, 2, 1);
    let bare = world_of::<Bare>();
    let issued = bare.sessions.issue("ada", &Bare(address)).unwrap();
    assert_eq!(
        bare.session(issued.token.as_str()).payload(),
        &Bare(address)
    );
    let held = world_of::<Held>();
    let issued = held.sessions.issue("ada", &Held { address }).unwrap();
    assert_eq!(
        held.session(issued.token.as_str()).payload(),
        &Held { address }
    );
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Nest(Vec<Self>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Outermost {
    nest: Nest,
}
cloakroom::payload!(Outermost);

/// The struct that a payload is counts as a level.
#[test]
fn the_outermost_struct_is_the_first_of_64_levels() {
    let nested = |lists: usize| {
        let mut nest = Nest(Vec::new());
        for _ in 1..lists {
            nest = Nest(vec![nest]);
        }
        Outermost { nest }
    };
    let sessions = world_of::<Outermost>().sessions;
    assert!(sessions.issue("ada", &nested(63)).is_ok());
    assert!(sessions.issue("ada", &nested(64)).is_err());
}
