//! What is said about a text that is not a key, word for word, as the person reads it who pasted
//! it; and that nothing but the one spelling of a key is one.
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

use cloakroom::{Key, KeyError, Unit};
use proptest::prelude::*;

/// The examples of SPEC §4.5.
const ROOT: &str = "clkkey1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8tL4jt";
const UNIT: &str = "clksub1.LS-I7R7IFNboZ4PQ3u48GJCt3eiQwxxmNG1GVcvRyjV18hACzx-s6p4H";

const LENGTH_55: &str = "a key of this kind has 56 characters, this one has 55";
const LENGTH_57: &str = "a key of this kind has 56 characters, this one has 57";
const ALPHABET: &str = "a key has only the characters A-Z a-z 0-9 - and _";
const CHECKSUM: &str =
    "the key's checksum does not fit; a character was mistyped or lost, copy it again";
const WEAK: &str = "all bytes of the key are equal; this is a placeholder, generate a key instead";
const NOT_A_KEY: &str = "this is not a key; a key starts with `clkkey1.`";

fn message(text: &str) -> String {
    Key::parse(text)
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn the_examples_are_keys() {
    assert_eq!(Key::parse(ROOT).unwrap().to_text().expose(), ROOT);
    assert_eq!(Key::parse(ROOT).unwrap().id().to_string(), "2d2f88ed");
    assert_eq!(Unit::parse(UNIT).unwrap().to_text().expose(), UNIT);
    assert_eq!(Unit::parse(UNIT).unwrap().id().to_string(), "2d2f88ed");
}

#[test]
fn every_mistake_is_named() {
    let middle = |with: &str| format!("{}{with}{}", &ROOT[..30], &ROOT[31..]);
    let cases = [
        (
            String::new(),
            "there is no key here; a key starts with `clkkey1.`",
        ),
        (
            "clkkey1".into(),
            "this is a key of another version of the format; a key starts with `clkkey1.`",
        ),
        (
            "clkkey1.".into(),
            "a key of this kind has 56 characters, this one has 8",
        ),
        (ROOT[..55].into(), LENGTH_55),
        (format!("{ROOT}x"), LENGTH_57),
        // What `cat`, an editor or a shell leaves behind.
        (format!("{ROOT}\n"), LENGTH_57),
        (format!("{ROOT}="), LENGTH_57),
        (
            format!("{ROOT}\r\n"),
            "a key of this kind has 56 characters, this one has 58",
        ),
        (format!(" {ROOT}"), NOT_A_KEY),
        (format!("\u{feff}{ROOT}"), NOT_A_KEY),
        (format!("\"{ROOT}\""), NOT_A_KEY),
        (format!("CLOAKROOM_KEYS={ROOT}"), NOT_A_KEY),
        (
            format!("{ROOT}{ROOT}"),
            "a key of this kind has 56 characters, this one has 112",
        ),
        (ROOT.to_uppercase(), NOT_A_KEY),
        (ROOT.replacen("clkkey", "Clkkey", 1), NOT_A_KEY),
        (middle("+"), ALPHABET),
        (middle("/"), ALPHABET),
        (middle("="), ALPHABET),
        (middle(" "), ALPHABET),
        (middle("\t"), ALPHABET),
        (middle("\0"), ALPHABET),
        (middle("."), ALPHABET),
        (middle("é"), ALPHABET),
        (middle("𝟎"), ALPHABET),
        // A letter that looks like another.
        (middle("\u{430}"), ALPHABET),
        (middle("Z"), CHECKSUM),
        (ROOT.to_lowercase(), CHECKSUM),
        (
            UNIT.into(),
            "this is a derived unit, not a root key; a key starts with `clkkey1.`",
        ),
        (
            ROOT.replacen('1', "2", 1),
            "this is a key of another version of the format; a key starts with `clkkey1.`",
        ),
        (
            "clk1.LS-I7e1g".into(),
            "this is a session token, not a key; a key starts with `clkkey1.`",
        ),
        (
            "-----BEGIN PRIVATE KEY-----".into(),
            "this is a PEM file, not a key; a key starts with `clkkey1.`",
        ),
        (
            "v4.local.AAAA".into(),
            "this is a PASETO key or token; a key starts with `clkkey1.`",
        ),
        (
            "k4.local.AAAA".into(),
            "this is a PASETO key or token; a key starts with `clkkey1.`",
        ),
        ("hunter2".into(), NOT_A_KEY),
        (format!("clkkey1.{}", "A".repeat(48)), WEAK),
        // 32 bytes of 0xff, as a placeholder may be.
        (format!("clkkey1.{}AAAA", "_".repeat(42) + "_w"), WEAK),
    ];
    for (text, expected) in &cases {
        assert_eq!(message(text), *expected, "{text:?}");
    }
}

#[test]
fn units_have_their_own_words() {
    let said = |text: &str| {
        Unit::parse(text)
            .err()
            .map_or_else(String::new, |e| e.to_string())
    };
    for (text, expected) in [
        ("", "there is no key here; a key starts with `clksub1.`"),
        (ROOT, "this is a root key; a key starts with `clksub1.`"),
        (
            &UNIT[..63],
            "a key of this kind has 64 characters, this one has 63",
        ),
        (
            &format!("{UNIT}="),
            "a key of this kind has 64 characters, this one has 65",
        ),
        (&UNIT.replace('-', "+"), ALPHABET),
        (&format!("clksub1.{}", "A".repeat(56)), WEAK),
        (
            "clksub2.AAAA",
            "this is a key of another version of the format; a key starts with `clksub1.`",
        ),
    ] {
        assert_eq!(said(text), expected, "{text:?}");
    }
}

#[test]
fn every_changed_character_of_a_root_key_is_noticed() {
    // The checksum has 32 bits: none of these 3,024 texts is another key by chance.
    for at in 8..ROOT.len() {
        for other in ('a'..='z')
            .chain('A'..='Z')
            .chain('0'..='9')
            .chain(['-', '_'])
        {
            let text = format!("{}{other}{}", &ROOT[..at], &ROOT[at + 1..]);
            assert!(text == ROOT || Key::parse(&text).is_err(), "{text}");
        }
    }
}

#[test]
fn a_damaged_unit_is_noticed_where_it_is_used() {
    // Its checksum covers the purpose and audience, which its text does not carry.
    use cloakroom::{BuildError, KeyRing, ManualClock, NoRevocation, RingError, Sessions};

    let built = |unit: &str, audience: &str| {
        let file = format!(
            "cloakroom-ring 1\nmax-lifetime 86400\nkey {unit} activate=1970-01-01T00:00:00Z\n"
        );
        let ring = KeyRing::parse(&file).unwrap();
        Sessions::<(), NoRevocation>::builder(ring, NoRevocation)
            .purpose("session")
            .audience(audience)
            .aal2()
            .clock(ManualClock::at(5))
            .build()
            .err()
    };
    let wrong = Some(BuildError::Ring(RingError::Key(KeyError::WrongContext)));
    assert_eq!(built(UNIT, "api.example.com"), None);
    assert_eq!(built(UNIT, "api.example.org"), wrong);
    for at in 8..UNIT.len() {
        let other = if &UNIT[at..=at] == "B" { 'C' } else { 'B' };
        let text = format!("{}{other}{}", &UNIT[..at], &UNIT[at + 1..]);
        assert_eq!(built(&text, "api.example.com"), wrong, "{text}");
    }
}

#[test]
fn keys_of_equal_bytes_are_refused_however_they_come() {
    for byte in [0, 1, 0x41, 0xff] {
        assert_eq!(Key::from_bytes(&[byte; 32]).err(), Some(KeyError::Weak));
        let mut nearly = [byte; 32];
        nearly[31] ^= 1;
        assert!(Key::from_bytes(&nearly).is_ok());
    }
}

proptest! {
    #[test]
    fn every_key_reads_back_as_itself(bytes in any::<[u8; 32]>()) {
        let key = Key::from_bytes(&bytes).unwrap();
        let text = key.to_text();
        let again = Key::parse(text.expose()).unwrap();
        assert_eq!((again.id(), again.to_text().expose()), (key.id(), text.expose()));
        let unit = key.derive_unit(b"session", b"").unwrap();
        let text = unit.to_text();
        let again = Unit::parse(text.expose()).unwrap();
        assert_eq!((again.id(), again.to_text().expose()), (key.id(), text.expose()));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), body in "[A-Za-z0-9_-]{48}") {
        let _ = (Key::parse(&text), Unit::parse(&text));
        let _ = (Key::parse(&format!("clkkey1.{text}")), Unit::parse(&format!("clksub1.{text}")));
        // 2^-32 for an accident.
        assert!(Key::parse(&format!("clkkey1.{body}")).is_err());
    }
}
