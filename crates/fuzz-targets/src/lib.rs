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

mod differential;
mod edge;
mod http_headers;
mod keys;
mod revocation;
mod second;
mod setting;
mod tokens;

pub use differential::differential;
pub use edge::edge;
pub use http_headers::http_headers;
pub use keys::{key_text, ring_file, wrapped};
pub use revocation::snapshot;
pub use setting::{Choice, Everything, NOW};
pub use tokens::{claims, is_live, plaintext, text, token};

/// What a fuzzer calls with each input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its file below `fuzz/fuzz_targets`.
pub const TARGETS: [(&str, Target); 11] = [
    ("claims", claims),
    ("differential", differential),
    ("edge", edge),
    ("http_headers", http_headers),
    ("key_text", key_text),
    ("plaintext", plaintext),
    ("ring_file", ring_file),
    ("snapshot", snapshot),
    ("text", text),
    ("token", token),
    ("wrapped", wrapped),
];
