//! Ring files behind a password: what the specification gives byte for byte, that every changed
//! byte and every length is noticed, and that a file can't ask for more work than the limits.
#![cfg(feature = "password")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::KeyRing;
use cloakroom::source::{KeySource, KeyUnwrap as _, Password, PasswordCost, PasswordError};
use proptest::prelude::*;

const RING: &str = "cloakroom-ring 1\nmax-lifetime 28800\nrollout 3600\n\
    key clkkey1.EBESExQVFhcYGRobHB0eHxAREhMUFRYXGBkaGxwdHh--Vpuc activate=2026-09-01T00:00:00Z\n";
const PASSWORD: &str = "correct horse battery staple";

/// Counts up, so that the salt of the example is known.
struct Counting;

impl rand_core::TryRng for Counting {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for (index, byte) in out.iter_mut().enumerate() {
            *byte = index as u8;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counting {}

fn password() -> Password {
    Password::new(PASSWORD).unwrap()
}

fn wrapped() -> String {
    let ring = KeyRing::parse(RING).unwrap();
    let cost = PasswordCost::new(19_456, 2, 1).unwrap();
    password().wrap_from(&ring, cost, &mut Counting).unwrap()
}

/// The bytes behind the prefix.
fn body(text: &str) -> Vec<u8> {
    let encoded = text.trim_end().strip_prefix("clkwrap1.").unwrap();
    Base64UrlUnpadded::decode_vec(encoded).unwrap()
}

fn text(body: &[u8]) -> String {
    format!("clkwrap1.{}", Base64UrlUnpadded::encode_string(body))
}

/// A head with these numbers in front of the rest of a good file.
fn asking(memory: u32, passes: u32, lanes: u32) -> String {
    let mut body = body(&wrapped());
    for (at, number) in [(0, memory), (4, passes), (8, lanes)] {
        body[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
    text(&body)
}

#[test]
fn the_example_of_the_specification_is_made_and_read() {
    let example = include_str!("../vectors/wrapped.txt");
    assert_eq!(wrapped(), example);
    let ring = password().unwrap(example).unwrap();
    assert_eq!(ring.to_text().expose(), RING);
    let bytes = body(example);
    assert_eq!(bytes.len(), 72 + RING.len());
    assert_eq!(
        bytes[..16],
        [
            0,
            0,
            0x4c,
            0,
            0,
            0,
            0,
            2,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            RING.len() as u8
        ]
    );
    let salt: Vec<u8> = (0..16).collect();
    assert_eq!(bytes[16..32], salt);
}

#[test]
fn line_ends_and_only_those_may_follow() {
    let line = wrapped();
    let line = line.trim_end();
    for good in [line.to_owned(), format!("{line}\n"), format!("{line}\r\n")] {
        assert!(password().unwrap(&good).is_ok(), "{good:?}");
    }
    for bad in [
        format!("{line}\n\n"),
        format!("{line} "),
        format!("{line}="),
        format!("{line}\r"),
        format!("{line}AAAA"),
        line[..line.len() - 1].to_owned(),
        line[..line.len() - 4].to_owned(),
        line[..60].to_owned(),
        "clkwrap1.".to_owned(),
        line.replace('-', "+").replace('_', "/") + "+",
    ] {
        let error = password().unwrap(&bad).unwrap_err();
        assert_eq!(error, PasswordError::Damaged, "{bad:?}");
    }
    for other in [
        "",
        RING,
        "clkwrap2.AAAA",
        "Clkwrap1.AAAA",
        " clkwrap1.AAAA",
        "\u{feff}clkwrap1.AAAA",
        "clk1.AAAA",
    ] {
        let error = password().unwrap(other).unwrap_err();
        assert_eq!(error, PasswordError::NotWrapped, "{other:?}");
    }
}

#[test]
fn another_password_is_wrong() {
    for other in [
        "correct horse battery stapl",
        "Correct horse battery staple",
        "correct horse battery staple ",
        "x",
    ] {
        let error = Password::new(other)
            .unwrap()
            .unwrap(&wrapped())
            .unwrap_err();
        assert_eq!(error, PasswordError::Wrong, "{other:?}");
    }
    for bad in [String::new(), "x".repeat(1_025)] {
        assert_eq!(Password::new(&bad).err(), Some(PasswordError::Length));
    }
    assert!(Password::new(&"x".repeat(1_024)).is_ok());
}

#[test]
fn what_asks_for_too_much_is_refused_before_any_work() {
    let start = Instant::now();
    let over = [
        (1_048_577, 1, 1),
        (u32::MAX, 1, 1),
        (65_536, 17, 1),
        (65_536, u32::MAX, 1),
        (65_536, 3, 17),
        (65_536, 3, u32::MAX),
        (1_048_576, 5, 1),
        (262_145, 16, 1),
        (u32::MAX, u32::MAX, u32::MAX),
    ];
    for (memory, passes, lanes) in over {
        let file = asking(memory, passes, lanes);
        let error = password().unwrap(&file).unwrap_err();
        assert_eq!(error, PasswordError::TooCostly, "{memory} {passes} {lanes}");
        let made = PasswordCost::new(memory, passes.max(2), lanes);
        assert_eq!(made, Err(PasswordError::TooCostly));
    }
    for (memory, passes, lanes) in [(0, 1, 1), (7, 1, 1), (15, 1, 2), (64, 0, 1), (64, 1, 0)] {
        let error = password()
            .unwrap(&asking(memory, passes, lanes))
            .unwrap_err();
        assert_eq!(error, PasswordError::Cost, "{memory} {passes} {lanes}");
    }
    for (memory, passes) in [(19_455, 2), (19_456, 1), (8, 1)] {
        assert_eq!(
            PasswordCost::new(memory, passes, 1),
            Err(PasswordError::Cost)
        );
    }
    // A length of the ring that the limits of ring files do not allow, or that is not there.
    for length in [
        0_u32,
        65_537,
        u32::MAX,
        RING.len() as u32 + 1,
        RING.len() as u32 - 1,
    ] {
        let mut body = body(&wrapped());
        body[12..16].copy_from_slice(&length.to_be_bytes());
        let error = password().unwrap(&text(&body)).unwrap_err();
        assert_eq!(error, PasswordError::Damaged, "{length}");
    }
    // Most of the time went into making the good files.
    assert!(start.elapsed().as_secs() < 120);
}

#[test]
fn every_changed_byte_is_noticed() {
    let good = body(&wrapped());
    // Of the head, the numbers that stay within their limits; then salt, nonce, text, tag.
    let places = [
        3,
        7,
        11,
        16,
        31,
        32,
        55,
        56,
        100,
        good.len() - 17,
        good.len() - 16,
        good.len() - 1,
    ];
    for place in places {
        let mut bad = good.clone();
        bad[place] ^= if place == 7 || place == 11 { 3 } else { 1 };
        let error = password().unwrap(&text(&bad)).unwrap_err();
        assert_eq!(error, PasswordError::Wrong, "byte {place}");
    }
}

#[test]
fn a_source_is_unwrapped_with_a_password() {
    let file = wrapped();
    let source = KeySource::custom("backup", move || Ok(file.clone().into()));
    assert_eq!(
        source.load().unwrap_err().to_string(),
        "backup: line 1, column 1: this ring file is wrapped with a password; unwrap it with the \
         password it was made with"
    );
    let wrong = Password::new("x").unwrap();
    assert_eq!(
        source
            .clone()
            .unwrap_with(wrong)
            .load()
            .unwrap_err()
            .to_string(),
        "backup: the keys could not be unwrapped: the password is wrong, or the file was changed"
    );
    let ring = source.unwrap_with(password()).load().unwrap();
    assert_eq!(ring.to_text().expose(), RING);
    assert!(!format!("{:?}", password()).contains("horse"));
}

#[test]
fn the_longest_ring_fits_and_the_default_is_what_rfc_9106_says() {
    // 256 keys with notes.
    let mut long = String::from("cloakroom-ring 1\nmax-lifetime 28800\nrollout 3600\n");
    for n in 0..256_u32 {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        let key = cloakroom::Key::from_bytes(&bytes).unwrap().to_text();
        let (hour, minute) = (n / 60, n % 60);
        long += &format!(
            "key {} activate=2026-09-01T{hour:02}:{minute:02}:00Z # {}\n",
            key.expose(),
            "n".repeat(80)
        );
    }
    let ring = KeyRing::parse(&long).unwrap();
    let file = password().wrap(&ring, PasswordCost::default()).unwrap();
    assert_eq!(body(&file)[..12], [0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4]);
    let again = password().unwrap(&file).unwrap();
    assert_eq!(again.to_text().expose(), long);
    // Every file has a salt of its own.
    let cost = PasswordCost::new(19_456, 2, 1).unwrap();
    let (one, other) = (password().wrap(&ring, cost), password().wrap(&ring, cost));
    assert_ne!(body(&one.unwrap())[16..32], body(&other.unwrap())[16..32]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        // Without a head that is within the limits, so that no work is done.
        let _ = password().unwrap_ring(&bytes);
        let mut body = bytes.clone();
        if body.len() > 3 {
            body[0] |= 0x80;
        }
        let _ = password().unwrap_ring(text(&body).as_bytes());
    }
}
