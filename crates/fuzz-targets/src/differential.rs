//! The crate and a second decoder agree about everything.

use cloakroom::hazmat::{self, Stage};
use cloakroom::{OwnedPayload, Reason, Sessions, VerifyError};

use crate::second::payload::Second;
use crate::second::seal::KEYS;
use crate::second::text;
use crate::second::verify::{self, Live, Refused};
use crate::setting::{OURS, READERS, Reader, key, now};

/// Any bytes, as one of four things that the first byte chooses: a token's text, a token's body
/// behind the known key id, a plaintext, or a plaintext under a nonce of the input's choice. The same
/// byte chooses the type of the payload, and which implementation of the AEAD is under the sessions.
/// Both decoders refuse it for the same reason, or read the same session from it.
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
            for reader in &*READERS {
                match reader.opener.seal(rest, b"", now()) {
                    Ok(ours) => assert_eq!(ours, token),
                    Err(_) => assert!(rest.is_empty() || rest.len() > 3024),
                }
            }
            token
        }
        _ => match rest.split_first_chunk::<24>() {
            Some((nonce, plaintext)) => text::encode(&KEYS.seal(plaintext, Some(*nonce))),
            None => return,
        },
    };
    for reader in &*READERS {
        stages(reader, &token);
    }
    let reader = &READERS[usize::from(how / 20 % 2)];
    match how / 4 % 5 {
        0 => same(&reader.everything, &token),
        1 => same(&reader.account, &token),
        2 => same(&reader.grant, &token),
        3 => same(&reader.raw, &token),
        _ => same(&reader.nothing, &token),
    }
}

fn same<T: OwnedPayload + Second>(sessions: &Sessions<T>, token: &str) {
    let ours = match sessions.verify(token) {
        Ok(session) => Ok(Live {
            id: session.id().to_bytes(),
            generation: session.info().generation(),
            subject: session.subject().to_vec(),
            value: session.payload().shown(),
            newer: session.is_read_only(),
            ends: session.info().expires_at().unix(),
        }),
        Err(error) => Err(name(&error)),
    };
    assert_eq!(ours, verify::verify::<T>(token), "{token}");
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
fn stages(reader: &Reader, token: &str) {
    let ours = reader.opener.open(token, b"", now());
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
