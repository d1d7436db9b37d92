//! Any text as a token: never a panic, and what is accepted is the one spelling of what was sealed.
#![no_main]

use std::sync::LazyLock;

use cloakroom::Sessions;
use cloakroom_fuzz::{Everything, sessions};
use libfuzzer_sys::fuzz_target;

static SESSIONS: LazyLock<Sessions<Everything>> = LazyLock::new(sessions);

fuzz_target!(|text: &str| {
    // Without the key nobody seals, so nothing may open.
    assert!(SESSIONS.verify(text).is_err());
});
