//! The ports to other languages: each passes its own tests, and all implementations, this one and
//! the reference among them, give one answer to thousands of tokens that are valid, changed, cut,
//! out of time or revoked. A planted disagreement is noticed.
//!
//! What a port needs has to be there: python3 with venv, node and npm, go with
//! golang-golang-x-crypto-dev. A port whose tools are missing is skipped, and standard error says so
//! although the test passes; with CI=true it is a failure.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "ports/agreement.rs"]
mod agreement;
#[path = "vectors/input.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod input;
#[path = "vectors/making.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod making;
#[path = "vectors/opening.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod opening;
#[path = "vectors/feeds.rs"]
mod feeds;
#[path = "vectors/keys.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod keys;
#[path = "ports/payloads.rs"]
mod payloads;
#[path = "ports/programs.rs"]
#[allow(
    dead_code,
    reason = "the test of servers in other languages uses the rest of it"
)]
mod programs;
#[path = "vectors/readers.rs"]
mod readers;
#[path = "ports/requests.rs"]
mod requests;
#[path = "vectors/revocation.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod revocation;
#[path = "vectors/shapes.rs"]
#[allow(dead_code, reason = "the test of the vectors uses the rest of it")]
mod shapes;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
use programs::{Program, has_go, has_node, has_python, root, run};
use serde_json::json;

/// The tests of a port install its tools anew, and nobody may use them meanwhile.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that hangs is a failure and no test that never ends.
#[test]
fn a_program_that_does_not_answer_is_given_up() {
    let mut silent = Program::start(
        "silent",
        Command::new("sh").args(["-c", "while read -r line; do :; done"]),
    );
    let answer = silent.ask_within(&json!({}), std::time::Duration::from_millis(50));
    assert!(answer.unwrap_err().contains("did not answer"));
    let mut ended = Program::start("ended", &mut Command::new("true"));
    assert!(
        ended
            .ask_within(&json!({}), std::time::Duration::from_secs(60))
            .is_err()
    );
}

/// The names of all that this crate is compared with.
const IMPLEMENTATIONS: [&str; 4] = ["the reference", "Python", "JavaScript", "Go"];

/// Those of them whose tools are there.
fn programs() -> Vec<Program> {
    let mut programs = Vec::new();
    if has_python() {
        programs.push(programs::reference());
        programs.push(programs::python());
    }
    if has_node() {
        programs.push(programs::javascript());
    }
    if has_go() {
        programs.push(programs::go());
    }
    programs
}

/// With a token of this implementation, which the port's web server has to let in.
fn own_tests(port: &str) {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8)).unwrap();
    let sessions = Sessions::<()>::builder(ring.clone(), RevocationList::new())
        .purpose("session")
        .audience("")
        .no_idle_timeout()
        .absolute_timeout(time::Duration::hours(8))
        .build()
        .unwrap();
    let issued = sessions.issue("user-42", &()).unwrap();
    let folder = root().join("ports").join(port);
    run(Command::new("sh")
        .arg("test.sh")
        .env("CLOAKROOM_TOKEN", issued.token.as_str())
        .env("CLOAKROOM_RING", ring.to_text().expose())
        .env("CLOAKROOM_PURPOSE", "session")
        .env("CLOAKROOM_AUDIENCE", "")
        .env("CLOAKROOM_SUBJECT", "user-42")
        .current_dir(folder));
}

#[test]
fn the_port_to_python_passes_its_own_tests() {
    let _turn = turn();
    if has_python() {
        own_tests("python");
    }
}

#[test]
fn the_port_to_javascript_passes_its_own_tests() {
    let _turn = turn();
    if has_node() {
        own_tests("js");
    }
}

#[test]
fn the_port_to_go_passes_its_own_tests() {
    let _turn = turn();
    if has_go() {
        own_tests("go");
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The named tests of this file in a process of its own, whose search path is `folder` alone.
fn without_tools(folder: &Path, tests: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(tests)
        .env_remove("CI")
        .env("PATH", folder)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// A test run without tools passes, and says what it did not do although nobody asked for the
/// output of tests that pass.
#[test]
fn what_is_skipped_is_said() {
    let empty = folder("no-tools");
    let tests = ["its_own_tests", "all_implementations", "payloads_are_read"];
    let said = without_tools(&empty, &tests, &[]);
    for line in [
        "SKIPPED: Python is not there",
        "SKIPPED: Node is not there",
        "SKIPPED: Go is not there",
        "SKIPPED: not compared with the reference",
        "SKIPPED: not compared with Python",
        "SKIPPED: not compared with JavaScript",
        "SKIPPED: not compared with Go",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// Half of what a port needs is not enough: no npm without node, no go without its libraries.
#[test]
fn a_port_with_half_of_its_tools_is_skipped() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("half-of-the-tools");
    for tool in ["go", "npm"] {
        let file = folder.join(tool);
        std::fs::write(&file, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = without_tools(
        &folder,
        &["its_own_tests", "payloads_are_read"],
        &[("GOLANG_ORG_X", "/nowhere")],
    );
    assert!(said.contains("SKIPPED: Node is not there"), "{said}");
    assert!(said.contains("golang-golang-x-crypto-dev"), "{said}");
}

/// What the script of a port skips is said too, although the script succeeds.
#[test]
fn what_a_script_skips_is_said() {
    if std::env::var_os("CLOAKROOM_SCRIPT").is_some() {
        run(Command::new("/bin/sh")
            .args(["-c", "echo SKIPPED: no engine; echo fine; echo skipped 0"]));
        return;
    }
    let empty = folder("no-tools");
    let this = ["--exact", "what_a_script_skips_is_said"];
    let said = without_tools(&empty, &this, &[("CLOAKROOM_SCRIPT", "1")]);
    assert!(said.contains("SKIPPED: no engine"), "{said}");
    assert!(
        !said.contains("fine") && !said.contains("skipped 0"),
        "{said}"
    );
}
