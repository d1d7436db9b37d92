//! Any bytes as the headers that sessions look at: never a panic, never a token from two cookies,
//! never a forged request that passes, and what is written is one line.
#![no_main]

use cloakroom::http::carrier::{self, Carrier};
use cloakroom::http::cookie::{CookieConfig, FoundCookie};
use cloakroom::http::origin::{CrossOriginProtection, RequestOrigin};
use cloakroom::http::response::Refusal;
use libfuzzer_sys::{arbitrary, fuzz_target};

#[derive(Debug, arbitrary::Arbitrary)]
struct Head {
    method: String,
    websocket: bool,
    cookies: Vec<Vec<u8>>,
    authorizations: Vec<Vec<u8>>,
    hosts: Vec<Vec<u8>>,
    origins: Vec<Vec<u8>>,
    sites: Vec<Vec<u8>>,
    max_age: u64,
}

fn all(values: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    values.iter().map(Vec::as_slice)
}

fuzz_target!(|head: Head| {
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
    let cross_site = head.sites.len() == 1 && head.sites[0] == b"cross-site";
    assert!(!passes || safe || !cross_site);
});
