//! What a client can do to the headers: tampered and foreign tokens, doubled and huge headers, two
//! carriers, requests that another site caused. Every refusal is one constant answer.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use cloakroom::http::cookie::CookieConfig;
use common::{Reply, Request, Server};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `token` with one bit of the character at `index` flipped, as far as the alphabet goes.
fn flipped(token: &str, index: usize, bit: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[index] = match ALPHABET.iter().position(|c| *c == bytes[index]) {
        Some(value) => ALPHABET[value ^ (1 << bit)],
        None => b'-',
    };
    String::from_utf8(bytes).unwrap()
}

/// Answers for anybody without a session: nothing on the wire tells why.
fn assert_constant(reply: &Reply, model: &Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}");
    assert_eq!(reply.text, model.text, "{what}");
}

#[test]
fn a_tampered_cookie_gets_the_same_bytes_wherever_it_was_changed() {
    let server = Server::start();
    let token = server.login("ada");
    let model = server.send(&Request::get("/"));
    for index in 0..token.len() {
        let tampered = flipped(&token, index, index % 6);
        assert_ne!(tampered, token);
        let reply = server.get("/", &tampered);
        assert_constant(&reply, &model, &format!("character {index}"));
    }
    // The last character holds bits that no byte needs; they may not be anything either.
    for bit in 0..6 {
        let tampered = flipped(&token, token.len() - 1, bit);
        assert_constant(&server.get("/", &tampered), &model, &tampered);
    }
    assert_eq!(server.count("invalid"), token.len() as u64 + 6);
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn forged_foreign_expired_and_revoked_tokens_get_the_same_bytes() {
    let (server, other) = (Server::start(), Server::start());
    let live = server.login("ada");
    let revoked = server.login("ada");
    server.post("/logout", &revoked, "");
    let cut = |end: usize| live[..end].to_owned();
    let bad = [
        ("another server's", other.login("ada")),
        ("revoked", revoked),
        ("of nothing", String::new()),
        ("a prefix alone", cut(5)),
        ("cut by one", cut(live.len() - 1)),
        ("cut to half", cut(live.len() / 2)),
        ("longer", format!("{live}A")),
        ("padded", format!("{live}=")),
        ("doubled", format!("{live}{live}")),
        ("quoted", format!("\"{live}\"")),
        ("another version", live.replacen("clk1", "clk2", 1)),
        ("another case", live.replacen("clk1", "CLK1", 1)),
        ("too long to be one", "A".repeat(100 * 1024)),
    ];
    for path in ["/", "/api/me"] {
        let model = server.send(&Request::get(path));
        for (what, token) in &bad {
            assert_constant(&server.get(path, token), &model, what);
        }
    }
    server.clock.advance(1_800);
    let model = server.send(&Request::get("/"));
    assert_constant(&server.get("/", &live), &model, "idle for too long");
    assert_eq!(server.count("idle"), 1);
}

#[test]
fn two_session_cookies_count_as_none_even_if_both_are_good() {
    let server = Server::start();
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    let model = server.send(&Request::get("/"));
    let one_header = format!("__Host-session={ada}; __Host-session={grace}");
    let requests = [
        Request::get("/").header("Cookie", &one_header),
        Request::get("/").cookie(&ada).cookie(&grace),
        Request::get("/").cookie(&ada).cookie(&ada),
        Request::get("/").cookie(&ada).cookie(""),
    ];
    for request in &requests {
        assert_constant(&server.send(request), &model, "two cookies");
    }
    assert_eq!(server.count("cookie-duplicate"), 4);
}

#[test]
fn a_cookie_header_of_100_kb_is_read_and_hides_nothing() {
    let server = Server::start();
    let token = server.login("ada");
    let junk = "theme=dark; ".repeat(100 * 1024 / 12);
    let behind = format!("{junk}__Host-session={token}");
    assert_eq!(
        server
            .send(&Request::get("/").header("Cookie", &behind))
            .status,
        200
    );
    let without = format!("{junk}session={token}");
    assert_eq!(
        server
            .send(&Request::get("/").header("Cookie", &without))
            .status,
        401
    );
    let second = format!("__Host-session={token}; {junk}__Host-session={token}");
    assert_eq!(
        server
            .send(&Request::get("/").header("Cookie", &second))
            .status,
        401
    );
}

#[test]
fn two_authorization_headers_are_refused_without_a_look_at_the_cookie() {
    let server = Server::start();
    let token = server.login("ada");
    let get = Request::get("/api/me").cookie(&token);
    assert_eq!(server.send(&get).status, 200);
    for request in [
        get.clone().bearer(&token).bearer(&token),
        get.clone()
            .header("Authorization", "Basic dTpw")
            .bearer(&token),
        get.clone()
            .header("Authorization", &format!("Bearer {token}, Bearer {token}")),
        get.clone().header("Authorization", "Bearer"),
    ] {
        let reply = server.send(&request);
        assert_eq!((reply.status, reply.body.as_str()), (401, "unauthorized\n"));
        let challenge = reply.header("www-authenticate");
        assert_eq!(challenge, Some(r#"Bearer error="invalid_token""#));
    }
    assert_eq!(server.count("authorization-duplicate"), 2);
    assert_eq!(server.count("authorization-malformed"), 2);
}

#[test]
fn a_bearer_token_wins_over_the_cookie_and_is_not_tried_twice() {
    let server = Server::start();
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    let get = Request::get("/api/me").cookie(&ada);
    let reply = server.send(&get.clone().bearer(&grace));
    assert_eq!(reply.status, 200);
    let who: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(who["user"], "grace");
    assert_eq!(
        server
            .send(&get.clone().bearer(&flipped(&grace, 60, 1)))
            .status,
        401
    );
    // A header of another scheme is for somebody else, such as a proxy.
    let reply = server.send(&get.header("Authorization", "Basic dTpw"));
    let who: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(who["user"], "ada");
}

#[test]
fn a_form_of_another_site_is_refused_before_it_does_anything() {
    let server = Server::start();
    let token = server.login("ada");
    let form = |path: &str| Request::foreign_form(path, "name=ada&password=demo-ada");
    for path in [
        "/login",
        "/logout",
        "/logout-everywhere",
        "/logout-others",
        "/api/renew",
    ] {
        for request in [
            form(path).header("Sec-Fetch-Site", "cross-site"),
            form(path).header("Sec-Fetch-Site", "same-site"),
            form(path).header("Origin", "https://evil.example"),
            form(path).header("Origin", "null"),
        ] {
            let reply = server.send(&request.cookie(&token));
            let expected = (403, "cross-origin request rejected\n");
            assert_eq!((reply.status, reply.body.as_str()), expected, "{path}");
            assert_eq!(reply.header("set-cookie"), None, "{path}");
        }
    }
    assert_eq!(server.count("cross-origin"), 20);
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn forms_of_the_own_site_links_and_programs_are_let_through() {
    let server = Server::start();
    let token = server.login("ada");
    let link = Request::get("/").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(server.send(&link.cookie(&token)).status, 200);
    let login = Request::foreign_form("/login", "name=ada&password=demo-ada");
    let own = login
        .clone()
        .header("Host", "a.example")
        .header("Origin", "https://a.example");
    assert_eq!(server.send(&own).status, 303);
    assert_eq!(server.send(&login).status, 303);
    let bearer = Request::foreign_form("/api/renew", "").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(server.send(&bearer.bearer(&token)).status, 204);
}

#[test]
fn a_failing_clock_is_503_and_never_401() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.fail(true);
    let requests = [
        Request::get("/").cookie(&token),
        Request::get("/api/me").cookie(&token),
        Request::get("/api/me").bearer(&token),
        Request::login("ada"),
        // Not a logout either: a copy of the cookie would go on working once the clock is back.
        Request::form("/logout", "").cookie(&token),
        Request::form("/logout-everywhere", "").cookie(&token),
    ];
    for request in &requests {
        let reply = server.send(request);
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (503, "service unavailable\n")
        );
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(reply.header("set-cookie"), None);
        assert_eq!(reply.header("www-authenticate"), None);
    }
    server.clock.fail(false);
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn the_development_cookie_is_for_loopback_hosts_alone() {
    let cookie = CookieConfig::development().build().unwrap();
    let server = Server::start_with(cookie, |_| axum::Router::new());
    let login = Request::login("ada");
    let reply = server.send(&login.clone().header("Host", "localhost:8080"));
    let line = reply.header("set-cookie").unwrap();
    assert!(
        line.starts_with("session=clk1.") && !line.contains("Secure"),
        "{line}"
    );
    for host in ["shop.example", "localhost.evil.example", "192.0.2.1"] {
        let reply = server.send(&login.clone().header("Host", host));
        assert_eq!(
            (reply.status, reply.header("set-cookie")),
            (421, None),
            "{host}"
        );
    }
}
