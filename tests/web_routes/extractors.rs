//! What handlers take besides the session itself, and which server a request means.

use cloakroom::web::SessionLayer;

use crate::plain;
use crate::world::{Ask, IDLE, both};

#[test]
fn an_optional_bearer_session_is_503_in_an_outage_where_a_layer_can_say_so() {
    plain(|world| {
        let token = world.ask(Ask::post("/login-bearer/ada")).body;
        for path in ["/bearer-maybe", "/layered-bearer-maybe"] {
            assert_eq!(world.ask(Ask::get(path)).body, "nobody", "{path}");
            let forged = world.ask(Ask::get(path).bearer("clk1.AAAA"));
            assert_eq!(forged.body, "nobody", "{path}");
            let answer = world.ask(Ask::get(path).bearer(&token));
            assert_eq!(answer.body, "ada", "{path}");
        }
        let before = world.handlers_ran();
        world.view.go_stale(true);
        let answer = world.ask(Ask::get("/layered-bearer-maybe").bearer(&token));
        assert_eq!(answer.status, 503);
        assert_eq!(answer.all("retry-after"), ["5"]);
        assert_eq!(world.handlers_ran(), before);
    });
}

#[test]
fn an_optional_recent_login_is_none_where_it_is_too_old_and_503_where_nobody_knows() {
    plain(|world| {
        let path = "/recent-maybe";
        assert_eq!(world.ask(Ask::get(path)).body, "nobody");
        let token = world.login("ada");
        world.clock.advance(299);
        assert_eq!(world.ask(Ask::get(path).cookie(&token)).body, "ada");
        world.clock.advance(1);
        let answer = world.ask(Ask::get(path).cookie(&token));
        assert_eq!((answer.status, answer.body.as_str()), (200, "nobody"));
        world.view.go_stale(true);
        assert_eq!(world.ask(Ask::get(path).cookie(&token)).status, 503);
    });
}

#[test]
fn a_handler_that_takes_the_rejection_answers_with_its_own_page() {
    plain(|world| {
        let path = "/form-or-me";
        let token = world.login("ada");
        assert_eq!(world.ask(Ask::get(path).cookie(&token)).body, "ada");
        for ask in [
            Ask::get(path),
            Ask::get(path).cookie("clk1.AAAA"),
            Ask::get(path).bearer("clk1.AAAA"),
        ] {
            let answer = world.ask(ask);
            assert_eq!((answer.status, answer.body.as_str()), (200, "<form>"));
            assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
            assert!(answer.all("set-cookie").is_empty());
        }
        world.view.go_stale(true);
        let answer = world.ask(Ask::get(path).cookie(&token));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, "service unavailable\n")
        );
    });
}

#[test]
fn a_cookie_goes_out_with_the_error_of_a_middleware_in_between() {
    plain(|world| {
        let answer = world.ask(Ask::post("/teapot/login/ada"));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (418, "short and stout")
        );
        let token = answer.token().unwrap();
        assert!(world.is_live(&token));
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::post("/teapot/look/x").cookie(&token));
        assert_eq!(answer.status, 418);
        let renewed = answer.token().unwrap();
        let answer = world.ask(Ask::post("/teapot/logout/x").cookie(&renewed));
        assert_eq!(answer.status, 418);
        assert!(answer.removes_the_cookie());
        assert!(!world.is_live(&token) && !world.is_live(&renewed));
    });
}

#[test]
fn an_answer_that_depends_on_the_carrier_says_so_to_caches() {
    plain(|world| {
        let token = world.login("ada");
        let answer = world.ask(Ask::post("/carrier/x").cookie(&token));
        assert_eq!(answer.body, "Some(Cookie)");
        assert_eq!(answer.all("vary"), ["Cookie, Authorization"]);
        // To look at the carrier is no use of the session.
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::post("/carrier/x").cookie(&token));
        assert_eq!(answer.token(), None);
    });
}

#[test]
fn the_authority_of_the_target_is_the_host_whatever_stands_beside_it() {
    // HTTP/2 has it in place of `Host` (RFC 9113 8.3.1), HTTP/1 in requests to a proxy (RFC 9112
    // 3.2.2): there a server goes by it alone.
    const OURS: &str = "https://shop.example/public";
    const FOREIGN: &str = "https://evil.example/public";
    let configure = |layer: SessionLayer<_>| layer.hosts(["shop.example"]).unwrap();
    both(configure, |world| {
        for (target, host, status) in [
            (OURS, None, 200),
            (OURS, Some("shop.example"), 200),
            (OURS, Some("evil.example"), 200),
            (FOREIGN, None, 421),
            (FOREIGN, Some("evil.example"), 421),
            (FOREIGN, Some("shop.example"), 421),
            ("https://x@shop.example/public", None, 421),
        ] {
            let ask = Ask::get(target).without("host");
            let ask = match host {
                Some(host) => ask.with("host", host),
                None => ask,
            };
            assert_eq!(world.ask(ask).status, status, "{target} {host:?}");
        }
    });
    plain(|world| {
        let token = world.login("ada");
        for (target, origin, status) in [
            ("https://shop.example/me", "https://shop.example", 200),
            ("https://shop.example/me", "https://evil.example", 403),
            ("https://evil.example/me", "https://shop.example", 403),
        ] {
            for host in [None, Some("shop.example")] {
                let ask = Ask::post(target).without("host").cookie(&token);
                let ask = ask.with("origin", origin);
                let ask = match host {
                    Some(host) => ask.with("host", host),
                    None => ask,
                };
                let answer = world.ask(ask);
                assert_eq!(answer.status, status, "{target} {origin} {host:?}");
            }
        }
    });
}
