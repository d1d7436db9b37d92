//! Login sessions for API servers, kept in compact encrypted tokens instead of a session store, with a
//! logout that logs out.
//!
//! The session's state is serialised, encrypted and authenticated into a token with its deadlines
//! inside, which travels in a cookie or a bearer header. Verifying it needs no I/O and waits for no
//! lock. A small revocation list, whose size depends on how many people log out and not on how many are
//! logged in, ends sessions before their time.
//!
//! ```
//! use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock, VerifyError};
//! use serde::{Deserialize, Serialize};
//! use time::Duration;
//!
//! #[derive(Serialize, Deserialize)]
//! struct User {
//!     name: String,
//!     admin: bool,
//! }
//! cloakroom::payload!(User);
//!
//! let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
//! let sessions = Sessions::<User>::builder(ring, RevocationList::new())
//!     .purpose("session")
//!     .audience("api.example.com")
//!     .idle_timeout(Duration::minutes(30))
//!     .absolute_timeout(Duration::hours(8))
//!     .build()?;
//!
//! let issued = sessions.issue("user-42", &User { name: "Ada".into(), admin: false })?;
//! match sessions.verify(issued.token.as_str()) {
//!     Ok(session) => assert_eq!(session.payload().name, "Ada"),
//!     Err(VerifyError::Rejected(_)) => { /* 401 */ }
//!     Err(VerifyError::Unavailable(_)) => { /* 503 */ }
//! }
//! sessions.revoke_subject("user-42")?; // log out everywhere
//! assert!(sessions.verify(issued.token.as_str()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! | for | look at | feature |
//! |---|---|---|
//! | what an application keeps, and what a request gets | [`Sessions`], [`Session`], [`SessionInfo`] | |
//! | what a session carries, and how it grows | [`payload!`], [`Payload`], [`schema`] | |
//! | keys: making, loading, rotating, swapping in | [`KeyRing`], `source`, `reload` | `std` |
//! | keys behind a password, or sealed by a key service | `source::Password`, `source::KeyUnwrap` | `password`, `std` |
//! | who was logged out: in memory, in a file, on many servers, at the edge | [`RevocationList`], `store`, `feed`, `edge` | `std`, `redb`, `feed`, `edge` |
//! | sessions in axum, actix-web, tonic | `web` | `axum-08`, `actix-4`, `tower` |
//! | cookies, bearer tokens and the cross-origin check for any framework | [`http`] | |
//! | the end of a session, for connections that stay open | [`Sessions::ended`] | `std` |
//! | lists of devices | [`index`] | |
//! | forms for browsers that send no headers | [`Sessions::form_token`] | |
//! | tests of handlers | `testing` | `testing` |
//! | metrics and events | `observability` | `metrics`, `tracing` |
//! | the same tokens in less time | | `ring` |
//! | test vectors, stage by stage | `hazmat` | `hazmat` |
//!
//! The token format is SPEC.md beside this crate, with test vectors and ports to other languages; what
//! is promised, and what is not, is in SECURITY.md.
//!
//! # Errors
//!
//! Errors are one type for each operation. Those of making things ([`BuildError`], [`IssueError`],
//! [`RingFileError`], ...) say what is wrong and what to do; those of checking what a client sent
//! ([`VerifyError`], [`Rejected`]) show the outside one constant sentence.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

// A module imports only from layers below its own; inside a folder only from files named before it.
// tests/layers.rs fails on an import that climbs.
//
//   attic    lib, hazmat, testing
//   layer 13 web          sessions in a request and its response, for tower, axum and actix-web
//   layer 12 http         strings in, header lines out
//   layer 11 reload       watches where keys come from, swaps them in
//   layer 10 session      issue, verify, renew, rotate, revoke
//   layer 9  edge         the list in a small signed file, for verifiers far from the engine
//   layer 8  feed         one list for many servers, over an engine they share
//   layer 7  index        lists of devices
//   layer 6  store        the list with a disk behind it
//   layer 5  revocation   entries, the view that is consulted, the list in memory
//   layer 4  source       where rings are read from
//   layer 3  key          keys, texts, ring, what may seal and open when
//   layer 2  seal         derivation and the AEAD
//   layer 1  wire         text, varints, claims, payloads
//   layer 0  error, time, secret, swap, promise, observe, backend
extern crate alloc;

#[cfg(feature = "std")]
#[cfg(feature = "edge")]
#[cfg_attr(docsrs, doc(cfg(feature = "edge")))]
pub mod edge;
mod backend;
mod error;
#[cfg(feature = "std")]
#[cfg(feature = "feed")]
#[cfg_attr(docsrs, doc(cfg(feature = "feed")))]
pub mod feed;
#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;
pub mod http;
pub mod index;
mod key;
mod observe;
#[cfg(feature = "std")]
#[cfg(any(feature = "redb", feature = "feed"))]
mod promise;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub mod reload;
mod revocation;
mod seal;
mod secret;
mod session;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub mod source;
#[cfg(feature = "std")]
#[cfg(feature = "redb")]
#[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
pub mod store;
mod swap;
#[cfg(feature = "std")]
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod time;
#[cfg(feature = "std")]
#[cfg(any(feature = "tower", feature = "actix-4"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "tower", feature = "axum-08", feature = "actix-4")))
)]
pub mod web;
mod wire;

pub use crate::error::{Fault, Invalid, Missing, Reason, Rejected, Unavailable, VerifyError};
pub use crate::key::error::{KeyError, Looks};
pub use crate::key::fault::RingError;
pub use crate::key::file_error::RingFileError;
pub use crate::key::id::{KeyId, ParseKeyIdError};
pub use crate::key::plan::KeyState;
pub use crate::key::ring::{KeyRing, RingKey};
pub use crate::key::root::Key;
pub use crate::key::text::SecretText;
pub use crate::key::timeline::{KeyPlan, Timeline, Turn};
pub use crate::key::unit::Unit;
pub use crate::key::warning::{Fleet, RingWarning};
#[cfg(feature = "std")]
pub use crate::revocation::changes::Changes;
#[cfg(feature = "std")]
pub use crate::revocation::entries::Merged;
#[cfg(feature = "std")]
pub use crate::revocation::list::{InMemory, ListStats, RevocationList};
pub use crate::revocation::record::{BadRecord, Record, Revocation};
pub use crate::revocation::report::{FeedPosition, ViewReport};
#[cfg(feature = "std")]
pub use crate::revocation::snapshot::SnapshotError;
pub use crate::revocation::view::{
    Answer, Facts, Freshness, NoRevocation, RevocationPublish, RevocationView, Scope, Terms,
};
pub use crate::session::build_error::BuildError;
pub use crate::session::builder::SessionsBuilder;
pub use crate::session::devices::{Device, DevicesError};
#[cfg(feature = "std")]
pub use crate::session::ended::Ended;
pub use crate::session::error::{
    IssueError, PayloadError, ReauthenticateError, ReplaceKeysError, RevokeError, RotateError,
    UpdateError,
};
pub use crate::session::form::{FormRejected, FormToken};
pub use crate::session::policy::{Policy, StalePolicy};
#[cfg(feature = "std")]
pub use crate::session::random::SystemRandom;
pub use crate::session::random::{RandomError, RandomSource};
pub use crate::session::revoke::KeyRevoked;
pub use crate::session::sessions::{BindingTooLong, DefaultRevocations, Sessions};
pub use crate::session::status::Status;
pub use crate::session::token::{Issued, Token, sealed_len_bound};
pub use crate::session::verified::{LogReference, Plaintext, Scratch, Session, SessionInfo};
pub use crate::time::{Clock, ClockError, Timestamp};
#[cfg(feature = "std")]
pub use crate::time::{ManualClock, SystemClock};
pub use crate::wire::claims::Schema;
pub use crate::wire::payload::{NoPrevious, OwnedPayload, Payload, RawBytes, RawSlice};
pub use crate::wire::session_id::{ParseSessionIdError, SessionId};

/// Its samples are tests. As the crate's documentation its links, which lead to files, would lead
/// nowhere.
#[doc = include_str!("../README.md")]
#[cfg(all(doctest, feature = "std"))]
pub struct Readme;

#[doc = include_str!("../docs/metrics.md")]
#[cfg(any(feature = "metrics", feature = "tracing"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "metrics", feature = "tracing"))))]
pub mod observability {}

/// Payload schemas: the alarm for changes that forgot the number, descriptions for readers in other
/// languages, and what a hand-written [`Payload`] needs.
pub mod schema {
    #[cfg(feature = "std")]
    pub use crate::wire::drift::{Drift, DriftKind, assert_unchanged, check_unchanged};
    pub use crate::wire::payload::Opened;
    pub use crate::wire::shape::{Description, ParseShapeError, Shape, ShapeError, describe};
    pub use crate::wire::structured::{EncodeError, Ends, Unreadable};
}
#[doc(hidden)]
pub mod __private {
    pub use crate::wire::structured::{decode_postcard, encode_postcard, is_struct, reads_back};
}
