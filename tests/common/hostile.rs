//! What the hostile tests share: sessions with fixed keys and a clock that stands still.

use cloakroom::http::carrier::Carrier;
use cloakroom::http::response::Refusal;
use cloakroom::{
    Invalid, Key, KeyRing, ManualClock, Payload, RawBytes, Reason, RevocationList, Sessions,
    SessionsBuilder, Timestamp, VerifyError,
};
use time::Duration;

pub const NOW: u64 = 1_800_000_000;
/// So short that a renewal can't lengthen the token, which therefore may have all 4,096 characters.
pub const LIFETIME: u64 = 100;

pub fn key(seed: u8) -> Key {
    let mut bytes = [seed; 32];
    bytes[0] = !seed;
    Key::from_bytes(&bytes).unwrap()
}

pub fn ring(key: Key) -> KeyRing {
    let start = Timestamp::from_unix(NOW - 1000).unwrap();
    KeyRing::new(key, start, Duration::hours(8)).unwrap()
}

pub fn builder<T: Payload>(
    ring: KeyRing,
    clock: &ManualClock,
) -> SessionsBuilder<T, RevocationList> {
    Sessions::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("api.example.com")
        .no_idle_timeout()
        .absolute_timeout(Duration::seconds(LIFETIME as i64))
        .max_token_len(4096)
        .clock(clock.clone())
}

pub fn sessions<T: Payload>(clock: &ManualClock) -> Sessions<T> {
    builder(ring(key(1)), clock).build().unwrap()
}

/// Everything of a refusal that leaves the process: what is printed of the error, and the answers
/// of both carriers.
#[derive(Debug, PartialEq, Eq)]
pub struct Outward {
    printed: [String; 4],
    answers: [Answer; 2],
}

/// Status, headers, body.
type Answer = (u16, Vec<(String, String)>, String);

impl Outward {
    pub fn of(error: VerifyError) -> Self {
        let VerifyError::Rejected(rejected) = error else {
            panic!("{error:?} is not a rejection");
        };
        let answer = |carrier| {
            let refusal = Refusal::verify_failed(&error, Some(carrier), 5);
            let headers = refusal.headers().iter();
            let headers = headers.map(|(name, value)| ((*name).to_owned(), value.to_string()));
            (
                refusal.status(),
                headers.collect(),
                refusal.body().to_owned(),
            )
        };
        Self {
            printed: [
                format!("{error}"),
                format!("{error:?} {error:#?}"),
                format!("{rejected}"),
                format!("{rejected:?} {rejected:#?}"),
            ],
            answers: [answer(Carrier::Cookie), answer(Carrier::Bearer)],
        }
    }

    /// The answer to something that is not a token by any measure.
    pub fn of_garbage<T: cloakroom::OwnedPayload>(sessions: &Sessions<T>) -> Self {
        let garbage = "garbage";
        let error = sessions.verify(garbage).err().unwrap();
        Self::of(error)
    }
}

/// Verifies by both ways and demands that they agree; the gate at which the token failed.
pub fn rejected<T: cloakroom::OwnedPayload>(
    sessions: &Sessions<T>,
    text: &str,
    garbage: &Outward,
) -> Invalid {
    let error = match sessions.verify(text) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {text:?}"),
    };
    assert_eq!(error.reason(), Some(Reason::Invalid), "{text:?}");
    assert_eq!(&Outward::of(error), garbage, "{text:?}");
    let VerifyError::Rejected(rejected) = error else {
        panic!("{error:?}");
    };
    let mut scratch = cloakroom::Scratch::new();
    let borrowed = sessions.verify_in(text, &mut scratch).err();
    assert_eq!(borrowed, Some(error), "{text:?}");
    rejected.detail().unwrap()
}

/// Sessions of payloads that are bytes, and what they answer to garbage.
pub struct Case {
    pub clock: ManualClock,
    pub sessions: Sessions<RawBytes>,
    pub garbage: Outward,
}

impl Case {
    pub fn new() -> Self {
        let clock = ManualClock::at(NOW);
        let sessions = sessions(&clock);
        let garbage = Outward::of_garbage(&sessions);
        Self {
            clock,
            sessions,
            garbage,
        }
    }

    /// With so many bytes of payload, and live.
    pub fn token(&self, payload: usize) -> String {
        let payload = RawBytes((0..payload).map(|i| i as u8).collect());
        let token = self.sessions.issue("", &payload).unwrap().token;
        // A test that mutates a token which was dead anyway proves nothing.
        assert!(self.sessions.verify(token.as_str()).is_ok());
        token.into_string()
    }

    pub fn rejected(&self, text: &str) -> Invalid {
        rejected(&self.sessions, text, &self.garbage)
    }
}

/// base64url without padding, written anew so that the tests do not trust the crate's own.
pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(group);
        for place in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

pub fn token_of(body: &[u8]) -> String {
    format!("clk1.{}", base64url(body))
}

/// Tokens made stage by stage.
#[cfg(feature = "hazmat")]
pub mod sealed {
    use cloakroom::hazmat::{self, Claims, For};
    use cloakroom::{ManualClock, RawBytes, Schema, SessionId, Sessions};

    use super::{LIFETIME, NOW, Outward, key, sessions};

    /// What [`sessions`] are built for.
    pub const OURS: For<'_> = For {
        purpose: b"session",
        audience: b"api.example.com",
        binding: b"",
    };

    pub fn seal(plaintext: &[u8]) -> String {
        hazmat::seal(&key(1), OURS, plaintext).unwrap()
    }

    /// Of a live session of [`sessions`].
    pub fn claims() -> Claims<'static> {
        Claims {
            session: SessionId::from_bytes([7; 16]),
            generation: 3,
            subject: b"user-42",
            authenticated_at: NOW,
            issued_after: 0,
            idle: 0,
            absolute: LIFETIME as u32,
            schema: Schema::new(1, 0),
        }
    }

    pub fn fresh() -> (ManualClock, Sessions<RawBytes>, Outward) {
        let clock = ManualClock::at(NOW);
        let sessions = sessions(&clock);
        let garbage = Outward::of_garbage(&sessions);
        (clock, sessions, garbage)
    }
}
