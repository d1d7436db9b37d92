//! What it costs to say no: verifies one kind of text a number of times, for an instruction
//! counter.
//!
//! `reject_cost KIND N`; `tests/cost.rs` runs it under valgrind with two values of N and takes the
//! difference, so that everything but the verifications cancels out. `reject_cost` alone lists the
//! kinds.

#![allow(clippy::std_instead_of_core, reason = "an ordinary program, with std")]

use std::error::Error;
use std::hint::black_box;

use cloakroom::{
    Key, KeyRing, ManualClock, RawSlice, RevocationList, Scratch, Sessions, Timestamp,
};
use time::Duration;

const NOW: u64 = 1_800_000_000;

/// A text of each kind. The tampered ones are as long as the good one beside them.
const KINDS: &[&str] = &[
    "garbage-4097",
    "garbage-1000000",
    "garbage-with-prefix-4097",
    "garbage-with-prefix-1000000",
    "good",
    "unknown-key",
    "forged-tag",
    "forged-text",
    "bad-character-at-the-end",
    "other-binding",
    "good-long",
    "unknown-key-long",
    "forged-tag-long",
    "forged-text-long",
    "bad-character-at-the-end-long",
    "other-binding-long",
];

fn sessions() -> Result<Sessions<RawSlice>, Box<dyn Error>> {
    let key = Key::from_bytes(&std::array::from_fn(|i| i.to_le_bytes()[0]))?;
    let start = Timestamp::from_unix(NOW).ok_or("a time before 10000")?;
    let ring = KeyRing::new(key, start, Duration::hours(8))?;
    let sessions = Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(ManualClock::at(NOW));
    Ok(sessions.build()?)
}

/// The text with another character at `at`.
fn changed(text: &str, at: usize) -> String {
    let replace = |(index, character)| match (index == at, character) {
        (false, character) => character,
        (true, 'B') => 'C',
        (true, _) => 'B',
    };
    text.chars().enumerate().map(replace).collect()
}

fn text(kind: &str, sessions: &Sessions<RawSlice>) -> Result<String, Box<dyn Error>> {
    if let Some(length) = kind.strip_prefix("garbage-with-prefix-") {
        let length: usize = length.parse()?;
        return Ok(format!("clk1.{}", "A".repeat(length.saturating_sub(5))));
    }
    if let Some(length) = kind.strip_prefix("garbage-") {
        return Ok("A".repeat(length.parse()?));
    }
    let (kind, payload) = match kind.strip_suffix("-long") {
        Some(kind) => (kind, 2900),
        None => (kind, 64),
    };
    let issued = sessions.issue("user-42", &vec![7; payload].as_slice())?;
    let good = issued.token.as_str();
    let last = good.len().saturating_sub(1);
    Ok(match kind {
        "good" => good.to_owned(),
        "unknown-key" => changed(good, 6),
        "forged-tag" => changed(good, last.saturating_sub(5)),
        "forged-text" => changed(good, 60),
        "bad-character-at-the-end" => format!("{}=", good.get(..last).unwrap_or_default()),
        "other-binding" => {
            let bound = sessions.bound_to(b"another device")?;
            bound
                .issue("user-42", &vec![7; payload].as_slice())?
                .token
                .into_string()
        }
        _ => return Err(format!("unknown kind {kind}").into()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(kind), Some(times)) = (arguments.next(), arguments.next()) else {
        for kind in KINDS {
            println!("{kind}");
        }
        return Ok(());
    };
    let sessions = sessions()?;
    let text = text(&kind, &sessions)?;
    let mut scratch = Scratch::new();
    let mut accepted = 0_u32;
    for _ in 0..times.parse::<u32>()? {
        let session = sessions.verify_in(black_box(&text), &mut scratch);
        accepted = accepted.saturating_add(u32::from(black_box(session).is_ok()));
    }
    println!("{accepted} accepted");
    Ok(())
}
