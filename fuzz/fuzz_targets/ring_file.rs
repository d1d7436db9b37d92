//! Any text as a ring file: never a panic, and what is accepted says the same when it is printed
//! and read again.
#![no_main]

use cloakroom::{KeyRing, Timestamp};
use cloakroom_fuzz::NOW;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match KeyRing::parse(text) {
        Ok(ring) => {
            let printed = ring.to_text();
            let again = KeyRing::parse(printed.expose()).expect("what is printed is read");
            assert_eq!(again.to_text().expose(), printed.expose());
            let now = Timestamp::from_unix(NOW).expect("before the year 9999");
            for key in ring.keys() {
                assert_eq!(ring.state(key.id, now), again.state(key.id, now));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
