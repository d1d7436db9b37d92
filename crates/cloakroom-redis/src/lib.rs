#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

mod fault;
mod layout;
mod run;
mod script;
mod connector;
mod engine;

pub use connector::{BadAddress, RedisConnector};
