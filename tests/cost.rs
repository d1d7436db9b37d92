//! Rejecting costs no more than accepting, and a megabyte of garbage no more than what is one
//! character too long: instructions, counted by valgrind, so that the answer is the same on every
//! machine that is busy or slow.
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

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// `examples/reject_cost`, which cargo builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let program = profile.join("examples/reject_cost");
    // `cargo test --test cost` alone does not build it, and an old one would prove nothing.
    let built = std::fs::metadata(&program).and_then(|found| found.modified());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(
        built.is_ok_and(|built| built >= newest(&source)),
        "{} is missing or older than the source; run `cargo test` as a whole, or first `cargo build \
         --example reject_cost` with the same profile and features",
        program.display()
    );
    program
}

fn newest(folder: &Path) -> SystemTime {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let times = entries.map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => std::fs::metadata(path).unwrap().modified().unwrap(),
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether there is a valgrind. Where there must be one, in continuous integration, its absence is
/// a failure and not a reason to leave the proof out.
fn valgrind() -> bool {
    let there = Command::new("valgrind").arg("--version").output();
    if there.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "CI without valgrind: install it, or the cost of a rejection is not proven"
    );
    // Past the test harness, which would hide it.
    let line = "\n*** tests/cost.rs: NOT CHECKED, valgrind is not installed ***\n\n";
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    false
}

/// Instructions of a whole run.
fn run(kind: &str, times: u32, accepted: u32) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program())
        .args([kind, &times.to_string()])
        .output()
        .unwrap();
    let (out, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{kind}: {log}");
    assert_eq!(out.trim(), format!("{accepted} accepted"), "{kind}");
    let count = log.lines().find_map(|line| line.split_once("Collected :"));
    let count = count.unwrap_or_else(|| panic!("no count in: {log}")).1;
    count.trim().parse().unwrap()
}

/// Instructions of `times` verifications. Everything else is in both runs and falls out of the
/// difference, but for a few that depend on where the system puts the stack: `times` has to be so
/// large that they do not count.
fn cost(kind: &str, good: bool, times: u32) -> u64 {
    let accepted = |times| if good { times } else { 0 };
    let once = run(kind, times, accepted(times));
    let twice = run(kind, 2 * times, accepted(2 * times));
    twice - once
}

#[test]
fn a_megabyte_of_garbage_costs_what_4097_characters_cost() {
    if !valgrind() {
        return;
    }
    for prefix in ["garbage", "garbage-with-prefix"] {
        let short = cost(&format!("{prefix}-4097"), false, 4096);
        let long = cost(&format!("{prefix}-1000000"), false, 4096);
        assert!(
            long.abs_diff(short) * 100 <= short,
            "{prefix}: {short} instructions for 4097 characters, {long} for a megabyte"
        );
    }
}

#[test]
fn no_rejection_costs_more_than_accepting_a_token_of_its_length() {
    if !valgrind() {
        return;
    }
    for length in ["", "-long"] {
        let good = cost(&format!("good{length}"), true, 32);
        for kind in [
            "unknown-key",
            "forged-tag",
            "forged-text",
            "bad-character-at-the-end",
            "other-binding",
            "expired",
            "revoked",
        ]
        .iter()
        .chain(if cfg!(feature = "hazmat") {
            // Made by a holder of the key.
            &["wrong-nonce", "malformed-claims", "wrong-schema"][..]
        } else {
            &[]
        }) {
            let bad = cost(&format!("{kind}{length}"), false, 32);
            assert!(
                bad > 0,
                "{kind}{length} costs nothing: not what was to be measured"
            );
            // A token that was logged out is an authentic one, and finding its entry reads what not
            // finding one leaves out: a hundredth more in a debug build, and up to another where
            // the list's random seed puts both of its entries into one place; next
            // to nothing in a release build.
            let found = if *kind == "revoked" { good / 25 } else { 0 };
            assert!(
                bad <= good + found,
                "{kind}{length}: {bad} instructions, accepting costs {good}"
            );
        }
    }
}
