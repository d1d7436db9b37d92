//! Tokens: as text, as what the seal covers, as claims.

use cloakroom::hazmat::{self, Claims, Stage};
use cloakroom::{OwnedPayload, Sessions};

use crate::second;
use crate::second::payload::Second;
use crate::setting::{NOW, OURS, key, now, readers};

/// Any text as a token: never a panic, and without the key nobody seals, so nothing may open.
pub fn token(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for reader in readers(false) {
            assert!(reader.everything.verify(text).is_err());
        }
    }
}

/// Any text as the text form of a token: it is read if and only if it is the one spelling of its
/// bytes, which another encoder writes again.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let [portable, _] = readers(false);
    let read = !matches!(portable.opener.open(text, b"", now()), Err(Stage::Text));
    let body = second::text::decode(text);
    assert_eq!(read, body.is_some(), "{text:?}");
    if let Some(body) = body {
        assert_eq!(second::text::encode(&body), text);
    }
}

/// Any plaintext, sealed by us first so that the decoders behind the seal are reached: never a
/// panic, and a session that is accepted renews to one that is accepted, and is written anew to what
/// says the same. For each type of payload; the length chooses the implementation of the AEAD.
pub fn plaintext(bytes: &[u8]) {
    let Ok(token) = hazmat::seal(&key(), OURS, bytes) else {
        assert!(bytes.is_empty() || bytes.len() > 3024);
        return;
    };
    let reader = &readers(false)[bytes.len() % 2];
    live(&reader.everything, &token);
    live(&reader.account, &token);
    live(&reader.grant, &token);
    live(&reader.raw, &token);
    live(&reader.nothing, &token);
}

fn live<T: OwnedPayload + Second>(sessions: &Sessions<T>, token: &str) {
    let Ok(session) = sessions.verify(token) else {
        return;
    };
    assert!(session.info().absolute_deadline().unix() > NOW);
    if let Ok(Some(renewed)) = sessions.renew(&session) {
        let again = sessions.verify(renewed.token.as_str());
        let again = again.expect("a renewal is accepted");
        assert_eq!(again.id(), session.id());
        assert!(again.info().absolute_deadline() <= session.info().absolute_deadline());
    }
    if let Ok(updated) = sessions.update(&session, session.payload()) {
        assert!(!session.is_read_only(), "fields of a newer writer are lost");
        let again = sessions.verify(updated.token.as_str());
        let again = again.expect("an update is accepted");
        assert_eq!(again.id(), session.id());
        assert_eq!(again.payload().shown(), session.payload().shown());
    }
}

/// As which types of payload a plaintext, sealed, is a session: for both decoders, by each
/// implementation of the AEAD.
#[must_use]
pub fn live_as(bytes: &[u8]) -> [bool; 5] {
    let Ok(token) = hazmat::seal(&key(), OURS, bytes) else {
        return [false; 5];
    };
    fn is_live<T: OwnedPayload + Second>(token: &str, sessions: [&Sessions<T>; 2]) -> bool {
        sessions.iter().all(|of| of.verify(token).is_ok())
            && second::verify::verify::<T>(second::seal::keys(false), token).is_ok()
    }
    let readers = readers(false).each_ref();
    [
        is_live(&token, readers.map(|reader| &reader.everything)),
        is_live(&token, readers.map(|reader| &reader.account)),
        is_live(&token, readers.map(|reader| &reader.grant)),
        is_live(&token, readers.map(|reader| &reader.raw)),
        is_live(&token, readers.map(|reader| &reader.nothing)),
    ]
}

/// Claims have one encoding: whatever decodes encodes to the same bytes.
pub fn claims(bytes: &[u8]) {
    if let Ok((claims, payload)) = Claims::decode(bytes) {
        assert_eq!(claims.encode(payload), bytes);
    }
}
