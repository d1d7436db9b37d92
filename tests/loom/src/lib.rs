//! The tables of the revocation list, built for the model checker; what it checks is in `tests/`.
#![allow(dead_code, reason = "the crate uses all of it, a model a part")]

extern crate alloc;

pub(crate) mod revocation {
    pub(crate) mod sync;

    #[path = "../../../../src/revocation/hash.rs"]
    pub(crate) mod hash;
    #[path = "../../../../src/revocation/filter.rs"]
    pub(crate) mod filter;
    #[path = "../../../../src/revocation/state.rs"]
    pub(crate) mod state;
    #[path = "../../../../src/revocation/shard.rs"]
    pub(crate) mod shard;
    #[path = "../../../../src/revocation/index.rs"]
    pub(crate) mod index;
}

#[cfg(test)]
mod known;
#[cfg(test)]
mod models;
