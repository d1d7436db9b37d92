#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod fault;
mod row;
mod run;
mod connector;
mod engine;

pub use connector::{PostgresConnector, SCHEMA};
