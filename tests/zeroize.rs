//! Keys and opened bytes are wiped when they are dropped, as far as that can be shown without
//! looking at freed memory: the ciphers and MACs promise it by a trait that a forgotten cargo
//! feature takes away, our own types have a `Drop`, and what that does is read from the source.
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

use std::mem::needs_drop;
use std::path::Path;

use cloakroom::{Key, Scratch, Unit};
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, EagerHash};
use zeroize::ZeroizeOnDrop;

fn wiped<T: ZeroizeOnDrop>() {}

#[test]
fn the_features_that_wipe_keys_are_on() {
    // Without the feature `zeroize` of one of these crates this file does not compile. The feature
    // is not a default one, and without it nothing else would notice.
    wiped::<chacha20poly1305::XChaCha20Poly1305>();
    wiped::<sha2::Sha256>();
    // `Hmac` does not say so itself. It is two hash states and a buffer, and these do.
    type Mac = HmacCore<sha2::Sha256>;
    wiped::<<sha2::Sha256 as EagerHash>::Core>();
    wiped::<Buffer<Mac>>();
    assert!(needs_drop::<hmac::Hmac<sha2::Sha256>>());
}

#[test]
fn types_without_heap_have_a_drop_of_their_own() {
    // None of their fields needs one but for wiping.
    assert!(needs_drop::<Key>());
    assert!(needs_drop::<Unit>());
    assert!(needs_drop::<Scratch>());
}

/// Where a secret lives, and the call in its `Drop` that wipes it.
const WIPING: &[(&str, &str, &str)] = &[
    (
        "secret.rs",
        "impl<const N: usize> Drop for Secret<N>",
        "self.0.zeroize()",
    ),
    (
        "key/text.rs",
        "impl Drop for SecretText",
        "self.0.zeroize()",
    ),
    (
        "session/token.rs",
        "impl Drop for Token",
        "bytes.as_mut_slice().zeroize()",
    ),
    ("seal/mac.rs", "impl Drop for Mac", "self.inner.zeroize()"),
    ("seal/mac.rs", "impl Drop for Mac", "self.outer.zeroize()"),
    (
        "seal/mac.rs",
        "pub(crate) fn new(",
        "block.as_flattened_mut().zeroize()",
    ),
    (
        "seal/mac.rs",
        "pub(crate) fn of(",
        "end.as_flattened_mut().zeroize()",
    ),
    (
        "session/verified.rs",
        "pub(crate) fn body(&mut self, len",
        "beyond.zeroize()",
    ),
    (
        "session/verified.rs",
        "impl Drop for Plaintext",
        "self.0.zeroize()",
    ),
    (
        "session/verified.rs",
        "impl Drop for Scratch",
        "self.wipe()",
    ),
];

fn source(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap()
}

/// From `start` to the line that closes its block.
fn block<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let from = &text[text.find(start)?..];
    let line = from.lines().next()?;
    let indent = text[..text.find(start)?].rsplit('\n').next()?.len();
    let close = format!("\n{}}}", " ".repeat(indent));
    let end = from[line.len()..].find(&close)?;
    Some(&from[..line.len() + end])
}

#[test]
fn types_on_the_heap_wipe_in_their_drop() {
    for (file, header, call) in WIPING {
        let text = source(file);
        let found = block(&text, header).unwrap_or_else(|| panic!("{file}: no `{header}`"));
        assert!(found.contains(call), "{file}: `{header}` does not {call}");
    }
    let wipe = source("session/verified.rs");
    assert!(
        block(&wipe, "pub(crate) fn wipe(&mut self)")
            .unwrap()
            .contains(".zeroize()")
    );
}

#[test]
fn plaintext_that_failed_its_second_check_is_wiped() {
    let text = source("seal/sealer.rs");
    let open = block(&text, "pub(crate) fn open(").unwrap();
    for failure in ["Broken::Tag)", "Broken::Nonce)"] {
        let at = open.rfind(&format!("Err({failure}")).unwrap();
        let before = open[..at].rsplit("if ").next().unwrap();
        assert!(before.contains(".zeroize()"), "before Err({failure}");
    }
}

/// What a new token is decoded over may be of the session before, and stays if it is none.
#[test]
fn a_text_that_is_no_token_leaves_nothing_of_the_session_before() {
    let text = source("session/verify.rs");
    let open = block(&text, "fn open<'k>(").unwrap();
    let refused = open.split("text::decode(").nth(1).unwrap();
    let before = refused.split("return Err(").next().unwrap();
    assert!(before.contains("body.zeroize();"));
    // Nor does one that is refused before the scratch is looked at.
    let borrowed = block(&text, "fn verify_borrowed<'b>(").unwrap();
    let early = borrowed.split("scratch.body(").next().unwrap();
    assert!(early.contains("scratch.wipe();"));
    assert!(!early.contains('?'), "nothing returns past the wipe");
}

#[test]
fn blocks_are_found_as_they_are_written() {
    let text = "impl A {\n    fn f() {\n        x();\n    }\n\n    fn g() {}\n}\nfn h() {}\n";
    assert_eq!(block(text, "fn f()").unwrap(), "fn f() {\n        x();");
    assert_eq!(block(text, "impl A").unwrap().lines().count(), 6);
    assert_eq!(block(text, "impl B"), None);
}
