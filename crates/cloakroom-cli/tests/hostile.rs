//! What bad input gets: a sentence with the way out, the documented exit code, no panic, and nothing of
//! a secret on the screen.

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

use common::{FOR, Place, key_line, ring_of};

/// Every command that reads a ring file.
const READERS: [&str; 6] = [
    "keys list ring",
    "keys plan ring",
    "keys check ring",
    "keys add ring",
    "keys disable ring 0a1b2c3d",
    "keys retire ring --done",
];

/// Every reader of a ring refuses this file with code 3 and says so.
#[track_caller]
fn refused(place: &Place, says: &str) {
    for command in READERS {
        place.run(command).fails(3, says);
    }
    place
        .feed(&format!("open --ring ring {FOR}"), b"clk1.x")
        .fails(3, says);
    place
        .run(&format!("seal --ring ring {FOR} --subject a --absolute 1h"))
        .fails(3, says);
}

#[test]
fn files_that_are_no_ring_are_named_for_what_they_are() {
    let place = Place::new();
    let (_, line) = key_line("2020-01-01T00:00:00Z", "");
    let good = ring_of(std::slice::from_ref(&line));
    let key = line.split(' ').nth(1).unwrap().to_owned();
    let mut typo = good.clone().into_bytes();
    let at = good.find("clkkey1.").unwrap() + 20;
    typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
    let table: [(&str, Vec<u8>, &str); 15] = [
        ("empty", Vec::new(), "the file is empty"),
        (
            "no key",
            b"cloakroom-ring 1\nmax-lifetime 1\n".to_vec(),
            "the ring has no key",
        ),
        (
            "version 2",
            good.replacen("ring 1", "ring 2", 1).into(),
            "another version",
        ),
        ("a token", b"clk1.AAAA".to_vec(), "session token"),
        ("a paseto key", b"k4.local.AAAA".to_vec(), "PASETO"),
        ("a paseto token", b"v4.local.AAAA".to_vec(), "PASETO"),
        ("a pem", b"-----BEGIN PRIVATE KEY-----\n".to_vec(), "PEM"),
        (
            "a jwt",
            b"eyJhbGciOiJub25lIn0.e30.".to_vec(),
            "JSON web token",
        ),
        ("a key alone", key.into(), "this is a key alone"),
        ("a feed key", b"clkfeed1.AAAA".to_vec(), "revocation feed"),
        (
            "not utf-8",
            [good.as_bytes(), b"# \xff\n"].concat(),
            "not UTF-8",
        ),
        ("utf-16", b"\xff\xfec\0l\0o\0".to_vec(), "not UTF-8"),
        ("a mistyped key", typo, "checksum does not fit"),
        ("1969", good.replace("2020", "1969").into(), "1970 to 9999"),
        (
            "10000",
            good.replace("2020", "10000").into(),
            "1970 to 9999",
        ),
    ];
    for (what, bytes, says) in table {
        place.write("ring", &bytes, 0o600);
        println!("{what}");
        refused(&place, says);
        // What was refused is left as it was.
        assert_eq!(std::fs::read(place.join("ring")).unwrap(), bytes);
    }
}

#[test]
fn places_that_are_no_private_file_are_refused() {
    let place = Place::new();
    refused(&place, "no such file");
    std::fs::create_dir(place.join("ring")).unwrap();
    refused(&place, "directory");
    std::fs::remove_dir(place.join("ring")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(place.join("ring"))
        .status()
        .unwrap();
    assert!(made.success());
    // Nobody writes to it, and nothing waits for somebody to.
    refused(&place, "pipe");
    std::fs::remove_file(place.join("ring")).unwrap();
    let (_, line) = key_line("2020-01-01T00:00:00Z", "");
    for (mode, says) in [
        (0o666, "others may write"),
        (0o620, "write"),
        (0o644, "others may read"),
    ] {
        place.write("ring", ring_of(std::slice::from_ref(&line)), mode);
        refused(&place, says);
    }
    std::fs::remove_file(place.join("ring")).unwrap();
    place.write("ring", "", 0o600);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(place.join("ring"))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    refused(&place, "so this is another");
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    let place = Place::new();
    let (_, line) = key_line("2020-01-01T00:00:00Z", " # by a colleague");
    place.write("ring", ring_of(&[line]).replace('\n', "\r\n"), 0o600);
    place.run("keys add ring").ok();
    assert!(place.read("ring").contains("# by a colleague\n"));
}

#[test]
fn the_first_and_the_last_year_are_times() {
    let place = Place::new();
    let (first, one) = key_line("1970-01-01T00:00:00Z", "");
    let (_, two) = key_line("9999-12-31T23:59:59Z", "");
    place.write("ring", ring_of(&[one, two]), 0o600);
    let plan = place.run("keys plan ring --at 1970-01-01T00:00:00Z");
    assert!(plan.ok().out.contains(&first), "{plan:?}");
    place.run("keys plan ring --at 9999-12-31T23:59:59Z").ok();
    place
        .run("keys plan ring --at 1969-12-31T23:59:59Z")
        .fails(2, "1970 and 9999");
    place
        .run("keys plan ring --at 2026-02-30T00:00:00Z")
        .fails(2, "write a time as");
    place
        .run("keys plan ring --at +300000000h")
        .fails(2, "duration");
    place.run("keys plan ring --at +1193046h").ok();
}

#[test]
fn a_ring_whose_keys_are_all_disabled_says_how_to_go_on() {
    let place = Place::new();
    let (_, line) = key_line("2020-01-01T00:00:00Z", " disabled");
    place.write("ring", ring_of(&[line]), 0o600);
    let listed = place.run("keys list ring");
    assert!(listed.ok().err.contains("nobody can log in"), "{listed:?}");
    place
        .run(&format!("seal --ring ring {FOR} --subject a --absolute 1h"))
        .fails(3, "seals");
    // The way out that it names works: a key, at once.
    place.run("keys add ring --at +1s --force").ok();
    place
        .run("keys list ring --at +2s")
        .fails(0, "no key is announced");
}

#[test]
fn other_files_are_judged_like_ring_files() {
    let place = Place::new();
    place.ring();
    let token = place.token("");
    std::fs::create_dir(place.join("folder")).unwrap();
    place.write("junk", b"\xff\xfe", 0o600);
    place.write("paseto", "k4.local.AAAA", 0o600);
    place.write("open-to-all", "pw", 0o606);
    let open = |more: &str| place.feed(&format!("open --ring ring {FOR} {more}"), token.as_bytes());
    open("--schema folder").fails(3, "directory");
    open("--schema /dev/zero").fails(3, "device");
    open("--schema junk").fails(3, "UTF-8");
    open("--schema none").fails(3, "No such file");
    open("--schema paseto").fails(3, "schema::describe");
    open("--store none").fails(3, "there is no such file");
    open("--store junk").fails(3, "store");
    place.run("vectors verify junk").fails(3, "UTF-8");
    place.run("vectors verify folder").fails(3, "directory");
    place.run("vectors verify paseto").fails(3, "not JSON");
    place
        .run("keys wrap ring w --password-file open-to-all")
        .fails(3, "others may write");
    place
        .run("keys wrap ring w --password-file folder")
        .fails(3, "directory");
    place.write("nothing", "\n", 0o600);
    place
        .run("keys wrap ring w --password-file nothing")
        .fails(3, "1 to 1024 bytes");
    assert!(!place.join("w").exists());
    place.run("man none").fails(3, "is no directory");
}

#[test]
fn a_folder_that_nothing_can_be_written_to_changes_nothing() {
    let place = Place::new();
    place
        .run("keys new missing/ring --max-lifetime 8h")
        .fails(4, "nothing was changed");
    place
        .run("keys new /dev/null --max-lifetime 8h")
        .fails(5, "exists already");
    place
        .run("keys new /proc/ring --max-lifetime 8h")
        .fails(4, "nothing was changed");
}

#[test]
fn a_key_in_the_place_of_its_id_is_not_repeated() {
    let place = Place::new();
    place.ring();
    let text = place.read("ring");
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("key "))
        .unwrap();
    let key = key.split(' ').next().unwrap();
    let token = place.token("");
    let token = token.trim();
    for (command, secret) in [
        (format!("keys disable ring {key}"), key),
        (format!("keys retire ring {key}"), key),
        (format!("revoke key {key} {FOR} --store x"), key),
        (format!("keys list {key} --at {key}"), key),
        (key.to_owned(), key),
        // Places where any text would do, and would be stored, looked up or made a file of.
        (format!("keys list {key}"), key),
        (format!("keys add ring --note {key}"), key),
        (format!("keys add ring --note=by-me:{key}"), key),
        (format!("keys new {token} --max-lifetime 8h"), token),
        (format!("keys new /tmp/{token} --max-lifetime 8h"), token),
        (format!("revoke subject {token} --store x --force"), token),
        (
            format!("seal --ring ring {FOR} --subject a --absolute 1h --binding {token}"),
            token,
        ),
        (format!("open --ring ring {FOR} --binding={token}"), token),
        ("inspect clkfeed1.AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), key),
        ("inspect clkwrap1.AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), key),
        ("inspect clksub1.AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), key),
    ] {
        let said = place.run(&command);
        said.fails(2, "treat it as leaked");
        let shown = format!("{}{}", said.err, said.out);
        assert!(!shown.contains(&secret[8..20]), "{said:?}");
        let json = place.run(&format!("{command} --json"));
        assert_eq!(
            json.fails(2, "treat it as leaked").json()["error"]["code"],
            2
        );
    }
    assert_eq!(place.read("ring"), text);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    // What only looks like the beginning of one is not repeated by the parser either.
    let said = place.run("keys disable ring clkkey1.AAAA");
    said.fails(2, "treat it as leaked");
    assert!(!said.err.contains("AAAA"), "{said:?}");
}

#[test]
fn what_only_speaks_of_secrets_is_no_secret() {
    let place = Place::new();
    place.ring();
    for (command, says) in [
        ("revoke", "Usage: cloakroom revoke"),
        ("keys", "Usage: cloakroom keys"),
        ("revoke nobody", "unrecognized subcommand"),
        ("revoke session", "required arguments"),
    ] {
        let said = place.run(command);
        said.fails(2, says);
        assert!(!said.err.contains("treat it"), "{said:?}");
    }
    // Names of files.
    place.write("clkfeed.key", "", 0o600);
    place
        .run("keys wrap ring clkwrap1.backup --password-file clkfeed.key")
        .fails(3, "password");
}

#[test]
fn the_command_line_that_is_wrong_is_answered_with_2() {
    let place = Place::new();
    for wrong in [
        "nonsense",
        "keys",
        "keys new ring",
        "keys new ring --max-lifetime",
        "keys new ring --max-lifetime 8x",
        "keys new ring --max-lifetime 0s",
        "keys new ring --max-lifetime 999999999999h",
        "keys retire ring",
        "keys retire ring xyz",
        "keys list ring --at soon",
        "open --ring ring",
        "revoke session 12",
        "revoke subject ada",
        "revocations",
        "completions tcsh",
        "bench --payload 100000",
    ] {
        let said = place.run(wrong);
        assert_eq!(said.code, 2, "{wrong}: {said:?}");
        assert!(!said.err.is_empty() || !said.out.is_empty(), "{wrong}");
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let place = Place::new();
    let said = place.run("keys list ring --json");
    let json = said.fails(3, "no such file").json();
    assert_eq!(json["error"]["code"], 3);
    assert_eq!(json["error"]["kind"], "bad-input");
}

#[test]
fn colours_are_for_terminals_alone() {
    let place = Place::new();
    for arguments in ["keys list ring", "--help", "nonsense"] {
        let said = place.run(arguments);
        assert!(
            !said.err.contains('\x1b') && !said.out.contains('\x1b'),
            "{said:?}"
        );
    }
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    let mut said = |name: &str, value: &str| {
        let output = command
            .args(["keys", "list", "x"])
            .env(name, value)
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap().contains('\x1b')
    };
    assert!(
        said("CLICOLOR_FORCE", "1"),
        "the switch that makes this test able to fail"
    );
    assert!(!said("NO_COLOR", "1"));
}
