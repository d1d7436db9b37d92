//! The crate and a second decoder agree about everything.

use cloakroom::hazmat::{self, Stage};
use cloakroom::{Reason, VerifyError};

use crate::second::seal::KEYS;
use crate::second::text;
use crate::second::verify::{self, Live, Refused, shown};
use crate::setting::{OPENER, OURS, SESSIONS, key, now};

/// Any bytes, as one of four things that the first byte chooses: a token's text, a token's body
/// behind the known key id, a plaintext, or a plaintext under a nonce of the input's choice. Both
/// decoders refuse it for the same reason, or read the same session from it.
pub fn differential(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let token = match how % 4 {
        0 => match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        },
        1 => text::encode(&[KEYS.kid.as_slice(), rest].concat()),
        2 => {
            let token = text::encode(&KEYS.seal(rest, None));
            match hazmat::seal(&key(), OURS, rest) {
                Ok(ours) => assert_eq!(ours, token),
                Err(_) => assert!(rest.is_empty() || rest.len() > 3024),
            }
            token
        }
        _ => match rest.split_first_chunk::<24>() {
            Some((nonce, plaintext)) => text::encode(&KEYS.seal(plaintext, Some(*nonce))),
            None => return,
        },
    };
    stages(&token);
    let ours = match SESSIONS.verify(&token) {
        Ok(session) => Ok(Live {
            id: session.id().to_bytes(),
            generation: session.info().generation(),
            subject: session.subject().to_vec(),
            value: shown(session.payload()),
            newer: session.is_read_only(),
            ends: session.info().expires_at().unix(),
        }),
        Err(error) => Err(name(&error)),
    };
    assert_eq!(ours, verify::verify(&token), "{token}");
}

fn name(error: &VerifyError) -> Refused {
    let VerifyError::Rejected(rejected) = error else {
        panic!("a clock and a list that always answer: {error:?}");
    };
    match rejected.detail() {
        Some(invalid) => invalid.as_str(),
        None => {
            assert_ne!(rejected.reason(), Reason::Invalid);
            rejected.reason().as_str()
        }
    }
}

/// The same up to the plaintext, where tag and nonce are told apart.
fn stages(token: &str) {
    let ours = OPENER.open(token, b"", now());
    let ours = ours.map(|opened| opened.plaintext);
    let Some(body) = text::decode(token) else {
        assert_eq!(ours, Err(Stage::Text));
        return;
    };
    if body[..4] != KEYS.kid {
        assert_eq!(ours, Err(Stage::Key));
        return;
    }
    let theirs = KEYS.open(&body).map_err(|wrong| match wrong {
        Some(()) => Stage::Nonce,
        None => Stage::Tag,
    });
    assert_eq!(ours, theirs);
}
