//! Claims have one encoding: whatever decodes encodes to the same bytes.
#![no_main]

use cloakroom::hazmat::Claims;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|plaintext: &[u8]| {
    if let Ok((claims, payload)) = Claims::decode(plaintext) {
        assert_eq!(claims.encode(payload), plaintext);
    }
});
