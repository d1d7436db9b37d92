//! Servers that tests start, break and mend, and the contract that every engine of a feed keeps.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests, written as a library so that several of them share it"
)]

pub mod process;
pub mod proxy;
pub mod redis_server;
pub mod postgres_server;
pub mod contract;
pub mod contract_snapshots;
pub mod sizes;
pub mod subject;
pub mod fleet;
pub mod waitaof;

pub use postgres_server::PostgresServer;
pub use proxy::Proxy;
pub use redis_server::RedisServer;
pub use subject::{Server, realm};
