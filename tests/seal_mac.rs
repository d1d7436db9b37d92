//! The synthetic nonce of every length of plaintext is what the crate `hmac` computes (SPEC §6.5),
//! with and without a binding: one of the two ways does without that crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use base64ct::{Base64UrlUnpadded, Encoding as _};
use cloakroom::Key;
use cloakroom::hazmat::{self, Derived, For};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::Sha256;

/// The longest plaintext: a body of 3,068 bytes without key id, nonce and tag.
const LONGEST: usize = 3_068 - 44;

/// Key id and nonce of the token of a plaintext.
fn sealed(key: &Key, binding: &[u8], plaintext: &[u8]) -> ([u8; 4], [u8; 24]) {
    let to = For {
        purpose: b"session",
        audience: b"api",
        binding,
    };
    let token = hazmat::seal(key, to, plaintext).unwrap();
    let body = Base64UrlUnpadded::decode_vec(&token["clk1.".len()..]).unwrap();
    (
        body[..4].try_into().unwrap(),
        body[4..28].try_into().unwrap(),
    )
}

/// `HMAC-SHA256(Kn, be64(|AAD|) || AAD || P)`, as the specification says it.
fn specified(key: &Key, kid: [u8; 4], binding: &[u8], plaintext: &[u8]) -> [u8; 24] {
    let derived = Derived::of(key, b"session", b"api").unwrap();
    let associated = [b"clk1.", &kid[..], binding].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&derived.nonce).unwrap();
    mac.update(&(associated.len() as u64).to_be_bytes());
    mac.update(&associated);
    mac.update(plaintext);
    mac.finalize().into_bytes()[..24].try_into().unwrap()
}

#[test]
fn the_nonce_of_every_length_is_the_mac_that_another_library_computes() {
    let key = Key::from_bytes(&core::array::from_fn(|index| index as u8)).unwrap();
    let text: Vec<u8> = (0..LONGEST).map(|index| (index * 7 + 1) as u8).collect();
    for length in 1..=LONGEST {
        for binding in [&b""[..], b"x"] {
            let (kid, nonce) = sealed(&key, binding, &text[..length]);
            let wanted = specified(&key, kid, binding, &text[..length]);
            assert_eq!(nonce, wanted, "{length} bytes, binding {binding:?}");
        }
    }
}

proptest! {
    #[test]
    fn the_nonce_of_any_key_and_plaintext_is_that_mac(
        key in any::<[u8; 32]>().prop_filter("all zeros is refused", |key| *key != [0; 32]),
        plaintext in proptest::collection::vec(any::<u8>(), 1..300),
        binding in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let key = Key::from_bytes(&key).unwrap();
        let (kid, nonce) = sealed(&key, &binding, &plaintext);
        prop_assert_eq!(nonce, specified(&key, kid, &binding, &plaintext));
    }
}
