//! A server with login sessions: `cargo run -p demo`, then open the address it prints.
//!
//! What it shows: a login form, pages that need a session, sliding renewal, lists of devices, the
//! kinds of logout, an administrator who ends another user's sessions, open pages that end with
//! their session, key rotation while requests are running; the same with bearer tokens under `/api`.
//! It is written to be copied from:
//!
//! | file | what it is about |
//! |---|---|
//! | `app.rs` | what is configured and kept |
//! | `routes.rs` | the routes, the session layer and the headers of every answer |
//! | `who.rs` | extractors: who is logged in, who is an administrator |
//! | `account.rs` | login, logout, what the session carries |
//! | `devices.rs` | "my devices" |
//! | `admin.rs` | other users' sessions, and the keys |
//! | `live.rs` | server-sent events that end with their session |
//! | `api.rs` | the same sessions with bearer tokens |
//! | `specimen.rs` | a token to look into, of no use anywhere else |
//! | `revocations.rs` | who was logged out: in a file, or in a file and a Redis |
//! | `keys.rs` | the files of secrets |
//! | `html.rs`, `pages.rs` | HTML |
//! | `log.rs` | lines on standard error |
//! | `passwords.rs` | a stand-in for your user database |
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program, split so that its tests can use its parts; the lints are for the library"
)]

pub mod account;
pub mod admin;
pub mod api;
pub mod app;
pub mod devices;
pub mod html;
pub mod keys;
pub mod live;
pub mod log;
pub mod pages;
pub mod passwords;
pub mod revocations;
pub mod routes;
pub mod specimen;
pub mod who;
