//! Reading `Authorization`, and which of two carriers counts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use cloakroom::http::bearer::{self, FoundBearer};
use cloakroom::http::carrier::{self, Carrier, Fault, Presented};
use cloakroom::http::cookie::CookieConfig;

/// The value of one `Authorization` header, and what is found in it.
const ONE_HEADER: &[(&[u8], FoundBearer<'static>)] = &[
    (b"Bearer tok", FoundBearer::One("tok")),
    // The scheme is compared without regard to case.
    (b"bearer tok", FoundBearer::One("tok")),
    (b"BEARER tok", FoundBearer::One("tok")),
    (b"bEaReR tok", FoundBearer::One("tok")),
    // White space around the value is not part of it; inside there is SP alone.
    (b" Bearer tok", FoundBearer::One("tok")),
    (b"\tBearer tok \t", FoundBearer::One("tok")),
    (b"Bearer  tok", FoundBearer::One("tok")),
    (b"Bearer     tok", FoundBearer::One("tok")),
    (b"Bearer\ttok", FoundBearer::Malformed),
    (b"Bearer \ttok", FoundBearer::Malformed),
    (b"Bearer\xa0tok", FoundBearer::Malformed),
    (b"Bearer\x0btok", FoundBearer::Malformed),
    (b"Bearer\r\n tok", FoundBearer::Malformed),
    (b"Bearer\x00 tok", FoundBearer::Malformed),
    (b"Bearer\xc2\xa0tok", FoundBearer::Malformed),
    // The whole alphabet of b64token, with padding at the end alone.
    (b"Bearer Az09-._~+/", FoundBearer::One("Az09-._~+/")),
    (b"Bearer tok=", FoundBearer::One("tok=")),
    (b"Bearer tok==", FoundBearer::One("tok==")),
    (b"Bearer t=k", FoundBearer::Malformed),
    (b"Bearer =", FoundBearer::Malformed),
    (b"Bearer ==", FoundBearer::Malformed),
    // No token, two tokens, something else.
    (b"", FoundBearer::Malformed),
    (b" ", FoundBearer::Malformed),
    (b"Bearer", FoundBearer::Malformed),
    (b"Bearer ", FoundBearer::Malformed),
    (b"Bearer a b", FoundBearer::Malformed),
    (b"Bearer a,b", FoundBearer::Malformed),
    (b"Bearer a, Bearer b", FoundBearer::Malformed),
    (b"Bearer a, Basic b", FoundBearer::Malformed),
    (b"Bearer, Bearer a", FoundBearer::Malformed),
    (b"Bearer Bearer a", FoundBearer::Malformed),
    (b"Bearer \"tok\"", FoundBearer::Malformed),
    (b"Bearer token=\"tok\"", FoundBearer::Malformed),
    (b"Bearer tok;", FoundBearer::Malformed),
    (b"Bearer t\x00k", FoundBearer::Malformed),
    (b"Bearer t\x7fk", FoundBearer::Malformed),
    (b"Bearer t\xffk", FoundBearer::Malformed),
    (b"Bearer t\xc3\xb6k", FoundBearer::Malformed),
    (b"Bearer tok\r\nX: y", FoundBearer::Malformed),
    (b"Bearer %74ok", FoundBearer::Malformed),
    // Spellings that a laxer reader might take for Bearer do not fall back to the cookie.
    (b"Bearer:tok", FoundBearer::Malformed),
    (b"Bearer: tok", FoundBearer::Malformed),
    (b"Bearer=tok", FoundBearer::Malformed),
    (b"Bearer/tok", FoundBearer::Malformed),
    (b"\"Bearer\" tok", FoundBearer::Malformed),
    (b",Bearer tok", FoundBearer::Malformed),
    (b"B\xc3\xa9arer tok", FoundBearer::Malformed),
    (b"\xef\xbb\xbfBearer tok", FoundBearer::Malformed),
    // Other schemes are none of our business.
    (b"Basic dTpw", FoundBearer::OtherScheme),
    (b"Basic", FoundBearer::OtherScheme),
    (b"Basic dTpw, Bearer tok", FoundBearer::OtherScheme),
    (b"Digest username=\"a\"", FoundBearer::OtherScheme),
    (b"DPoP tok", FoundBearer::OtherScheme),
    (b"Bearertok", FoundBearer::OtherScheme),
    (b"Bearer2 tok", FoundBearer::OtherScheme),
    (b"xBearer tok", FoundBearer::OtherScheme),
    (b"tok", FoundBearer::OtherScheme),
    (b"clk1.AAAA", FoundBearer::OtherScheme),
];

#[test]
fn one_header() {
    for (value, expected) in ONE_HEADER {
        assert_eq!(
            bearer::read([*value]),
            *expected,
            "{}",
            value.escape_ascii()
        );
    }
}

#[test]
fn two_headers_are_refused_whatever_they_hold() {
    for (value, _) in ONE_HEADER {
        for other in [b"Bearer tok".as_slice(), b"Basic dTpw", b""] {
            assert_eq!(bearer::read([*value, other]), FoundBearer::Duplicate);
            assert_eq!(bearer::read([other, *value]), FoundBearer::Duplicate);
            assert_eq!(bearer::read([other, *value, other]), FoundBearer::Duplicate);
        }
    }
    assert_eq!(bearer::read([]), FoundBearer::None);
}

#[test]
fn a_hundred_kilobytes_of_anything() {
    const SIZE: usize = 100 * 1024;
    for unit in [" ", "\t", ",", "=", "\0", "\u{f6}", ";"] {
        let value = unit.repeat(SIZE);
        assert_eq!(
            bearer::read([value.as_bytes()]),
            FoundBearer::Malformed,
            "{unit:?}"
        );
        let value = format!("Bearer {value}");
        assert_eq!(
            bearer::read([value.as_bytes()]),
            FoundBearer::Malformed,
            "{unit:?}"
        );
    }
    let token = "t".repeat(SIZE);
    let value = format!("Bearer {}{token}", " ".repeat(SIZE));
    assert_eq!(bearer::read([value.as_bytes()]), FoundBearer::One(&token));
    assert_eq!(bearer::read([token.as_bytes()]), FoundBearer::OtherScheme);
}

/// `Cookie` headers, `Authorization` headers, and what was presented.
type Row = (
    &'static [&'static [u8]],
    &'static [&'static [u8]],
    Presented<'static>,
);

#[test]
fn bearer_wins_and_the_cookie_is_no_second_try() {
    const ONE: &[u8] = b"__Host-session=cookie";
    const TWO: &[u8] = b"__Host-session=cookie; __Host-session=other";
    const BAD: &[u8] = b"__Host-session=\xff";
    let of_cookie = Presented::Token {
        text: "cookie",
        carrier: Carrier::Cookie,
    };
    let of_bearer = Presented::Token {
        text: "bearer",
        carrier: Carrier::Bearer,
    };
    let refused = Presented::Refused(Fault::Malformed);
    let duplicate = Presented::Refused(Fault::Duplicate);
    let rows: &[Row] = &[
        (&[], &[], Presented::None),
        (&[ONE], &[], of_cookie),
        (&[b"a=b", ONE], &[], of_cookie),
        (&[TWO], &[], Presented::Ignored(Fault::Duplicate)),
        (&[ONE, ONE], &[], Presented::Ignored(Fault::Duplicate)),
        (&[BAD], &[], Presented::Ignored(Fault::Malformed)),
        (&[], &[b"Bearer bearer"], of_bearer),
        (&[ONE], &[b"Bearer bearer"], of_bearer),
        (&[TWO], &[b"Bearer bearer"], of_bearer),
        (&[BAD], &[b"Bearer bearer"], of_bearer),
        (&[ONE], &[b"Bearer"], refused),
        (&[ONE], &[b"Bearer a, Bearer b"], refused),
        (&[ONE], &[b""], refused),
        (&[ONE], &[b"Bearer bearer", b"Bearer bearer"], duplicate),
        (&[ONE], &[b"Basic dTpw", b"Basic dTpw"], duplicate),
        (&[ONE], &[b"Basic dTpw"], of_cookie),
        (
            &[TWO],
            &[b"Basic dTpw"],
            Presented::Ignored(Fault::Duplicate),
        ),
        (&[], &[b"Basic dTpw"], Presented::None),
    ];
    let config = CookieConfig::default();
    for (cookies, authorization, expected) in rows {
        let cookies = cookies.iter().copied();
        let presented = carrier::read(&config, cookies, authorization.iter().copied());
        assert_eq!(presented, *expected);
    }
}

/// The table that the ports read too: SPEC 10.2.
#[test]
fn every_implementation_reads_the_same_headers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ports/headers.json");
    let table: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        // Every character is one byte.
        let bytes = |field: &serde_json::Value| -> Vec<u8> {
            let characters = field.as_str().unwrap().chars();
            characters
                .map(|one| u8::try_from(u32::from(one)).unwrap())
                .collect()
        };
        let fields: Vec<Vec<u8>> = case["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(bytes)
            .collect();
        let cookies = [b"__Host-session=cookie".as_slice()];
        let authorization = fields.iter().map(Vec::as_slice);
        let outcome = match carrier::read(&CookieConfig::default(), cookies, authorization) {
            Presented::Token {
                text: "TOKEN",
                carrier: Carrier::Bearer,
            } => "bearer",
            Presented::Token {
                text: "cookie",
                carrier: Carrier::Cookie,
            } => "cookie",
            // What is no token of a session fails when it is verified.
            Presented::Refused(_)
            | Presented::Token {
                carrier: Carrier::Bearer,
                ..
            } => "rejected",
            other => panic!("{other:?}"),
        };
        assert_eq!(case["outcome"], outcome, "{case}");
    }
}

#[test]
fn what_a_presented_token_says_of_itself() {
    let token = |carrier| Presented::Token {
        text: "clk1.SECRET",
        carrier,
    };
    let rows = [
        (Presented::None, None, None, None),
        (
            token(Carrier::Cookie),
            Some("clk1.SECRET"),
            Some(Carrier::Cookie),
            None,
        ),
        (
            token(Carrier::Bearer),
            Some("clk1.SECRET"),
            Some(Carrier::Bearer),
            None,
        ),
        (
            Presented::Ignored(Fault::Duplicate),
            None,
            Some(Carrier::Cookie),
            Some("cookie-duplicate"),
        ),
        (
            Presented::Ignored(Fault::Malformed),
            None,
            Some(Carrier::Cookie),
            Some("cookie-malformed"),
        ),
        (
            Presented::Refused(Fault::Duplicate),
            None,
            Some(Carrier::Bearer),
            Some("authorization-duplicate"),
        ),
        (
            Presented::Refused(Fault::Malformed),
            None,
            Some(Carrier::Bearer),
            Some("authorization-malformed"),
        ),
    ];
    for (presented, text, carrier, event) in rows {
        assert_eq!(presented.token(), text);
        assert_eq!(presented.carrier(), carrier);
        assert_eq!(presented.event(), event);
        assert!(!format!("{presented:?} {presented:#?}").contains("SECRET"));
    }
    assert!(!format!("{:?}", bearer::read([b"Bearer SECRET".as_slice()])).contains("SECRET"));
    assert!(Carrier::Cookie.renews() && !Carrier::Bearer.renews());
}
