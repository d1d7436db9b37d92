//! x
use std::path::Path;

use cloakroom::Timestamp;
use cloakroom::store::DurableRevocations;

use crate::args::{RevocationsArgs, RevokeArgs};
use crate::exit::{Failure, Reply};

pub(crate) fn open_store(path: &Path, now: Timestamp) -> Result<DurableRevocations, Failure> {
    DurableRevocations::open_existing(path, now).map_err(Failure::unavailable)
}
pub(crate) fn revoke(_: &RevokeArgs) -> Result<Reply, Failure> {
    Err(Failure::usage("soon"))
}
pub(crate) fn list(_: &RevocationsArgs) -> Result<Reply, Failure> {
    Err(Failure::usage("soon"))
}
