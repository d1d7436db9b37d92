//! `list-public-api FILE.json`: the public declarations of a crate, one a line, with what is derived
//! (losing `Clone` breaks whoever clones), without what the compiler implements for everything: `Send` and
//! the like, which tests/auto_traits.rs asserts of the types that are shared.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("list-public-api FILE.json");
        return ExitCode::FAILURE;
    };
    let built = public_api::Builder::from_rustdoc_json(file)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build();
    match built {
        Ok(api) => {
            print!("{api}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
