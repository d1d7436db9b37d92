//! The crate and a second decoder agree about everything.

use cloakroom::hazmat::{self, For, Stage};
use cloakroom::{OwnedPayload, Reason, Sessions, VerifyError};

use crate::second::payload::Second;
use crate::second::seal::{Keys, keys};
use crate::second::text;
use crate::second::verify::{self, Live, Refused};
use crate::setting::{OURS, Reader, key, now, readers};

/// Any bytes, as one of four things that the first byte chooses: a token's text, a token's body
/// behind the known key id, a plaintext, or a plaintext under a nonce of the input's choice. The same
/// byte chooses the type of the payload, which implementation of the AEAD is under the sessions, and
/// whether tokens are bound to something that they do not carry.
/// Both decoders refuse it for the same reason, or read the same session from it.
pub fn differential(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let bound = how / 40 % 2 == 1;
    let (keys, readers) = (keys(bound), readers(bound));
    let token = match how % 4 {
        0 => match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        },
        1 => text::encode(&[keys.kid.as_slice(), rest].concat()),
        2 => {
            let token = text::encode(&keys.seal(rest, None));
            let to = For {
                binding: readers[0].binding,
                ..OURS
            };
            match hazmat::seal(&key(), to, rest) {
                Ok(ours) => assert_eq!(ours, token),
                Err(_) => assert!(rest.is_empty() || rest.len() > 3024),
            }
            for reader in readers {
                match reader.opener.seal(rest, reader.binding, now()) {
                    Ok(ours) => assert_eq!(ours, token),
                    Err(_) => assert!(rest.is_empty() || rest.len() > 3024),
                }
            }
            token
        }
        _ => match rest.split_first_chunk::<24>() {
            Some((nonce, plaintext)) => text::encode(&keys.seal(plaintext, Some(*nonce))),
            None => return,
        },
    };
    for reader in readers {
        stages(keys, reader, &token);
    }
    let reader = &readers[usize::from(how / 20 % 2)];
    match how / 4 % 5 {
        0 => same(keys, &reader.everything, &token),
        1 => same(keys, &reader.account, &token),
        2 => same(keys, &reader.grant, &token),
        3 => same(keys, &reader.raw, &token),
        _ => same(keys, &reader.nothing, &token),
    }
}

fn same<T: OwnedPayload + Second>(keys: &Keys, sessions: &Sessions<T>, token: &str) {
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
    assert_eq!(ours, verify::verify::<T>(keys, token), "{token}");
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
fn stages(keys: &Keys, reader: &Reader, token: &str) {
    let ours = reader.opener.open(token, reader.binding, now());
    let ours = ours.map(|opened| opened.plaintext);
    let Some(body) = text::decode(token) else {
        assert_eq!(ours, Err(Stage::Text));
        return;
    };
    if body[..4] != keys.kid {
        assert_eq!(ours, Err(Stage::Key));
        return;
    }
    let theirs = keys.open(&body).map_err(|wrong| match wrong {
        Some(()) => Stage::Nonce,
        None => Stage::Tag,
    });
    assert_eq!(ours, theirs);
}
