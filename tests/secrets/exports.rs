//! The names that the crate exports, read from its source.

use std::collections::BTreeSet;
use std::path::Path;

/// Exports that hold no value, or only numbers and names of the program's own.
pub(crate) const NOTHING_TO_HIDE: &[&str] = &[
    "Answer",
    // Traits, functions, aliases.
    "Clock",
    "DefaultRevocations",
    "OwnedPayload",
    "Payload",
    "RandomSource",
    "RevocationPublish",
    "RevocationView",
    "assert_unchanged",
    "check_unchanged",
    "decode_postcard",
    "describe",
    "encode_postcard",
    "is_struct",
    "reads_back",
    "sealed_len_bound",
    // Without fields.
    "BadEntry",
    "BadRecord",
    "Changes",
    "Carrier",
    "ClearSiteData",
    "ClockError",
    "CrossOriginKind",
    "CrossOriginRejected",
    "DriftKind",
    "Ends",
    "Fault",
    "FormRejected",
    "HostRefused",
    "InMemory",
    "Invalid",
    "KeyState",
    "Looks",
    "Missing",
    "NoPrevious",
    "ParseKeyIdError",
    "ParseSessionIdError",
    "RandomError",
    "RawSlice",
    "Reason",
    "SameSite",
    "Scope",
    "SealError",
    "SnapshotError",
    "Stage",
    "SystemClock",
    "SystemRandom",
    "TrustedOriginError",
    "Unreadable",
    // Numbers of the program's or the operator's.
    "Fleet",
    "Reload",
    "EncodeError",
    "FeedPosition",
    "FileIndex",
    "Freshness",
    "ListStats",
    "ManualClock",
    "Merged",
    "Policy",
    "Schema",
    "StalePolicy",
    "Terms",
    "Timestamp",
    "ViewReport",
    // Names of types and fields, configuration, headers that are not secret.
    "CookieConfigBuilder",
    "CookieConfigError",
    "CrossOriginProtection",
    "Description",
    "Drift",
    "For",
    "ParseShapeError",
    "RequestOrigin",
    "Shape",
    "ShapeError",
    // Opened bytes: no method hands one out, and `Session` does not print its own.
    "Plaintext",
];

/// Every name behind `pub use` in lib.rs, and every public type of the public modules.
pub(crate) fn names() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut names = BTreeSet::new();
    used(
        &std::fs::read_to_string(source.join("lib.rs")).unwrap(),
        &mut names,
    );
    declared(
        &std::fs::read_to_string(source.join("hazmat.rs")).unwrap(),
        &mut names,
    );
    below(&source.join("http"), &mut names);
    below(&source.join("index"), &mut names);
    below(&source.join("source"), &mut names);
    below(&source.join("reload"), &mut names);
    if !cfg!(feature = "password") {
        names.retain(|name| !name.starts_with("Password"));
    }
    names
}

fn below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, names);
        } else {
            declared(&std::fs::read_to_string(path).unwrap(), names);
        }
    }
}

/// The last names of every `pub use`, groups included.
fn used(text: &str, names: &mut BTreeSet<String>) {
    for part in text.split("pub use ").skip(1) {
        let path = part.split(';').next().unwrap();
        let (before, group) = path.split_once('{').unwrap_or(("", path));
        assert!(
            !group.contains('{') && !group.contains('*'),
            "unread: {before}{group}"
        );
        for name in group.trim_end_matches('}').split(',') {
            let name = name.rsplit("::").next().unwrap();
            let name = name.rsplit(" as ").next().unwrap().trim();
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
}

fn declared(text: &str, names: &mut BTreeSet<String>) {
    for line in text.lines() {
        for kind in ["pub struct ", "pub enum "] {
            if let Some(rest) = line.strip_prefix(kind) {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let name: String = rest.chars().take_while(|c| word(*c)).collect();
                names.insert(name);
            }
        }
    }
}

#[test]
fn exports_are_read_as_they_are_written() {
    let mut names = BTreeSet::new();
    used(
        "pub use crate::a::B;\npub use crate::c::{\n    D, E as F,\n};\nuse crate::g::H;\n",
        &mut names,
    );
    declared(
        "/// pub struct No;\npub struct I<'a> {\npub(crate) struct J;\npub enum K {\n",
        &mut names,
    );
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(names, ["B", "D", "F", "I", "K"]);
}
