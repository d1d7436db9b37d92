//! The drift alarm: what it lets through, what it stops, and what it writes.
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
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use cloakroom::Payload;
use cloakroom::schema::{Drift, DriftKind, assert_unchanged, check_unchanged};
use serde::Deserialize;

/// A directory of this test's own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cloakroom-drift-{}-{next}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self, content: &str) -> PathBuf {
        let path = self.0.join("session.schema");
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Checks `T` against the given lines, and that the file is left alone.
fn check<T>(lines: &str) -> Result<(), Drift>
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    let dir = Dir::new();
    let path = dir.file(lines);
    let result = check_unchanged::<T>(&path);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines);
    result
}

#[track_caller]
fn refused<T>(lines: &str, kind: DriftKind, words: &[&str])
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    let drift = check::<T>(lines).unwrap_err();
    assert_eq!(drift.kind(), kind, "{drift}");
    for word in words {
        assert!(
            drift.to_string().contains(word),
            "{word} is not in: {drift}"
        );
    }
    assert_eq!(format!("{drift:?}"), drift.to_string());
}

/// One release of a payload type per module.
macro_rules! release {
    ($module:ident $schema:tt $($item:tt)*) => {
        mod $module {
            use serde::{Deserialize, Serialize};
            #[derive(Serialize, Deserialize)]
            $($item)*
            cloakroom::payload!(User, schema = $schema);
        }
    };
}

const V1_0: &str = "1.0 User { name: str, age: u32 }\n";
const V1_1: &str = "1.1 User { name: str, age: u32, locale: option<str> }\n";

release!(base (1, 0) pub(super) struct User { name: String, age: u32 });
release!(next (1, 1) pub(super) struct User { name: String, age: u32, #[serde(default)] locale: Option<String> });
release!(forgot (1, 0) pub(super) struct User { name: String, age: u32, #[serde(default)] locale: Option<String> });
release!(bare (1, 1) pub(super) struct User { name: String, age: u32, locale: Option<String> });
release!(late (1, 2) pub(super) struct User {
    name: String, age: u32, #[serde(default)] locale: Option<String>, bare: u8, #[serde(default)] last: u8
});
release!(swapped (1, 0) pub(super) struct User { age: u32, name: String });
release!(renamed (1, 0) pub(super) struct User { name: String, years: u32 });
release!(kept (1, 0) pub(super) struct User { name: String, #[serde(rename = "age")] years: u32 });
release!(widened (1, 0) pub(super) struct User { name: String, age: u64 });
release!(removed (1, 0) pub(super) struct User { age: u32 });
release!(inserted (1, 1) pub(super) struct User { name: String, #[serde(default)] locale: Option<String>, age: u32 });
release!(widened_minor (1, 1) pub(super) struct User { name: String, age: u64 });
release!(major (2, 0) pub(super) struct User { entirely: u8, other: u16 });

#[test]
fn what_may_happen() {
    check::<base::User>(V1_0).unwrap();
    check::<base::User>("# comment\n\n  1.0   User {name:str,age:u32}  \r\n# end").unwrap();
    check::<next::User>(&format!("{V1_0}{V1_1}")).unwrap();
    // The order of lines does not matter, nor whether the older number was ever recorded.
    check::<next::User>(&format!("{V1_1}{V1_0}")).unwrap();
    check::<next::User>(V1_1).unwrap();
    check::<base::User>(&format!("{V1_0}{V1_1}")).unwrap();
    check::<kept::User>(V1_0).unwrap();
    check::<major::User>(&format!("{V1_0}2.0 User {{ entirely: u8, other: u16 }}\n")).unwrap();
    // Two tests that record at once may write a line twice.
    check::<base::User>(&format!("{V1_0}{V1_0}")).unwrap();
    check::<()>("1.0 unit").unwrap();
}

#[test]
fn the_shape_of_a_released_number_stays() {
    let changed = DriftKind::Changed;
    refused::<forgot::User>(V1_0, changed, &["`locale` was appended", "schema = (1, 1)"]);
    refused::<swapped::User>(
        V1_0,
        changed,
        &["changed places", "raise the major", "(2, 0)"],
    );
    refused::<renamed::User>(
        V1_0,
        changed,
        &["`User.age` is called `years`", "rename = \"age\""],
    );
    refused::<widened::User>(
        V1_0,
        changed,
        &["`User.age` was `u32` and is `u64`", "previous"],
    );
    refused::<removed::User>(V1_0, changed, &["`User.name` is gone", "undo"]);
    refused::<bare::User>(
        "1.1 Member { name: str, age: u32, locale: option<str> }",
        changed,
        &["`Member`", "rename = \"Member\""],
    );
}

#[test]
fn minors_differ_by_what_is_appended() {
    refused::<inserted::User>(
        V1_0,
        DriftKind::NotAppended,
        &["`User.locale` was put before `age`"],
    );
    refused::<widened_minor::User>(
        V1_0,
        DriftKind::NotAppended,
        &["from schema 1.0 to 1.1", "u64"],
    );
    let shrunk = format!("{V1_0}1.1 User {{ name: str }}");
    refused::<base::User>(
        &shrunk,
        DriftKind::NotAppended,
        &["from schema 1.0 to 1.1", "is gone"],
    );
}

#[test]
fn an_appended_field_needs_a_default() {
    refused::<bare::User>(
        V1_0,
        DriftKind::NoDefault,
        &["`locale`", "#[serde(default)]"],
    );
    // The default went missing after the release.
    refused::<bare::User>(
        &format!("{V1_0}{V1_1}"),
        DriftKind::NoDefault,
        &["`locale`"],
    );
    // Fields that every recorded minor has need none.
    check::<bare::User>(V1_1).unwrap();
    // One default after another does not make up for the one that is missing.
    refused::<late::User>(V1_1, DriftKind::NoDefault, &["`bare`"]);
}

#[test]
fn the_alarm_and_the_reader_agree_about_defaults() {
    use cloakroom::schema::Ends;
    let mut bytes = [0; 16];
    let old: Vec<u8> = {
        let len = cloakroom::__private::encode_postcard(&("ann", 7_u32), &mut bytes).unwrap();
        bytes[..len].to_vec()
    };
    assert!(next::User::decode(&old, Ends::MayMiss).is_ok());
    assert!(bare::User::decode(&old, Ends::MayMiss).is_err());
    assert!(late::User::decode(&old, Ends::MayMiss).is_err());
}

mod nested {
    use serde::{Deserialize, Serialize};
    #[derive(Serialize, Deserialize)]
    pub(super) struct Address {
        city: String,
        #[serde(default)]
        zip: String,
    }
    #[derive(Serialize, Deserialize)]
    pub(super) enum Plan {
        Free,
        Paid(u32),
        Trial { days: u8 },
    }
    #[derive(Serialize, Deserialize)]
    pub(super) struct User {
        address: Address,
        plans: Vec<Plan>,
        hash: [u8; 16],
        #[serde(default)]
        more: u8,
    }
    cloakroom::payload!(User, schema = (1, 1));
}

#[test]
fn nested_types_are_frozen_within_a_major() {
    let now = "1.1 User { address: Address { city: str, zip: str }, plans: seq<enum Plan { \
               0 Free, 1 Paid(u32), 2 Trial { days: u8 } }>, hash: [u8; 16], more: u8 }";
    check::<nested::User>(now).unwrap();
    for (from, to, words) in [
        (", zip: str", "", "`User.address.zip` was added"),
        (
            ", 2 Trial { days: u8 }",
            "",
            "variant `User.plans[].Trial` was added",
        ),
        (
            "Paid(u32)",
            "Paid(u16)",
            "`User.plans[].Paid` was `u16` and is `u32`",
        ),
        (
            "Paid(u32)",
            "Paid(u32, u8)",
            "variant `User.plans[].Paid` holds something else",
        ),
        (
            "days: u8",
            "days: u8, left: u8",
            "field `User.plans[].Trial.left` is gone",
        ),
        (
            "0 Free, 1 Paid(u32)",
            "0 Paid(u32), 1 Free",
            "changed places",
        ),
        (
            "[u8; 16]",
            "[u8; 32]",
            "`User.hash` was `[u8; 32]` and is `[u8; 16]`",
        ),
        ("seq<", "option<", "`User.plans` was `option<"),
    ] {
        // What is there now, but something nested was another thing, in the minor before.
        let before = now
            .replacen(from, to, 1)
            .replace("1.1 ", "1.0 ")
            .replace(", more: u8", "");
        assert_ne!(before, now);
        refused::<nested::User>(&before, DriftKind::NotAppended, &[words]);
        let same = now.replacen(from, to, 1);
        refused::<nested::User>(&same, DriftKind::Changed, &[words]);
    }
}

release!(tuple (1, 1) pub(super) struct User(String, u32););
release!(wrapped (1, 1) pub(super) struct User(super::base::User););
release!(choice (1, 3) pub(super) enum User { A, B });
release!(any (1, 0) #[serde(untagged)] pub(super) enum User { A(u8), B(String) });

#[test]
fn only_structs_have_minors() {
    refused::<tuple::User>("", DriftKind::NotAStruct, &["1.1", "minor 0"]);
    refused::<wrapped::User>("", DriftKind::NotAStruct, &["minor 0"]);
    refused::<choice::User>("", DriftKind::NotAStruct, &["minor 0"]);
    refused::<any::User>("", DriftKind::NoShape, &["untagged"]);
}

mod chained {
    use serde::{Deserialize, Serialize};
    #[derive(Serialize, Deserialize)]
    pub(super) struct User {
        other: u8,
    }
    cloakroom::payload!(User, schema = (2, 0), previous = super::base::User);
    impl From<super::base::User> for User {
        fn from(_: super::base::User) -> Self {
            Self { other: 0 }
        }
    }
}

#[test]
fn the_previous_type_is_the_newest_of_its_major() {
    let now = "2.0 User { other: u8 }\n";
    check::<chained::User>(&format!("{V1_0}{now}")).unwrap();
    check::<chained::User>(now).unwrap();
    let behind = format!("{V1_0}{V1_1}{now}");
    refused::<chained::User>(
        &behind,
        DriftKind::PreviousOutdated,
        &["1.0", "1.1 was released"],
    );
}

#[test]
fn files_that_make_no_sense() {
    refused::<base::User>(
        "1.0 User {\n",
        DriftKind::File,
        &["line 1", "session.schema"],
    );
    refused::<base::User>("# a\nUser\n", DriftKind::File, &["line 2"]);
    refused::<base::User>(
        &format!("{V1_0}1.0 unit\n"),
        DriftKind::File,
        &["line 2", "further up"],
    );
    let dir = Dir::new();
    assert_eq!(
        check_unchanged::<base::User>(&dir.0).unwrap_err().kind(),
        DriftKind::File
    );
}

#[test]
#[should_panic(expected = "CLOAKROOM_RECORD_SCHEMA=1 cargo test")]
fn a_number_that_is_not_recorded_says_how_to_record_it() {
    let dir = Dir::new();
    refused::<next::User>(
        V1_0,
        DriftKind::NotRecorded,
        &["1.1 is not recorded", "now", "1.1 User {"],
    );
    assert_unchanged::<base::User>(dir.0.join("missing.schema"));
}
