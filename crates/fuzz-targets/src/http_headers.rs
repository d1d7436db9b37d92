//! The headers that sessions look at.

use cloakroom::http::carrier::{self, Carrier};
use cloakroom::http::cookie::{CookieConfig, FoundCookie};
use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
use cloakroom::http::response::Refusal;

/// A request, one line each: the method, then headers by a letter. Lines are split at the byte 0a
/// alone, so that a value can hold anything else that a broken server might let through.
#[derive(Default)]
struct Head<'a> {
    method: String,
    websocket: bool,
    cookies: Vec<&'a [u8]>,
    authorizations: Vec<&'a [u8]>,
    hosts: Vec<&'a [u8]>,
    origins: Vec<&'a [u8]>,
    sites: Vec<&'a [u8]>,
    max_age: u64,
}

impl<'a> Head<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let mut head = Self {
            method: String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned(),
            ..Self::default()
        };
        for line in lines {
            match line.split_first() {
                Some((b'c', value)) => head.cookies.push(value),
                Some((b'a', value)) => head.authorizations.push(value),
                Some((b'h', value)) => head.hosts.push(value),
                Some((b'o', value)) => head.origins.push(value),
                Some((b's', value)) => head.sites.push(value),
                Some((b'w', _)) => head.websocket = true,
                Some((b'm', value)) => {
                    let digits = value.iter().take(20);
                    head.max_age = digits.fold(0, |sum: u64, digit| {
                        sum.wrapping_mul(10).wrapping_add(u64::from(*digit))
                    });
                }
                _ => {}
            }
        }
        head
    }
}

fn all<'v>(values: &'v [&[u8]]) -> impl Iterator<Item = &'v [u8]> {
    values.iter().copied()
}

/// Any bytes as the headers that sessions look at: never a panic, never a token from two cookies,
/// never a forged request that passes, and what is written is one line.
pub fn http_headers(bytes: &[u8]) {
    let head = Head::read(bytes);
    let config = CookieConfig::default();
    let presented = carrier::read(&config, all(&head.cookies), all(&head.authorizations));
    if let Some(token) = presented.token() {
        assert!(!token.contains(['\r', '\n', ';']) || presented.carrier() == Some(Carrier::Cookie));
        assert!(!token.contains(';'));
    }
    // One answer for all of it, with nothing of it inside.
    let refusal = Refusal::unauthorized(presented.carrier());
    assert_eq!((refusal.status(), refusal.headers().len()), (401, 3));

    let values = config.all_values(all(&head.cookies)).count();
    match config.read_cookie(all(&head.cookies)) {
        FoundCookie::None => assert_eq!(values, 0),
        FoundCookie::One(value) => {
            assert!(!value.contains(';'));
            assert_eq!(values, 1);
            // Whatever a client sends can't become a second attribute or line.
            if let Ok(line) = config.set_cookie(value, head.max_age) {
                assert_eq!(line.matches(';').count(), 5);
                assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            }
        }
        // Those that are not text are left out of the values.
        FoundCookie::Duplicate | FoundCookie::Malformed => {}
        _ => unreachable!(),
    }

    let development = CookieConfig::development().build().unwrap();
    for host in all(&head.hosts) {
        let _ = development.check_host(host);
    }
    let request = RequestOrigin::new(&head.method)
        .websocket_upgrade(head.websocket)
        .sec_fetch_site(all(&head.sites))
        .origin(all(&head.origins))
        .host(all(&head.hosts));
    let passes = CrossOriginProtection::new().check(&request).is_ok();
    let safe = ["GET", "HEAD", "OPTIONS"].contains(&head.method.as_str()) && !head.websocket;
    let cross_site = matches!(head.sites[..], [b"cross-site"]);
    assert!(!passes || safe || !cross_site);
}
