//! Rings from the environment, from credentials of systemd and from what unwraps keys, which may fail in
//! any way.
#![cfg(all(feature = "std", unix))]
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

#[path = "common/folder.rs"]
mod folder;
#[path = "common/sources.rs"]
mod sources;

use std::process::Command;

use cloakroom::source::{KeySource, KeyUnwrap, SourceFault, UnwrapError};
use cloakroom::{KeyRing, NoRevocation, SecretText, Sessions, SystemClock};
use folder::Folder;
use sources::{A, file_of, sentence, write};

/// What reads well and can't be used: it shows when sessions are built, or swapped under running
/// ones, which keep their ring.
#[test]
fn a_ring_in_which_no_key_seals_is_refused_where_it_is_used() {
    for text in [
        file_of(A).trim_end().to_owned() + " disabled",
        file_of(A).replace("2026-09-01", "9999-12-31"),
    ] {
        let source = KeySource::custom("ring", move || Ok(text.clone().into()));
        let ring = source.load().unwrap();
        let building = Sessions::<(), NoRevocation>::builder(ring.clone(), NoRevocation)
            .purpose("session")
            .audience("")
            .aal3()
            .build();
        let expected = "no key of the ring may seal now; all are disabled or become active later, \
                        add one that seals at once, as `cloakroom keys add FILE --at now --force` \
                        does";
        assert_eq!(building.err().unwrap().to_string(), expected);
        let running = KeyRing::generate(&SystemClock, time::Duration::hours(12)).unwrap();
        let sessions = Sessions::<(), NoRevocation>::builder(running, NoRevocation)
            .purpose("session")
            .audience("")
            .aal3()
            .build()
            .unwrap();
        let refused = sessions.replace_keys(&ring).err().unwrap();
        assert_eq!(refused.to_string(), expected);
        assert!(sessions.issue("ada", &()).is_ok());
    }
}

struct Refuses;

impl KeyUnwrap for Refuses {
    fn unwrap_ring(&self, _: &[u8]) -> Result<SecretText, UnwrapError> {
        Err(UnwrapError::new("the key service answers 403"))
    }
}

struct Panics;

impl KeyUnwrap for Panics {
    #[allow(clippy::panic_in_result_fn)]
    fn unwrap_ring(&self, _: &[u8]) -> Result<SecretText, UnwrapError> {
        panic!("on purpose");
    }
}

/// Hands on what is stored, behind its length.
struct Plain;

impl KeyUnwrap for Plain {
    fn unwrap_ring(&self, wrapped: &[u8]) -> Result<SecretText, UnwrapError> {
        let text = std::str::from_utf8(wrapped).map_err(|_| UnwrapError::new("not text"))?;
        Ok(text.trim_start_matches('x').to_owned().into())
    }
}

#[test]
fn what_unwraps_may_fail_in_any_way() {
    let stored = |text: String| KeySource::custom("blob", move || Ok(text.clone().into()));
    let source = stored(file_of(A));
    assert_eq!(
        sentence(&source.clone().unwrap_with(Refuses)),
        "the keys could not be unwrapped: the key service answers 403"
    );
    assert_eq!(
        sentence(&source.clone().unwrap_with(Panics)),
        "the code that reads or unwraps the keys panicked; its message is on standard error"
    );
    let source = stored(format!("{}{}", "x".repeat(100_000), file_of(A)));
    assert!(source.clone().unwrap_with(Plain).load().is_ok());
    assert!(source.load().is_err());
    let source = stored("x".repeat(131_073));
    assert!(matches!(
        source.unwrap_with(Plain).load().unwrap_err().fault(),
        SourceFault::TooLarge { limit: 131_072 }
    ));
}

/// The environment of this process can't be changed safely, so another one has it.
fn child(test: &str, set: &[(&str, Option<std::ffi::OsString>)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored"]);
    for (name, value) in set {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && out.contains("1 passed"), "{out}");
}

const SPOILT: &[u8] = b"cloakroom-ring 1\n\xff";

#[test]
fn an_environment_variable_holds_a_ring() {
    use std::os::unix::ffi::OsStringExt as _;
    child(
        "in_a_child_the_environment",
        &[
            ("CLOAKROOM_KEYS", Some(file_of(A).into())),
            (
                "CLOAKROOM_WINDOWS",
                Some(file_of(A).replace('\n', "\r\n").into()),
            ),
            ("CLOAKROOM_EMPTY", Some("".into())),
            (
                "CLOAKROOM_SPOILT",
                Some(std::ffi::OsString::from_vec(SPOILT.to_vec())),
            ),
            ("CLOAKROOM_LONG", Some("#".repeat(65_537).into())),
            ("CLOAKROOM_NONE", None),
        ],
    );
}

#[test]
#[ignore = "run by another test, in a process with its own environment"]
fn in_a_child_the_environment() {
    for name in ["CLOAKROOM_KEYS", "CLOAKROOM_WINDOWS"] {
        assert_eq!(KeyRing::from_env(name).unwrap().keys().count(), 1);
    }
    for (name, expected) in [
        (
            "CLOAKROOM_EMPTY",
            "the file is empty; a ring file starts with `cloakroom-ring 1`",
        ),
        (
            "CLOAKROOM_NONE",
            "it is not set; set it to the text of a ring file",
        ),
        (
            "CLOAKROOM_SPOILT",
            "its value is not UTF-8; set it to the text of a ring file",
        ),
        (
            "CLOAKROOM_LONG",
            "more than 65536 bytes; a ring file has at most 65536, so this is another file",
        ),
    ] {
        assert_eq!(sentence(&KeySource::env(name)), expected);
    }
}

#[test]
fn a_credential_of_systemd_holds_a_ring() {
    let folder = Folder::new("credentials");
    write(&folder.path("ring"), file_of(A).as_bytes(), 0o400);
    let path = folder.root().as_os_str().to_owned();
    child(
        "in_a_child_the_credentials",
        &[("CREDENTIALS_DIRECTORY", Some(path))],
    );
    child(
        "in_a_child_without_credentials",
        &[("CREDENTIALS_DIRECTORY", None)],
    );
}

#[test]
#[ignore = "run by another test, in a process with its own environment"]
fn in_a_child_the_credentials() {
    assert_eq!(KeyRing::from_credential("ring").unwrap().keys().count(), 1);
    assert_eq!(
        sentence(&KeySource::credential("ling")),
        "there is no such file; make a ring file and put it there, or correct the path"
    );
    assert_eq!(
        sentence(&KeySource::credential("../ring")),
        "this is not the name of one file; give a name without a directory"
    );
}

#[test]
#[ignore = "run by another test, in a process with its own environment"]
fn in_a_child_without_credentials() {
    assert_eq!(
        sentence(&KeySource::credential("ring")),
        "CREDENTIALS_DIRECTORY is not set; start the service by systemd, with LoadCredential= or \
         LoadCredentialEncrypted= in its unit"
    );
}
