//! What verifying and sealing allocate, counted by an allocator of this program's own.
//!
//! Garbage costs at most one block of 3,068 bytes, and none at all unless its length and prefix are
//! those of a token. `verify_in` allocates nothing, whatever it answers. `verify` allocates the
//! opened bytes and what the payload's own type needs. A new token is one block.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::hint::black_box;

use cloakroom::{
    Key, KeyRing, ManualClock, OwnedPayload, Payload, Reason, RevocationList, Scratch, SessionId,
    Sessions, Timestamp,
};
use serde::{Deserialize, Serialize};
use time::Duration;

const NOW: u64 = 1_800_000_000;
/// The body of the longest token.
const MAX_BODY: u64 = 3068;

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Flat {
    id: u64,
    roles: [u16; 3],
    admin: bool,
}
cloakroom::payload!(Flat);

#[derive(Serialize, Deserialize)]
struct Borrowed<'a> {
    name: &'a str,
    avatar: &'a [u8],
}
cloakroom::payload!(Borrowed<'_>);

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
    nick: Option<String>,
}
cloakroom::payload!(Named);

/// Of a reader that knows another major.
#[derive(Serialize, Deserialize)]
struct Later;
cloakroom::payload!(Later, schema = (9, 0));

const FLAT: Flat = Flat {
    id: 42,
    roles: [1, 2, 300],
    admin: true,
};

fn sessions<T: Payload>(clock: &ManualClock) -> Sessions<T> {
    let key = Key::from_bytes(&std::array::from_fn(|i| u8::try_from(i).unwrap())).unwrap();
    let start = Timestamp::from_unix(NOW - 1000).unwrap();
    let ring = KeyRing::new(key, start, Duration::hours(8)).unwrap();
    let sessions = Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone())
        .build()
        .unwrap();
    // A list that has to be asked, at every scope.
    sessions.revoke(SessionId::from_bytes([1; 16])).unwrap();
    sessions.revoke_subject("somebody else").unwrap();
    sessions
        .revoke_all_before(Timestamp::from_unix(5).unwrap())
        .unwrap();
    sessions
}

/// Blocks and bytes that `run` allocates. It runs once before, so that what a thread allocates once
/// in its life is not counted.
fn allocated(mut run: impl FnMut()) -> (u64, u64) {
    run();
    let counted = allocation_counter::measure(run);
    assert_eq!(counted.count_current, 0, "something stayed allocated");
    (counted.count_total, counted.bytes_total)
}

#[test]
fn the_counter_counts() {
    let block = || drop(black_box(Vec::<u8>::with_capacity(black_box(100))));
    assert_eq!(allocated(block), (1, 100));
    assert_eq!(allocated(|| ()), (0, 0));
}

/// Texts that fail at the gates of length and prefix.
fn not_even_close() -> Vec<String> {
    let mut texts: Vec<String> = [0, 1, 5, 64, 65, 100, 4096, 4097, 65_536, 1 << 20]
        .iter()
        .map(|length| "x".repeat(*length))
        .collect();
    for length in [0, 1, 59, 4092, 1 << 20] {
        texts.push(format!("clk1.{}", "A".repeat(length)));
    }
    texts
}

#[test]
fn garbage_of_any_length_allocates_nothing() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions::<Flat>(&clock);
    let mut scratch = Scratch::new();
    for text in not_even_close() {
        let length = text.len();
        let verify = || assert!(black_box(sessions.verify(&text)).is_err());
        assert_eq!(allocated(verify), (0, 0), "{length} characters");
        let verify_in = || assert!(sessions.verify_in(&text, &mut scratch).is_err());
        assert_eq!(allocated(verify_in), (0, 0), "{length} characters");
    }
}

#[test]
fn garbage_in_the_form_of_a_token_allocates_at_most_one_block() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions::<Flat>(&clock);
    let mut scratch = Scratch::new();
    for length in (60..200)
        .chain((200..=4091).step_by(13))
        .chain([4090, 4091])
    {
        for fill in ["A", "=", "_"] {
            let text = format!("clk1.{}", fill.repeat(length));
            let verify = || assert!(black_box(sessions.verify(&text)).is_err());
            let (blocks, bytes) = allocated(verify);
            assert!(
                blocks <= 1 && bytes <= MAX_BODY,
                "{blocks} blocks, {bytes} bytes"
            );
            let verify_in = || assert!(sessions.verify_in(&text, &mut scratch).is_err());
            assert_eq!(allocated(verify_in), (0, 0));
        }
    }
}

#[test]
fn verify_in_allocates_nothing_whatever_it_answers() {
    let clock = ManualClock::at(NOW);
    let borrowed = sessions::<Borrowed<'static>>(&clock);
    let payload = Borrowed {
        name: "Ada",
        avatar: &[7; 500],
    };
    clock.set(NOW + 1000);
    let future = borrowed.issue("user-42", &payload).unwrap();
    clock.set(NOW);
    let issued = borrowed.issue("user-42", &payload).unwrap();
    let token = issued.token.as_str();
    let mut scratch = Scratch::new();
    let mut answer = |token: &str, expected: Option<Reason>| {
        let verify = || {
            let found = borrowed.verify_in(token, &mut scratch);
            assert_eq!(found.err().and_then(|error| error.reason()), expected);
        };
        assert_eq!(allocated(verify), (0, 0), "{expected:?}");
    };
    answer(token, None);
    answer(future.token.as_str(), Some(Reason::NotYet));
    clock.set(NOW + 1800);
    answer(token, Some(Reason::Idle));
    clock.set(NOW + 28_800);
    answer(token, Some(Reason::Expired));
    clock.set(NOW);
    borrowed.revoke(issued.session.id()).unwrap();
    answer(token, Some(Reason::Revoked));

    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    let other = borrowed.bound_to(b"other").unwrap();
    let later = sessions::<Later>(&clock);
    let verify = || {
        assert!(borrowed.verify_in(&forged, &mut scratch).is_err());
        assert!(other.verify_in(token, &mut scratch).is_err());
        let error = later.verify_in(token, &mut scratch).err().unwrap();
        assert_eq!(error.reason(), Some(Reason::WrongSchema));
    };
    assert_eq!(allocated(verify), (0, 0));
}

fn verified<T: OwnedPayload>(sessions: &Sessions<T>, payload: &T) -> (u64, u64, usize) {
    let issued = sessions.issue("user-42", payload).unwrap();
    let token = issued.token.as_str();
    let (blocks, bytes) = allocated(|| assert!(black_box(sessions.verify(token)).is_ok()));
    (blocks, bytes, token.len())
}

#[test]
fn verify_allocates_the_opened_bytes_and_what_the_payload_needs() {
    let clock = ManualClock::at(NOW);
    let body = |token: usize| u64::try_from((token - 5) * 3 / 4).unwrap();

    let (blocks, bytes, token) = verified(&sessions::<Flat>(&clock), &FLAT);
    assert_eq!((blocks, bytes), (1, body(token)));
    let (blocks, bytes, token) = verified(&sessions::<()>(&clock), &());
    assert_eq!((blocks, bytes), (1, body(token)));

    let named = Named {
        name: "Ada".into(),
        nick: Some("Countess".into()),
    };
    let (blocks, bytes, token) = verified(&sessions::<Named>(&clock), &named);
    assert_eq!((blocks, bytes), (3, body(token) + 3 + 8));
}

#[test]
fn a_new_token_is_one_block_of_its_length() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions::<Flat>(&clock);
    let one_block = |run: &dyn Fn() -> usize| {
        let length = u64::try_from(run()).unwrap();
        let counted = allocated(|| assert_eq!(run(), usize::try_from(length).unwrap()));
        assert_eq!(counted, (1, length));
    };
    one_block(&|| {
        sessions
            .issue("user-42", &FLAT)
            .unwrap()
            .token
            .as_str()
            .len()
    });

    let issued = sessions.issue("user-42", &FLAT).unwrap();
    let session = sessions.verify(issued.token.as_str()).unwrap();
    let not_due = || assert!(sessions.renew(&session).unwrap().is_none());
    assert_eq!(allocated(not_due), (0, 0));
    clock.advance(1000);
    one_block(&|| {
        let renewed = sessions.renew(&session).unwrap().unwrap();
        renewed.token.as_str().len()
    });
    one_block(&|| {
        sessions
            .update(&session, &FLAT)
            .unwrap()
            .token
            .as_str()
            .len()
    });
}

#[test]
fn printing_a_rejection_into_a_buffer_allocates_nothing() {
    use std::io::Write as _;

    let clock = ManualClock::at(NOW);
    let error = sessions::<Flat>(&clock).verify("x").err().unwrap();
    let print = || {
        let mut buffer = [0_u8; 200];
        write!(&mut buffer[..], "{error} {error:?}").unwrap();
        black_box(buffer);
    };
    assert_eq!(allocated(print), (0, 0));
}
