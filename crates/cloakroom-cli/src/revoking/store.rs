//! The embedded store, and what its errors mean for whoever runs a command.

use std::path::Path;

use cloakroom::Timestamp;
use cloakroom::store::{DurableRevocations, OpenError};

use crate::exit::Failure;

/// Opens a store that exists.
pub(crate) fn open(path: &Path, now: Timestamp) -> Result<DurableRevocations, Failure> {
    DurableRevocations::open_existing(path, now).map_err(failure)
}

/// Opens a store, and makes it if there is none.
pub(crate) fn open_or_make(path: &Path, now: Timestamp) -> Result<DurableRevocations, Failure> {
    DurableRevocations::open(path, now).map_err(failure)
}

fn failure(error: OpenError) -> Failure {
    match &error {
        OpenError::InUse { path } => Failure::unavailable(format!(
            "{error}. That is the server, most likely: it alone may write to {} while it runs. Let \
             the application revoke, revoke in the feed that the servers share, or stop the server \
             first",
            path.display()
        )),
        OpenError::Missing { path } => Failure::input(format!(
            "revocation store {}: there is no such file, and nothing was done. Correct the path; \
             `revoke --force` begins a new store",
            path.display()
        )),
        OpenError::Io { .. } => Failure::unavailable(error),
        _ => Failure::input(error),
    }
}
