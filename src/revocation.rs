//! Layer 4: who was logged out. The entries, how they merge, the view that every verification
//! consults, and the list in memory that is one.

pub(crate) mod cutoffs;
#[cfg(feature = "std")]
pub(crate) mod entries;
#[cfg(feature = "std")]
pub(crate) mod list;
pub(crate) mod record;
#[cfg(feature = "std")]
pub(crate) mod snapshot;
pub(crate) mod view;
