//! cloakroom
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;
pub mod http;
mod key;
mod revocation;
mod seal;
mod secret;
mod session;
mod swap;
mod time;
mod wire;

pub use crate::error::{Fault, Invalid, Missing, Reason, Rejected, Unavailable, VerifyError};
pub use crate::key::error::{KeyError, Looks};
pub use crate::key::fault::RingError;
pub use crate::key::file::RingFileError;
pub use crate::key::id::{KeyId, ParseKeyIdError};
pub use crate::key::plan::KeyState;
pub use crate::key::ring::{KeyRing, RingKey};
pub use crate::key::root::Key;
pub use crate::key::text::SecretText;
pub use crate::key::unit::Unit;
#[cfg(feature = "std")]
pub use crate::revocation::entries::Merged;
#[cfg(feature = "std")]
pub use crate::revocation::list::{InMemory, ListStats, RevocationList};
pub use crate::revocation::record::{BadRecord, Record, Revocation};
#[cfg(feature = "std")]
pub use crate::revocation::snapshot::SnapshotError;
pub use crate::revocation::view::{
    Facts, Freshness, NoRevocation, RevocationPublish, RevocationView, Scope, Terms,
};
pub use crate::session::builder::{BuildError, SessionsBuilder};
pub use crate::session::error::*;
pub use crate::session::policy::{Policy, StalePolicy};
#[cfg(feature = "std")]
pub use crate::session::random::SystemRandom;
pub use crate::session::random::{RandomError, RandomSource};
pub use crate::session::revoke::KeyRevoked;
pub use crate::session::sessions::{BindingTooLong, DefaultRevocations, Sessions};
pub use crate::session::token::{Issued, Token, sealed_len_bound};
pub use crate::session::verified::{LogReference, Plaintext, Scratch, Session, SessionInfo};
pub use crate::time::{Clock, ClockError, Timestamp};
#[cfg(feature = "std")]
pub use crate::time::{ManualClock, SystemClock};
pub use crate::wire::claims::Schema;
pub use crate::wire::payload::{NoPrevious, OwnedPayload, Payload, RawBytes, RawSlice};
pub use crate::wire::session_id::{ParseSessionIdError, SessionId};

/// Payload
pub mod schema {
    pub use crate::wire::payload::Opened;
    pub use crate::wire::structured::{EncodeError, Ends, Unreadable};
}
#[doc(hidden)]
pub mod __private {
    pub use crate::wire::structured::{decode_postcard, encode_postcard};
}
