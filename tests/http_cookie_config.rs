//! What the builder of the cookie refuses, and which hosts the development cookie refuses.

#![allow(clippy::unwrap_used, clippy::panic)]

use cloakroom::http::cookie::{CookieConfig, CookieConfigBuilder, CookieConfigError, SameSite};

fn check(builder: CookieConfigBuilder, expected: Option<CookieConfigError>) {
    let printed = format!("{builder:?}");
    assert_eq!(builder.build().err(), expected, "{printed}");
}

#[test]
fn names_are_tokens() {
    for byte in 0..=0xff_u8 {
        let name = format!("a{}b", char::from(byte));
        let separators = b"()<>@,;:\\\"/[]?={} \t";
        let token = byte.is_ascii() && !byte.is_ascii_control() && !separators.contains(&byte);
        let expected = (!token).then_some(CookieConfigError::Name);
        check(CookieConfig::builder().name(name), expected);
    }
    for name in [
        "",
        " ",
        "a b",
        "a;b",
        "a=b",
        "a\r\nSet-Cookie: b",
        "__Host-\0",
        "n\u{f6}",
    ] {
        check(
            CookieConfig::builder().name(name),
            Some(CookieConfigError::Name),
        );
    }
}

#[test]
fn host_prefix_means_one_host_and_the_root_path() {
    for name in [
        "__Host-s",
        "__host-s",
        "__HOST-s",
        "__hOsT-",
        "__Host-Http-s",
    ] {
        let builder = || CookieConfig::builder().name(name);
        check(builder(), None);
        let domain = builder().domain("example.com");
        check(domain, Some(CookieConfigError::HostPrefixWithDomain));
        check(
            builder().path("/a"),
            Some(CookieConfigError::HostPrefixWithPath),
        );
    }
    for name in ["__Secure-s", "__Host", "_Host-s", "x__Host-s", "s"] {
        check(
            CookieConfig::builder()
                .name(name)
                .domain("example.com")
                .path("/a"),
            None,
        );
    }
}

#[test]
fn the_development_cookie_promises_nothing() {
    check(CookieConfig::development(), None);
    for name in [
        "__Host-s",
        "__host-s",
        "__Secure-s",
        "__SECURE-s",
        "__secure-",
        "__Http-s",
    ] {
        let builder = CookieConfig::development().name(name);
        check(builder, Some(CookieConfigError::PrefixWithoutSecure));
    }
    let cross_site = CookieConfig::development().same_site(SameSite::None);
    check(
        cross_site,
        Some(CookieConfigError::SameSiteNoneWithoutSecure),
    );
    assert!(
        CookieConfig::development()
            .build()
            .unwrap()
            .development_warning()
            .is_some()
    );
    assert!(
        CookieConfig::builder()
            .build()
            .unwrap()
            .development_warning()
            .is_none()
    );
}

#[test]
fn domains() {
    let long_label = format!("{}.example", "a".repeat(64));
    let long_name = format!("{}com", "abcdefg.".repeat(32));
    let builder = || CookieConfig::builder().name("__Secure-s");
    for domain in [
        "example.com",
        "a.b.c.example",
        "xn--bcher-kva.example",
        "EXAMPLE.com",
        "1.de",
    ] {
        check(builder().domain(domain), None);
    }
    for domain in [
        "",
        "com",
        "localhost",
        "example.com.",
        "a..b",
        "-a.com",
        "a-.com",
        "a_b.com",
        "a b.com",
        "a.com;b",
        "a.com\r\nX: y",
        "a.com:80",
        "http://a.com",
        "127.0.0.1",
        "[::1]",
        "::1",
        "b\u{fc}cher.example",
        "*.example.com",
        &long_label,
        &long_name,
    ] {
        check(builder().domain(domain), Some(CookieConfigError::Domain));
    }
    check(
        builder().domain(".example.com"),
        Some(CookieConfigError::DomainLeadingDot),
    );
}

#[test]
fn paths() {
    let builder = || CookieConfig::builder().name("__Secure-s");
    let (longest, too_long) = (
        format!("/{}", "a".repeat(1023)),
        format!("/{}", "a".repeat(1024)),
    );
    for path in ["/", "/a", "/a/", "/a%20b", "/a=b", &longest] {
        check(builder().path(path), None);
    }
    for path in [
        "",
        "a",
        "a/",
        " /",
        "/ ",
        "/a b",
        "/a;b",
        "/a\0",
        "/a\r\nX: y",
        "/\t",
        "/\u{f6}",
        &too_long,
    ] {
        check(builder().path(path), Some(CookieConfigError::Path));
    }
}

#[test]
fn a_line_has_room_for_the_shortest_token() {
    let config = CookieConfig::default();
    let shortest = 65;
    let overhead = 4096_usize.checked_sub(config.token_budget()).unwrap();
    let exact = overhead.checked_add(shortest).unwrap();
    let builder = |limit| CookieConfig::builder().max_line_bytes(limit);
    check(builder(exact), None);
    for (limit, left) in [(exact.checked_sub(1).unwrap(), 64), (0, 0), (10, 0)] {
        match builder(limit).build() {
            Err(CookieConfigError::NoRoom { budget, needed, .. }) => {
                assert_eq!((budget, needed), (left, shortest));
            }
            other => panic!("{other:?}"),
        }
    }
    let long_name = CookieConfig::builder().name("a".repeat(5000));
    assert!(matches!(
        long_name.build(),
        Err(CookieConfigError::NoRoom { .. })
    ));
}

#[test]
fn every_refusal_says_what_to_do() {
    for (error, word) in [
        (CookieConfigError::Name, "token"),
        (CookieConfigError::Domain, "example.com"),
        (CookieConfigError::DomainLeadingDot, "dot"),
        (CookieConfigError::Path, "/"),
        (CookieConfigError::HostPrefixWithDomain, "__Secure-"),
        (CookieConfigError::HostPrefixWithPath, "__Host-"),
        (CookieConfigError::PrefixWithoutSecure, "development"),
        (CookieConfigError::SameSiteNoneWithoutSecure, "Secure"),
    ] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn the_development_cookie_is_for_loopback_hosts() {
    let development = CookieConfig::development().build().unwrap();
    for host in [
        "localhost",
        "LocalHost",
        "localhost:3000",
        "localhost:",
        "app.localhost",
        "a.b.localhost:80",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.255.255.254",
        "[::1]",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]",
    ] {
        assert!(development.check_host(host.as_bytes()).is_ok(), "{host}");
    }
    for host in [
        "",
        " ",
        ":",
        ":80",
        "example.com",
        "localhost.example.com",
        "notlocalhost",
        "localhost.",
        ".localhost",
        "a..localhost",
        "localhost:80:80",
        "localhost:x",
        "localhost@evil.example",
        "evil.example@localhost",
        "evil.example/localhost",
        "evil.example#.localhost",
        "evil.example\\.localhost",
        "localhost, evil.example",
        " localhost",
        "localhost\0",
        "127.0.0.1.evil.example",
        "127.0.0.1evil",
        "128.0.0.1",
        "0.0.0.0",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "127.0.0.01",
        "10.0.0.1",
        "192.168.0.1",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]80",
        "[::1]:x",
        "[::]",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "[fe80::1%lo]",
        "[]",
        "[",
        "]",
        "l\u{f6}calhost",
    ] {
        assert!(development.check_host(host.as_bytes()).is_err(), "{host}");
        assert!(
            CookieConfig::default().check_host(host.as_bytes()).is_ok(),
            "{host}"
        );
    }
    assert!(development.check_host(b"localhost\xff").is_err());
}
