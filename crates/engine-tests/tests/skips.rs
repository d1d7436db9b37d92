//! A test whose server is not installed says so, although it passes and nobody asked for its output.
#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Command;

use engine_tests::process::find;

#[test]
fn a_missing_server_is_said() {
    if std::env::var_os("CLOAKROOM_SKIPS").is_some() {
        assert!(find("no-such-server", "no-such-package", &[]).is_none());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .env("CLOAKROOM_SKIPS", "1")
        .env_remove("CI")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("apt-get install no-such-package"), "{said}");
}
