#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

extern crate alloc;

mod fault;
mod row;
mod run;
mod connector;
mod engine;

pub use connector::{PostgresConnector, SCHEMA};
