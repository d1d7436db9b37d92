//! Revocations for verifiers far from the engine: a small signed file instead of a feed.
//!
//! A server of the feed makes an export ([`EdgeSigner::export`]) every few seconds and puts it where
//! edges can fetch it; an [`EdgeView`] reads it and stands where a list would. An edge verifies and
//! mints nothing: what issues, renews or revokes is the origin.
//!
//! A session that was logged out stands in a compact filter, which answers "perhaps" for one in
//! 65,536 of the others too, other ones in each export. So a hit is never a reason to refuse: the
//! edge asks the origin ([`Origin`]), or answers "unavailable" ([`Missing::Origin`]), never
//! "rejected". Whatever reaches more than one session (a subject, an audience, a key) stands in the
//! export exactly.
//!
//! The bytes are those of SPEC §18.
//!
//! ```
//! use cloakroom::edge::{EdgeKeys, EdgeView};
//! use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Realm};
//! use std::time::Duration;
//!
//! // At the origin, on a server that follows the feed.
//! let key = FeedKey::generate()?;
//! let signer = key.edge_signer();
//! let realm = Realm::new("shop")?;
//! let keys = FeedKeys::new(key);
//! let feed = FeedRevocations::builder(realm.clone(), keys, MemoryEngine::new()).start()?;
//! assert!(feed.wait_until_fresh(Duration::from_secs(10)));
//! let file = signer.export(&feed, Duration::from_secs(30))?;
//!
//! // At an edge, which has the public key alone.
//! let view = EdgeView::builder(realm, EdgeKeys::new(signer.public_key())).build();
//! view.load(&file)?; // and again with every file it fetches
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Missing::Origin`]: crate::Missing::Origin

mod key;
mod filter;
mod layout;
mod make;
mod origin;
mod view;

pub use key::{EdgeKey, EdgeKeys, EdgeSigner};
pub use layout::{BadExport, MAX_LEN};
pub use make::ExportError;
pub use origin::Origin;
pub use view::{EdgeBuilder, EdgeStatus, EdgeView};

#[cfg(feature = "hazmat")]
pub(crate) use filter::value;
#[cfg(feature = "hazmat")]
pub(crate) use layout::{Head, Opened, open, seal};
