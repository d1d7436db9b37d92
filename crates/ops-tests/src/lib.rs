//! Runs what operators run: the `cloakroom` command, the demo as the server, and the commands of the
//! runbooks in docs/runbooks, word for word.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "for tests"
)]

mod book;
mod place;
mod programs;
mod server;
mod site;

pub use book::Book;
pub use place::Place;
pub use programs::{path, workspace};
pub use server::{Clock, Server, login, logout, status_of};
pub use site::{Pair, QUICK, SHORT, SOON, has_tools, serve_shared, shared, wait_for};
