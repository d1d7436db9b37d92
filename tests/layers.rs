//! The layers hold: no source file imports from above, none is long, none carries tests or
//! `unsafe`, and `std` stands behind its feature alone. Nor is a file of the other crates or of any
//! tests long. The scanner is itself checked against planted faults.
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

use std::collections::BTreeMap;
use std::path::Path;

#[path = "layers/planted.rs"]
mod planted;
#[path = "layers/scan.rs"]
mod scan;

use planted::{PLANTED, sound};
use scan::{Tree, strip};

/// Bottom to top. Within a layer of single files the order is that of the line.
const LAYERS: [&[&str]; 15] = [
    &[
        "error", "time", "secret", "swap", "promise", "observe", "backend",
    ],
    &["wire"],
    &["seal"],
    &["key"],
    &["source"],
    &["revocation"],
    &["store"],
    &["index"],
    &["feed"],
    &["edge"],
    &["session"],
    &["reload"],
    &["http"],
    &["web"],
    &["hazmat", "testing", "lib"],
];

/// `http` is a layer that knows nothing of sessions: what it may import besides itself.
const HTTP_MAY_USE: &[&str] = &["error", "http"];

const MAX_LINES: usize = 400;

fn read_tree(folder: &Path, below: &str, into: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            // Generated code in what a build left behind: tests/loom is a package of its own.
            if name == "target" {
                continue;
            }
            read_tree(&entry.path(), &path, into);
        } else if name.ends_with(".rs") {
            into.insert(path, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn layer(module: &str) -> Option<(usize, usize)> {
    LAYERS.iter().enumerate().find_map(|(layer, names)| {
        let place = names.iter().position(|name| *name == module)?;
        Some((layer, place))
    })
}

fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| format!("{path}: {lines} lines, {MAX_LINES} are allowed"))
}

/// Every fault of a tree, as `file: what`.
fn faults(files: &BTreeMap<String, String>) -> Vec<String> {
    let tree = Tree::of(files);
    let mut faults = tree.undeclared();
    for (path, text) in files {
        faults.extend(too_long(path, text));
        let mut fault = |what: String| faults.push(format!("{path}: {what}"));
        let code = strip(text);
        if code.contains("cfg(test") {
            fault("tests stand in tests/, not in src".into());
        }
        if scan::has_word(&code, "unsafe") {
            fault("`unsafe`".into());
        }
        if !tree.needs_std(path) {
            for line in scan::unguarded_std(&code) {
                fault(format!(
                    "line {line}: `std` without #[cfg(feature = \"std\")]"
                ));
            }
        }
        for line in scan::hidden_roots(&code) {
            fault(format!("line {line}: `crate` under another name"));
        }
        let own = Tree::module(path);
        let Some((own_layer, own_place)) = layer(&own[0]) else {
            fault(format!("`{}` is on no layer", own[0]));
            continue;
        };
        for import in scan::imports(&code, &own) {
            let shown = import.path.join("::");
            let mut fault = |what: &str| fault(format!("line {}: {what} `{shown}`", import.line));
            // What is no module of the root is a name that lib.rs gives: above everything.
            let top = import.path.first().map_or("lib", String::as_str);
            let (to_layer, to_place) = layer(top).unwrap_or((LAYERS.len() - 1, usize::MAX));
            if own[0] == "http" && !HTTP_MAY_USE.contains(&top) {
                fault("http knows nothing of");
            } else if to_layer > own_layer {
                fault("imports from above,");
            } else if to_layer == own_layer && top != own[0] && to_place > own_place {
                fault("imports from a later file,");
            } else if top == own[0] && tree.order(&import.path) > tree.order(&own) {
                fault("imports from a later file of its folder,");
            }
        }
    }
    faults
}

#[test]
fn the_source_keeps_its_layers() {
    let mut files = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    read_tree(&source, "", &mut files);
    assert!(
        files.len() > 40,
        "only {} files: not the source?",
        files.len()
    );
    let faults = faults(&files);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_scan_sees_the_imports_that_are_there() {
    // A scanner that finds nothing would pass every tree. Two known imports, one by `use`, one
    // inline.
    let mut files = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    read_tree(&source, "", &mut files);
    let mut total = 0;
    for (path, text) in &files {
        let found = scan::imports(&strip(text), &Tree::module(path));
        total += found.len();
        if path == "session/verify.rs" {
            let names: Vec<String> = found.iter().map(|import| import.path.join("::")).collect();
            for name in [
                "error::VerifyError",
                "wire::text",
                "revocation::view::RevocationView",
            ] {
                assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
            }
        }
    }
    assert!(total > 200, "only {total} imports");
}

#[test]
fn a_sound_tree_has_no_faults() {
    assert_eq!(faults(&sound()), Vec::<String>::new());
}

#[test]
fn each_planted_fault_is_found_and_nothing_else() {
    for (file, planted, expected) in PLANTED {
        let mut files = sound();
        let text = files.entry((*file).to_owned()).or_default();
        text.push_str(planted);
        let found = faults(&files);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{planted}\nexpected {expected:?}\nfound {found:#?}"
        );
    }
}

#[test]
fn four_hundred_lines_are_allowed_and_one_more_is_not() {
    let mut files = sound();
    files.insert("key/ring.rs".into(), "\n".repeat(400));
    assert_eq!(faults(&files), Vec::<String>::new());
    files.insert("key/ring.rs".into(), "\n".repeat(401));
    assert_eq!(faults(&files), ["key/ring.rs: 401 lines, 400 are allowed"]);
}

/// What of the repository is held to the limit besides `src`: sources and tests of all crates.
fn others() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    read_tree(&root.join("tests"), "tests", &mut files);
    for crate_folder in std::fs::read_dir(root.join("crates")).unwrap() {
        let name = crate_folder.unwrap().file_name().into_string().unwrap();
        for below in ["src", "tests"] {
            let below = format!("crates/{name}/{below}");
            if root.join(&below).is_dir() {
                read_tree(&root.join(&below), &below, &mut files);
            }
        }
    }
    files
}

fn long(files: &BTreeMap<String, String>) -> Vec<String> {
    let long = files.iter().filter_map(|(path, text)| too_long(path, text));
    long.collect()
}

#[test]
fn no_file_of_the_tests_and_of_the_other_crates_is_long_and_a_planted_one_is_found() {
    let files = others();
    assert_eq!(long(&files), Vec::<String>::new());
    // A file of each kind that is made too long, so that none of these folders is passed over.
    for planted in [
        "tests/layers.rs",
        "tests/layers/scan.rs",
        "tests/loom/src/lib.rs",
        "tests/wasm/src/lib.rs",
        "crates/demo/src/main.rs",
        "crates/demo/tests/time.rs",
        "crates/demo/tests/common/mod.rs",
    ] {
        let mut files = files.clone();
        let text = files.get_mut(planted).expect(planted);
        *text = "\n".repeat(400);
        assert_eq!(long(&files), Vec::<String>::new());
        files.get_mut(planted).unwrap().push('\n');
        let found = format!("{planted}: 401 lines, 400 are allowed");
        assert_eq!(long(&files), [found]);
    }
}

#[test]
fn comments_strings_and_guarded_items_are_not_imports() {
    for harmless in [
        "/* use crate::session::X; /* nested */ std::mem */",
        "/// [`Session`](crate::Session), `unsafe`, #[cfg(test)]\nfn f() {}",
        "const A: &str = \"crate::session::X // \\\" std::mem\";",
        "const A: &str = r#\"crate::session::X \" unsafe\"#;",
        "const A: char = '\"'; const B: char = '\\''; fn f<'a>(x: &'a u8) {}",
        "#[cfg(feature = \"std\")]\n#[must_use]\nfn f() -> std::sync::Mutex<(u8, u8)> { std::a() }",
        "#[cfg(feature = \"std\")]\npub type A<B, C> = std::D<B, C>;",
        "fn f() -> S { S {\n#[cfg(feature = \"std\")]\na: std::b(1, 2),\nc: 1 } }",
        "macro_rules! m { () => { $crate::Session } }",
        "pub(crate) fn f(_: u8) {}",
        "use core::std_like;",
    ] {
        let mut files = sound();
        files.get_mut("key/ring.rs").unwrap().push_str(harmless);
        assert_eq!(faults(&files), Vec::<String>::new(), "{harmless}");
    }
}
