//! Every vector of `vectors/` agrees with this implementation: the same stage for what is rejected,
//! the same bytes in both directions for what is not. The vectors are made by another
//! implementation (`vectors/generate.py`), from the specification alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[cfg(feature = "ring")]
mod backends;
mod bulk;
mod edges;
mod feeds;
mod input;
mod keys;
mod making;
mod opening;
mod readers;
mod revocation;
mod shapes;

use std::collections::BTreeSet;
use std::path::Path;

use input::Vector;

/// The kinds of SPEC §16.2 and who runs them. A kind that is not here fails the test.
fn run(vector: &Vector) {
    match vector.kind() {
        "token" => opening::token(vector),
        "age" => opening::age(vector),
        "issue" => making::issue(vector),
        "renew" => making::renew(vector),
        "update" => making::update(vector),
        "rotate" => making::rotate(vector),
        "logout" => making::logout(vector),
        "cutoff" => making::cutoff(vector),
        "key-text" => keys::key_text(vector),
        "ring" => keys::ring(vector),
        "ring-replace" => keys::ring_replace(vector),
        "record" => revocation::record(vector),
        "merge" => revocation::merge(vector),
        "snapshot" => revocation::snapshot(vector),
        "digest" => revocation::digest(vector),
        "feed-key" => feeds::key(vector),
        "feed-batch" => feeds::batch(vector),
        "feed-snapshot" => feeds::snapshot(vector),
        #[cfg(feature = "password")]
        "wrapped" => keys::wrapped(vector),
        // For readers that have the description alone; here are the types themselves.
        "description" => {}
        "edge-key" => edges::key(vector),
        "edge-signer" => edges::signer(vector),
        "edge-make" => edges::make(vector),
        "edge-export" => edges::export(vector),
        other => panic!("{}: unknown kind {other}", vector.id()),
    }
}

fn all() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    // The optional parts (SPEC §16.1) are folders of their own.
    let parts = [
        Some(folder.clone()),
        Some(folder.join("edge")),
        cfg!(feature = "password").then(|| folder.join("wrapped")),
    ];
    let mut files: Vec<_> = parts
        .iter()
        .flatten()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name != "vectors.schema.json")
        })
        .collect();
    files.sort();
    files.iter().flat_map(|path| input::read(path)).collect()
}

#[test]
fn every_vector_agrees() {
    agree();
}

fn agree() {
    let vectors = all();
    let failed: Vec<String> = vectors
        .iter()
        .filter_map(|vector| {
            let outcome = std::panic::catch_unwind(|| run(vector));
            outcome.err().map(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                format!(
                    "{}: {}",
                    vector.id(),
                    text.unwrap_or_else(|| "(no message)".into())
                )
            })
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        vectors.len(),
        failed.join("\n")
    );
}

#[test]
fn there_are_as_many_as_promised_and_most_are_rejected() {
    let vectors = all();
    let rejected = vectors
        .iter()
        .filter(|vector| vector.stage() != "ok")
        .count();
    assert!(vectors.len() >= 150, "{} vectors", vectors.len());
    assert!(
        rejected * 3 >= vectors.len() * 2,
        "{rejected} of {} rejected",
        vectors.len()
    );
    let ids: BTreeSet<&str> = vectors.iter().map(Vector::id).collect();
    assert_eq!(ids.len(), vectors.len(), "an id is used twice");
    for stage in [
        "text", "key", "tag", "nonce", "claims", "schema", "time", "revoked",
    ] {
        let of = |vector: &&Vector| vector.kind() == "token" && vector.stage() == stage;
        assert!(
            vectors.iter().any(|vector| of(&vector)),
            "no token fails at {stage}"
        );
    }
}

#[test]
fn a_changed_expectation_is_noticed() {
    // The runner can fail: every rejected token, expected to fail somewhere else, and every
    // accepted one, expected to fail.
    let mut noticed = 0;
    for vector in all().iter().filter(|vector| vector.kind() == "token") {
        let wrong = vector.with_stage(if vector.stage() == "tag" {
            "nonce"
        } else {
            "tag"
        });
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = std::panic::catch_unwind(|| run(&wrong));
        std::panic::set_hook(hook);
        assert!(
            outcome.is_err(),
            "{} passes with a wrong stage",
            vector.id()
        );
        noticed += 1;
        if noticed == 60 {
            return;
        }
    }
}

/// SPEC §16.4: one hash over many seals.
#[test]
fn the_accumulated_hash_over_10_000_seals_agrees() {
    assert_eq!(bulk::accumulated(10), input::accumulated_hash("10"));
    assert_eq!(bulk::accumulated(10_000), input::accumulated_hash("10,000"));
}

/// The same over a million: `cargo test --release --features hazmat,feed,edge,ring --test vectors -- --ignored`.
#[test]
#[ignore = "takes minutes in a debug build; .ci/run runs it in a release build"]
fn the_accumulated_hash_over_1_000_000_seals_agrees() {
    assert_eq!(
        bulk::accumulated(1_000_000),
        input::accumulated_hash("1,000,000")
    );
}
