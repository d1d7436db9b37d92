//! What a logout ends, and what of it reaches the browser.

use cloakroom::http::response::ClearSiteData;

use crate::plain;
use crate::world::{Ask, IDLE, both};

#[test]
fn a_logout_ends_the_session_and_removes_the_cookie_on_every_status() {
    plain(|world| {
        for command in ["/logout/x", "/logout-500/x"] {
            let token = world.login("ada");
            world.clock.advance(IDLE / 2);
            let answer = world.ask(Ask::post(command).cookie(&token));
            assert!(answer.removes_the_cookie(), "{answer:?}");
            assert_eq!(answer.all("cache-control"), ["no-store"]);
            assert!(!world.is_live(&token));
        }
    });
}

#[test]
fn a_logout_without_a_session_and_with_a_dead_one_removes_the_cookie() {
    plain(|world| {
        assert!(world.ask(Ask::post("/logout/x")).removes_the_cookie());
        let token = world.login("ada");
        world.clock.advance(IDLE / 2);
        let copy = world.ask(Ask::get("/me").cookie(&token)).token().unwrap();
        world.clock.advance(IDLE / 2);
        assert!(!world.is_live(&token));
        assert!(
            world
                .ask(Ask::post("/logout/x").cookie(&token))
                .removes_the_cookie()
        );
        assert!(
            !world.is_live(&copy),
            "the session, not the token, was logged out"
        );
    });
}

#[test]
fn a_logout_of_a_bearer_token_leaves_the_cookie_of_the_browser_alone() {
    plain(|world| {
        let cookie = world.login("ada");
        let bearer = world.ask(Ask::post("/login-bearer/grace")).body;
        let answer = world.ask(Ask::post("/logout/x").cookie(&cookie).bearer(&bearer));
        assert_eq!(answer.status, 200);
        assert!(answer.all("set-cookie").is_empty());
        assert!(!world.is_live(&bearer) && world.is_live(&cookie));
    });
}

#[test]
fn a_planted_second_cookie_does_not_keep_the_user_from_logging_out() {
    plain(|world| {
        let (ada, mallory) = (world.login("ada"), world.login("mallory"));
        let two = format!("__Host-session={mallory}; __Host-session={ada}");
        let answer = world.ask(Ask::post("/logout/x").with("cookie", &two));
        assert!(answer.removes_the_cookie());
        assert!(!world.is_live(&ada) && !world.is_live(&mallory));
        // Nor does a login go on beside them.
        let (ada, mallory) = (world.login("ada"), world.login("mallory"));
        let two = format!("__Host-session={mallory}; __Host-session={ada}");
        world
            .ask(Ask::post("/login/ada").with("cookie", &two))
            .token()
            .unwrap();
        assert!(!world.is_live(&ada) && !world.is_live(&mallory));
    });
}

/// It counts as no token, and neither does the cookie beside it: nobody is let in. But whoever asked to
/// be logged out is, or is told otherwise.
#[test]
fn a_logout_beside_a_garbled_authorization_ends_the_session_of_the_cookie() {
    plain(|world| {
        let token = world.login("ada");
        for values in [
            &["Bearer"][..],
            &["Bearer "],
            &["Bearer\tclk1.AAAA"],
            &["bearer a b"],
            &["Bearer a", "Bearer b"],
        ] {
            let with = |mut ask: Ask| {
                for value in values {
                    ask = ask.with("authorization", value);
                }
                ask
            };
            let live = world.login("ada");
            assert_eq!(world.ask(with(Ask::get("/me").cookie(&live))).status, 401);
            let answer = world.ask(with(Ask::post("/logout/x").cookie(&live)));
            assert_eq!(answer.status, 200, "{values:?}");
            assert!(answer.removes_the_cookie(), "{values:?}: {answer:?}");
            assert!(!world.is_live(&live), "{values:?}");
            // Nor does the session of another user go on beside a login.
            let live = world.login("mallory");
            let answer = world.ask(with(Ask::post("/login/ada").cookie(&live)));
            assert!(answer.token().is_some(), "{values:?}: {answer:?}");
            assert!(!world.is_live(&live), "{values:?}");
            // Another site's page can't cause it.
            let live = world.login("ada");
            let foreign = Ask::post("/logout/x")
                .cookie(&live)
                .with("sec-fetch-site", "cross-site");
            assert_eq!(world.ask(with(foreign)).status, 403, "{values:?}");
            assert!(world.is_live(&live), "{values:?}");
        }
        assert!(world.is_live(&token));
    });
}

#[test]
fn login_and_logout_in_one_request_leave_nothing() {
    plain(|world| {
        let answer = world.ask(Ask::post("/login-logout/ada"));
        assert!(answer.removes_the_cookie());
        assert_eq!(world.live_sessions("ada"), 0);
    });
}

#[test]
fn a_logout_that_the_store_did_not_take_is_503_and_the_cookie_stays() {
    plain(|world| {
        let token = world.login("ada");
        world.view.fail(true);
        for command in [
            "logout",
            "logout-everywhere",
            "logout-others",
            "rotate",
            "reauthenticate",
            "login",
        ] {
            let answer = world.ask(Ask::post(&format!("/{command}/ada")).cookie(&token));
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (503, "service unavailable\n"),
                "{command}"
            );
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            assert!(!format!("{answer:?}").contains("SECRET"), "{command}");
        }
        world.view.fail(false);
        assert!(world.is_live(&token));
    });
}

#[test]
fn everywhere_ends_all_sessions_of_the_user_and_others_all_but_this_one() {
    plain(|world| {
        let (phone, laptop, grace) = (world.login("ada"), world.login("ada"), world.login("grace"));
        let answer = world.ask(Ask::post("/logout-others/x").cookie(&laptop));
        assert!(answer.all("set-cookie").is_empty());
        assert!(!world.is_live(&phone) && world.is_live(&laptop) && world.is_live(&grace));
        let phone = world.login("ada");
        let answer = world.ask(Ask::post("/logout-everywhere/x").cookie(&laptop));
        assert!(answer.removes_the_cookie());
        assert!(!world.is_live(&phone) && !world.is_live(&laptop) && world.is_live(&grace));
        let phone = world.login("ada");
        assert!(world.is_live(&phone));
    });
}

#[test]
fn clear_site_data_goes_out_with_a_logout_alone() {
    let configure = |layer: cloakroom::web::SessionLayer<_>| {
        layer.clear_site_data([ClearSiteData::Cache, ClearSiteData::Storage])
    };
    both(configure, |world| {
        let answer = world.ask(Ask::post("/login/ada"));
        assert!(answer.all("clear-site-data").is_empty());
        let token = answer.token().unwrap();
        let answer = world.ask(Ask::post("/logout/x").cookie(&token));
        assert_eq!(answer.all("clear-site-data"), [r#""cache", "storage""#]);
    });
}
