//! What a fuzzer does with arbitrary bytes, as functions that run without a fuzzer too: `fuzz/`
//! hands them to libFuzzer, `tests/replay.rs` gives them the vectors and what can be made of them,
//! and `examples/replay.rs` any file. Each panics where something is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::missing_panics_doc,
    reason = "to panic is what these functions are for"
)]

mod description;
mod differential;
mod edge;
mod feed_batch;
mod http_headers;
mod keys;
mod payloads;
mod revocation;
mod second;
mod setting;
mod tokens;

pub use description::description;
pub use differential::differential;
pub use edge::edge;
pub use feed_batch::{feed_batch, is_fed};
pub use http_headers::http_headers;
pub use keys::{key_text, ring_file, wrapped};
pub use payloads::{Account, Choice, Everything, Grant, Id, Profile};
pub use revocation::snapshot;
pub use setting::NOW;
pub use tokens::{claims, live_as, plaintext, text, token};

/// What a fuzzer calls with each input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its file below `fuzz/fuzz_targets`.
pub const TARGETS: [(&str, Target); 13] = [
    ("claims", claims),
    ("description", description),
    ("differential", differential),
    ("edge", edge),
    ("feed_batch", feed_batch),
    ("http_headers", http_headers),
    ("key_text", key_text),
    ("plaintext", plaintext),
    ("ring_file", ring_file),
    ("snapshot", snapshot),
    ("text", text),
    ("token", token),
    ("wrapped", wrapped),
];
