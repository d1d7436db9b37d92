//! The reader of token texts has exactly one spelling for a body: what the constant-time reader of
//! another library refuses is refused, and what it reads is read as the same bytes, over every
//! character in every place and every length of the last group.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::hazmat::{self, For, Opener, Stage};
use cloakroom::{Key, KeyRing, Timestamp};

const TO: For<'_> = For {
    purpose: b"session",
    audience: b"",
    binding: b"",
};

fn key() -> Key {
    Key::from_bytes(&core::array::from_fn(|index| u8::try_from(index).unwrap())).unwrap()
}

fn opener() -> Opener {
    let ring = KeyRing::new(key(), Timestamp::UNIX_EPOCH, time::Duration::HOUR).unwrap();
    Opener::new(&ring, TO.purpose, TO.audience).unwrap()
}

/// What the other library makes of a token text within the limits of length.
fn other(text: &str) -> Option<Vec<u8>> {
    let mut room = vec![0; text.len()];
    let read = Base64UrlUnpadded::decode(text.strip_prefix("clk1.")?, &mut room).ok()?;
    Some(read.to_vec())
}

#[test]
fn every_character_in_every_place_is_read_as_by_another_library() {
    let opener = opener();
    let mut read = 0;
    // All three lengths of the last group.
    for length in [1, 2, 3] {
        let token = hazmat::seal(&key(), TO, &[7; 3][..length]).unwrap();
        let sealed = other(&token).unwrap();
        for place in 5..token.len() {
            for character in (0..=0x17f).filter_map(char::from_u32) {
                let (before, rest) = token.split_at(place);
                let changed = format!("{before}{character}{}", &rest[1..]);
                let opened = opener.open(&changed, TO.binding, Timestamp::UNIX_EPOCH);
                let refused_as_text = opened.as_ref().err() == Some(&Stage::Text);
                match other(&changed) {
                    None => assert!(refused_as_text, "{place} {character:?}"),
                    // Another spelling of the same bytes would be one that opens.
                    Some(body) if body == sealed => assert_eq!(changed, token),
                    Some(_) => assert!(!refused_as_text, "{place} {character:?}"),
                }
                assert_eq!(opened.is_ok(), changed == token, "{place} {character:?}");
                read += usize::from(!refused_as_text);
            }
        }
    }
    // 64 in each place but the last of a part of a group, whose lowest bits have to be zero.
    assert_eq!(read, (60 + 61 + 62) * 64 + 4 + 16);
}

#[test]
fn what_is_written_is_what_the_other_library_writes() {
    for length in 1..=3024 {
        let token = hazmat::seal(&key(), TO, &vec![0xfb; length]).unwrap();
        let body = other(&token).unwrap();
        assert_eq!(body.len(), 44 + length);
        assert_eq!(
            token,
            format!("clk1.{}", Base64UrlUnpadded::encode_string(&body))
        );
    }
}
