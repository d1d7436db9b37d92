//! No text but the one that was sealed is accepted, whatever is changed about it, and everything
//! else gets one and the same answer.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[path = "common/hostile.rs"]
#[allow(dead_code, reason = "shared by several test programs")]
mod common;

use cloakroom::Invalid;
use common::{Case, base64url, key, token_of};
use proptest::prelude::*;

/// Payload lengths: the three partial groups of base64, small, typical, and up to 4,096 characters.
const SMALL: [usize; 3] = [0, 1, 2];
const TYPICAL: [usize; 3] = [60, 61, 62];
const MAXIMAL: [usize; 3] = [2994, 2995, 2996];

/// Characters that some other layer strips, folds, decodes or takes for one of the alphabet.
const NASTY: &[char] = &[
    '=', '+', '/', '.', ' ', '\t', '\n', '\r', '\0', '"', '%', '\\', '\'', ';', ',', '~', '\u{7f}',
    '\u{a0}', 'é', '\u{430}', '\u{ff21}', '\u{ff0d}', '\u{200b}', '\u{202e}', '\u{feff}', '𝟎', 'ſ',
    '\u{212a}',
];

fn all_lengths() -> impl Iterator<Item = usize> {
    SMALL.into_iter().chain(TYPICAL).chain(MAXIMAL)
}

/// Every place of a token; in debug builds, of a long one, both ends and every 37th place between
/// them, a stride that meets all places of a group.
fn places(token: &str) -> impl Iterator<Item = usize> + use<> {
    let length = token.len();
    let all = length < 1000 || !cfg!(debug_assertions);
    (0..length).filter(move |at| all || *at < 64 || length - at <= 64 || at % 37 == 0)
}

fn without_maximal() -> impl Iterator<Item = usize> {
    SMALL.into_iter().chain(TYPICAL)
}

#[test]
fn the_lengths_cover_what_they_say() {
    let case = Case::new();
    let lengths: Vec<usize> = all_lengths().map(|n| case.token(n).len()).collect();
    assert_eq!(lengths[8], 4096);
    for partial in 0..3 {
        let of_class = lengths
            .iter()
            .filter(|length| (*length - 5) % 4 == [0, 2, 3][partial]);
        assert_eq!(of_class.count(), 3, "{lengths:?}");
    }
}

#[test]
fn every_flipped_bit_is_rejected() {
    let case = Case::new();
    for payload in all_lengths() {
        let token = case.token(payload);
        for at in places(&token) {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                // The top bit makes it invalid UTF-8: what arrives is the replacement character.
                case.rejected(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn every_bit_of_the_body_counts() {
    // Flips within the alphabet: the text stays well-formed, so the seal alone can notice.
    let case = Case::new();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for payload in without_maximal() {
        let token = case.token(payload);
        let mut gates = [0; 3];
        for at in 5..token.len() {
            let value = alphabet.find(&token[at..=at]).unwrap();
            for bit in 0..6 {
                let other = alphabet.as_bytes()[value ^ (1 << bit)];
                let text = format!("{}{}{}", &token[..at], char::from(other), &token[at + 1..]);
                let gate = match case.rejected(&text) {
                    Invalid::Format => 0,
                    Invalid::UnknownKey => 1,
                    Invalid::Forged => 2,
                    other => panic!("{other:?}"),
                };
                gates[gate] += 1;
            }
        }
        let bits = (token.len() - 5) * 6;
        let trailing = bits % 8;
        assert_eq!(gates, [trailing, 32, bits - 32 - trailing]);
    }
}

#[test]
fn every_prefix_and_every_suffix_is_rejected() {
    let case = Case::new();
    for payload in all_lengths() {
        let token = case.token(payload);
        for at in places(&token) {
            case.rejected(&token[..at]);
            let at = at + 1;
            case.rejected(&token[at..]);
            // A suffix that got its prefix back.
            if at > 5 {
                case.rejected(&format!("clk1.{}", &token[at..]));
            }
        }
    }
}

#[test]
fn every_inserted_and_every_deleted_character_is_rejected() {
    let case = Case::new();
    for payload in all_lengths() {
        let token = case.token(payload);
        let inserted: &[char] = if token.len() > 1000 {
            &['A']
        } else {
            &['A', '-', '=', 'é']
        };
        for at in places(&token).chain([token.len()]) {
            let (before, after) = token.split_at(at);
            for character in inserted {
                case.rejected(&format!("{before}{character}{after}"));
            }
            if let Some(character) = after.chars().next() {
                case.rejected(&format!("{before}{character}{after}"));
                case.rejected(&format!("{before}{}", &after[1..]));
            }
        }
    }
}

#[test]
fn every_character_replaced_by_a_nasty_one_is_rejected() {
    let case = Case::new();
    for payload in without_maximal().chain([MAXIMAL[0]]) {
        let token = case.token(payload);
        for at in places(&token) {
            for nasty in NASTY {
                let text = format!("{}{nasty}{}", &token[..at], &token[at + 1..]);
                if text != token {
                    assert_eq!(case.rejected(&text), Invalid::Format, "{text:?}");
                }
            }
        }
    }
}

#[test]
fn tokens_joined_and_spliced_are_rejected() {
    let case = Case::new();
    for payload in without_maximal() {
        let (one, other) = (case.token(payload), case.token(payload));
        assert_ne!(one, other);
        for joined in [
            format!("{one}{other}"),
            format!("{one}{}", &other[5..]),
            format!("{one}.{other}"),
            format!("{one} {other}"),
            format!("{one},{other}"),
            format!("{one};{other}"),
            format!("{one}\n{other}"),
            format!("{one}{one}"),
        ] {
            case.rejected(&joined);
        }
        for from in 0..=one.len() {
            for to in from..=one.len() {
                // Every field of one in the place of the other's, and everything between.
                let text = format!("{}{}{}", &one[..from], &other[from..to], &one[to..]);
                if text != one && text != other && (payload < 60 || to % 9 == 0) {
                    case.rejected(&text);
                }
            }
        }
    }
}

#[test]
fn other_spellings_of_a_good_token_are_rejected() {
    let case = Case::new();
    for payload in all_lengths() {
        let token = case.token(payload);
        let body = &token[5..];
        let mut spellings: Vec<String> = [
            "",
            "clk1",
            "clk1:",
            "clk1..",
            "CLK1.",
            "Clk1.",
            "clk0.",
            "clk2.",
            "clk10.",
            "clk01.",
            "clk1.=",
            "clk.",
            ".",
            "v1.",
            "clkkey1.",
            "clksub1.",
            "clk1%2E",
            "clk1\u{2024}",
            "Bearer clk1.",
            "session=clk1.",
            "\"clk1.",
            " clk1.",
            "\tclk1.",
            "\nclk1.",
            "\u{feff}clk1.",
        ]
        .iter()
        .map(|prefix| format!("{prefix}{body}"))
        .collect();
        let tails = [
            "=", "==", "===", " ", "\t", "\r", "\n", "\r\n", "\0", "\"", ";", ".", "%", "A", "AA",
            "AAA", "AAAA", "\u{200b}", ".sig",
        ];
        spellings.extend(tails.iter().map(|tail| format!("{token}{tail}")));
        spellings.push(format!("\"{token}\""));
        spellings.push(format!("{}\n{}", &token[..40], &token[40..]));
        spellings.push(token.to_ascii_uppercase());
        spellings.push(token.to_ascii_lowercase());
        spellings.push(token.chars().rev().collect());
        spellings.push(token.replace('-', "+"));
        spellings.push(token.replace('_', "/"));
        for text in spellings.iter().filter(|text| **text != token) {
            case.rejected(text);
        }
    }
}

#[test]
fn the_standard_alphabet_is_rejected() {
    let case = Case::new();
    let mut seen = [false; 2];
    for _ in 0..64 {
        let token = case.token(60);
        for (index, (url, standard)) in [('-', "+"), ('_', "/")].into_iter().enumerate() {
            if token.contains(url) {
                seen[index] = true;
                let text = token.replace(url, standard);
                assert_eq!(case.rejected(&text), Invalid::Format);
            }
        }
    }
    assert_eq!(seen, [true; 2], "64 tokens without - or _");
}

#[test]
fn base64url_of_the_tests_is_that_of_rfc_4648() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64url(bytes.as_bytes()), text);
    }
    assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_text_is_a_session(text in any::<String>()) {
        Case::new().rejected(&text);
    }

    #[test]
    fn no_text_of_the_alphabet_is_a_session(text in "clk1\\.[A-Za-z0-9_-]{0,200}") {
        Case::new().rejected(&text);
    }

    #[test]
    fn no_body_behind_a_known_key_id_is_a_session(
        rest in prop_oneof![
            proptest::collection::vec(any::<u8>(), 41..120),
            proptest::collection::vec(any::<u8>(), 3000..3065),
        ],
    ) {
        let mut body = key(1).id().to_bytes().to_vec();
        body.extend(rest);
        prop_assert_eq!(Case::new().rejected(&token_of(&body)), Invalid::Forged);
    }
}
