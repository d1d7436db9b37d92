//! What the scanner of the layers is tried on.

use std::collections::BTreeMap;

/// A small tree without faults, into which tests plant one each.
pub(crate) fn sound() -> BTreeMap<String, String> {
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

/// File, text added to its end, and what the scanner must say.
pub(crate) const PLANTED: &[(&str, &str, &str)] = &[
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
