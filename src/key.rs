//! Layer 3: keys. Their text forms, the ring they form, and which of them seals and opens when.

pub(crate) mod date;
pub(crate) mod error;
pub(crate) mod fault;
pub(crate) mod file;
pub(crate) mod id;
pub(crate) mod ring;
pub(crate) mod root;
pub(crate) mod table;
pub(crate) mod unit;
