//! Test vectors through the command: those of this repository agree, a changed one does not, and what is
//! not checked is said aloud.

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

mod common;

use std::path::{Path, PathBuf};

use common::Place;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

fn files() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| path.display().to_string())
        .filter(|path| !path.ends_with("schema.json"))
        .collect();
    files.sort();
    files
}

fn verify(place: &Place, files: &[String]) -> common::Ran {
    let mut arguments = vec!["vectors", "verify", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    place.with(&arguments, b"")
}

/// The vectors of one file of the repository.
fn vectors(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn write(place: &Place, vectors: &[Value]) {
    let file = json!({ "format": "cloakroom-vectors", "version": 1, "spec": "x",
        "count": vectors.len(), "vectors": vectors });
    place.write("v.json", file.to_string(), 0o644);
}

#[test]
fn the_vectors_of_this_repository_agree_and_what_is_not_checked_is_named() {
    let place = Place::new();
    let said = verify(&place, &files());
    let json = said.ok().json();
    assert_eq!(json["disagree"], json!([]));
    assert!(json["agree"].as_u64().unwrap() > 800, "{json}");
    let skipped: Vec<&String> = json["not_checked"].as_object().unwrap().keys().collect();
    assert_eq!(
        skipped,
        [
            "age",
            "cutoff",
            "description",
            "issue",
            "renew",
            "rotate",
            "update"
        ]
    );
    for kind in skipped {
        assert!(
            said.err.contains(&format!("of the kind `{kind}`")),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_vector_with_another_outcome_disagrees() {
    let place = Place::new();
    let kinds = [
        "token-ok.json",
        "token-tag.json",
        "token-schema.json",
        "token-time.json",
        "token-revoked.json",
        "key-text.json",
        "ring.json",
        "ring-replace.json",
        "record.json",
        "snapshot.json",
        "feed-key.json",
        "feed-batch.json",
        "feed-snapshot.json",
    ];
    for name in kinds {
        let mut changed: Vec<Value> = vectors(name).into_iter().take(20).collect();
        for vector in &mut changed {
            let other = if vector["stage"] == "ok" {
                "refused"
            } else {
                "ok"
            };
            vector["stage"] = other.into();
        }
        write(&place, &changed);
        let said = verify(&place, &["v.json".to_owned()]);
        assert_eq!(said.code, 1, "{name}: {said:?}");
        let disagree = said.json()["disagree"].as_array().unwrap().len();
        assert_eq!(disagree, changed.len(), "{name}");
    }
}

/// Every expected value that is compared is one whose change is noticed.
#[test]
fn a_vector_with_another_value_disagrees() {
    let place = Place::new();
    let table = [
        ("token-ok.json", "payload"),
        ("token-ok.json", "claims"),
        ("token-ok.json", "read_only"),
        ("token-time.json", "reason"),
        ("key-text.json", "kid"),
        ("record.json", "expires"),
        ("merge.json", "records"),
        ("snapshot.json", "made_at"),
        ("digest.json", "key"),
        ("feed-key.json", "mac_key"),
        ("feed-batch.json", "becomes"),
        ("feed-snapshot.json", "life"),
        ("ring.json", "retirements"),
    ];
    for (name, member) in table {
        let has = |vector: &Value| !vector["expected"][member].is_null();
        let mut one = vectors(name).into_iter().find(has).unwrap();
        write(&place, std::slice::from_ref(&one));
        verify(&place, &["v.json".to_owned()]).ok();
        one["expected"][member] = json!("something else");
        write(&place, std::slice::from_ref(&one));
        let said = verify(&place, &["v.json".to_owned()]);
        assert_eq!(said.code, 1, "{name} {member}: {said:?}");
    }
}

#[test]
fn a_file_of_which_nothing_can_be_checked_is_no_success() {
    let place = Place::new();
    let vector =
        json!({ "id": "x", "kind": "telepathy", "stage": "ok", "inputs": {}, "expected": {} });
    write(&place, &[vector]);
    verify(&place, &["v.json".to_owned()]).fails(3, "`telepathy`");
    write(&place, &[]);
    verify(&place, &["v.json".to_owned()]).fails(3, "no vector was checked");
    place.write(
        "v.json",
        r#"{"format":"cloakroom-vectors","version":1,"count":2,"vectors":[]}"#,
        0o644,
    );
    verify(&place, &["v.json".to_owned()]).fails(3, "a part is missing");
    place.write(
        "v.json",
        r#"{"format":"cloakroom-vectors","version":2}"#,
        0o644,
    );
    verify(&place, &["v.json".to_owned()]).fails(3, "another version");
    // Members that are missing are a disagreement, and no panic.
    let vector = json!({ "id": "x", "kind": "token", "stage": "ok" });
    write(&place, &[vector]);
    assert_eq!(verify(&place, &["v.json".to_owned()]).code, 1);
}

#[test]
fn a_bench_gives_numbers() {
    let place = Place::new();
    let ran = place.run("bench --time 1s --json");
    // No bar where nobody looks.
    assert!(
        !ran.ok().err.contains('\x1b') && !ran.err.contains("measuring"),
        "{ran:?}"
    );
    let said = ran.json();
    let rows = said["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter()
            .all(|row| row["nanoseconds"].as_u64().unwrap() > 0),
        "{said}"
    );
    assert_eq!(said["debug_build"], cfg!(debug_assertions));
}
