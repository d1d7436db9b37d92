//! The layers hold: no source file imports from above, none is long, none carries tests or
//! `unsafe`, and `std` stands behind its feature alone. The scanner is itself checked against
//! planted faults.
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

#[path = "layers/scan.rs"]
mod scan;

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

/// Every fault of a tree, as `file: what`.
fn faults(files: &BTreeMap<String, String>) -> Vec<String> {
    let tree = Tree::of(files);
    let mut faults = tree.undeclared();
    for (path, text) in files {
        let mut fault = |what: String| faults.push(format!("{path}: {what}"));
        let lines = text.lines().count();
        if lines > MAX_LINES {
            fault(format!("{lines} lines, {MAX_LINES} are allowed"));
        }
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

/// A small tree without faults, into which the tests below plant one each.
fn sound() -> BTreeMap<String, String> {
    [
        (
            "lib.rs",
            "mod error;\nmod wire;\nmod key;\nmod session;\npub mod http;\npub use crate::key::id::Id;\n",
        ),
        ("error.rs", "use core::fmt;\n"),
        (
            "wire.rs",
            "pub(crate) mod varint;\npub(crate) mod claims;\n",
        ),
        ("wire/varint.rs", "//! `crate::session` in prose.\n"),
        (
            "wire/claims.rs",
            "use crate::error::Error;\nuse crate::wire::varint;\n",
        ),
        (
            "key.rs",
            "mod id;\n#[cfg(feature = \"std\")]\nmod file;\nmod ring;\n",
        ),
        ("key/id.rs", "// use crate::key::ring::Ring;\n"),
        (
            "key/file.rs",
            "use std::path::Path;\nuse crate::key::id::Id;\n",
        ),
        ("key/ring.rs", "use crate::wire::claims;\n"),
        ("session.rs", "mod policy;\n"),
        (
            "session/policy.rs",
            "use crate::{error::{A, B}, key::ring::Ring};\n",
        ),
        ("http.rs", "pub mod cookie;\npub mod response;\n"),
        (
            "http/cookie.rs",
            "mod read;\npub(in crate::http) use read::trim;\n",
        ),
        (
            "http/cookie/read.rs",
            "use crate::http::cookie::Config;\n",
        ),
        ("http/response.rs", "use crate::error::VerifyError;\n"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .collect()
}

#[test]
fn a_sound_tree_has_no_faults() {
    assert_eq!(faults(&sound()), Vec::<String>::new());
}

/// File, text added to its end, and what the scanner must say.
const PLANTED: &[(&str, &str, &str)] = &[
    (
        "wire/claims.rs",
        "use crate::key::id::Id;",
        "from above, `key::id::Id`",
    ),
    ("error.rs", "use crate::wire;", "from above, `wire`"),
    // In the middle of a group, behind something allowed.
    (
        "key/ring.rs",
        "use crate::{error::{A, B as C}, wire::varint, session::{policy::*}};",
        "from above, `session::policy::*`",
    ),
    // Without a `use`.
    (
        "wire/claims.rs",
        "fn f() -> crate::key::id::Id { todo }",
        "from above, `key::id::Id`",
    ),
    (
        "wire/claims.rs",
        "fn f() { g(crate :: key\n:: id::Id) }",
        "from above, `key::id::Id`",
    ),
    // By the relative path.
    (
        "wire/claims.rs",
        "use super::super::key::id;",
        "from above, `key::id`",
    ),
    // Names that lib.rs gives stand above everything.
    (
        "session/policy.rs",
        "use crate::Session;",
        "from above, `Session`",
    ),
    ("session/policy.rs", "use crate::*;", "from above, `*`"),
    (
        "wire/varint.rs",
        "use crate::wire::claims::Claims;",
        "later file of its folder, `wire::claims::Claims`",
    ),
    (
        "wire/varint.rs",
        "use super::claims;",
        "later file of its folder, `wire::claims`",
    ),
    (
        "key/id.rs",
        "type A = crate::key::ring::Ring;",
        "later file of its folder, `key::ring::Ring`",
    ),
    // What the folder's own file defines is above what is in the folder.
    (
        "key/id.rs",
        "use crate::key::*;",
        "later file of its folder, `key::*`",
    ),
    (
        "http/cookie/read.rs",
        "use crate::http::response::NO_STORE;",
        "later file of its folder, `http::response::NO_STORE`",
    ),
    (
        "http/response.rs",
        "use crate::wire::claims;",
        "knows nothing of `wire::claims`",
    ),
    ("error.rs", "use crate as c;", "`crate` under another name"),
    (
        "lib.rs",
        "extern crate self as cloakroom;",
        "`crate` under another name",
    ),
    (
        "key/ring.rs",
        "#[cfg(test)]\nmod tests {}",
        "tests stand in tests/",
    ),
    ("key/ring.rs", "unsafe fn f() {}", "`unsafe`"),
    ("key/ring.rs", "use std::sync::Mutex;", "line 2: `std`"),
    (
        "key/ring.rs",
        "#[cfg(feature = \"std\")]\nfn f() { a::<B>(c) }\nfn g() { std::mem::drop(1) }",
        "line 4: `std`",
    ),
    (
        "key/ring.rs",
        "#[cfg(not(feature = \"std\"))]\nuse std::sync::Mutex;",
        "line 3: `std`",
    ),
    (
        "key/ring.rs",
        "#[cfg(any(feature = \"std\", unix))]\nuse std::sync::Mutex;",
        "line 3: `std`",
    ),
    ("new.rs", "use core::fmt;", "new.rs: no parent declares it"),
    (
        "lib.rs",
        "mod fresh;",
        "fresh: declared, and no file has it",
    ),
];

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
