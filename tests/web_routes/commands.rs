//! What handlers do to the session but end it, and what of it reaches the browser.

use cloakroom::http::cookie::CookieConfig;

use crate::plain;
use crate::world::{Ask, IDLE, both};

#[test]
fn a_login_makes_a_new_session_and_ends_the_one_that_came_along() {
    plain(|world| {
        let planted = world.login("mallory");
        let answer = world.ask(Ask::post("/login/ada").cookie(&planted));
        let token = answer.token().unwrap();
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).body, "ada ");
        assert!(!world.is_live(&planted));
        // As a bearer token too.
        let answer = world.ask(Ask::post("/login-bearer/ada").bearer(&token));
        assert!(world.is_live(&answer.body));
        assert!(!world.is_live(&token));
    });
}

#[test]
fn a_login_ends_the_session_of_an_idle_token_too() {
    plain(|world| {
        let idle = world.login("ada");
        world.clock.advance(IDLE / 2);
        let renewed = world.ask(Ask::get("/me").cookie(&idle)).token().unwrap();
        world.clock.advance(IDLE / 2);
        assert!(!world.is_live(&idle) && world.is_live(&renewed));
        world.ask(Ask::post("/login/ada").cookie(&idle));
        assert!(!world.is_live(&renewed));
    });
}

#[test]
fn the_cookie_of_a_login_is_written_with_a_500() {
    plain(|world| {
        let answer = world.ask(Ask::post("/login-500/ada"));
        assert_eq!(answer.status, 500);
        assert!(world.is_live(&answer.token().unwrap()));
    });
}

#[test]
fn two_logins_in_one_request_leave_one_session() {
    plain(|world| {
        let answer = world.ask(Ask::post("/login-twice/ada"));
        let token = answer.token().unwrap();
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).body, "ada second");
        assert_eq!(world.live_sessions("ada"), 1);
    });
}

#[test]
fn the_handler_sees_the_session_that_its_login_made() {
    plain(|world| {
        let mallory = world.login("mallory");
        let answer = world.ask(Ask::post("/login-and-look/ada").cookie(&mallory));
        assert_eq!(answer.body, "ada");
    });
}

#[test]
fn a_session_that_does_not_fit_is_a_500_and_costs_nobody_the_old_one() {
    plain(|world| {
        let answer = world.ask(Ask::post("/login-large/ada"));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (500, "internal server error\n")
        );
        assert!(answer.all("set-cookie").is_empty());
        let token = world.login("ada");
        for command in ["login", "update", "rotate", "reauthenticate"] {
            let ask = Ask::post(&format!("/{command}-large/ada")).cookie(&token);
            let answer = world.ask(ask);
            assert_eq!(answer.status, 500, "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            assert!(world.is_live(&token), "{command}");
        }
    });
}

#[test]
fn an_update_changes_the_cookie_and_takes_nothing_back() {
    plain(|world| {
        let token = world.login("ada");
        let answer = world.ask(Ask::post("/update/ada").cookie(&token));
        let updated = answer.token().unwrap();
        assert_eq!(
            world.ask(Ask::get("/me").cookie(&updated)).body,
            "ada updated"
        );
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).body, "ada ");
    });
}

#[test]
fn a_rotation_ends_the_older_tokens_of_the_session() {
    plain(|world| {
        let token = world.login("ada");
        let rotated = world
            .ask(Ask::post("/rotate/x").cookie(&token))
            .token()
            .unwrap();
        assert!(!world.is_live(&token));
        assert_eq!(world.ask(Ask::get("/me").cookie(&rotated)).body, "ada ");
        let with = world.ask(Ask::post("/rotate-with/ada").cookie(&rotated));
        let with = with.token().unwrap();
        assert_eq!(world.ask(Ask::get("/me").cookie(&with)).body, "ada rotated");
        assert!(!world.is_live(&rotated));
    });
}

#[test]
fn commands_for_cookies_and_for_bearer_tokens_are_kept_apart() {
    plain(|world| {
        let token = world.login("ada");
        // A cookie would log the client out that holds the token, and the token of a cookie must
        // not reach scripts. Neither costs the session.
        for (command, bearer) in [
            ("rotate", true),
            ("update", true),
            ("reauthenticate", true),
            ("rotate-bearer", false),
            ("renew-bearer", false),
        ] {
            let ask = Ask::post(&format!("/{command}/ada"));
            let ask = if bearer {
                ask.bearer(&token)
            } else {
                ask.cookie(&token)
            };
            let answer = world.ask(ask);
            // The client chose the header, so it is not the server's fault.
            assert_eq!(answer.status, 400, "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            assert!(world.is_live(&token), "{command}");
        }
        let answer = world.ask(Ask::post("/rotate-bearer/ada").bearer(&token));
        assert!(world.is_live(&answer.body) && !world.is_live(&token));
    });
}

#[test]
fn commands_that_need_a_session_are_401_without_one() {
    plain(|world| {
        for command in [
            "update",
            "rotate",
            "rotate-with",
            "reauthenticate",
            "logout-everywhere",
            "logout-others",
            "renew-bearer",
            "form",
            "check-form",
        ] {
            let answer = world.ask(Ask::post(&format!("/{command}/x")));
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (401, "unauthorized\n"),
                "{command}"
            );
            assert!(answer.all("set-cookie").is_empty(), "{command}");
        }
    });
}

#[test]
fn nothing_is_renewed_beside_a_command() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE / 2);
        // It fails, but it was begun: a renewal could undo what the store did after all.
        world.view.fail(true);
        for command in [
            "login",
            "login-bearer",
            "update-large",
            "rotate",
            "rotate-with",
            "reauthenticate",
            "logout",
            "logout-everywhere",
        ] {
            let ask = Ask::post(&format!("/{command}-anyway/ada"));
            let answer = world.ask(ask.cookie(&token));
            // A status with which a renewal would go out.
            assert_eq!(answer.status, 200, "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
        }
        assert_eq!(world.live_sessions("ada"), 1);
        world.view.fail(false);
        let answer = world.ask(Ask::post("/update/ada").cookie(&token));
        assert_eq!(answer.all("set-cookie").len(), 1);
        let updated = answer.token().unwrap();
        assert_eq!(
            world.ask(Ask::get("/me").cookie(&updated)).body,
            "ada updated"
        );
    });
}

#[test]
fn a_smaller_cookie_bounds_what_a_session_may_hold() {
    let configure = |layer: cloakroom::web::SessionLayer<_>| {
        let cookie = CookieConfig::builder().max_line_bytes(230).build().unwrap();
        layer.cookie(cookie)
    };
    both(configure, |world| {
        let name = "a".repeat(60);
        assert_eq!(world.ask(Ask::post(&format!("/login/{name}"))).status, 500);
        let token = world.login("ada");
        // What would not fit is found out before anything is revoked for its sake.
        for command in ["rotate-with", "reauthenticate", "update", "login"] {
            let ask = Ask::post(&format!("/{command}/{name}")).cookie(&token);
            let answer = world.ask(ask);
            assert_eq!((answer.status, answer.token()), (500, None), "{command}");
            assert!(world.is_live(&token), "{command}");
        }
        // A client that holds its token itself is not bound by the cookie.
        assert_eq!(
            world
                .ask(Ask::post(&format!("/login-bearer/{name}")))
                .status,
            200
        );
    });
}

#[test]
fn a_cookie_without_max_age_is_one_at_login_and_at_every_renewal() {
    let configure = |layer: cloakroom::web::SessionLayer<_>| {
        layer.cookie(CookieConfig::builder().without_max_age().build().unwrap())
    };
    both(configure, |world| {
        let ends_with_the_browser = |answer: &crate::world::Answer| {
            let lines = answer.all("set-cookie");
            assert_eq!(lines.len(), 1);
            assert!(!lines[0].contains("Max-Age") && !lines[0].contains("Expires"));
        };
        let answer = world.ask(Ask::post("/login/ada"));
        ends_with_the_browser(&answer);
        let token = answer.token().unwrap();
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::get("/me").cookie(&token));
        ends_with_the_browser(&answer);
        let token = answer.token().unwrap();
        ends_with_the_browser(&world.ask(Ask::post("/update/ada").cookie(&token)));
        // The deadline within stands, and a logout removes the cookie as ever.
        world.clock.advance(IDLE);
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 401);
        let token = world.login("ada");
        let answer = world.ask(Ask::post("/logout/x").cookie(&token));
        assert!(answer.removes_the_cookie());
    });
}

#[test]
fn every_command_sets_exactly_one_cookie_however_many_there_are_in_a_request() {
    plain(|world| {
        for command in [
            "login",
            "login-twice",
            "login-logout",
            "login-large-then-small",
            "update",
            "rotate",
            "rotate-with",
            "reauthenticate",
            "logout",
            "logout-everywhere",
        ] {
            let token = world.login("ada");
            // Due for a renewal as well, which the command takes the place of.
            world.clock.advance(IDLE / 2);
            let ask = Ask::post(&format!("/{command}/ada")).cookie(&token);
            let answer = world.ask(ask);
            assert_eq!(answer.status, 200, "{command}");
            assert_eq!(answer.all("set-cookie").len(), 1, "{command}");
        }
        // Behind a logout of everywhere a login starts some seconds ahead.
        let token = world.login("ada");
        world.clock.advance(IDLE / 4 * 3);
        let answer = world.ask(Ask::get("/me").cookie(&token));
        assert_eq!(answer.all("set-cookie").len(), 1, "a renewal");
    });
}
