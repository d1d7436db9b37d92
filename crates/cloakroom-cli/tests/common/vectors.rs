//! Files of vectors: those of the repository, and changed ones.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::common::{Place, Ran};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

/// The files of all parts, the optional ones (SPEC §16.1) included.
pub(crate) fn files() -> Vec<String> {
    let parts = [folder(), folder().join("edge"), folder().join("wrapped")];
    let entries = parts
        .iter()
        .flat_map(|part| std::fs::read_dir(part).unwrap());
    let mut files: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| path.display().to_string())
        .filter(|path| !path.ends_with("/vectors.schema.json"))
        .collect();
    files.sort();
    files
}

pub(crate) fn verify(place: &Place, files: &[String]) -> Ran {
    let mut arguments = vec!["vectors", "verify", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    place.with(&arguments, b"")
}

/// The vectors of one file.
fn read(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

/// The vectors of one file of the repository.
pub(crate) fn vectors(name: &str) -> Vec<Value> {
    read(&folder().join(name))
}

/// All vectors of the repository.
pub(crate) fn all() -> Vec<Value> {
    let files = files();
    files
        .iter()
        .flat_map(|file| read(Path::new(file)))
        .collect()
}

pub(crate) fn write(place: &Place, vectors: &[Value]) {
    let file = json!({ "format": "cloakroom-vectors", "version": 1, "spec": "x",
        "count": vectors.len(), "vectors": vectors });
    place.write("v.json", file.to_string(), 0o644);
}

/// The command's answer to these vectors.
pub(crate) fn judged(place: &Place, vectors: &[Value]) -> Ran {
    write(place, vectors);
    let said = verify(place, &["v.json".to_owned()]);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}
