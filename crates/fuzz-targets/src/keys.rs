//! Keys: their text, ring files, and ring files behind a password.

use cloakroom::source::{Password, PasswordCost, PasswordError};
use cloakroom::{Key, KeyRing, Unit};

use crate::setting::now;

/// Any text as a key: never a panic, and what is accepted prints as itself.
pub fn key_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Key::parse(text) {
        Ok(key) => assert_eq!(key.to_text().expose(), text),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(unit) = Unit::parse(text) {
        assert_eq!(unit.to_text().expose(), text);
    }
}

/// Any text as a ring file: never a panic, and what is accepted says the same when it is printed
/// and read again.
pub fn ring_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match KeyRing::parse(text) {
        Ok(ring) => {
            let printed = ring.to_text();
            let again = KeyRing::parse(printed.expose()).expect("what is printed is read");
            assert_eq!(again.to_text().expose(), printed.expose());
            for key in ring.keys() {
                assert_eq!(ring.state(key.id, now()), again.state(key.id, now()));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Any text as a wrapped ring file: never a panic, no work before the numbers are within their
/// limits, and what is accepted asks for no more than they allow.
pub fn wrapped(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let password = Password::new("x").expect("one byte");
    match PasswordCost::of(text) {
        // Little enough to be done many times a second.
        Ok(cost) if cheap(cost) => {
            // Nobody sealed this under the password but the seeds, which have another.
            let opened = password.unwrap(text);
            assert!(
                matches!(opened, Err(PasswordError::Wrong | PasswordError::Cost)),
                "{cost}"
            );
        }
        Ok(_) => {}
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            assert_eq!(password.unwrap(text).err(), Some(refused));
        }
    }
}

fn cheap(cost: PasswordCost) -> bool {
    let shown = cost.to_string();
    let words = shown.split(' ');
    let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
    matches!(numbers[..], [memory, passes, _] if memory * passes <= 256)
}
