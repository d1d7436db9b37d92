//! What operators meet: full disks, mounted secrets, killed commands, wrong names and missing units.

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

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use cloakroom::feed::FeedKey;
use cloakroom::{KeyRing, RevocationList, Sessions};
use common::{FOR, Place, key_line, ring_of};

#[test]
fn a_password_without_a_wrapped_file_makes_nothing() {
    let place = Place::new();
    place.write("password", "correct horse", 0o600);
    for password in ["--password-file password", "--password-fd 0"] {
        place
            .run(&format!("keys new ring --max-lifetime 8h {password}"))
            .fails(2, "--wrap");
    }
    assert!(!place.join("ring").exists());
    place
        .run("keys new ring --max-lifetime 8h --wrap --password-file password")
        .ok();
    assert!(place.read("ring").starts_with("clkwrap1."));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_can_not_be_written_is_a_code_and_no_panic() {
    let place = Place::new();
    place.ring();
    let full = || File::create("/dev/full").unwrap();
    let run = |arguments: &str, out: Stdio, err: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        command
            .args(arguments.split(' '))
            .current_dir(place.path())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        command.output().unwrap()
    };
    for arguments in [
        "keys list ring",
        "keys list ring --json",
        "--help",
        "--version",
        "completions bash",
    ] {
        let ran = run(arguments, full().into(), Stdio::piped());
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(4), "{arguments}: {said}");
        assert!(said.contains("could not be written"), "{arguments}: {said}");
    }
    for (arguments, code) in [
        ("keys list ring", 0),
        ("keys list none", 3),
        ("nonsense", 2),
        ("keys list ring --at clkkey1.AAAAAAAAAAAAAAAAAAAAAAAA", 2),
    ] {
        let ran = run(arguments, Stdio::piped(), full().into());
        assert_eq!(ran.status.code(), Some(code), "{arguments}");
        let ran = run(arguments, full().into(), full().into());
        assert_ne!(ran.status.code(), Some(101), "{arguments}");
    }
}

#[test]
fn what_is_wrong_with_a_wrapped_file_is_said() {
    let place = Place::new();
    place.write("password", "correct horse", 0o600);
    place.write("later", "clkwrap2.AAAAAAAAAAAAAAAAAAAA\n", 0o600);
    let said = place.run("keys list later --password-file password");
    said.fails(3, "such a file starts with `clkwrap1`");
    assert!(!said.err.contains("not shown"), "{said:?}");
}

#[test]
fn vectors_are_verified_as_the_help_says_with_their_schema_among_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let output = Command::new("sh")
        .args(["-c", "exec \"$0\" vectors verify *.json"])
        .arg(env!("CARGO_BIN_EXE_cloakroom"))
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("vectors.schema.json is a JSON schema"),
        "{said}"
    );
    let place = Place::new();
    place.write("schema", r#"{"$schema": "x"}"#, 0o644);
    place
        .run("vectors verify schema")
        .fails(3, "no vector was checked");
}

/// A Kubernetes volume: a folder of this moment, `..data` leading to it, and names leading through that.
fn volume(place: &Place, names: &[&str]) {
    use std::os::unix::fs::symlink;
    std::fs::create_dir_all(place.join("keys/..2026")).unwrap();
    symlink("..2026", place.join("keys/..data")).unwrap();
    for name in names {
        let (_, line) = key_line("2020-01-01T00:00:00Z", "");
        place.write(&format!("keys/..2026/{name}"), ring_of(&[line]), 0o644);
        symlink(
            format!("..data/{name}"),
            place.join(&format!("keys/{name}")),
        )
        .unwrap();
    }
}

#[test]
fn a_mounted_secret_is_read_by_its_name_and_by_its_directory() {
    let place = Place::new();
    volume(&place, &["ring"]);
    let before = place.read("keys/ring");
    for path in ["keys/ring", "keys"] {
        place
            .run(&format!("keys check {path}"))
            .fails(1, "no key is announced");
        place.run(&format!("keys list {path}")).ok();
        place
            .run(&format!("keys add {path}"))
            .fails(3, "mounted by a platform");
        assert_eq!(place.read("keys/ring"), before);
    }
    // Behind a password, too.
    place.write("password", "correct horse", 0o600);
    place.run("keys wrap keys w --password-file password").ok();
    place.write("keys/..2026/ring", place.read("w"), 0o644);
    place
        .run("keys add keys/ring --password-file password")
        .fails(3, "mounted by a platform");
    place.write("keys/..2026/ring", &before, 0o644);
    // In the directory itself.
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(["keys", "list", "ring"])
        .current_dir(place.join("keys"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    // The same file outside of a mount is one that others may read.
    place.write("copy", place.read("keys/ring"), 0o644);
    place.run("keys list copy").fails(3, "others may read");
    let two = Place::new();
    volume(&two, &["next", "ring"]);
    two.run("keys list keys")
        .fails(3, "2 secrets in it; name the one");
}

#[test]
fn an_overwritten_ring_stays_readable_for_its_server_and_for_nobody_else() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let place = Place::new();
    place.ring();
    let access = || {
        let metadata = place.join("ring").metadata().unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    let (user, group, _) = access();
    place.write("ring", place.read("ring"), 0o640);
    place.run("keys new ring --max-lifetime 8h --force").ok();
    assert_eq!(access(), (user, group, 0o640));
    // Root may hand it over; whoever may not, does not take it away from the server either.
    if chown(place.join("ring"), Some(4_321), Some(4_322)).is_ok() {
        place.run("keys new ring --max-lifetime 8h --force").ok();
        assert_eq!(access(), (4_321, 4_322, 0o640));
    }
    place.write("ring", "something that all may read", 0o644);
    place.run("keys new ring --max-lifetime 8h --force").ok();
    assert_eq!(access().2, 0o600);
}

#[test]
fn a_feed_key_is_made_and_never_overwritten() {
    let place = Place::new();
    place.run("keys feed-key key").ok();
    assert_eq!(place.mode("key"), 0o600);
    let text = place.read("key");
    FeedKey::parse(text.trim_end()).unwrap();
    place.run("keys feed-key key").fails(5, "exists already");
    assert_eq!(place.read("key"), text);
    let said = place.run("keys feed-key key --force");
    assert!(!said.ok().out.contains("clkfeed"), "{said:?}");
    assert_ne!(place.read("key"), text);
}

#[test]
fn derived_units_serve_one_purpose_and_no_other() {
    let place = Place::new();
    place.ring();
    place.run("keys add ring").ok();
    place
        .run("keys derive ring units --purpose ticket --audience files")
        .ok();
    assert_eq!(place.mode("units"), 0o600);
    let text = place.read("units");
    assert!(text.contains("clksub1.") && !text.contains("clkkey1."));
    let ring = KeyRing::parse(&text).unwrap();
    let of = |purpose: &str| {
        let sessions = Sessions::<()>::builder(ring.clone(), RevocationList::new());
        sessions.purpose(purpose).audience("files").aal3().build()
    };
    assert!(of("ticket").is_ok() && of("session").is_err());
    place
        .run("keys derive ring units --purpose ticket --audience files")
        .fails(5, "exists already");
    place
        .run("keys derive units again --purpose ticket --audience files")
        .fails(3, "derived units already");
    place
        .run("keys derive ring other --purpose= --audience files")
        .fails(2, "1 to 255 bytes");
    place
        .run("keys add units --at +3h")
        .fails(3, "derive again");
}

/// A kill at any moment leaves the old ring or the new one.
#[test]
fn a_killed_edit_never_breaks_the_ring() {
    let place = Place::new();
    let first = place.ring();
    place.run("keys add ring").ok();
    let mut changed = 0;
    for number in 1..60_u64 {
        let before = place.read("ring");
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        command
            .args(["keys", "retire", "ring", &first, "--at"])
            .arg(format!("+{}h", number + 100))
            .current_dir(place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(number * 150));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = place.read("ring");
        KeyRing::parse(&after).unwrap();
        assert_eq!(place.mode("ring"), 0o600);
        changed += usize::from(after != before);
    }
    println!("{changed} of 59 were done before they were killed");
    place.run("keys list ring").ok();
}

#[test]
fn a_copy_that_a_killed_command_left_is_reported() {
    let place = Place::new();
    place.ring();
    place.run("keys add ring").ok();
    place.run("keys check ring").ok();
    place.write(".cloakroom-AbCdEf", place.read("ring"), 0o600);
    // An edit that is under way is none.
    place.run("keys check ring").ok();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    let file = File::options()
        .write(true)
        .open(place.join(".cloakroom-AbCdEf"))
        .unwrap();
    file.set_modified(old).unwrap();
    place.run("keys check ring").fails(1, ".cloakroom-AbCdEf");
}

#[test]
fn a_duration_without_its_unit_is_asked_for_it() {
    let place = Place::new();
    for command in [
        "keys new ring --max-lifetime 8",
        "keys new ring --max-lifetime 8h --rollout 3600",
        "keys plan ring --at +8",
        "bench --time 10",
    ] {
        place
            .run(command)
            .fails(2, "of what? Write a duration with its unit");
    }
    assert!(!place.join("ring").exists());
    place
        .run("keys new ring --max-lifetime 8h --rollout 0s")
        .ok();
}

#[test]
fn a_wrapped_ring_is_taken_by_every_target_of_revoke() {
    let place = Place::new();
    place.write("password", "correct horse", 0o600);
    place.old_ring();
    let token = place.token("");
    place
        .run("keys wrap ring wrapped --password-file password")
        .ok();
    place.run("revoke subject x --store list --force").ok();
    for before in ["--password-file password ", ""] {
        let after = if before.is_empty() {
            "--password-file password"
        } else {
            ""
        };
        let command = format!("revoke {before}token {FOR} --ring wrapped --store list {after}");
        place.feed(&command, token.as_bytes()).ok();
    }
}

#[test]
fn names_that_nobody_checked_are_said_to_be() {
    let place = Place::new();
    place.run("revoke subject x --store list --force").ok();
    for target in ["all", "key 0a1b2c3d"] {
        let command = format!("revoke {target} --purpose sessions --audience x --store list");
        let said = place.run(&command);
        assert!(said.ok().out.contains("NOT CHECKED"), "{said:?}");
        assert!(said.out.contains("\"sessions\" and \"x\""), "{said:?}");
    }
    let said = place.run("revoke subject ada --store list");
    assert!(!said.ok().out.contains("NOT CHECKED"), "{said:?}");
}

#[test]
fn stores_that_are_none_are_bad_input_with_a_way_out() {
    let place = Place::new();
    std::fs::create_dir(place.join("folder")).unwrap();
    let made = Command::new("mkfifo").arg(place.join("pipe")).status();
    assert!(made.unwrap().success());
    place.write("open", "x", 0o606);
    for command in ["revocations --store", "revoke subject ada --force --store"] {
        place
            .run(&format!("{command} folder"))
            .fails(3, "name the file in it");
        place.run(&format!("{command} pipe")).fails(3, "a pipe");
        place
            .run(&format!("{command} open"))
            .fails(3, "everybody may write");
    }
}

#[test]
fn sentences_name_the_way_out_that_there_is() {
    let place = Place::new();
    place.ring();
    place.write("password", "correct horse", 0o600);
    // A file that is no ring gets no advice about rings.
    let said = place.run("keys wrap ring w --password-file none");
    said.fails(3, "correct the path");
    assert!(!said.err.contains("make a ring"), "{said:?}");
    place
        .run("keys list ring/x")
        .fails(3, "a file stands in the path");
    // Overwriting a backup logs nobody out.
    place.run("keys wrap ring w --password-file password").ok();
    let said = place.run("keys wrap ring w --password-file password");
    said.fails(5, "exists already");
    assert!(!said.err.contains("logs out"), "{said:?}");
    place.write("empty", "cloakroom-ring 1\nmax-lifetime 1\n", 0o600);
    place
        .run("keys list empty")
        .fails(3, "keys new FILE --force");
    place
        .feed("inspect", b"")
        .fails(3, "cloakroom inspect < token");
    // A second announcement.
    let twice = ["keys add ring --at 2030-01-01T00:00:00Z"; 2];
    place.run(twice[0]).ok();
    place.run(twice[1]).fails(2, "--at");
    let more = place.run("keys add ring");
    assert!(more.ok().err.contains("announced already"), "{more:?}");
    // Payloads as `xxd -p` prints them.
    place.write("payload", "0401\n0402\n", 0o600);
    let sealed = place.run(&format!(
        "seal --ring ring {FOR} --subject a --absolute 1h --payload payload"
    ));
    sealed.ok();
    // Within the tolerance of servers a token is not refused.
    let seal = |at: &str| {
        place.run(&format!(
            "seal --ring ring {FOR} --subject a --absolute 1h --at {at}"
        ))
    };
    assert!(!seal("+55s").ok().err.contains("future"));
    assert!(seal("+10m").ok().err.contains("future"));
}
