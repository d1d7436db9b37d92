//! Properties of the HTTP layer over random input.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use cloakroom::http::carrier;
use cloakroom::http::cookie::{CookieConfig, FoundCookie};
use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
use cookie::Cookie;
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes that mean something to the parsers, more often than others.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"__Host-session".to_vec()),
        Just(b"Bearer ".to_vec()),
        Just(b"=".to_vec()),
        Just(b";".to_vec()),
        Just(b" \t".to_vec()),
        vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// The definition, written the slow way: all pairs of the name, in all headers.
fn by_definition(headers: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let strip = |bytes: &[u8]| -> Vec<u8> {
        let start = bytes
            .iter()
            .position(|byte| !blank(byte))
            .unwrap_or(bytes.len());
        let end = bytes
            .iter()
            .rposition(|byte| !blank(byte))
            .map_or(start, |last| last + 1);
        bytes[start..end].to_vec()
    };
    let pairs = headers
        .iter()
        .flat_map(|header| header.split(|byte| *byte == b';'));
    let named = pairs.filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        (strip(&pair[..equals]) == b"__Host-session").then(|| strip(&pair[equals + 1..]))
    });
    named.collect()
}

proptest! {
    #[test]
    fn reading_agrees_with_its_definition(headers in vec(hostile(), 0..4)) {
        let found = CookieConfig::default().read_cookie(headers.iter().map(Vec::as_slice));
        let all = by_definition(&headers);
        match all.as_slice() {
            [] => prop_assert_eq!(found, FoundCookie::None),
            [one] => match core::str::from_utf8(one) {
                Ok(text) => prop_assert_eq!(found, FoundCookie::One(text)),
                Err(_) => prop_assert_eq!(found, FoundCookie::Malformed),
            },
            _ => prop_assert_eq!(found, FoundCookie::Duplicate),
        }
    }

    #[test]
    fn nothing_a_client_sends_panics(
        cookies in vec(hostile(), 0..4),
        authorization in vec(hostile(), 0..3),
        method in ".{0,8}",
    ) {
        let config = CookieConfig::development().build().unwrap();
        let presented = carrier::read(
            &config,
            cookies.iter().map(Vec::as_slice),
            authorization.iter().map(Vec::as_slice),
        );
        // Whatever was sent, what is printed comes from a short list.
        let printed = format!("{presented:?}");
        prop_assert!(printed.len() < 32);
        let request = RequestOrigin::new(&method)
            .sec_fetch_site(cookies.iter().map(Vec::as_slice))
            .origin(authorization.iter().map(Vec::as_slice))
            .host(cookies.iter().map(Vec::as_slice));
        let _ = CrossOriginProtection::new().check(&request);
        for host in &cookies {
            let _ = config.check_host(host);
        }
    }

    #[test]
    fn what_is_written_is_read_back_amid_other_cookies(
        token in "[A-Za-z0-9_.-]{1,200}",
        max_age in any::<u64>(),
        before in vec(("[!#$%&'*+.^`|~0-9A-Za-z-]{1,20}", "[!#-+--:<-\\[\\]-~]{0,40}"), 0..6),
        after in vec(("[!#$%&'*+.^`|~0-9A-Za-z-]{1,20}", "[!#-+--:<-\\[\\]-~]{0,40}"), 0..6),
        separate in any::<bool>(),
    ) {
        let config = CookieConfig::default();
        let line = config.set_cookie(&token, max_age).unwrap();
        // A browser keeps the part in front of the attributes.
        let parsed = Cookie::parse(&*line).unwrap();
        let ours = (parsed.name().to_owned(), parsed.value().to_owned());
        let all = before.iter().chain([&ours]).chain(&after);
        let pairs: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
        // HTTP/2 may split the pairs over several headers (RFC 9113 §8.2.3).
        let headers = if separate { pairs } else { vec![pairs.join("; ")] };
        let found = config.read_cookie(headers.iter().map(String::as_bytes));
        prop_assert_eq!(found, FoundCookie::One(&token));
    }

    #[test]
    fn only_token_text_is_written(token in any::<String>(), max_age in any::<u64>()) {
        let text = !token.is_empty()
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let line = CookieConfig::default().set_cookie(&token, max_age);
        prop_assert_eq!(line.is_ok(), text);
    }
}
