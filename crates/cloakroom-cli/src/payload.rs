//! Payloads without their Rust type: a description (SPEC §7.7), and JSON in its terms.

mod describe;
mod form;
mod read;
mod refs;
mod strict;
mod types;
mod write;

pub(crate) use describe::{from_json, load, parse};
pub(crate) use form::Form;
pub(crate) use read::{read, read_in};
pub(crate) use types::Schema;
pub(crate) use write::write;
