//! Revocations that survive the process and the power: the embedded store, for one machine.
//!
//! [`DurableRevocations`] is a [`RevocationList`](crate::RevocationList) in front of a file.
//! Reading is the list's: no waiting for a lock, no I/O. A publication is acknowledged once it is
//! on the disk and in effect; a thread of the store's own writes all that wait in one commit.
//!
//! | question | answer |
//! |---|---|
//! | first start, or the file was deleted | [`open`](DurableRevocations::open) makes it; [`Opening::created`] says so |
//! | the file must be there | [`open_existing`](DurableRevocations::open_existing) |
//! | the file is damaged or cut short | an error; [`recover`](DurableRevocations::recover) moves it aside and logs everybody out |
//! | another process has it open | [`OpenError::InUse`] |
//! | a newer version wrote it | [`OpenError::Newer`]; nothing is touched |
//! | the disk is full or fails later | the publication is an error, and the store is stale until it is opened again |
//! | another engine | [`RevocationLog`], three methods |
//!
//! # Deployment
//!
//! - The file belongs to one process. For several, use a shared store.
//! - A disk that reports a write as done before it is (a cache without a battery, some network and
//!   virtual file systems) breaks the promise, and nothing here can notice.
//! - After a failed fsync the system may show what the disk does not hold. Restart the machine, not
//!   only the process, before the file is trusted again.
//! - Beside the file `NAME` stand `NAME.lock`, which is empty and must stay, and `NAME.damaged-...`
//!   after a recovery. `NAME.new` is left over from a start that was interrupted.
//! - The file is not secret and not authenticated: whoever can write it can log people out and
//!   forget logouts. Keep it where you keep the keys.
//! - A copy of the file from a backup has forgotten every logout since. Restore it only together
//!   with a cut-off, [`revoke_all`](crate::Sessions::revoke_all).

mod error;
pub(crate) mod place;
mod log;
mod ticket;
mod queue;
mod committer;
mod fault;
mod engine;
mod file;
mod loading;
mod durable;

pub use durable::{DurableRevocations, Recovered};
pub use engine::RedbLog;
pub use error::{LogError, OpenError, StoreError};
pub use file::Alarm;
pub use loading::Opening;
pub use log::{Batch, RevocationLog, Standing, Stored};
pub use ticket::{Durable, Publishing};

#[cfg(feature = "feed")]
pub(crate) use queue::TakenIn;
#[cfg(feature = "feed")]
pub(crate) use ticket::Ticket;
