//! The drift alarm: when it records, and what it writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::use_self,
    missing_docs
)]
#![allow(dead_code, reason = "the types are read by their `Deserialize` alone")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cloakroom::schema::assert_unchanged;
use serde::{Deserialize, Serialize};

/// A directory of this test's own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let name = format!("cloakroom-record-{}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

macro_rules! release {
    ($name:ident $schema:tt { $($fields:tt)* }) => {
        #[derive(Serialize, Deserialize)]
        #[serde(rename = "User")]
        struct $name { $($fields)* }
        cloakroom::payload!($name, schema = $schema);
    };
}

const BASE: &str = "1.0 User { name: str, age: u32 }\n";
const NEXT: &str = "1.1 User { name: str, age: u32, locale: option<str> }\n";

release!(Base (1, 0) { name: String, age: u32 });
release!(Next (1, 1) { name: String, age: u32, #[serde(default)] locale: Option<String> });
release!(Widened (1, 0) { name: String, age: u64 });
release!(Bare (1, 1) { name: String, age: u32, locale: Option<String> });

/// Not a test by itself: what `recording` runs as a child, with an environment of its own.
#[test]
fn child() {
    let Some(path) = std::env::var_os("DRIFT_FILE") else {
        return;
    };
    match std::env::var("DRIFT_TYPE").unwrap().as_str() {
        "base" => assert_unchanged::<Base>(path),
        "next" => assert_unchanged::<Next>(path),
        "widened" => assert_unchanged::<Widened>(path),
        "bare" => assert_unchanged::<Bare>(path),
        _ => unreachable!(),
    }
}

/// Whether the alarm was silent in a process with this environment.
fn silent(path: &Path, name: &str, record: &str, ci: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "child"])
        .env("DRIFT_FILE", path)
        .env("DRIFT_TYPE", name);
    child.env("CLOAKROOM_RECORD_SCHEMA", record).env("CI", ci);
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("running 1 test"), "{text}");
    assert_eq!(
        !output.status.success(),
        text.contains("the session payload"),
        "{text}"
    );
    output.status.success()
}

#[test]
fn recording() {
    let dir = Dir::new();
    let path = dir.0.join("new").join("session.schema");
    assert!(!silent(&path, "base", "", ""));
    assert!(!silent(&path, "base", "0", ""));
    assert!(!silent(&path, "base", "1", "true"));
    assert!(!path.exists());
    assert!(silent(&path, "base", "1", "false"));
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.starts_with("# ") && first.ends_with(BASE), "{first}");
    // What is recorded is not recorded again, and never rewritten.
    assert!(silent(&path, "base", "1", ""));
    assert!(silent(&path, "base", "1", "true"));
    assert!(silent(&path, "base", "", "true"));
    assert!(!silent(&path, "widened", "1", ""));
    assert!(!silent(&path, "bare", "1", ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
    // A missing newline at the end is made up for.
    fs::write(&path, first.trim_end()).unwrap();
    assert!(silent(&path, "next", "1", ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{first}{NEXT}"));
}
