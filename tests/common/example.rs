//! Finds the programs in `examples/`, which `cargo test` builds beside the tests.

use std::path::PathBuf;

pub(crate) fn example(name: &str) -> PathBuf {
    // target/<profile>/deps/<this test>, and there is no variable of Cargo's for examples.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let path = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --examples` (same profile and features) first; \
         `cargo test` without `--test` does it by itself",
        path.display()
    );
    path
}
