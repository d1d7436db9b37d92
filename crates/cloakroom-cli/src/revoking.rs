//! Revoking, and what is revoked: in the store of one machine or the feed of many.

mod engine;
mod entries;
mod feed;
mod list;
mod place;
mod revoke;
mod store;

pub(crate) use list::list;
pub(crate) use revoke::revoke;
pub(crate) use store::open as open_store;
