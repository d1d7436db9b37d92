//! Tokens: their outside, what is in them, and why they are refused.

pub(crate) mod inspect;
mod judge;
pub(crate) mod open;
mod outside;
pub(crate) mod seal;
pub(crate) mod shown;
