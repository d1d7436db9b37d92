//! Login and logout over HTTP: what sets the cookie, what takes it away, and that a copy of it is
//! worth nothing after logout.

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

use common::{Request, Server};

#[test]
fn a_login_sets_one_cookie_and_the_page_then_opens() {
    let server = Server::start();
    let reply = server.send(&Request::login("ada"));
    assert_eq!(reply.status, 303);
    assert_eq!(reply.header("location"), Some("/?in"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let token = reply.token().unwrap();
    let page = server.get("/", &token);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<strong>ada</strong>"), "{}", page.body);
    // Both deadlines, as people read them: 1,800 and 28,800 seconds after the login.
    assert!(page.body.contains("2027-01-15T08:30:00Z"), "{}", page.body);
    assert!(page.body.contains("2027-01-15T16:00:00Z"), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("set-cookie"), None);
}

#[test]
fn the_cookie_is_out_of_reach_for_scripts_networks_and_sibling_hosts() {
    let server = Server::start();
    let reply = server.send(&Request::login("ada"));
    let cookie = cookie::Cookie::parse(reply.header("set-cookie").unwrap()).unwrap();
    assert_eq!(cookie.name(), "__Host-session");
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.secure(), Some(true));
    assert_eq!(cookie.same_site(), Some(cookie::SameSite::Lax));
    assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
    assert_eq!(cookie.max_age().unwrap().whole_seconds(), 1_800);
}

#[test]
fn wrong_credentials_get_403_and_no_cookie() {
    let server = Server::start();
    let wrong = [
        "name=ada&password=demo-grace",
        "name=ada&password=",
        "name=ada&password=demo-ad",
        "name=ada&password=demo-adaa",
        "name=nobody&password=demo-ada",
        "name=&password=",
    ];
    let first = server.send(&Request::form("/login", wrong[0]));
    assert_eq!(first.status, 403);
    assert!(first.body.contains("role=\"alert\""));
    for form in wrong {
        let reply = server.send(&Request::form("/login", form));
        assert_eq!(reply.text, first.text, "{form}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    assert_eq!(server.count("login-failed"), 7);
}

#[test]
fn a_page_that_needs_a_session_answers_401_with_the_login_form() {
    let server = Server::start();
    let page = server.send(&Request::get("/"));
    assert_eq!(page.status, 401);
    assert!(page.body.contains("action=\"/login\""));
    assert!(page.body.contains("<label for=\"password\">"));
    assert_eq!(page.header("www-authenticate"), Some("Bearer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("set-cookie"), None);
    let api = server.send(&Request::get("/api/me"));
    assert_eq!((api.status, api.body.as_str()), (401, "unauthorized\n"));
    for path in [
        "/admin/force-out",
        "/admin/rotate-keys",
        "/logout-everywhere",
        "/logout-others",
    ] {
        let reply = server.send(&Request::form(path, "user=ada"));
        assert_eq!(reply.status, 401, "{path}");
    }
}

#[test]
fn pages_forbid_scripts_in_them_and_name_their_content_type() {
    let server = Server::start();
    let token = server.login("admin");
    for path in [
        "/",
        "/login",
        "/admin",
        "/style.css",
        "/app.js",
        "/nothing-here",
    ] {
        let reply = server.get(path, &token);
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert!(policy.contains("script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        // One script, from a file; nothing that runs or paints stands in the page itself.
        let page = reply
            .body
            .replace("<script type=\"module\" src=\"/app.js\"></script>", "");
        for inline in [
            "<script",
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "javascript:",
        ] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
        assert!(
            !page.contains("{{"),
            "{path}: a place in a template was left"
        );
    }
}

#[test]
fn a_browser_that_keeps_no_cookie_is_told_so() {
    let server = Server::start();
    let there = server
        .send(&Request::login("ada"))
        .header("location")
        .unwrap()
        .to_owned();
    let page = server.get(&there, "");
    assert_eq!(page.status, 401);
    assert!(
        page.body.contains("did not keep the cookie"),
        "{}",
        page.body
    );
    assert!(!server.get("/", "").body.contains("did not keep the cookie"));
}

/// The page says that the server needs no bytes of its own to verify a session.
#[test]
fn logins_leave_nothing_behind_that_a_verification_asks() {
    let server = Server::start();
    let told = |server: &Server| {
        let tick = demo::live::tick(&server.app, false);
        (tick["entries"].clone(), tick["bytes"].clone())
    };
    let before = told(&server);
    let tokens: Vec<_> = (0..40).map(|_| server.login("ada")).collect();
    for token in &tokens {
        assert_eq!(server.get("/", token).status, 200);
    }
    assert_eq!(told(&server), before);
    server.post("/logout", &tokens[0], "");
    assert_ne!(told(&server).0, before.0);
}

#[test]
fn a_copied_cookie_is_refused_after_logout() {
    let server = Server::start();
    let token = server.login("ada");
    assert_eq!(server.get("/", &token).status, 200);
    let reply = server.post("/logout", &token, "");
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/login"))
    );
    assert!(reply.removes_cookie(), "{}", reply.text);
    for path in ["/", "/api/me"] {
        let replay = server.get(path, &token);
        assert_eq!(replay.status, 401, "{path}");
        assert_eq!(replay.header("set-cookie"), None);
    }
    assert_eq!(
        server.send(&Request::get("/api/me").bearer(&token)).status,
        401
    );
    assert_eq!(server.count("revoked"), 3);
}

#[test]
fn logout_ends_every_token_of_the_session_and_no_other_session() {
    let server = Server::start();
    let (first, other) = (server.login("ada"), server.login("ada"));
    server.clock.advance(900);
    let renewed = server.get("/", &first).token().expect("a renewal is due");
    assert_eq!(server.post("/logout", &renewed, "").status, 303);
    assert_eq!(server.get("/", &first).status, 401);
    assert_eq!(server.get("/", &renewed).status, 401);
    assert_eq!(server.get("/", &other).status, 200);
}

#[test]
fn logging_out_without_a_live_session_still_removes_the_cookie() {
    let server = Server::start();
    let token = server.login("ada");
    server.clock.advance(1_800);
    for request in [
        Request::form("/logout", ""),
        Request::form("/logout", "").cookie("garbage"),
        Request::form("/logout", "").cookie(&token),
    ] {
        let reply = server.send(&request);
        assert_eq!(reply.status, 303);
        assert!(reply.removes_cookie(), "{}", reply.text);
    }
}

#[test]
fn a_program_that_logs_out_gets_no_cookie_line() {
    let server = Server::start();
    let (token, browser) = (server.login("ada"), server.login("ada"));
    // The cookie that came along is of another session, and must stay.
    let reply = server.send(&Request::form("/logout", "").bearer(&token).cookie(&browser));
    assert_eq!((reply.status, reply.header("set-cookie")), (204, None));
    assert_eq!(
        server.send(&Request::get("/api/me").bearer(&token)).status,
        401
    );
    assert_eq!(server.get("/", &browser).status, 200);
}

#[test]
fn a_login_over_a_session_makes_a_new_one_and_ends_the_old_one() {
    let server = Server::start();
    for name in ["ada", "grace"] {
        let old = server.login("ada");
        // A renewal is due as well; it must not overwrite the cookie of the login.
        server.clock.advance(900);
        let reply = server.send(&Request::login(name).cookie(&old));
        let new = reply.token().expect("exactly one cookie");
        let session = server.app.sessions.verify(&new).unwrap();
        assert_eq!(session.subject_str(), Some(name));
        assert_eq!(session.info().authenticated_at().unix(), server.now());
        assert_eq!(server.get("/", &old).status, 401);
        assert_eq!(server.get("/", &new).status, 200);
    }
}

#[test]
fn a_failed_login_over_a_session_leaves_that_session_alone() {
    let server = Server::start();
    let token = server.login("ada");
    let reply = server.post("/login", &token, "name=ada&password=guess");
    assert_eq!((reply.status, reply.header("set-cookie")), (403, None));
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn no_two_logins_share_a_session() {
    let server = Server::start();
    let tokens: Vec<String> = (0..10).map(|_| server.login("ada")).collect();
    let mut ids: Vec<_> = tokens
        .iter()
        .map(|token| server.app.sessions.verify(token).unwrap().id().to_bytes())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
}
