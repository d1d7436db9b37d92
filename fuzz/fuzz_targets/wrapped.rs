//! Any text as a wrapped ring file: never a panic, no work before the numbers are within their limits,
//! and what is accepted asks for no more than they allow.
#![no_main]

use cloakroom::source::{Password, PasswordCost, PasswordError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let password = Password::new("x").expect("one byte");
    match PasswordCost::of(text) {
        // Little enough to be done many times a second.
        Ok(cost) if cheap(cost) => {
            // Nobody sealed this under the password but the fuzzer's seeds, which have another.
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
});

fn cheap(cost: PasswordCost) -> bool {
    let shown = cost.to_string();
    let numbers: Vec<u64> = shown
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    matches!(numbers[..], [memory, passes, _] if memory * passes <= 256)
}
