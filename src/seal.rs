//! Layer 2: cryptography. Bytes and keys in, sealed bytes out; no clock, no text, no decisions.

pub(crate) mod derive;
pub(crate) mod sealer;
