//! What is said about a ring file that is not one, word for word, with line and column; and that
//! every form that the specification allows is read.
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

#[path = "ring_file/words.rs"]
mod words;

use cloakroom::{Key, KeyRing};
use words::*;

#[test]
fn faults_of_the_header_are_named() {
    for empty in ["", "\n", "\r\n\r\n", "   \n"] {
        says(
            empty,
            "the file is empty; a ring file starts with `cloakroom-ring 1`",
        );
    }
    says(
        "  \n# nothing but this\n",
        "the file has no `cloakroom-ring 1` line",
    );
    says("cloakroom-ring 1\n", "the file has no `max-lifetime` line");
    for (file, place, expected) in [
        ("key value\n", "line 1, column 1", FIRST),
        ("# a note\n\n  {\"keys\": []}\n", "line 3, column 3", FIRST),
        ("Cloakroom-Ring 1\n", "line 1, column 1", FIRST),
        ("cloakroom-ring1\n", "line 1, column 1", FIRST),
        (
            &format!("{A}\n"),
            "line 1, column 1",
            "this is a key alone; a ring file starts with `cloakroom-ring 1`, and a key stands in it \
             as `key KEY activate=TIME`",
        ),
        (
            "cloakroom-ring\n",
            "line 1, column 15",
            "expected the version of the ring file, `1`",
        ),
        (
            "cloakroom-ring # 1\n",
            "line 1, column 16",
            "expected the version of the ring file, `1`",
        ),
        ("cloakroom-ring 2\n", "line 1, column 16", VERSION),
        ("cloakroom-ring 01\n", "line 1, column 16", VERSION),
        ("cloakroom-ring 1.0\n", "line 1, column 16", VERSION),
        (
            "cloakroom-ring 1\\nmax-lifetime 60\\n",
            "line 1, column 16",
            LOST,
        ),
        (
            "cloakroom-ring 1 max-lifetime 60 key",
            "line 1, column 18",
            LOST,
        ),
        ("cloakroom-ring 1 2\n", "line 1, column 18", ENDS),
        ("cloakroom-ring 1 # x\n", "line 1, column 18", ENDS),
        (&head("cloakroom-ring 1\n"), "line 3, column 1", LINES),
    ] {
        says(file, &format!("{place}: {expected}"));
    }
}

#[test]
fn faults_of_the_numbers_are_named() {
    for word in [
        "",
        "x",
        "0",
        "-5",
        "+5",
        "05",
        "1.5",
        "1e3",
        "8h",
        "4294967296",
        "٣",
        "0x10",
    ] {
        let file = format!("cloakroom-ring 1\nmax-lifetime {word}\n");
        says(&file, &format!("line 2, column 14: {POSITIVE}"));
    }
    for word in ["", "x", "-0", "00", "4294967296", "99999999999999999999999"] {
        says(
            &head(&format!("rollout {word}\n")),
            &format!("line 3, column 9: {NUMBER}"),
        );
    }
    says(
        &head("max-lifetime 5\n"),
        "line 3, column 1: `max-lifetime` is given twice",
    );
    says(
        &head("rollout 5\nrollout 5\n"),
        "line 4, column 1: `rollout` is given twice",
    );
    says(
        &head("rollout 5 6\n"),
        &format!("line 3, column 11: {ENDS}"),
    );
    says(
        &head("rollout 5 # x\n"),
        &format!("line 3, column 11: {ENDS}"),
    );
    says(
        "cloakroom-ring 1\nmax-lifetime 5 # x\n",
        &format!("line 2, column 16: {ENDS}"),
    );
    says(
        "cloakroom-ring 1\nrollout 5\n",
        "the file has no `max-lifetime` line",
    );
    says(&head("Rollout 5\n"), &format!("line 3, column 1: {LINES}"));
    says(
        &head("  lifetime 5\n"),
        &format!("line 3, column 3: {LINES}"),
    );
    says(
        &head(""),
        "the ring has no key; make a new one, as `cloakroom keys new FILE --force` does",
    );
}

#[test]
fn faults_of_a_key_line_are_named() {
    let text = "expected a key text (clkkey1. or clksub1.)";
    let line = |rest: &str, column: usize, expected: &str| {
        says(
            &head(&format!("{rest}\n")),
            &format!("line 3, column {column}: {expected}"),
        );
    };
    line("key", 4, text);
    line("key # none yet", 5, text);
    line(
        "key hunter2",
        5,
        "this is not a key; a key starts with `clkkey1.`",
    );
    line(
        &format!("  key  {}x {T1}", &A[..55]),
        8,
        "the key's checksum does not fit; a character was mistyped or lost, copy it again",
    );
    line(
        &format!("key {}", &A[..50]),
        5,
        "a key of this kind has 56 characters, this one has 50",
    );
    line(&format!("key {A}"), 61, ACTIVATE);
    line(&format!("key {A}  # note"), 63, ACTIVATE);
    line(&format!("key {A} disabled"), 62, ACTIVATE);
    line(
        &format!("key {A} retire=2026-09-01T00:00:00Z {T1}"),
        62,
        ACTIVATE,
    );
    line(
        &format!("key {A}{T1}"),
        5,
        "a key of this kind has 56 characters, this one has 85",
    );
    line(&format!("key {A} {T1} {T1}"), 92, TAIL);
    line(&format!("key {A} {T1} forced"), 92, TAIL);
    line(&format!("key {A} {T1} disabled disabled"), 101, TAIL);
    line(
        &format!("key {A} {T1} disabled retire=2026-12-01T00:00:00Z"),
        101,
        TAIL,
    );
    line(&format!("key {A} {T1} Disabled"), 92, TAIL);
    line(&format!("key {A} {T1} ünbekannt"), 92, TAIL);
    line(&format!("key {A} {T1}#note"), 62, ACTIVATE);
    line(&format!("key {A} {T1} disabled#note"), 92, TAIL);
    line(&format!("key {A} {T1} retire=soon"), 92, RETIRE);
    let retire = "retire=2026-12-01T00:00:00Z";
    line(
        &format!("key {A} {T1} {retire} {retire}"),
        120,
        "`retire` is given twice",
    );
    line(&format!("key {A} {T1} {retire} forced forced"), 127, TAIL);
    line(&format!("key {A} {T1} {retire} disabled forced"), 129, TAIL);
    // Columns are counted in characters, as an editor counts them.
    line(&format!("key {A} {T1} é é"), 92, TAIL);
    let long = "x".repeat(300);
    assert!(
        message(&head(&format!("key {A} {T1} # {long}\n")))
            .starts_with("line 3, column 92: a note has at most")
    );
}

#[test]
fn times_are_read_in_one_form_alone() {
    for good in [
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2024-02-29T23:59:59Z",
        "2000-02-29T00:00:00Z",
    ] {
        assert_eq!(
            message(&head(&format!("key {A} activate={good}\n"))),
            "",
            "{good}"
        );
    }
    for bad in [
        "",
        "1969-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2016-12-31T23:59:60Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.0Z",
        "2026-01-01",
        "2026-1-1T00:00:00Z",
        "20260101T000000Z",
        "1800000000",
        "2026-01-01T00:00:0٣Z",
        "\"2026-01-01T00:00:00Z\"",
    ] {
        says(
            &head(&format!("key {A} activate={bad}\n")),
            &format!("line 3, column 62: {ACTIVATE}"),
        );
    }
}

#[test]
fn characters_that_nobody_sees_are_refused_where_they_stand() {
    let key = format!("key {A} {T1}");
    for bad in ['\t', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{9f}', '\u{b}'] {
        says(
            &head(&format!("# a note{bad}\n")),
            &format!("line 3, column 9: {CONTROL}"),
        );
        says(
            &head(&format!("key{bad}{A} {T1}\n")),
            &format!("line 3, column 4: {CONTROL}"),
        );
    }
    // A carriage return is a line end only with a line feed behind it.
    says(
        &head(&format!("{key}\r# x\n")),
        &format!("line 3, column 91: {RETURN}"),
    );
    says(
        &head(&format!("{key}\r\r\n")),
        &format!("line 3, column 91: {RETURN}"),
    );
    says(
        &head(&format!("{key}\r")),
        &format!("line 3, column 91: {RETURN}"),
    );
    says(
        &format!("\u{feff}{}", head(&key)),
        "line 1, column 1: a byte order mark; save the file as UTF-8 without one",
    );
    // White space that is no space.
    for space in ['\u{a0}', '\u{3000}', '\u{2028}', '\u{200b}'] {
        let file = head(&format!("key{space}{A} {T1}\n"));
        says(&file, &format!("line 3, column 1: {LINES}"));
    }
    // And what notes may hold: everything that can be seen.
    for note in ["é", "日本", "\u{feff}", "\u{a0}", "# # #", "key"] {
        assert_eq!(
            message(&head(&format!("{key} # {note}\n# {note}\n"))),
            "",
            "{note}"
        );
    }
}

#[test]
fn every_form_that_is_allowed_is_read() {
    let plain = head(&format!("key {A} {T1}\nkey {B} {T2}\n"));
    let ring = KeyRing::parse(&plain)
        .unwrap()
        .to_text()
        .expose()
        .to_owned();
    assert_eq!(
        ring,
        format!("cloakroom-ring 1\nmax-lifetime 28800\nrollout 3600\nkey {A} {T1}\nkey {B} {T2}\n")
    );
    for same in [
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_owned(),
        plain.replace('\n', "\n\n\n"),
        plain.replace('\n', "\n   # a note\n"),
        plain.replace(' ', "    ").replace('\n', "  \n   "),
        format!("# first\n\n{plain}rollout 3600\n"),
        format!("cloakroom-ring 1\nkey {A} {T1}\nrollout 3600\nkey {B} {T2}\nmax-lifetime 28800"),
        plain.replace('\n', "\r\n").replacen("\r\n", "\n", 1),
    ] {
        let read = KeyRing::parse(&same).map(|ring| ring.to_text().expose().to_owned());
        assert_eq!(read.as_ref(), Ok(&ring), "{same}");
    }
}

#[test]
fn the_limits_of_size_are_exact() {
    let file = head(&format!("key {A} {T1}\n"));
    let comment = |size: usize| format!("{file}#{}", "x".repeat(size - file.len() - 1));
    assert_eq!(message(&comment(65_536)), "");
    says(
        &comment(65_537),
        "the file has 65537 bytes, a ring file has at most 65536",
    );
    // Counted in bytes: this one has fewer characters.
    let wide = format!("{file}#{}", "é".repeat(40_000));
    assert!(message(&wide).starts_with("the file has 80"));

    let keys = |count: u32| -> String {
        let line = |n: u32| {
            let mut bytes = [7; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            let key = Key::from_bytes(&bytes).unwrap().to_text();
            let (hour, minute) = (n / 60, n % 60);
            format!(
                "key {} activate=2026-09-01T{hour:02}:{minute:02}:00Z\n",
                key.expose()
            )
        };
        head(&(0..count).map(line).collect::<String>())
    };
    assert_eq!(message(&keys(256)), "");
    let ring = KeyRing::parse(&keys(256)).unwrap();
    assert_eq!(ring.keys().count(), 256);
    assert!(KeyRing::parse(ring.to_text().expose()).is_ok());
    assert!(message(&keys(257)).starts_with("line 259, column 1: more than 256 keys"));
}

#[test]
fn line_and_column_can_be_asked_for() {
    let error = KeyRing::parse("cloakroom-ring 1\nnonsense\n")
        .err()
        .unwrap();
    assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
    let error = KeyRing::parse("cloakroom-ring 1\n").err().unwrap();
    assert_eq!((error.line(), error.column()), (None, None));
}
