//! What it costs to say no: verifies one kind of text a number of times, for an instruction
//! counter.
//!
//! `reject_cost KIND N`; `tests/cost.rs` runs it under valgrind with two values of N and takes the
//! difference, so that everything but the verifications cancels out. `reject_cost` alone lists the
//! kinds. Those that only a holder of the key can make need the feature `hazmat`.

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
    "expired",
    "revoked",
    "wrong-nonce",
    "malformed-claims",
    "wrong-schema",
    "good-long",
    "unknown-key-long",
    "forged-tag-long",
    "forged-text-long",
    "bad-character-at-the-end-long",
    "other-binding-long",
    "expired-long",
    "revoked-long",
    "wrong-nonce-long",
    "malformed-claims-long",
    "wrong-schema-long",
];

fn key() -> Result<Key, Box<dyn Error>> {
    Ok(Key::from_bytes(&std::array::from_fn(|i| {
        i.to_le_bytes()[0]
    }))?)
}

fn sessions(clock: &ManualClock) -> Result<Sessions<RawSlice>, Box<dyn Error>> {
    let start = Timestamp::from_unix(NOW).ok_or("a time before 10000")?;
    let ring = KeyRing::new(key()?, start, Duration::hours(8))?;
    let sessions = Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone());
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

/// What only a holder of the key can make.
#[cfg(feature = "hazmat")]
mod crafted {
    use std::error::Error;

    use base64ct::{Base64UrlUnpadded, Encoding as _};
    use chacha20poly1305::aead::{Aead as _, Payload};
    use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
    use cloakroom::hazmat::{self, Claims, Derived, For};
    use cloakroom::{Schema, SessionId};

    const TO: For<'_> = For {
        purpose: b"session",
        audience: b"api.example.com",
        binding: b"",
    };

    pub(crate) fn text(kind: &str, payload: usize) -> Result<String, Box<dyn Error>> {
        let good = Claims {
            session: SessionId::from_bytes([9; 16]),
            generation: 0,
            subject: b"user-42",
            authenticated_at: super::NOW,
            issued_after: 0,
            idle: 1800,
            absolute: 28_800,
            schema: Schema::new(1, 0),
        };
        let sealed = |claims: Claims<'_>, payload| {
            hazmat::seal(&super::key()?, TO, &claims.encode(&vec![7; payload]))
                .map_err(Box::<dyn Error>::from)
        };
        match kind {
            "wrong-nonce" => {
                let key = super::key()?;
                let derived = Derived::of(&key, TO.purpose, TO.audience)?;
                let kid = key.id().to_bytes();
                let message = Payload {
                    msg: &good.encode(&vec![7; payload]),
                    aad: &[b"clk1.", &kid[..]].concat(),
                };
                // Of its maker's choice: an honest message of the AEAD, and no token.
                let nonce = [0x5a; 24];
                let cipher = XChaCha20Poly1305::new(&derived.encryption.into());
                let text = cipher.encrypt(&nonce.into(), message);
                let text = text.map_err(|_| "the AEAD refuses")?;
                let body = [&kid[..], &nonce, &text].concat();
                Ok(format!("clk1.{}", Base64UrlUnpadded::encode_string(&body)))
            }
            // Two bytes shorter, and as long again. Found behind everything else but the schema.
            "malformed-claims" => sealed(
                Claims {
                    absolute: 0,
                    ..good
                },
                payload.saturating_add(2),
            ),
            "wrong-schema" => sealed(
                Claims {
                    schema: Schema::new(2, 0),
                    ..good
                },
                payload,
            ),
            _ => Err(format!("unknown kind {kind}").into()),
        }
    }
}

#[cfg(not(feature = "hazmat"))]
mod crafted {
    pub(crate) fn text(kind: &str, _: usize) -> Result<String, Box<dyn super::Error>> {
        Err(format!("unknown kind {kind}, or one that needs the feature `hazmat`").into())
    }
}

fn text(
    kind: &str,
    sessions: &Sessions<RawSlice>,
    clock: &ManualClock,
) -> Result<String, Box<dyn Error>> {
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
    // Somebody has logged out: no list that is asked in earnest is empty.
    let other = sessions.issue("user-43", &vec![7; payload].as_slice())?;
    let _in_memory = sessions.revoke(other.session.id())?;
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
        "expired" => {
            clock.advance(8 * 3600);
            good.to_owned()
        }
        "revoked" => {
            let _in_memory = sessions.revoke(issued.session.id())?;
            good.to_owned()
        }
        crafted => return crafted::text(crafted, payload),
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
    let clock = ManualClock::at(NOW);
    let sessions = sessions(&clock)?;
    let text = text(&kind, &sessions, &clock)?;
    let mut scratch = Scratch::new();
    let mut accepted = 0_u32;
    for _ in 0..times.parse::<u32>()? {
        let session = sessions.verify_in(black_box(&text), &mut scratch);
        accepted = accepted.saturating_add(u32::from(black_box(session).is_ok()));
    }
    println!("{accepted} accepted");
    Ok(())
}
