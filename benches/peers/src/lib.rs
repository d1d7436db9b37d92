//! cloakroom, the same work by hand, and eight other ways to put a session in a token, each in its
//! fastest documented configuration, carrying the same fields and the same claims.
//!
//! A peer is measured through [`Subject`]: sealing takes the claims as they are in memory and returns
//! the text, verifying takes the text and ends with every field readable and the deadlines compared
//! with the clock. Keys, headers, policies and everything else that an application would keep between
//! two requests are made before the clock starts.

mod baseline;
mod data;
pub mod measure;
mod ours;
mod peers;
pub mod plot;
pub mod table;
