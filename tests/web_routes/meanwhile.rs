//! What happens elsewhere while a handler runs, and what follows a command that failed.

use crate::plain;
use crate::world::{Ask, IDLE, World};

fn events(world: &World) -> Vec<&'static str> {
    core::mem::take(&mut *world.events.lock().unwrap())
}

#[test]
fn a_session_that_ended_while_its_request_was_under_way_commands_nothing() {
    // A thief with a copied cookie holds the body of a request back until the owner has noticed,
    // logged out everywhere and in again. What the owner has then must live. (Reauthentication is a
    // login: whoever knows the credentials gets one.)
    plain(|world| {
        for command in ["logout-others", "logout-everywhere", "rotate", "update"] {
            let user = format!("ada-{command}");
            let stolen = world.login(&user);
            let ask = Ask::post(&format!("/ousted-{command}/{user}"));
            let answer = world.ask(ask.cookie(&stolen));
            assert_eq!(answer.status, 401, "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            assert_eq!(world.live_sessions(&user), 1, "{command}");
        }
    });
}

#[test]
fn a_form_or_a_body_that_was_held_back_until_the_session_ended_does_nothing() {
    plain(|world| {
        let stolen = world.login("ada");
        let form = world.ask(Ask::post("/form/x").cookie(&stolen)).body;
        let before = world.ask(Ask::post(&format!("/check-form/{form}")).cookie(&stolen));
        assert_eq!(before.status, 200);
        let again = world.ask(Ask::post("/look-again/ada").cookie(&stolen));
        assert_eq!(again.status, 200);
        // The owner logs out while the form is on its way. With a session it would be a 403.
        let eve = world.login("eve");
        let answer = world.ask(Ask::post("/ousted-check-form/eve").cookie(&eve));
        assert_eq!(answer.status, 401);
        assert_eq!(
            world
                .ask(Ask::post("/check-form/eve").cookie(&stolen))
                .status,
            403
        );
        let stolen = world.login("eve");
        let answer = world.ask(Ask::post("/ousted-look-again/eve").cookie(&stolen));
        assert_eq!(answer.status, 401);
        assert!(answer.all("set-cookie").is_empty());
        // A list that has gone stale says neither yes nor no.
        let grace = world.login("grace");
        let answer = world.ask(Ask::post("/blind-look-again/grace").cookie(&grace));
        assert_eq!(answer.status, 503);
        world.view.go_stale(false);
    });
}

#[test]
fn others_are_not_logged_out_by_a_session_that_nobody_can_judge() {
    plain(|world| {
        let (phone, laptop) = (world.login("ada"), world.login("ada"));
        for command in ["blind-logout-others", "blind-logout-everywhere"] {
            let answer = world.ask(Ask::post(&format!("/{command}/ada")).cookie(&phone));
            assert_eq!(answer.status, 503, "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            world.view.go_stale(false);
            assert!(world.is_live(&phone) && world.is_live(&laptop), "{command}");
        }
    });
}

#[test]
fn a_renewal_that_fails_says_whether_the_session_ended_or_nobody_knows() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::post("/blind-look/ada").cookie(&token));
        assert_eq!((answer.status, answer.token()), (200, None));
        assert_eq!(events(world), ["unavailable"]);
        world.view.go_stale(false);
        let answer = world.ask(Ask::post("/ousted-carrier/ada").cookie(&token));
        assert_eq!((answer.status, answer.token()), (200, None));
        assert_eq!(events(world), ["renewal-refused"]);
    });
}

#[test]
fn a_second_try_ends_what_the_first_one_could_not() {
    plain(|world| {
        for command in ["again-logout", "again-login"] {
            let (ada, mallory) = (world.login("ada"), world.login("mallory"));
            let two = format!("__Host-session={mallory}; __Host-session={ada}");
            let ask = Ask::post(&format!("/{command}/grace"));
            let answer = world.ask(ask.with("cookie", &two));
            assert_eq!(answer.status, 200, "{command}");
            assert!(!world.is_live(&ada), "{command}");
            assert!(!world.is_live(&mallory), "{command}");
        }
    });
}

#[test]
fn a_login_after_one_that_did_not_fit_ends_all_that_came_along() {
    plain(|world| {
        let (ada, mallory) = (world.login("ada"), world.login("mallory"));
        let two = format!("__Host-session={mallory}; __Host-session={ada}");
        let ask = Ask::post("/login-large-then-small/grace");
        let answer = world.ask(ask.with("cookie", &two));
        assert!(world.is_live(&answer.token().unwrap()));
        assert!(!world.is_live(&ada) && !world.is_live(&mallory));
    });
}

#[test]
fn however_many_cookies_were_planted_a_logout_ends_the_sessions_of_all() {
    plain(|world| {
        let ada = world.login("ada");
        let planted: Vec<_> = (0..8).map(|_| world.login("mallory")).collect();
        let junk = (0..50).map(|at| format!("junk-{at}"));
        let tokens = junk.chain(planted.clone()).chain([ada.clone()]);
        let line: Vec<_> = tokens
            .map(|token| format!("__Host-session={token}"))
            .collect();
        let answer = world.ask(Ask::post("/logout/x").with("cookie", line.join("; ")));
        assert!(answer.removes_the_cookie());
        assert!(!world.is_live(&ada), "it came last");
        assert_eq!(world.live_sessions("mallory"), 0);
    });
}

#[test]
fn a_login_that_fails_leaves_no_device_in_the_list() {
    plain(|world| {
        let old = world.login("mallory");
        world.view.fail(true);
        for command in ["login", "login-labelled", "login-bearer"] {
            let ask = Ask::post(&format!("/{command}/ada"));
            assert_eq!(world.ask(ask.cookie(&old)).status, 503, "{command}");
            assert_eq!(world.live_sessions("ada"), 0, "{command}");
        }
    });
}

#[test]
fn a_login_for_a_client_sends_no_cookie_of_an_earlier_one() {
    plain(|world| {
        let old = world.login("ada");
        let answer = world.ask(Ask::post("/login-both/ada").cookie(&old));
        // Its session ended with the second login, and the client alone holds that one's token.
        assert!(answer.all("set-cookie").is_empty(), "{answer:?}");
        assert!(world.is_live(&answer.body));
        assert_eq!(world.live_sessions("ada"), 1);
        let answer = world.ask(Ask::post("/login-both-logout/grace"));
        assert!(answer.removes_the_cookie());
        assert_eq!(world.live_sessions("grace"), 0);
    });
}

#[test]
fn a_guest_logs_out_alone_wherever_he_asks_for_it() {
    // No one's sessions have no owner in common.
    plain(|world| {
        let login = |world: &mut World| world.sessions.issue("", &crate::world::user("guest"));
        let here = login(world).unwrap().token.into_string();
        let there = login(world).unwrap().token.into_string();
        let answer = world.ask(Ask::post("/logout-others/x").cookie(&here));
        assert_eq!(answer.status, 200);
        assert!(answer.all("set-cookie").is_empty());
        assert!(world.is_live(&here) && world.is_live(&there));
        let answer = world.ask(Ask::post("/logout-everywhere/x").cookie(&here));
        assert_eq!(answer.status, 200);
        assert!(answer.removes_the_cookie());
        assert!(!world.is_live(&here) && world.is_live(&there));
        // A guest's session that has ended is none, as anybody's.
        let answer = world.ask(Ask::post("/logout-others/x").cookie(&here));
        assert_eq!(answer.status, 401);
    });
}

#[test]
fn a_poll_is_no_use_of_the_session() {
    plain(|world| {
        let token = world.login("ada");
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::post("/poll/ada").cookie(&token));
        assert_eq!((answer.status, answer.token()), (200, None));
        // It depends on the session all the same, and renews nothing but what is asked for.
        assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
        let answer = world.ask(Ask::post("/poll-login/ada").cookie(&token));
        assert!(world.is_live(&answer.token().unwrap()));
        let token = world.login("ada");
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::post("/look/ada").cookie(&token));
        assert!(answer.token().is_some());
    });
}
