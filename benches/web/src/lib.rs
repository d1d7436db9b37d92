//! One small application in the ways people write it today, and the questions that tell them apart.

pub mod app;
mod cost;
pub mod limits;
pub mod overhead;
pub mod peers;
pub mod questions;
pub mod table;
