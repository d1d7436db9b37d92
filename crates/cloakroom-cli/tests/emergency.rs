//! A key leaked, or all of a file: what is disabled stays disabled, servers take the file, and where they
//! would not, nobody is told that it is done.

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

use std::sync::atomic::{AtomicUsize, Ordering};

use cloakroom::{
    Clock as _, KeyId, KeyRing, KeyState, RevocationList, RingError, Sessions, SystemClock,
};
use common::{FOR, Place, key_line, ring_of};
use time::Duration;

/// A time so many seconds from now, as a ring file has it.
fn moment(distance: i64) -> String {
    let now = SystemClock.now().unwrap();
    let time = now.checked_add(Duration::seconds(distance)).unwrap();
    time.to_string()
}

/// A ring with a key in each state: retired, open-only, sealing, announced.
fn full(place: &Place) -> [String; 4] {
    let (retired, one) = key_line("2020-01-01T00:00:00Z", "");
    let (open_only, two) = key_line("2021-01-01T00:00:00Z", "");
    let (sealing, three) = key_line(&moment(-7_200), "");
    let (announced, four) = key_line(&moment(7_200), "");
    place.write("ring", ring_of(&[one, two, three, four]), 0o600);
    let ids = [retired, open_only, sealing, announced];
    let states = ["retired", "open-only", "sealing", "announced"];
    assert_eq!(states_of(place), states);
    ids
}

fn states_of(place: &Place) -> Vec<String> {
    let listed = place.run("keys list ring --json").ok().json();
    let keys = listed["keys"].as_array().unwrap().iter();
    keys.map(|key| key["state"].as_str().unwrap().to_owned())
        .collect()
}

/// The states of the keys that are not disabled.
fn in_service(place: &Place) -> Vec<String> {
    let mut states = states_of(place);
    states.retain(|state| state != "disabled");
    states
}

/// What a thief makes of a copy of the file: a token under each of its keys.
fn forge(place: &Place) -> Vec<String> {
    let text = place.read("ring");
    let keys = text.lines().filter(|line| line.starts_with("key "));
    let forged = keys.map(|line| {
        let key = line.split(' ').nth(1).unwrap();
        let alone = format!("key {key} activate=2020-01-01T00:00:00Z");
        place.write("thief", ring_of(&[alone]), 0o600);
        let seal = format!("seal --ring thief {FOR} --subject ada --absolute 8h");
        place.run(&seal).ok().out.trim().to_owned()
    });
    forged.collect()
}

fn opens(place: &Place, token: &str) -> i32 {
    place
        .feed(&format!("open --ring ring {FOR}"), token.as_bytes())
        .code
}

/// A server with the ring as it is in the file now.
fn server(place: &Place) -> Sessions<()> {
    Sessions::<()>::builder(
        KeyRing::parse(&place.read("ring")).unwrap(),
        RevocationList::new(),
    )
    .purpose("session")
    .audience("api.example.com")
    .no_idle_timeout()
    .absolute_timeout(Duration::hours(8))
    .build()
    .unwrap()
}

#[test]
fn all_keys_of_a_file_are_disabled_and_none_of_them_opens_again() {
    let place = Place::new();
    let ids = full(&place);
    let server = server(&place);
    let forged = forge(&place);
    let before: Vec<i32> = forged.iter().map(|token| opens(&place, token)).collect();
    // The thief's copy is as good as the ring under three of the four.
    assert_eq!(before, [1, 0, 0, 0]);
    let said = place
        .run("keys disable ring --all --note after --json")
        .ok()
        .json();
    assert_eq!(said["disabled"], serde_json::json!(ids));
    assert_eq!(said["sealing"], said["added"]);
    assert_eq!(in_service(&place), ["sealing"]);
    for token in &forged {
        assert_eq!(opens(&place, token), 1);
    }
    let fresh = place.token("");
    assert_eq!(opens(&place, &fresh), 0);
    // A running server takes it, and then refuses all of them.
    server
        .replace_keys(&KeyRing::parse(&place.read("ring")).unwrap())
        .unwrap();
    for token in &forged {
        assert!(server.verify(token).is_err());
    }
    server.verify(fresh.trim()).unwrap();
}

#[test]
fn disabling_the_sealing_key_alone_leaves_the_others_to_a_thief_and_does_not_hide_it() {
    let place = Place::new();
    let ids = full(&place);
    let forged = forge(&place);
    let said = place.run(&format!("keys disable ring {}", ids[2]));
    let left = format!("keys {}, {} of this file stay in service", ids[1], ids[3]);
    assert!(said.ok().err.contains(&left), "{said:?}");
    let after: Vec<i32> = forged.iter().map(|token| opens(&place, token)).collect();
    // Why `--all` is there.
    assert_eq!(after, [1, 0, 1, 0]);
    // With its successor disabled, too, the retired one opens again: why `--all` spares none.
    place.run(&format!("keys disable ring {}", ids[1])).ok();
    assert_eq!(opens(&place, &forged[0]), 0);
}

#[test]
fn all_are_disabled_where_none_seals_and_where_all_are_disabled_already() {
    let place = Place::new();
    let (_, line) = key_line(&moment(7_200), "");
    place.write("ring", ring_of(&[line]), 0o600);
    place.run("keys disable ring --all").ok();
    assert_eq!(in_service(&place), ["sealing"]);
    let (_, line) = key_line("2020-01-01T00:00:00Z", " disabled");
    place.write("ring", ring_of(&[line]), 0o600);
    let said = place.run("keys disable ring --all");
    assert!(said.ok().out.contains("disabled already"), "{said:?}");
    assert_eq!(in_service(&place), ["sealing"]);
    place
        .run("keys disable ring --all 0a1b2c3d")
        .fails(2, "cannot be used with");
    place.run("keys disable ring").fails(2, "<KEY>");
}

#[test]
fn a_ring_that_servers_refuse_is_not_called_done() {
    let place = Place::new();
    let leaked = place.ring();
    let server = server(&place);
    let token = place.token("");
    let before = place.read("ring");
    for (command, forced) in [
        (
            format!("keys disable ring {leaked} --no-replacement"),
            "no key seals",
        ),
        ("keys disable ring --all --no-replacement".to_owned(), ""),
    ] {
        let refused = place.run(&command);
        refused.fails(5, "keep the old keys in force");
        refused.fails(5, "keys add FILE --at now --force");
        assert_eq!(place.read("ring"), before);
        let forced_by = place.run(&format!("{command} --force"));
        assert!(forced_by.ok().out.contains("NOT IN FORCE"), "{forced_by:?}");
        assert!(!forced_by.out.contains("next: give"), "{forced_by:?}");
        assert!(forced_by.err.contains(forced), "{forced_by:?}");
        let ring = KeyRing::parse(&place.read("ring")).unwrap();
        let refused = server.replace_keys(&ring).unwrap_err();
        assert!(refused.to_string().contains("may seal"), "{refused}");
        // And so the server seals with the leaked key.
        server.verify(token.trim()).unwrap();
        if command.contains("--all") {
            break;
        }
        place.write("ring", &before, 0o600);
    }
    // A key in the usual hour does not end that, and says so.
    place
        .run("keys add ring")
        .fails(5, "keep the old keys in force");
    let later = place.run("keys add ring --force");
    assert!(
        later
            .ok()
            .out
            .contains("NOT IN FORCE: no key of this ring seals before 2")
    );
    let ring = KeyRing::parse(&place.read("ring")).unwrap();
    assert!(server.replace_keys(&ring).is_err());
    // The way out that was named works as it was named.
    let out = place.run("keys add ring --at now --force");
    assert!(out.ok().out.contains("next: give the new file"), "{out:?}");
    let ring = KeyRing::parse(&place.read("ring")).unwrap();
    server.replace_keys(&ring).unwrap();
    assert!(server.verify(token.trim()).is_err());
}

#[test]
fn a_sealing_key_that_is_forced_out_is_not_called_done() {
    let place = Place::new();
    let now = SystemClock.now().unwrap();
    let first = place.ring();
    place.run("keys add ring").ok();
    let server = server(&place);
    let refused = place.run(&format!("keys retire ring {first}"));
    refused.fails(5, "--force").fails(5, "keys disable");
    let forced = place.run(&format!("keys retire ring {first} --force"));
    assert!(forced.ok().out.contains("NOT IN FORCE"), "{forced:?}");
    let ring = KeyRing::parse(&place.read("ring")).unwrap();
    assert_eq!(ring.sealing_key(now), None);
    let refused = server.key_ring().check_successor(&ring, now);
    assert_eq!(refused, Err(RingError::NoSealingKey));
}

#[test]
fn of_many_edits_at_a_time_none_is_lost() {
    let place = Place::new();
    let lines: Vec<(String, String)> = (0..12)
        .map(|year| key_line(&format!("20{:02}-01-01T00:00:00Z", 10 + year), ""))
        .collect();
    let texts: Vec<String> = lines.iter().map(|(_, line)| line.clone()).collect();
    let (_, sealing) = key_line("2025-01-01T00:00:00Z", "");
    place.write("ring", ring_of(&[texts, vec![sealing]].concat()), 0o600);
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (id, _) in &lines {
            let (place, refused) = (&place, &refused);
            scope.spawn(move || {
                loop {
                    let said = place.run(&format!("keys disable ring {id}"));
                    if said.code == 0 {
                        break;
                    }
                    said.fails(4, "changed meanwhile");
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    let now = SystemClock.now().unwrap();
    let ring = KeyRing::parse(&place.read("ring")).unwrap();
    for (id, _) in &lines {
        let id: KeyId = id.parse().unwrap();
        assert_eq!(
            ring.state(id, now),
            Some(KeyState::Disabled),
            "{id} was lost"
        );
    }
    println!("{} were told to run it again", refused.into_inner());
    // Nothing is left beside it.
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn an_edit_made_while_a_password_is_awaited_is_not_undone() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let place = Place::new();
    place.write("password", "correct horse", 0o600);
    place.ring();
    place
        .run("keys wrap ring wrapped --password-file password")
        .ok();
    // The first edit has read the file and waits for its password.
    let mut first = Command::new("sh")
        .args(["-c", "exec \"$0\" keys add wrapped --password-fd 3 3<&0"])
        .arg(env!("CARGO_BIN_EXE_cloakroom"))
        .current_dir(place.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let held = std::fs::canonicalize(place.join("wrapped")).unwrap();
    let holds = |pid: u32| {
        let folder = std::fs::read_dir(format!("/proc/{pid}/fd"));
        folder.is_ok_and(|folder| {
            folder
                .flatten()
                .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to == held))
        })
    };
    while cfg!(target_os = "linux") && !holds(first.id()) {
        assert!(first.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    if cfg!(target_os = "linux") {
        place
            .run("keys add wrapped --at +3h --password-file password --note second")
            .ok();
        first
            .stdin
            .take()
            .unwrap()
            .write_all(b"correct horse")
            .unwrap();
        let output = first.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        let list = place.run("keys list wrapped --password-file password");
        assert!(list.ok().out.contains("second"), "{list:?}");
    } else {
        first.kill().unwrap();
        first.wait().unwrap();
    }
}
