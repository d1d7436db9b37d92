//! Descriptions of payload types.

use cloakroom::schema::{Description, Shape};

/// Any text as a description: never a panic, and what is read prints as what reads the same.
pub fn description(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match text.parse::<Description>() {
        Ok(read) => {
            let printed = read.to_string();
            assert!(printed.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            assert_eq!(printed.parse(), Ok(read.clone()), "{text:?}");
            let json = read.to_json();
            assert!(json.ends_with(&format!(",\"payload\":{}}}", read.shape.to_json())));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(shape) = text.parse::<Shape>() {
        assert_eq!(shape.to_string().parse(), Ok(shape), "{text:?}");
    }
}
