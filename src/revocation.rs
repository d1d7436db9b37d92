pub(crate) mod record;
pub(crate) mod report;
#[cfg(feature = "std")]
pub(crate) mod changes;
pub(crate) mod view;
#[cfg(feature = "std")]
pub(crate) mod cutoffs;
#[cfg(feature = "std")]
pub(crate) mod sync;
#[cfg(feature = "std")]
pub(crate) mod hash;
#[cfg(feature = "std")]
pub(crate) mod filter;
#[cfg(feature = "std")]
pub(crate) mod state;
#[cfg(feature = "std")]
pub(crate) mod shard;
#[cfg(feature = "std")]
pub(crate) mod index;
#[cfg(feature = "std")]
pub(crate) mod states;
#[cfg(feature = "std")]
pub(crate) mod entries;
#[cfg(feature = "std")]
mod waiting;
#[cfg(feature = "std")]
pub(crate) mod snapshot;
#[cfg(feature = "std")]
pub(crate) mod list;
#[cfg(feature = "std")]
#[cfg(any(feature = "redb", feature = "feed"))]
mod backing;
