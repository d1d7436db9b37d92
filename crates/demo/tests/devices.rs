//! "My devices" over HTTP, forms that are tied to their session, and a payload that does not fit.

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

fn id(server: &Server, token: &str) -> String {
    server.app.sessions.verify(token).unwrap().id().to_hex()
}

#[test]
fn one_device_is_signed_out_from_another_and_no_third_one_with_it() {
    let server = Server::start();
    let [laptop, phone, tablet] = [(); 3].map(|()| server.login("ada"));
    let page = server.get("/", &laptop).body;
    for token in [&laptop, &phone, &tablet] {
        assert!(page.contains(&id(&server, token)));
    }
    let form = format!("session={}", id(&server, &phone));
    let reply = server.post("/devices/end", &laptop, &form);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    assert_eq!(server.get("/", &phone).status, 401);
    assert_eq!(server.get("/", &tablet).status, 200);
    let page = server.get("/", &laptop).body;
    assert!(!page.contains(&id_of(&form)));
    // This one too, and its cookie goes with it.
    let form = format!("session={}", id(&server, &laptop));
    let reply = server.post("/devices/end", &laptop, &form);
    assert_eq!(reply.header("location"), Some("/login"));
    assert!(reply.removes_cookie());
    assert_eq!(server.get("/", &laptop).status, 401);
}

fn id_of(form: &str) -> String {
    form.split_once('=').unwrap().1.to_owned()
}

#[test]
fn nobody_signs_out_somebody_elses_device() {
    let server = Server::start();
    let (ada, grace) = (server.login("ada"), server.login("grace"));
    assert!(!server.get("/", &grace).body.contains(&id(&server, &ada)));
    for session in [id(&server, &ada), String::new(), "<b>".to_owned()] {
        let reply = server.post("/devices/end", &grace, &format!("session={session}"));
        assert_eq!(reply.status, 404, "{session}");
    }
    assert_eq!(server.get("/", &ada).status, 200);
}

#[test]
fn devices_have_names_that_hold_nothing_of_the_header() {
    let server = Server::start();
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) <b>evil</b> Safari/604.1";
    let login = Request::login("ada").header("User-Agent", phone);
    let token = server.send(&login).token().unwrap();
    let page = server.get("/", &token).body;
    assert!(page.contains("Safari on iPhone"), "{page}");
    assert!(!page.contains("evil"));
}

#[test]
fn the_list_of_devices_survives_a_restart() {
    let server = Server::start();
    let (laptop, phone) = (server.login("ada"), server.login("ada"));
    // What the index was told is written by a thread of its own, which ends with the server.
    let server = server.restart();
    let page = server.get("/", &laptop).body;
    assert!(page.contains(&id(&server, &phone)), "{page}");
}

#[test]
fn a_form_that_is_not_of_a_page_of_this_session_does_nothing() {
    let server = Server::start();
    let (admin, other) = (server.login("admin"), server.login("admin"));
    let foreign = {
        let session = server.app.sessions.verify(&other).unwrap();
        server.app.sessions.form_token(session.info()).unwrap()
    };
    let key = server.key_of(&admin);
    let device = id(&server, &other);
    for (path, fields) in [
        ("/logout-everywhere", String::new()),
        ("/logout-others", String::new()),
        ("/devices/end", format!("session={device}")),
        ("/note", "note=planted".to_owned()),
        ("/admin/force-out", "user=admin".to_owned()),
        ("/admin/rotate-keys", String::new()),
        ("/admin/disable-key", format!("key={key}")),
    ] {
        for form in [
            fields.clone(),
            format!("{fields}&form="),
            format!("{fields}&form=x"),
            format!("{fields}&form={foreign}"),
        ] {
            let reply = server.send(&Request::form(path, &form).cookie(&admin));
            assert_eq!(
                (reply.status, reply.header("set-cookie")),
                (403, None),
                "{path}"
            );
        }
    }
    assert_eq!(server.count("form"), 28);
    assert_eq!(server.get("/", &admin).status, 200);
    assert_eq!(server.get("/", &other).status, 200);
    assert_eq!(server.app.sessions.key_ring().keys().count(), 1);
}

#[test]
fn a_note_that_does_not_fit_is_an_error_and_the_session_stays_as_it_was() {
    let server = Server::start();
    let token = server.login("ada");
    let put = |bytes: usize| server.post("/note", &token, &format!("note={}", "x".repeat(bytes)));
    let most = (0..4_000)
        .rev()
        .step_by(100)
        .find(|bytes| put(*bytes).status == 303)
        .unwrap();
    let most = (most..most + 100)
        .rev()
        .find(|bytes| put(*bytes).status == 303)
        .unwrap();
    let reply = put(most);
    assert!(reply.header("set-cookie").unwrap().len() <= 4_096);
    let kept = reply.token().unwrap();
    assert!(server.get("/", &kept).body.contains(&"x".repeat(most)));
    let reply = put(most + 1);
    assert_eq!((reply.status, reply.header("set-cookie")), (413, None));
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn a_specimen_is_no_login_and_a_login_is_no_specimen() {
    let server = Server::start();
    let token = server.login("ada");
    let made = server.send(&Request::form("/api/specimen/make", "").cookie(&token));
    assert_eq!((made.status, made.header("set-cookie")), (200, None));
    let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    let specimen = made["token"].as_str().unwrap();
    let open = |token: &str| {
        server
            .send(&Request::get("/api/specimen").bearer(token))
            .status
    };
    assert_eq!(open(specimen), 200);
    assert_eq!(open(&token), 401);
    assert_eq!(server.get("/", specimen).status, 401);
    let me = Request::get("/api/me").bearer(specimen);
    assert_eq!(server.send(&me).status, 401);
    // Its logout is not the session's.
    let end = Request::form("/api/specimen/end", "").bearer(specimen);
    assert_eq!(server.send(&end).status, 204);
    assert_eq!(open(specimen), 401);
    let cookie = format!("__Host-specimen={specimen}");
    let replay = Request::get("/api/specimen").header("Cookie", &cookie);
    assert_eq!(server.send(&replay).status, 401);
    assert_eq!(server.get("/", &token).status, 200);
}

#[test]
fn the_parts_of_a_specimen_add_up_to_its_bytes() {
    let server = Server::start();
    for name in ["ada", "grace", "admin"] {
        let token = server.login(name);
        server.clock.advance(200);
        let made = server.send(&Request::form("/api/specimen/make", "").cookie(&token));
        let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
        let sum = |fields: &serde_json::Value| -> u64 {
            let fields = fields.as_array().unwrap().iter();
            fields.map(|field| field["bytes"].as_u64().unwrap()).sum()
        };
        assert_eq!(sum(&made["outside"]) - 5, made["bytes"].as_u64().unwrap());
        assert_eq!(
            sum(&made["inside"]),
            made["outside"][3]["bytes"].as_u64().unwrap()
        );
        // As postcard writes it: a name behind its length, a flag, and a note of no bytes.
        let payload = made["inside"].as_array().unwrap().last().unwrap();
        let expected = 1 + name.len() + 1 + 1;
        assert_eq!(payload["bytes"].as_u64().unwrap(), expected as u64);
    }
}
