//! The small example programs, run as a person would run them.

#![cfg(feature = "std")]
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

#[path = "common/example.rs"]
mod example;

use std::process::Command;

fn run(name: &str) -> Vec<String> {
    let output = Command::new(example::example(name)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_quickstart_issues_verifies_renews_and_revokes() {
    assert_eq!(
        run("quickstart"),
        [
            "issued: 120 characters",
            "verified: Ada",
            "due at once: false",
            "renewed: ends 2027-01-15T08:50:00Z",
            "first token: Revoked",
            "renewed token: Revoked",
        ]
    );
}

/// The layer under tonic, over a real connection.
#[cfg(feature = "tower")]
#[test]
fn grpc_calls_have_sessions() {
    let lines = run("grpc");
    assert_eq!(lines[0], "who am I: UNAUTHENTICATED");
    assert!(lines[1].starts_with("logged in: 1"), "{}", lines[1]);
    assert_eq!(lines[2], "who am I: ada");
    assert_eq!(lines[3], "after logout: UNAUTHENTICATED");
    // The layer's own refusals, 403 and 421.
    assert_eq!(lines[4], "from another site: PERMISSION_DENIED");
    assert_eq!(lines[5], "to another host: UNKNOWN");
    assert_eq!(lines.len(), 6);
}

/// Another process unwraps the keys; while it is down the old ring stays.
#[test]
fn a_key_service_unwraps_the_ring() {
    assert_eq!(
        run("key_service"),
        [
            "stored: vault:v1:...",
            "loaded: 1 key",
            "watched: Unchanged",
            "watched: Replaced",
            "in force: 2 keys",
            "service down: wrapped ring: the keys could not be unwrapped: the key service: \
             connection refused",
            "in force: 2 keys",
        ]
    );
}

#[test]
fn the_quickstart_stays_short() {
    let source = include_str!("../examples/quickstart.rs");
    assert!(source.lines().count() < 60);
    assert!(source.lines().all(|line| line.len() <= 100));
}

#[test]
fn the_sizes_are_those_that_the_readme_quotes() {
    let (first, second) = (run("sizes"), run("sizes"));
    assert_eq!(first, second);
    let expected = [
        "no payload: 0 bytes of payload, 7 of subject: token 115 characters, Set-Cookie line 184",
        "typical payload: 87 bytes of payload, 7 of subject: token 231 characters, \
         Set-Cookie line 300",
        "1.5 KB payload: 1536 bytes of payload, 7 of subject: token 2163 characters, \
         Set-Cookie line 2232",
    ];
    assert_eq!(first, expected);
    let readme = include_str!("../README.md");
    assert!(readme.contains(&first.join("\n")));
}

/// A session of at most 90 bytes of payload and a short subject stays under 233 characters.
#[test]
fn a_typical_session_is_shorter_than_233_characters() {
    let lines = run("sizes");
    let words: Vec<&str> = lines[1].split(' ').collect();
    let after = |word: &str| words[words.iter().position(|w| *w == word).unwrap() + 1];
    assert!(after("token").parse::<usize>().unwrap() <= 233);
    assert!(words[2].parse::<usize>().unwrap() <= 90);
}
