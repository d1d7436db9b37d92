//! What the operator reads, on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// A line in one piece: several servers may have one log, and `eprintln!` would let the parts of their
/// lines into each other.
pub fn line(what: impl Display) {
    let line = format!("{what}\n");
    // Nobody is left to be told.
    let _nowhere = std::io::stderr().lock().write_all(line.as_bytes());
}
