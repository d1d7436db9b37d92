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

use std::collections::BTreeMap;

use common::Place;
use common::vectors::{all, files, judged, vectors, verify, write};
use serde_json::json;

#[test]
fn all_vectors_of_this_repository_agree() {
    let place = Place::new();
    let said = verify(&place, &files());
    let json = said.ok().json();
    assert_eq!(json["disagree"], json!([]));
    assert_eq!(json["agree"].as_u64().unwrap(), all().len() as u64);
    assert_eq!(json["not_checked"], json!({}));
    assert!(!said.err.contains("NOT CHECKED"), "{}", said.err);
    // Of every kind of SPEC §16.2.
    let kinds: BTreeMap<String, usize> = all().iter().fold(BTreeMap::new(), |mut kinds, one| {
        *kinds
            .entry(one["kind"].as_str().unwrap().to_owned())
            .or_default() += 1;
        kinds
    });
    assert_eq!(kinds.len(), 24, "{kinds:?}");
}

#[test]
fn a_schema_without_a_type_is_not_checked_and_no_agreement() {
    let place = Place::new();
    let first = |name: &str| vectors(name).into_iter().next().unwrap();
    let mut issue = first("issue.json");
    issue["inputs"]["minor"] = 77.into();
    let mut update = first("update.json");
    update["inputs"]["new"]["major"] = 9.into();
    let mut renew = first("renew.json");
    renew["inputs"]["reader"]["minor"] = 78.into();
    let changed = [issue, update, renew];
    let said = judged(&place, &changed);
    said.fails(3, "no vector was checked");
    for (kind, schema) in [("issue", "1.77"), ("update", "9.0"), ("renew", "1.78")] {
        let line = format!("NOT CHECKED: 1 vectors of the kind `{kind}`, with the schema {schema}");
        assert!(said.err.contains(&line), "{}", said.err);
    }
    let mut with_one = changed.to_vec();
    with_one.push(first("digest.json"));
    let json = judged(&place, &with_one).ok().json();
    assert_eq!(json["agree"], 1);
    assert_eq!(
        json["not_checked"],
        json!({ "issue": 1, "update": 1, "renew": 1 })
    );
}

/// What no vector of this repository has.
#[test]
fn a_payload_of_another_shape_and_a_policy_beyond_the_ring_are_told() {
    let place = Place::new();
    for name in ["renew.json", "update.json", "rotate.json"] {
        let mut shape = vectors(name).into_iter().next().unwrap();
        shape["inputs"]["reader"]["shape"] = "kinds".into();
        let said = judged(&place, &[shape]);
        assert!(said.out.contains("not of the reader's shape"), "{said:?}");
    }
    let units = |vector: &serde_json::Value| {
        let text = vector["inputs"]["text"].as_str().unwrap_or_default();
        vector["stage"] == "ok"
            && text.contains("clksub1.")
            && vector["inputs"]["purpose"].is_null()
    };
    let mut ring = vectors("ring.json").into_iter().find(units).unwrap();
    ring["stage"] = "refused".into();
    ring["expected"] = json!({});
    ring["inputs"]["ttl"] = u32::MAX.into();
    judged(&place, std::slice::from_ref(&ring)).ok();
    ring["inputs"]["ttl"] = 0.into();
    judged(&place, &[ring]).ok();
}

/// What is refused before a password is looked at is refused with any; what is not, is not checked.
#[test]
fn a_password_that_is_no_text_is_not_checked() {
    let place = Place::new();
    let mut wrapped = vectors("wrapped/wrapped.json").into_iter().next().unwrap();
    wrapped["inputs"]["password"] = "ff".into();
    judged(&place, std::slice::from_ref(&wrapped)).fails(3, "a password that is no text");
    wrapped["inputs"]["wrapped"] = "clkwrap1.".into();
    wrapped["stage"] = "refused".into();
    wrapped["expected"]["text"] = json!(null);
    judged(&place, &[wrapped]).ok();
}

#[test]
fn what_a_file_says_does_not_move_the_cursor() {
    let place = Place::new();
    let vector = json!({ "id": "\u{1b}[2J", "kind": "token", "stage": "\u{9b}2J" });
    let kind = json!({ "id": "x", "kind": "\u{1b}[2K" });
    write(&place, &[vector, kind]);
    let said = place.run("vectors verify v.json");
    assert_eq!(said.code, 1, "{said:?}");
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!said.out.contains(control), "{said:?}");
    assert!(!said.err.contains("\u{1b}[2K"), "{said:?}");
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
