//! The `cloakroom` command; see the README of the crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloakroom_cli::main()
}
