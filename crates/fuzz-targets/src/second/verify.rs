//! SPEC §8.3 with an empty list, and SPEC §7.2.

use crate::second::payload::Second;
use crate::second::read::Bytes;
use crate::second::seal::Keys;
use crate::second::text;
use crate::setting::{ABSOLUTE, IDLE, NOW, TOLERANCE};

/// What the crate calls a refusal, by the names it promises for logs.
pub(crate) type Refused = &'static str;

#[derive(Debug, PartialEq)]
pub(crate) struct Live {
    pub(crate) id: [u8; 16],
    pub(crate) generation: u32,
    pub(crate) subject: Vec<u8>,
    pub(crate) value: String,
    pub(crate) newer: bool,
    /// The second from which on the session is dead.
    pub(crate) ends: u64,
}

struct Claims<'a> {
    id: [u8; 16],
    generation: u64,
    subject: &'a [u8],
    authenticated: u64,
    issued: u64,
    idle: u64,
    absolute: u64,
    major: u64,
    minor: u64,
    payload: &'a [u8],
}

fn claims(plaintext: &[u8]) -> Option<Claims<'_>> {
    let mut bytes = Bytes(plaintext);
    let id = bytes.take(16)?.try_into().ok()?;
    let generation = bytes.varint(32, true)?;
    let length = bytes.varint(32, true)?;
    if length > 255 {
        return None;
    }
    let subject = bytes.take(length)?;
    let authenticated = bytes.varint(64, true)?;
    let issued = authenticated.checked_add(bytes.varint(32, true)?);
    let (idle, absolute) = (bytes.varint(32, true)?, bytes.varint(32, true)?);
    let (major, minor) = (bytes.varint(32, true)?, bytes.varint(32, true)?);
    if generation == 4_294_967_295 || authenticated > 253_402_300_799 || absolute == 0 {
        return None;
    }
    Some(Claims {
        id,
        generation,
        subject,
        authenticated,
        issued: issued?,
        idle,
        absolute,
        major,
        minor,
        payload: bytes.0,
    })
}

/// Verifies a text under the one key, purpose and audience of the targets.
pub(crate) fn verify<T: Second>(keys: &Keys, token: &str) -> Result<Live, Refused> {
    let body = text::decode(token).ok_or("format")?;
    if body[..4] != keys.kid {
        return Err("unknown-key");
    }
    let plaintext = keys.open(&body).map_err(|_| "forged")?;
    let claims = claims(&plaintext).ok_or("claims")?;
    let (major, minor) = (claims.major as u32, claims.minor as u32);
    let (value, newer) = T::read(major, minor, claims.payload).ok_or("wrong-schema")?;

    let idle = match claims.idle {
        0 => u64::from(IDLE),
        idle => idle.min(IDLE.into()),
    };
    let absolute = claims.authenticated + claims.absolute.min(ABSOLUTE.into());
    let idle = claims.issued + idle;
    if claims.authenticated > NOW + TOLERANCE || claims.issued > NOW + TOLERANCE {
        return Err("not-yet");
    }
    if NOW >= absolute {
        return Err("expired");
    }
    if NOW >= idle {
        return Err("idle");
    }
    Ok(Live {
        id: claims.id,
        generation: claims.generation as u32,
        subject: claims.subject.to_vec(),
        value: value.shown(),
        newer,
        ends: idle.min(absolute),
    })
}
