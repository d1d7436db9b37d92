//! A second decoder of tokens, written from the specification: base64url bit by bit, HMAC by hand,
//! claims and payload byte by byte into the value they stand for. It shares the cipher and the hash
//! with the crate and nothing else; the reference in Python under `vectors/` shares nothing at all,
//! and is too slow for a fuzzer.

pub(crate) mod payload;
pub(crate) mod read;
pub(crate) mod seal;
pub(crate) mod text;
pub(crate) mod verify;
