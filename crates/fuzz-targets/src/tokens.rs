//! Tokens: as text, as what the seal covers, as claims.

use cloakroom::hazmat::{self, Claims, Stage};

use crate::second;
use crate::setting::{NOW, OPENER, OURS, SESSIONS, key, now};

/// Any text as a token: never a panic, and without the key nobody seals, so nothing may open.
pub fn token(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(SESSIONS.verify(text).is_err());
    }
}

/// Any text as the text form of a token: it is read if and only if it is the one spelling of its
/// bytes, which another encoder writes again.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let read = !matches!(OPENER.open(text, b"", now()), Err(Stage::Text));
    let body = second::text::decode(text);
    assert_eq!(read, body.is_some(), "{text:?}");
    if let Some(body) = body {
        assert_eq!(second::text::encode(&body), text);
    }
}

/// Any plaintext, sealed by us first so that the decoders behind the seal are reached: never a
/// panic, and a session that is accepted renews to one that is accepted.
pub fn plaintext(bytes: &[u8]) {
    let Ok(token) = hazmat::seal(&key(), OURS, bytes) else {
        assert!(bytes.is_empty() || bytes.len() > 3024);
        return;
    };
    if let Ok(session) = SESSIONS.verify(&token) {
        assert!(session.info().absolute_deadline().unix() > NOW);
        if let Ok(Some(renewed)) = SESSIONS.renew(&session) {
            let again = SESSIONS.verify(renewed.token.as_str());
            let again = again.expect("a renewal is accepted");
            assert_eq!(again.id(), session.id());
            assert!(again.info().absolute_deadline() <= session.info().absolute_deadline());
        }
    }
}

/// Whether a plaintext, sealed, is a session for both decoders.
#[must_use]
pub fn is_live(bytes: &[u8]) -> bool {
    let Ok(token) = hazmat::seal(&key(), OURS, bytes) else {
        return false;
    };
    SESSIONS.verify(&token).is_ok() && second::verify::verify(&token).is_ok()
}

/// Claims have one encoding: whatever decodes encodes to the same bytes.
pub fn claims(bytes: &[u8]) {
    if let Ok((claims, payload)) = Claims::decode(bytes) {
        assert_eq!(claims.encode(payload), bytes);
    }
}
