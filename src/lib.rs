//! cloakroom
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod seal;
mod secret;
mod swap;
mod time;
mod wire;

pub use crate::error::*;
pub use crate::time::*;
pub use crate::wire::claims::Schema;
pub use crate::wire::payload::{NoPrevious, OwnedPayload, Payload, RawBytes, RawSlice};

/// Payload
pub mod schema {
    pub use crate::wire::payload::Opened;
    pub use crate::wire::structured::{EncodeError, Ends, Unreadable};
}
#[doc(hidden)]
pub mod __private {
    pub use crate::wire::structured::{decode_postcard, encode_postcard};
}
mod key;
pub use crate::key::{error::*, fault::RingError, file::*, id::*, ring::*, root::*, unit::*};
mod revocation;
pub use crate::revocation::{record::*, view::*, list::*, snapshot::SnapshotError};
