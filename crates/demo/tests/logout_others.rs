//! Ending sessions other than by their own logout: everywhere, other devices, and an administrator
//! who forces somebody out.

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
fn logging_out_everywhere_ends_the_sessions_of_all_devices() {
    let server = Server::start();
    let (phone, laptop) = (server.login("ada"), server.login("ada"));
    let other = server.login("grace");
    server.clock.advance(60);
    let reply = server.post("/logout-everywhere", &laptop, "");
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/login"))
    );
    assert!(reply.removes_cookie());
    assert_eq!(server.get("/", &phone).status, 401);
    assert_eq!(server.get("/", &laptop).status, 401);
    assert_eq!(server.get("/", &other).status, 200);
    // In the very same second, and it is not caught by the logout.
    let again = server.login("ada");
    assert_eq!(server.get("/", &again).status, 200);
}

#[test]
fn a_session_of_the_same_second_is_ended_too() {
    let server = Server::start();
    let (first, second) = (server.login("ada"), server.login("ada"));
    server.post("/logout-everywhere", &first, "");
    assert_eq!(server.get("/", &second).status, 401);
}

#[test]
fn a_renewed_token_does_not_escape_the_logout_everywhere() {
    let server = Server::start();
    let (phone, laptop) = (server.login("ada"), server.login("ada"));
    server.clock.advance(900);
    let renewed = server.get("/", &phone).token().expect("a renewal is due");
    server.post("/logout-everywhere", &laptop, "");
    assert_eq!(server.get("/", &renewed).status, 401);
}

#[test]
fn logging_out_the_other_devices_keeps_this_one() {
    let server = Server::start();
    let (phone, laptop, tablet) = (
        server.login("ada"),
        server.login("ada"),
        server.login("ada"),
    );
    let reply = server.post("/logout-others", &laptop, "");
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(server.get("/", &phone).status, 401);
    assert_eq!(server.get("/", &tablet).status, 401);
    assert_eq!(server.get("/", &laptop).status, 200);
    // It stays through its renewals as well.
    server.clock.advance(900);
    let renewed = server.get("/", &laptop).token().expect("a renewal is due");
    assert_eq!(server.get("/", &renewed).status, 200);
}

#[test]
fn an_administrator_forces_a_user_out_who_can_log_in_again_at_once() {
    let server = Server::start();
    let admin = server.login("admin");
    let (victim, bystander) = (server.login("ada"), server.login("grace"));
    let reply = server.post("/admin/force-out", &admin, "user=ada");
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/admin"))
    );
    let next = server.get("/", &victim);
    assert_eq!((next.status, next.header("set-cookie")), (401, None));
    assert_eq!(
        server.send(&Request::get("/api/me").bearer(&victim)).status,
        401
    );
    assert_eq!(server.get("/", &bystander).status, 200);
    assert_eq!(server.get("/", &admin).status, 200);
    let again = server.login("ada");
    assert_eq!(server.get("/", &again).status, 200);
    assert_eq!(server.get("/", &victim).status, 401);
}

#[test]
fn nobody_but_an_administrator_does_what_administrators_do() {
    let server = Server::start();
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    let key = server.key_of(&ada);
    for (path, form) in [
        ("/admin/force-out", "user=grace".to_owned()),
        ("/admin/rotate-keys", String::new()),
        ("/admin/disable-key", format!("key={key}")),
    ] {
        let reply = server.post(path, &ada, &form);
        assert_eq!(
            (reply.status, reply.header("set-cookie")),
            (403, None),
            "{path}"
        );
        assert_eq!(
            server.send(&Request::form(path, &form)).status,
            401,
            "{path}"
        );
    }
    assert_eq!(server.get("/admin", &ada).status, 403);
    assert_eq!(server.get("/", &grace).status, 200);
    assert_eq!(server.app.sessions.key_ring().keys().count(), 1);
}

#[test]
fn what_an_administrator_sends_slowly_is_judged_when_it_is_there() {
    // A thief with the administrator's cookie begins a request and holds its body back until the
    // administrator has logged out.
    for (path, form) in [
        ("/admin/force-out", "user=grace".to_owned()),
        ("/admin/rotate-keys", String::new()),
        ("/admin/disable-key", "key=".to_owned()),
    ] {
        let server = Server::start();
        let (admin, grace) = (server.login("admin"), server.login("grace"));
        let form = if form == "key=" {
            let key = server.key_of(&admin);
            assert_eq!(server.post("/admin/rotate-keys", &admin, "").status, 303);
            server.clock.advance(60);
            server.app.key_watch.poll_now().unwrap();
            format!("key={key}")
        } else {
            form
        };
        let keys = server.app.sessions.key_ring().keys().count();
        let verified = server.app.verified();
        let begun = server.begin(&server.signed(path, &admin, &form));
        // The handler has asked who it is, and waits for the form.
        while server.app.verified() == verified {
            std::thread::yield_now();
        }
        assert_eq!(server.post("/logout", &admin, "").status, 303);
        let reply = begun.rest();
        assert_eq!(
            (reply.status, reply.header("set-cookie")),
            (401, None),
            "{path}"
        );
        assert_eq!(server.get("/", &grace).status, 200, "{path}");
        assert_eq!(server.app.sessions.key_ring().keys().count(), keys);
    }
}

#[test]
fn forcing_nobody_out_is_a_mistake_and_logs_nobody_out() {
    let server = Server::start();
    let (admin, ada) = (server.login("admin"), server.login("ada"));
    assert_eq!(server.post("/admin/force-out", &admin, "user=").status, 400);
    let long = format!("user={}", "a".repeat(256));
    assert_eq!(server.post("/admin/force-out", &admin, &long).status, 400);
    assert_eq!(server.get("/", &ada).status, 200);
}

#[test]
fn the_administration_page_counts_events_and_repeats_nothing_a_client_sent() {
    let server = Server::start();
    let admin = server.login("admin");
    server.get("/", "clk1.<script>alert(1)</script>");
    server.post("/login", "", "name=<script>&password=<script>");
    let page = server.get("/admin", &admin);
    assert!(
        page.body.contains("<dt>invalid</dt><dd>1</dd>"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("<dt>login-failed</dt><dd>1</dd>"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("alert(1)"), "{}", page.body);
    assert!(!page.body.contains("<script>"), "{}", page.body);
}
