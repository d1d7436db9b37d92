//! Reading the session cookie: what hostile `Cookie` headers make of it.

#![allow(clippy::unwrap_used)]

use cloakroom::http::cookie::{CookieConfig, FoundCookie};

fn read<'h>(headers: &[&'h [u8]]) -> FoundCookie<'h> {
    CookieConfig::default().read_cookie(headers.iter().copied())
}

/// Header and what is found in it, one property per row.
const ONE_HEADER: &[(&[u8], FoundCookie<'static>)] = &[
    // The plain cases.
    (b"", FoundCookie::None),
    (b"__Host-session=tok", FoundCookie::One("tok")),
    (b"a=1; __Host-session=tok; b=2", FoundCookie::One("tok")),
    (b"a=1;__Host-session=tok;b=2", FoundCookie::One("tok")),
    (b"__Host-session=tok;", FoundCookie::One("tok")),
    (b";;;__Host-session=tok", FoundCookie::One("tok")),
    // Names are byte-exact: other spellings are other cookies, without the browser's protection.
    (b"__host-session=tok", FoundCookie::None),
    (b"__HOST-SESSION=tok", FoundCookie::None),
    (b"__Host-Session=tok", FoundCookie::None),
    (b"__Host-session2=tok", FoundCookie::None),
    (b"__Host-sessio=tok", FoundCookie::None),
    (b"x__Host-session=tok", FoundCookie::None),
    (b"session=tok", FoundCookie::None),
    (b"__Host-session.sig=tok", FoundCookie::None),
    (b"__Host%2Dsession=tok", FoundCookie::None),
    (b"__Host-session[0]=tok", FoundCookie::None),
    (b"\"__Host-session\"=tok", FoundCookie::None),
    // SP and HTAB are trimmed, as browsers do before they look for a prefix.
    (b" __Host-session=tok", FoundCookie::One("tok")),
    (b"__Host-session =tok", FoundCookie::One("tok")),
    (b"\t __Host-session\t=\t tok \t", FoundCookie::One("tok")),
    // Anything else that some language calls white space is part of the name.
    (b"\x0b__Host-session=tok", FoundCookie::None),
    (b"\x0c__Host-session=tok", FoundCookie::None),
    (b"\r__Host-session=tok", FoundCookie::None),
    (b"\n__Host-session=tok", FoundCookie::None),
    (b"\x00__Host-session=tok", FoundCookie::None),
    (b"\x85__Host-session=tok", FoundCookie::None),
    (b"\xa0__Host-session=tok", FoundCookie::None),
    (b"\xc2\xa0__Host-session=tok", FoundCookie::None),
    (b"\xe2\x80\x80__Host-session=tok", FoundCookie::None),
    (b"\xe3\x80\x80__Host-session=tok", FoundCookie::None),
    (b"\xef\xbb\xbf__Host-session=tok", FoundCookie::None),
    (b"__Host-session\x00=tok", FoundCookie::None),
    // Nameless cookies that imitate ours.
    (b"__Host-session", FoundCookie::None),
    (b"=__Host-session=tok", FoundCookie::None),
    (b"=", FoundCookie::None),
    (b"=tok", FoundCookie::None),
    (b"==__Host-session=tok", FoundCookie::None),
    (b"a; __Host-session; b", FoundCookie::None),
    (
        b"__Host-session; __Host-session=tok",
        FoundCookie::One("tok"),
    ),
    // Our name inside the value of another cookie.
    (b"a=__Host-session=tok", FoundCookie::None),
    (b"a=\"x; __Host-session=tok\"", FoundCookie::One("tok\"")),
    // The legacy syntax of RFC 2109 and 2965 is not honoured.
    (
        b"$Version=1; __Host-session=tok; $Path=/",
        FoundCookie::One("tok"),
    ),
    (b"$Version=1, __Host-session=tok", FoundCookie::None),
    // A comma separates nothing; the token's alphabet refuses it later.
    (b"a=1, __Host-session=tok", FoundCookie::None),
    (b"__Host-session=tok, a=1", FoundCookie::One("tok, a=1")),
    (
        b"__Host-session=tok,__Host-session=tok",
        FoundCookie::One("tok,__Host-session=tok"),
    ),
    // Values are taken as they are.
    (b"__Host-session=", FoundCookie::One("")),
    (b"__Host-session= ", FoundCookie::One("")),
    (b"__Host-session==", FoundCookie::One("=")),
    (b"__Host-session=tok=", FoundCookie::One("tok=")),
    (b"__Host-session=\"tok\"", FoundCookie::One("\"tok\"")),
    (b"__Host-session=\"", FoundCookie::One("\"")),
    (b"__Host-session=to k", FoundCookie::One("to k")),
    (b"__Host-session=%74ok", FoundCookie::One("%74ok")),
    (b"__Host-session=t\x00k", FoundCookie::One("t\x00k")),
    (b"__Host-session=t\x01k\x7f", FoundCookie::One("t\x01k\x7f")),
    (
        b"__Host-session=tok\r\nSet-Cookie: a=b",
        FoundCookie::One("tok\r\nSet-Cookie: a=b"),
    ),
    (b"__Host-session=t\xc3\xb6k", FoundCookie::One("t\u{f6}k")),
    // Not UTF-8: ours counts as none, with an event; a stranger's harms nobody.
    (b"__Host-session=t\xffk", FoundCookie::Malformed),
    (b"__Host-session=\xc3", FoundCookie::Malformed),
    (b"__Host-session=\xed\xa0\x80", FoundCookie::Malformed),
    (
        b"a=\xff\xfe; __Host-session=tok; \xff=b",
        FoundCookie::One("tok"),
    ),
    // Two of the name are none, equal or not, whatever stands between them.
    (
        b"__Host-session=tok; __Host-session=tok",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=tok; __Host-session=other",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=tok; a=b; __Host-session=other",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=; __Host-session=tok",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=tok;\t__Host-session\t=",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=\xff; __Host-session=tok",
        FoundCookie::Duplicate,
    ),
    (
        b"__Host-session=tok; __Host-session=\xff",
        FoundCookie::Duplicate,
    ),
    // Another spelling is not a second one.
    (
        b"__Host-session=tok; __host-session=other",
        FoundCookie::One("tok"),
    ),
    (
        b"__host-session=other; __Host-session=tok",
        FoundCookie::One("tok"),
    ),
];

#[test]
fn one_header() {
    for (header, expected) in ONE_HEADER {
        assert_eq!(read(&[header]), *expected, "{}", header.escape_ascii());
        // A header in front or behind changes nothing, unless it is the same cookie again.
        assert_eq!(
            read(&[b"x=y", header]),
            *expected,
            "{}",
            header.escape_ascii()
        );
        assert_eq!(
            read(&[header, b"x=y"]),
            *expected,
            "{}",
            header.escape_ascii()
        );
    }
}

#[test]
fn a_second_cookie_in_another_header_is_a_duplicate() {
    for (header, expected) in ONE_HEADER {
        let twice = if *expected == FoundCookie::None {
            FoundCookie::One("tok")
        } else {
            FoundCookie::Duplicate
        };
        assert_eq!(
            read(&[header, b"__Host-session=tok"]),
            twice,
            "{}",
            header.escape_ascii()
        );
    }
}

#[test]
fn pairs_do_not_span_headers() {
    assert_eq!(read(&[b"__Host-", b"session=tok"]), FoundCookie::None);
    assert_eq!(read(&[b"__Host-session=", b"tok"]), FoundCookie::One(""));
    assert_eq!(read(&[]), FoundCookie::None);
    assert_eq!(read(&[b"", b"", b""]), FoundCookie::None);
}

#[test]
fn the_configured_name_is_the_one_looked_for() {
    let config = CookieConfig::builder().name("sid").build().unwrap();
    let header = b"__Host-session=a; sid=b".as_slice();
    assert_eq!(config.read_cookie([header]), FoundCookie::One("b"));
    let config = CookieConfig::development().build().unwrap();
    assert_eq!(
        config.read_cookie([b"session=b".as_slice()]),
        FoundCookie::One("b")
    );
}

#[test]
fn a_hundred_kilobytes_of_anything() {
    const SIZE: usize = 100 * 1024;
    for unit in [
        ";",
        "; ",
        "=",
        "=;",
        " ",
        "\t",
        "a",
        "a=b;",
        "__Host-session",
        "__Host-session;",
        "\"",
        ",",
    ] {
        let header = unit.repeat(SIZE / unit.len());
        assert_eq!(read(&[header.as_bytes()]), FoundCookie::None, "{unit:?}");
        let last = format!("{header};__Host-session=tok");
        assert_eq!(
            read(&[last.as_bytes()]),
            FoundCookie::One("tok"),
            "{unit:?}"
        );
    }
    let many = "__Host-session=tok;".repeat(SIZE / 19);
    assert_eq!(read(&[many.as_bytes()]), FoundCookie::Duplicate);
    let nul = vec![0u8; SIZE];
    assert_eq!(read(&[&nul]), FoundCookie::None);
    let long_name = format!("{}=v; __Host-session=tok", "n".repeat(SIZE));
    assert_eq!(read(&[long_name.as_bytes()]), FoundCookie::One("tok"));
    let value = "v".repeat(SIZE);
    let long_value = format!("__Host-session={value}");
    assert_eq!(read(&[long_value.as_bytes()]), FoundCookie::One(&value));
    let spaces = format!("__Host-session={}tok", " ".repeat(SIZE));
    assert_eq!(read(&[spaces.as_bytes()]), FoundCookie::One("tok"));
}

#[test]
fn a_thousand_headers() {
    let headers: Vec<&[u8]> = core::iter::repeat_n(b"a=b; c=d".as_slice(), 1000).collect();
    assert_eq!(read(&headers), FoundCookie::None);
}

/// A subdomain can plant as many cookies as a browser keeps. None of another name is taken for ours, and
/// among many of our name none is chosen.
#[test]
fn a_thousand_distinct_cookies() {
    let names: Vec<String> = (0..1000)
        .map(|n| format!("__Host-session{n}=tok{n}"))
        .collect();
    let one = format!("{}; __Host-session=tok", names.join("; "));
    assert_eq!(read(&[one.as_bytes()]), FoundCookie::One("tok"));
    let lines: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    assert_eq!(read(&lines), FoundCookie::None);
    let values: Vec<String> = (0..1000)
        .map(|n| format!("__Host-session=tok{n}"))
        .collect();
    assert_eq!(
        read(&[values.join("; ").as_bytes()]),
        FoundCookie::Duplicate
    );
    let lines: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
    assert_eq!(read(&lines), FoundCookie::Duplicate);
}

#[test]
fn debug_holds_no_token() {
    let printed = format!("{:?}", read(&[b"__Host-session=clk1.SECRET"]));
    assert_eq!(printed, "One(..)");
}
