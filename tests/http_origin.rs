//! The cross-origin check, as a table.

#![allow(clippy::unwrap_used)]

use cloakroom::http::origin::{
    CrossOriginKind, CrossOriginProtection, CrossOriginRejected, RequestOrigin,
};

const HOST: &str = "example.com";
const TRUSTED: &str = "https://admin.example.org";

/// `Sec-Fetch-Site`, `Origin`, and what follows.
type Row = (
    Option<&'static str>,
    Option<&'static str>,
    Result<(), CrossOriginKind>,
);

fn check(
    method: &str,
    site: Option<&str>,
    origin: Option<&str>,
    host: Option<&str>,
) -> Result<(), CrossOriginKind> {
    let protection = CrossOriginProtection::new().trust(TRUSTED).unwrap();
    let request = RequestOrigin::new(method)
        .sec_fetch_site(site.map(str::as_bytes))
        .origin(origin.map(str::as_bytes))
        .host(host.map(str::as_bytes));
    let kind = |rejected: CrossOriginRejected| rejected.kind();
    let upgrade = protection
        .check(&request.websocket_upgrade(true))
        .map_err(kind);
    let plain = protection.check(&request).map_err(kind);
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        // A safe method always passes; as an upgrade it is judged like a POST.
        assert_eq!(plain, Ok(()));
    } else {
        assert_eq!(plain, upgrade);
    }
    upgrade
}

#[test]
fn every_header_in_every_state() {
    use CrossOriginKind::{Origin, SecFetchSite};
    let own = "https://example.com";
    #[rustfmt::skip]
    let rows: &[Row] = &[
        // Sec-Fetch-Site decides where it is present.
        (Some("same-origin"), Some(own), Ok(())),
        (Some("same-origin"), None, Ok(())),
        (Some("none"), None, Ok(())),
        (Some("same-origin"), Some("null"), Ok(())),
        (Some("same-site"), Some("https://a.example.com"), Err(SecFetchSite)),
        (Some("cross-site"), Some("https://evil.example"), Err(SecFetchSite)),
        (Some("cross-site"), None, Err(SecFetchSite)),
        (Some("cross-site"), Some("null"), Err(SecFetchSite)),
        // From http to https of one host: the authority is equal, and yet it is another site.
        (Some("cross-site"), Some("http://example.com"), Err(SecFetchSite)),
        (Some("same-site"), Some(own), Err(SecFetchSite)),
        // Values that are not known are refused.
        (Some("Same-Origin"), Some(own), Err(SecFetchSite)),
        (Some("same-origin "), Some(own), Err(SecFetchSite)),
        (Some("same-origin, cross-site"), Some(own), Err(SecFetchSite)),
        (Some("future"), Some(own), Err(SecFetchSite)),
        (Some(" "), Some(own), Err(SecFetchSite)),
        // A trusted origin passes whatever Sec-Fetch-Site says; only byte for byte.
        (Some("cross-site"), Some(TRUSTED), Ok(())),
        (Some("same-site"), Some(TRUSTED), Ok(())),
        (None, Some(TRUSTED), Ok(())),
        (Some("cross-site"), Some("https://ADMIN.example.org"), Err(SecFetchSite)),
        (Some("cross-site"), Some("http://admin.example.org"), Err(SecFetchSite)),
        (Some("cross-site"), Some("https://admin.example.org:8443"), Err(SecFetchSite)),
        (Some("cross-site"), Some("https://admin.example.org.evil.example"), Err(SecFetchSite)),
        (Some("cross-site"), Some("https://admin.example.org/"), Err(SecFetchSite)),
        // Neither header: not a browser. An empty value is none.
        (None, None, Ok(())),
        (Some(""), None, Ok(())),
        (None, Some(""), Ok(())),
        (Some(""), Some("https://evil.example"), Err(Origin)),
        // Origin alone is compared with Host.
        (None, Some(own), Ok(())),
        (None, Some("http://example.com"), Ok(())),
        (None, Some("https://EXAMPLE.com"), Ok(())),
        (None, Some("https://example.com:443"), Err(Origin)),
        (None, Some("https://example.com:8443"), Err(Origin)),
        (None, Some("https://evil.example"), Err(Origin)),
        (None, Some("https://a.example.com"), Err(Origin)),
        (None, Some("https://example.com.evil.example"), Err(Origin)),
        (None, Some("https://evil.example/example.com"), Err(Origin)),
        (None, Some("https://evil.example?https://example.com"), Err(Origin)),
        (None, Some("https://example.com@evil.example"), Err(Origin)),
        (None, Some("https://evil@example.com"), Err(Origin)),
        (None, Some("https://example.com/"), Err(Origin)),
        (None, Some("https://example.com\0"), Err(Origin)),
        (None, Some("https://"), Err(Origin)),
        (None, Some("null"), Err(Origin)),
        (None, Some("example.com"), Err(Origin)),
        (None, Some("//example.com"), Err(Origin)),
        (None, Some("capacitor://example.com"), Err(Origin)),
        (None, Some("https://example.com https://evil.example"), Err(Origin)),
    ];
    for (site, origin, expected) in rows {
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "get", "Head", "", "X",
        ] {
            let found = check(method, *site, *origin, Some(HOST));
            assert_eq!(found, *expected, "{method} {site:?} {origin:?}");
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            let found = check(method, *site, *origin, Some(HOST));
            assert_eq!(found, *expected, "upgrade {method} {site:?} {origin:?}");
        }
    }
}

#[test]
fn the_host_must_be_known() {
    let rejected = Err(CrossOriginKind::Origin);
    assert_eq!(
        check("POST", None, Some("https://example.com"), None),
        rejected
    );
    assert_eq!(check("POST", None, Some("https://"), Some("")), rejected);
    assert_eq!(check("POST", None, Some("https://"), None), rejected);
    assert_eq!(check("POST", None, Some("null"), Some("null")), rejected);
    assert_eq!(
        check("POST", None, Some("http://[::1]:80"), Some("[::1]:80")),
        Ok(())
    );
    assert_eq!(
        check("POST", None, Some("http://a:8080"), Some("a:8080")),
        Ok(())
    );
    assert_eq!(
        check("POST", None, Some("http://a:8080"), Some("a")),
        rejected
    );
}

#[test]
fn repeated_headers_are_refused() {
    let protection = CrossOriginProtection::new();
    let own = b"https://example.com".as_slice();
    let base = RequestOrigin::new("POST").host([HOST.as_bytes()]);
    for request in [
        base.sec_fetch_site([b"same-origin".as_slice(), b"cross-site"]),
        base.sec_fetch_site([b"same-origin".as_slice(), b"same-origin"]),
        base.sec_fetch_site([b"".as_slice(), b""]),
        base.origin([own, own]),
        base.sec_fetch_site([b"same-origin".as_slice()])
            .origin([own, b"https://evil.example"]),
        base.origin([own]).host([HOST.as_bytes(), b"evil.example"]),
    ] {
        let rejected = protection.check(&request).unwrap_err();
        assert_eq!(rejected.kind(), CrossOriginKind::RepeatedHeader);
        assert_eq!(rejected.to_string(), "cross-origin request rejected");
    }
}

#[test]
fn bytes_that_are_not_text_match_nothing() {
    let protection = CrossOriginProtection::new();
    let base = RequestOrigin::new("POST").host([HOST.as_bytes()]);
    assert!(
        protection
            .check(&base.sec_fetch_site([b"\xff".as_slice()]))
            .is_err()
    );
    assert!(
        protection
            .check(&base.origin([b"https://example.com\xff".as_slice()]))
            .is_err()
    );
}

#[test]
fn trusted_origins_are_spelled_as_browsers_spell_them() {
    for origin in [
        "https://example.com",
        "http://example.com",
        "https://example.com:8443",
        "http://a:443",
        "https://a:80",
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://[2001:db8::1]",
        "https://xn--bcher-kva.example",
        "chrome-extension://abcdefgh",
        "capacitor://localhost",
        "https://a_b.example",
        "https://a:65535",
        "https://[::ffff:102:304]",
        "https://1.a",
    ] {
        assert!(
            CrossOriginProtection::new().trust(origin).is_ok(),
            "{origin}"
        );
    }
    for origin in [
        "",
        "null",
        "https://[::ffff:1.2.3.4]",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.0.0.1",
        "https://a.1.",
        "*",
        "example.com",
        "//example.com",
        "https:",
        "https:/",
        "https://",
        "://a",
        "https://example.com/",
        "https://example.com/a",
        "https://example.com?a",
        "https://a#b",
        "https://*.example.com",
        "https://*",
        "https://u@example.com",
        "https://u:p@example.com",
        "HTTPS://example.com",
        "https://Example.com",
        "https://b\u{fc}cher.example",
        "https://example.com:443",
        "http://example.com:80",
        "https://a:",
        "https://a:x",
        "https://a:65536",
        "https://a:0",
        "https://a:080",
        "https://a:+80",
        "https://a:1:2",
        "https://[::1",
        "https://::1",
        "https://[::1]x",
        "https://[0:0:0:0:0:0:0:1]",
        "https://[2001:DB8::1]",
        "https://[]",
        " https://a",
        "https://a ",
        "https://a b",
        "https://a, https://b",
        "1ttps://a",
        "ht tps://a",
        "https://a\0",
        "https://a\r\nX: y",
    ] {
        assert!(
            CrossOriginProtection::new().trust(origin).is_err(),
            "{origin:?}"
        );
    }
}
