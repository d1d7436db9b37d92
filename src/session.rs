//! Layer 5: sessions. Everything below, put together: what may be issued, accepted, renewed, revoked.

pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod issue;
pub(crate) mod policy;
pub(crate) mod random;
pub(crate) mod reseal;
pub(crate) mod revoke;
pub(crate) mod sessions;
pub(crate) mod token;
pub(crate) mod verified;
pub(crate) mod verify;
