//! Lists of devices: the port, and where entries are kept.
//!
//! Sealed sessions can't be listed, so whoever wants "my devices" keeps an index beside them.
//! Nothing here is consulted to let anybody in: an index that is lost, late or wrong shows a wrong
//! list and logs nobody in or out.
//!
//! [`MemoryIndex`] forgets with the process. With the feature `redb`, `FileIndex` does not. For
//! another place implement [`SessionIndex`]: an [`IndexEntry`] is bytes to be kept by two names.
//! [`Sessions::devices`](crate::Sessions::devices) has an example.

pub(crate) mod entry;
pub(crate) mod port;
pub(crate) mod failures;
#[cfg(feature = "std")]
pub(crate) mod memory;
#[cfg(feature = "std")]
#[cfg(feature = "redb")]
mod making;
#[cfg(feature = "std")]
#[cfg(feature = "redb")]
pub(crate) mod file;

pub use entry::{BadEntry, IndexEntry, MAX_LABEL};
#[cfg(feature = "std")]
#[cfg(feature = "redb")]
#[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
pub use file::FileIndex;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use memory::MemoryIndex;
pub use port::{IndexError, IndexReport, SessionIndex};
