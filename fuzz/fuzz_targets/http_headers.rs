//! Any bytes as Cookie and Authorization headers: never a panic, and never a token from two
//! cookies.
#![no_main]

use cloakroom::http::carrier;
use cloakroom::http::cookie::{CookieConfig, FoundCookie};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: (Vec<Vec<u8>>, Vec<Vec<u8>>)| {
    let (cookies, authorizations) = &headers;
    let config = CookieConfig::default();
    let presented = carrier::read(
        &config,
        cookies.iter().map(Vec::as_slice),
        authorizations.iter().map(Vec::as_slice),
    );
    if let Some(token) = presented.token() {
        assert!(!token.contains(['\r', '\n', ';']));
    }
    if let FoundCookie::One(value) = config.read_cookie(cookies.iter().map(Vec::as_slice)) {
        assert!(!value.contains(';'));
    }
});
