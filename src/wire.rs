//! Layer 1: bytes. Text form, varints, claims and payloads; no keys, no clock, no decisions.

pub(crate) mod bounded;
pub(crate) mod claims;
pub(crate) mod payload;
pub(crate) mod session_id;
pub(crate) mod structured;
pub(crate) mod text;
pub(crate) mod varint;
