//! This crate, with everything that its verification does: the seal, the claims, the payload, the
//! clock and the revocation list.

use std::hint::black_box;

use cloakroom::{
    Key, KeyRing, Payload, Revocation, RevocationList, RevocationPublish as _, Scratch, SessionId,
    Sessions, SystemClock, Timestamp,
};
use rand_core::TryRng as _;
use time::Duration;

use crate::data::{ABSOLUTE, IDLE, SUBJECT, now};

/// What is measured lives as long as the program.
pub(crate) type Kept<T> = &'static Sessions<T>;

/// A ring of one key.
pub(crate) fn ring() -> KeyRing {
    KeyRing::generate(&SystemClock, Duration::seconds(ABSOLUTE.into())).unwrap()
}

/// A ring of `keys` keys that all open; the last in the ring seals, so that it is found last.
pub(crate) fn ring_of(keys: u64) -> KeyRing {
    let start = now() - 2 * keys;
    let at = |index: u64| Timestamp::from_unix(start + index).unwrap();
    let lifetime = Duration::seconds(ABSOLUTE.into());
    let first = KeyRing::new(Key::generate().unwrap(), at(0), lifetime).unwrap();
    (1..keys).fold(first, |ring, index| {
        ring.announce(Key::generate().unwrap(), at(index)).unwrap()
    })
}

/// `sessions` logged out and `subjects` cut off, none of them of the session that is verified.
pub(crate) fn list_of(sessions: usize, subjects: usize) -> RevocationList {
    let list = RevocationList::new();
    let at = Timestamp::from_unix(now()).unwrap();
    let mut ids = vec![[0_u8; 16]; sessions];
    getrandom::SysRng
        .try_fill_bytes(ids.as_flattened_mut())
        .unwrap();
    let sessions = ids
        .into_iter()
        .map(|id| Revocation::session(SessionId::from_bytes(id)));
    let subjects = (0..subjects)
        .map(|index| Revocation::subject(format!("someone-{index}").as_bytes(), now(), None));
    let all: Vec<_> = sessions.chain(subjects).collect();
    list.publish(&all, at).unwrap();
    assert_eq!(list.stats().entries(), all.len());
    list
}

/// Sessions that renew at every request, so that renewing can be measured.
pub(crate) fn sessions<T: Payload>(ring: KeyRing, list: RevocationList) -> Kept<T> {
    let built = Sessions::builder(ring, list)
        .purpose("session")
        .audience("api.example.com")
        .idle_timeout(Duration::seconds(IDLE.into()))
        .absolute_timeout(Duration::seconds(ABSOLUTE.into()))
        .renew_share(0, 1)
        .build()
        .unwrap();
    Box::leak(Box::new(built))
}

pub(crate) fn token<T: Payload>(sessions: Kept<T>, payload: &T::View<'_>) -> &'static str {
    let issued = sessions.issue(SUBJECT, payload).unwrap();
    issued.token.into_string().leak()
}

pub(crate) fn issue<T: Payload>(
    sessions: Kept<T>,
    payload: T::View<'static>,
) -> impl FnMut() + 'static {
    move || drop(black_box(sessions.issue(SUBJECT, black_box(&payload))))
}

pub(crate) fn renew<T: Payload>(sessions: Kept<T>, token: &'static str) -> impl FnMut() + 'static {
    let scratch = Box::leak(Box::new(Scratch::new()));
    let session = sessions.verify_in(token, scratch).unwrap();
    assert!(sessions.renew(&session).unwrap().is_some());
    move || drop(black_box(sessions.renew(black_box(&session))))
}

/// Verifies into memory that is used again; `read` touches the payload.
pub(crate) fn verify<T: Payload>(
    sessions: Kept<T>,
    token: &'static str,
    read: impl Fn(&T::View<'_>) -> u64 + 'static,
) -> impl FnMut() + 'static {
    let mut scratch = Scratch::new();
    move || {
        let session = sessions.verify_in(black_box(token), &mut scratch).unwrap();
        black_box(read(session.payload()));
    }
}

pub(crate) fn reject<T: Payload>(sessions: Kept<T>, token: String) -> impl FnMut() + 'static {
    let mut scratch = Scratch::new();
    move || assert!(sessions.verify_in(black_box(&token), &mut scratch).is_err())
}

/// Tokens of the same length that are refused: a character that is none of base64url's at the very
/// end, a key id that no key has, a ciphertext with one bit changed.
pub(crate) fn hostile(token: &str) -> [(&'static str, String); 3] {
    let with = |at: usize, character: u8| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = character;
        String::from_utf8(bytes).unwrap()
    };
    let other = |at: usize| {
        if token.as_bytes()[at] == b'A' {
            b'B'
        } else {
            b'A'
        }
    };
    let middle = token.len() / 2;
    [
        ("garbage", with(token.len() - 1, b'!')),
        ("unknown key", with(6, other(6))),
        ("forged", with(middle, other(middle))),
    ]
}
