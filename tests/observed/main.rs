//! What is counted and told is what docs/metrics.md says, in labels that no client can choose, at
//! levels that no client can flood, and without a secret in it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod alarms;
mod document;
mod gauges;
mod levels;
mod ops;
mod scenario;
mod secrets;
#[path = "../secrets/search.rs"]
#[allow(
    dead_code,
    clippy::needless_borrow,
    reason = "another test uses the rest of it"
)]
mod search;
mod world;
