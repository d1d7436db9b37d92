//! Any plaintext, sealed by us first so that the decoders behind the seal are reached: never a
//! panic, and a session that is accepted renews to one that is accepted.
#![no_main]

use std::sync::LazyLock;

use cloakroom::hazmat::{self, For};
use cloakroom::{Key, Sessions};
use cloakroom_fuzz::{Everything, key, sessions};
use libfuzzer_sys::fuzz_target;

static SESSIONS: LazyLock<(Key, Sessions<Everything>)> = LazyLock::new(|| (key(), sessions()));

fuzz_target!(|plaintext: &[u8]| {
    let (key, sessions) = &*SESSIONS;
    let to = For { purpose: b"session", audience: b"fuzz", binding: b"" };
    let Ok(token) = hazmat::seal(key, to, plaintext) else {
        assert!(plaintext.is_empty() || plaintext.len() > 3024);
        return;
    };
    if let Ok(session) = sessions.verify(&token) {
        if let Ok(Some(renewed)) = sessions.renew(&session) {
            let again = sessions.verify(renewed.token.as_str()).expect("a renewal is accepted");
            assert_eq!(again.id(), session.id());
            assert!(again.info().absolute_deadline() <= session.info().absolute_deadline());
        }
    }
});
