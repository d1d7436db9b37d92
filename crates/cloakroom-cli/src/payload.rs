//! Payloads without their Rust type: a description (SPEC §7.7), and JSON in its terms.

mod describe;
mod read;
mod types;
mod write;

pub(crate) use describe::load;
pub(crate) use read::read;
pub(crate) use types::Schema;
pub(crate) use write::write;
