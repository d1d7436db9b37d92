//! Any text as a key: never a panic, and what is accepted prints as itself.
#![no_main]

use cloakroom::{Key, Unit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Key::parse(text) {
        Ok(key) => assert_eq!(key.to_text().expose(), text),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(unit) = Unit::parse(text) {
        assert_eq!(unit.to_text().expose(), text);
    }
});
