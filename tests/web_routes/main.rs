//! Each story is run against axum and against actix-web, and every answer must be the same, byte
//! for byte, and every event: the adapters can't drift.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod actix_app;
mod axum_app;
mod commands;
mod extractors;
mod forms;
mod hostile;
mod hosts;
mod labels;
mod logout;
mod meanwhile;
mod newer;
mod routes;
mod world;

use world::{Answer, Ask, IDLE, World, both};

fn plain(story: fn(&mut World)) {
    both(|layer| layer, story);
}

fn assert_401(answer: &Answer, challenge: &str) {
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (401, "unauthorized\n")
    );
    assert_eq!(answer.all("www-authenticate"), [challenge]);
    assert_eq!(answer.all("cache-control"), ["no-store"]);
    assert!(answer.all("set-cookie").is_empty());
}

#[test]
fn a_handler_gets_the_session_of_the_cookie() {
    plain(|world| {
        let token = world.login("ada");
        let answer = world.ask(Ask::get("/me").cookie(&token));
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada "));
        assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
        assert!(answer.all("set-cookie").is_empty(), "young enough");
    });
}

#[test]
fn a_handler_gets_the_session_of_the_bearer_token() {
    plain(|world| {
        let issued = world.ask(Ask::post("/login-bearer/ada"));
        assert!(issued.all("set-cookie").is_empty());
        let answer = world.ask(Ask::get("/me").bearer(&issued.body));
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada "));
        let answer = world.ask(Ask::get("/bearer").bearer(&issued.body));
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
        assert!(
            answer.all("vary").is_empty(),
            "no layer is around this route"
        );
    });
}

#[test]
fn without_a_session_a_handler_does_not_run() {
    plain(|world| {
        let answer = world.ask(Ask::get("/me"));
        assert_401(&answer, "Bearer");
        assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
        assert_401(&world.ask(Ask::get("/bearer")), "Bearer");
        assert_401(
            &world.ask(Ask::get("/me").bearer("clk1.AAAA")),
            r#"Bearer error="invalid_token""#,
        );
        assert_eq!(world.handlers_ran(), 0);
    });
}

#[test]
fn an_optional_session_is_none_for_a_missing_and_for_a_refused_token() {
    plain(|world| {
        let token = world.login("ada");
        let body = |world: &mut World, ask| world.ask(ask).body;
        assert_eq!(body(world, Ask::get("/maybe")), "nobody");
        assert_eq!(
            body(world, Ask::get("/maybe").cookie("clk1.AAAA")),
            "nobody"
        );
        assert_eq!(body(world, Ask::get("/maybe").cookie(&token)), "ada");
        world.clock.advance(IDLE);
        assert_eq!(body(world, Ask::get("/maybe").cookie(&token)), "nobody");
    });
}

#[test]
fn a_stale_view_is_503_also_where_the_session_is_optional_and_no_handler_runs() {
    plain(|world| {
        let token = world.login("ada");
        let before = world.handlers_ran();
        world.view.go_stale(true);
        for path in ["/me", "/maybe", "/recent"] {
            let answer = world.ask(Ask::get(path).cookie(&token));
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (503, "service unavailable\n"),
                "{path}"
            );
            assert_eq!(answer.all("retry-after"), ["5"]);
            assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
            assert!(answer.all("set-cookie").is_empty());
        }
        let answer = world.ask(Ask::get("/bearer").bearer(&token));
        assert_eq!(answer.status, 503);
        assert_eq!(world.handlers_ran(), before);
        // What needs no session goes on, and nobody was logged out.
        assert_eq!(world.ask(Ask::get("/public").cookie(&token)).status, 200);
        assert_eq!(world.ask(Ask::get("/maybe")).body, "nobody");
        world.view.go_stale(false);
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 200);
    });
}

#[test]
fn a_clock_that_fails_is_503() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.fail(true);
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 503);
        assert_eq!(world.ask(Ask::get("/maybe").cookie(&token)).status, 503);
        assert_eq!(world.ask(Ask::post("/login/ada")).status, 503);
    });
}

#[test]
fn a_response_that_never_looked_says_nothing_of_sessions_and_renews_nothing() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE - 60);
        let answer = world.ask(Ask::get("/public").cookie(&token));
        assert_eq!(
            answer.headers,
            [("content-type".into(), "text/plain; charset=utf-8".into())]
        );
    });
}

#[test]
fn the_cookie_is_renewed_in_the_second_half_of_the_idle_time() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE / 2 - 1);
        let answer = world.ask(Ask::get("/me").cookie(&token));
        assert_eq!(answer.token(), None);
        world.clock.advance(1);
        let answer = world.ask(Ask::get("/me").cookie(&token));
        let renewed = answer.token().unwrap();
        assert!(answer.all("set-cookie")[0].ends_with("; Max-Age=1800"));
        // Both are the same session.
        world.clock.advance(IDLE - 1);
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 401);
        assert_eq!(world.ask(Ask::get("/me").cookie(&renewed)).status, 200);
        assert!(world.events.lock().unwrap().contains(&"renewed"));
    });
}

#[test]
fn neither_a_failed_request_nor_a_bearer_token_is_renewed() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE - 60);
        let answer = world.ask(Ask::get("/failing").cookie(&token));
        assert_eq!((answer.status, answer.token()), (500, None));
        let answer = world.ask(Ask::get("/me").bearer(&token));
        assert_eq!((answer.status, answer.token()), (200, None));
        // By the endpoint that the application made for it.
        let answer = world.ask(Ask::post("/renew-bearer/x").bearer(&token));
        assert!(answer.all("set-cookie").is_empty());
        assert!(world.is_live(&answer.body) && answer.body != token);
        // Which does not hand the token of a cookie to scripts.
        let answer = world.ask(Ask::post("/renew-bearer/x").cookie(&token));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (400, "session in the wrong header\n")
        );
    });
}

#[test]
fn caching_is_forbidden_where_a_cookie_is_set_and_for_every_401() {
    plain(|world| {
        let token = world.login("ada");
        let answer = world.ask(Ask::get("/cached").cookie(&token));
        assert_eq!(answer.all("cache-control"), ["public, max-age=600"]);
        assert_eq!(answer.all("vary"), ["Cookie, Authorization", "accept"]);
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::get("/cached").cookie(&token));
        assert!(answer.token().is_some());
        assert_eq!(answer.all("cache-control"), ["no-store"]);
        let answer = world.ask(Ask::get("/own-401"));
        assert_eq!(answer.all("cache-control"), ["no-store"]);
        assert!(answer.all("vary").is_empty());
    });
}

#[test]
fn a_recent_login_is_asked_for_again_and_the_session_goes_on() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(299);
        assert_eq!(world.ask(Ask::get("/recent").cookie(&token)).status, 200);
        world.clock.advance(1);
        let answer = world.ask(Ask::get("/recent").cookie(&token));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (401, "log in again\n")
        );
        assert_eq!(
            answer.all("www-authenticate"),
            [r#"Bearer error="insufficient_user_authentication", max_age=300"#]
        );
        assert!(answer.all("set-cookie").is_empty());
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 200);
        let again = world.ask(Ask::post("/reauthenticate/ada").cookie(&token));
        let again = again.token().unwrap();
        assert_eq!(world.ask(Ask::get("/recent").cookie(&again)).status, 200);
        assert!(!world.is_live(&token));
    });
}

#[test]
fn a_missing_layer_names_the_type_that_was_asked_for() {
    // The texts differ by the call that adds the layer, so this is not compared.
    for start in [axum_app::start, actix_app::start] {
        let mut world = World::new(start, |layer| layer);
        let answer = world.ask(Ask::get("/other"));
        assert_eq!(answer.status, 500);
        assert!(
            answer.body.contains("Session<web_routes::world::Other>"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("SessionLayer"), "{}", answer.body);
    }
}
