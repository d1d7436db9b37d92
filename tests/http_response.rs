//! What clients are told: constant bodies, the right challenge, never a cookie.

#![allow(clippy::unwrap_used)]

use cloakroom::http::carrier::{Carrier, Fault, Presented};
use cloakroom::http::cookie::CookieConfig;
use cloakroom::http::response::{
    ClearSiteData, HeaderLine, NO_STORE, Refusal, clear_site_data, set_cookie, vary,
};

fn header<'r>(refusal: &'r Refusal, name: &str) -> Vec<&'r str> {
    let lines = refusal.headers().iter();
    lines
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| &**value)
        .collect()
}

fn every_presented() -> [Presented<'static>; 7] {
    let token = |carrier| Presented::Token {
        text: "clk1.SECRET",
        carrier,
    };
    [
        Presented::None,
        token(Carrier::Cookie),
        Presented::Ignored(Fault::Duplicate),
        Presented::Ignored(Fault::Malformed),
        token(Carrier::Bearer),
        Presented::Refused(Fault::Duplicate),
        Presented::Refused(Fault::Malformed),
    ]
}

#[test]
fn unauthorized_differs_in_the_challenge_alone() {
    for (index, presented) in every_presented().iter().enumerate() {
        let refusal = Refusal::unauthorized(presented.carrier());
        let challenge = if index < 4 {
            "Bearer"
        } else {
            r#"Bearer error="invalid_token""#
        };
        assert_eq!(refusal.status(), 401);
        assert_eq!(refusal.body(), "unauthorized\n");
        assert_eq!(
            header(&refusal, "www-authenticate"),
            [challenge],
            "{presented:?}"
        );
        assert_eq!(refusal.headers().len(), 3);
    }
}

#[test]
fn unavailable_is_503_with_retry_after() {
    for (asked, written) in [(0, "1"), (1, "1"), (5, "5"), (u32::MAX, "4294967295")] {
        let refusal = Refusal::unavailable(asked);
        assert_eq!(refusal.status(), 503);
        assert_eq!(header(&refusal, "retry-after"), [written]);
        assert!(header(&refusal, "www-authenticate").is_empty());
    }
}

#[test]
fn refusals_write_no_cookie_and_are_not_stored() {
    let mut refusals = every_presented()
        .map(|presented| Refusal::unauthorized(presented.carrier()))
        .to_vec();
    refusals.push(Refusal::unavailable(5));
    refusals.push(Refusal::cross_origin());
    refusals.push(Refusal::internal_error());
    refusals.push(Refusal::misdirected());
    refusals.push(Refusal::form());
    refusals.push(Refusal::login_too_old(300));
    for refusal in &refusals {
        assert!(header(refusal, "set-cookie").is_empty());
        assert!(header(refusal, "clear-site-data").is_empty());
        assert_eq!(header(refusal, "cache-control"), ["no-store"]);
        assert_eq!(
            header(refusal, "content-type"),
            ["text/plain; charset=utf-8"]
        );
        assert!(!format!("{refusal:?}").contains("SECRET"));
        assert!(refusal.body().ends_with('\n') && refusal.body().is_ascii());
        for (name, value) in refusal.headers() {
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            );
            assert!(
                value
                    .bytes()
                    .all(|byte| byte == b' ' || byte.is_ascii_graphic())
            );
        }
    }
    let statuses: Vec<u16> = refusals.iter().skip(7).map(Refusal::status).collect();
    assert_eq!(statuses, [503, 403, 500, 421, 403, 401]);
}

#[test]
fn a_response_that_sets_the_cookie_is_not_stored() {
    let config = CookieConfig::default();
    for value in [
        config.set_cookie("clk1.AAAA", 60).unwrap(),
        config.removal(),
    ] {
        let expected: [HeaderLine; 2] = [("set-cookie", value.clone().into()), NO_STORE];
        assert_eq!(set_cookie(value), expected);
    }
}

#[test]
fn vary_names_the_headers_that_were_read() {
    let value =
        |carriers: &[Carrier]| vary(carriers).map(|(name, value)| format!("{name}: {value}"));
    let (cookie, bearer) = (Carrier::Cookie, Carrier::Bearer);
    assert_eq!(value(&[]), None);
    assert_eq!(value(&[cookie]).as_deref(), Some("vary: Cookie"));
    assert_eq!(value(&[bearer]).as_deref(), Some("vary: Authorization"));
    assert_eq!(
        value(&[bearer, cookie, bearer]).as_deref(),
        Some("vary: Cookie, Authorization")
    );
}

#[test]
fn clear_site_data_is_a_list_of_quoted_names() {
    use ClearSiteData::{Cache, Cookies, Everything, ExecutionContexts, Storage};
    let value = |directives: &[ClearSiteData]| clear_site_data(directives).map(|(_, value)| value);
    assert_eq!(value(&[]), None);
    assert_eq!(value(&[Everything]).as_deref(), Some(r#""*""#));
    assert_eq!(
        value(&[Cache, Cookies, Storage, ExecutionContexts]).as_deref(),
        Some(r#""cache", "cookies", "storage", "executionContexts""#)
    );
}
