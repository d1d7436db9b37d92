//! Writing and removing the session cookie, read back by an independent parser.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use cloakroom::http::cookie::{
    CookieConfig, CookieError, MAX_AGE_LIMIT_SECONDS, NAME_VALUE_LIMIT, SameSite,
};
use cookie::Cookie;

struct Case {
    config: CookieConfig,
    name: String,
    domain: Option<&'static str>,
    path: &'static str,
    secure: bool,
    same_site: SameSite,
}

/// Every combination of attributes that `build` accepts.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for secure in [true, false] {
        for name in [
            "__Host-session",
            "__Secure-s",
            "__Host-Http-s",
            "__Http-s",
            "sid",
            "!#$%&'*+",
        ] {
            for domain in [None, Some("example.com"), Some("a-b.Example.co.uk")] {
                for path in ["/", "/shop", "/a=b,c"] {
                    for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
                        let mut builder = match secure {
                            true => CookieConfig::builder(),
                            false => CookieConfig::development(),
                        };
                        builder = builder.name(name).path(path).same_site(same_site);
                        if let Some(domain) = domain {
                            builder = builder.domain(domain);
                        }
                        let name = name.to_owned();
                        if let Ok(config) = builder.build() {
                            cases.push(Case {
                                config,
                                name,
                                domain,
                                path,
                                secure,
                                same_site,
                            });
                        }
                    }
                }
            }
        }
    }
    cases
}

fn parsed_same_site(same_site: SameSite) -> cookie::SameSite {
    match same_site {
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::Lax => cookie::SameSite::Lax,
        _ => cookie::SameSite::None,
    }
}

fn check(case: &Case, line: &str) {
    let parsed = Cookie::parse(line).unwrap();
    assert_eq!(parsed.name(), case.name, "{line}");
    assert_eq!(
        parsed.domain().map(str::to_lowercase),
        case.domain.map(str::to_lowercase),
        "{line}"
    );
    assert_eq!(parsed.path(), Some(case.path), "{line}");
    assert_eq!(parsed.secure().unwrap_or(false), case.secure, "{line}");
    assert_eq!(parsed.http_only(), Some(true), "{line}");
    assert_eq!(
        parsed.same_site(),
        Some(parsed_same_site(case.same_site)),
        "{line}"
    );
}

#[test]
fn an_independent_parser_reads_what_is_written() {
    let cases = cases();
    assert_eq!(cases.len(), 2 * 3 + 4 * 3 * 3 * 3 + 2 * 3 * 3 * 2);
    for case in &cases {
        let line = case.config.set_cookie("clk1.Ab-_9", 900).unwrap();
        check(case, &line);
        let parsed = Cookie::parse(&*line).unwrap();
        assert_eq!(parsed.value(), "clk1.Ab-_9");
        assert_eq!(parsed.max_age().unwrap().whole_seconds(), 900);
        assert!(parsed.expires().is_none());
    }
}

#[test]
fn a_removal_has_the_same_attributes_and_is_in_the_past() {
    for case in &cases() {
        let line = case.config.removal();
        check(case, &line);
        let parsed = Cookie::parse(&*line).unwrap();
        assert_eq!(parsed.value(), "");
        assert_eq!(parsed.max_age().unwrap().whole_seconds(), 0);
        assert_eq!(parsed.expires_datetime().unwrap().unix_timestamp(), 0);
        // Byte for byte, all attributes but the two about time.
        let set = case.config.set_cookie("t", 900).unwrap();
        let attributes = |line: &str| {
            let all = line.split("; ").skip(1);
            let kept = all.filter(|a| !a.starts_with("Max-Age=") && !a.starts_with("Expires="));
            kept.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(attributes(&line), attributes(&set));
    }
}

#[test]
fn the_default_line_is_this() {
    let config = CookieConfig::default();
    assert_eq!(
        config.set_cookie("clk1.AAAA", 3600).unwrap(),
        "__Host-session=clk1.AAAA; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600"
    );
    assert_eq!(
        config.removal(),
        "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; \
         Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
    let development = CookieConfig::development().build().unwrap();
    assert_eq!(
        development.set_cookie("clk1.AAAA", 3600).unwrap(),
        "session=clk1.AAAA; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"
    );
}

#[test]
fn without_max_age_the_cookie_ends_with_the_browser_and_is_removed_all_the_same() {
    let config = CookieConfig::builder().without_max_age().build().unwrap();
    for max_age in [0, 900, u64::MAX] {
        let line = config.set_cookie("clk1.AAAA", max_age).unwrap();
        let parsed = Cookie::parse(&*line).unwrap();
        assert_eq!((parsed.max_age(), parsed.expires()), (None, None));
        assert_eq!(
            line,
            "__Host-session=clk1.AAAA; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
    }
    assert_eq!(config.removal(), CookieConfig::default().removal());
    // The bytes of the attribute are free for the token, up to the browsers' limit.
    let budget = config.token_budget();
    assert_eq!(budget, CookieConfig::default().token_budget() + 18);
    let fits = config.set_cookie(&"A".repeat(budget), 900).unwrap();
    assert_eq!(fits.len(), 4096);
    assert!(config.set_cookie(&"A".repeat(budget + 1), 900).is_err());
}

#[test]
fn max_age_is_at_least_one_and_at_most_four_hundred_days() {
    let config = CookieConfig::default();
    for (asked, written) in [
        (0, 1),
        (1, 1),
        (2, 2),
        (MAX_AGE_LIMIT_SECONDS - 1, MAX_AGE_LIMIT_SECONDS - 1),
        (MAX_AGE_LIMIT_SECONDS, MAX_AGE_LIMIT_SECONDS),
        (MAX_AGE_LIMIT_SECONDS + 1, MAX_AGE_LIMIT_SECONDS),
        (u64::MAX, MAX_AGE_LIMIT_SECONDS),
    ] {
        let line = config.set_cookie("t", asked).unwrap();
        assert!(line.ends_with(&format!("; Max-Age={written}")), "{line}");
    }
}

#[test]
fn the_budget_is_exact() {
    for case in &cases() {
        let budget = case.config.token_budget();
        let (fits, over) = ("A".repeat(budget), "A".repeat(budget + 1));
        for max_age in [0, 1, 900, MAX_AGE_LIMIT_SECONDS, u64::MAX] {
            let line = case.config.set_cookie(&fits, max_age).unwrap();
            assert!(line.len() <= 4096);
            assert!(case.name.len() + budget <= NAME_VALUE_LIMIT);
            let error = case.config.set_cookie(&over, max_age).unwrap_err();
            assert!(matches!(
                error,
                CookieError::TooLong { length, budget: limit, .. }
                    if length == budget + 1 && limit == budget
            ));
            let printed = error.to_string();
            assert!(printed.contains(&length_of(&over)) && printed.contains(&length_of(&fits)));
        }
        // No byte is given away: with the longest Max-Age the line is full.
        let longest = case.config.set_cookie(&fits, u64::MAX).unwrap();
        assert_eq!(longest.len(), 4096);
    }
}

fn length_of(token: &str) -> String {
    token.len().to_string()
}

#[test]
fn a_smaller_limit_holds_and_a_larger_one_meets_the_browsers_limit() {
    for limit in [
        200,
        1000,
        2048,
        4095,
        4096,
        4097,
        4150,
        4170,
        5000,
        usize::MAX,
    ] {
        let config = CookieConfig::builder()
            .max_line_bytes(limit)
            .build()
            .unwrap();
        let budget = config.token_budget();
        let line = config.set_cookie(&"A".repeat(budget), u64::MAX).unwrap();
        assert!(line.len() <= limit);
        let name_and_value = config.name().len() + budget;
        assert!(
            line.len() == limit || name_and_value == NAME_VALUE_LIMIT,
            "{limit}"
        );
        assert!(config.set_cookie(&"A".repeat(budget + 1), 1).is_err());
    }
}

#[test]
fn nothing_outside_the_tokens_alphabet_gets_into_a_header() {
    let config = CookieConfig::default();
    for byte in 0..=0x7f_u8 {
        let allowed = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let c = char::from(byte);
        for token in [
            format!("{c}"),
            format!("{c}tok"),
            format!("to{c}k"),
            format!("tok{c}"),
        ] {
            let result = config.set_cookie(&token, 900);
            assert_eq!(result.is_ok(), allowed, "{token:?}");
            if !allowed {
                assert_eq!(result, Err(CookieError::InvalidToken));
            }
        }
    }
    for token in [
        "",
        "tok; Domain=evil.example",
        "tok\r\nSet-Cookie: admin=1",
        "tok\r\n\r\n<script>",
        "tok\nX: y",
        "tok%0d%0aSet-Cookie:a=b",
        "tok\u{560d}\u{560a}Set-Cookie:a=b",
        "t\u{f6}k",
        "\u{ff54}ok",
        "\"tok\"",
        "tok=",
    ] {
        assert_eq!(
            config.set_cookie(token, 900),
            Err(CookieError::InvalidToken),
            "{token:?}"
        );
    }
    // An error about a token does not repeat it.
    let error = config.set_cookie("SECRET;", 900).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("SECRET"));
}
