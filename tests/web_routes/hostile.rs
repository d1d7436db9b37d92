//! What a client can send, and the documented answer. Never a panic, never a 500.

use cloakroom::web::SessionLayer;
use cloakroom::{KeyRing, RevocationList, Sessions};
use time::Duration;

use crate::world::{Ask, both};
use crate::{assert_401, plain};

const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;

#[test]
fn bad_credentials_are_401_or_none_and_never_more() {
    plain(|world| {
        let token = world.login("ada");
        let host = |rest: &str| format!("__Host-session={rest}").into_bytes();
        let flipped = {
            let mut bytes = token.clone().into_bytes();
            bytes[40] = if bytes[40] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        // Of another purpose, under the same key.
        let ticket = Sessions::<crate::world::User, _>::builder(
            world.sessions.key_ring(),
            RevocationList::new(),
        )
        .purpose("ticket")
        .audience("shop")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(world.clock.clone())
        .build()
        .unwrap()
        .issue("ada", &crate::world::user("ada"))
        .unwrap();
        let foreign = KeyRing::generate(&world.clock, Duration::hours(8)).unwrap();
        let stranger = Sessions::<crate::world::User, _>::builder(foreign, RevocationList::new())
            .purpose("session")
            .audience("shop")
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .clock(world.clock.clone())
            .build()
            .unwrap()
            .issue("ada", &crate::world::user("ada"))
            .unwrap();
        let control = |byte: u8| [&host(&token)[..], &[byte]].concat();
        let cookies: Vec<Vec<Vec<u8>>> = vec![
            vec![host(&format!("{token}; __Host-session={token}"))],
            vec![host(&token), host(&token)],
            vec![host(&format!("x; __Host-session={token}"))],
            vec![host(&flipped)],
            vec![host(ticket.token.as_str())],
            vec![host(stranger.token.as_str())],
            vec![host("")],
            vec![host("\"")],
            vec![host(&format!("\"{token}\""))],
            vec![control(0x80), b"a=b".to_vec()],
            vec![[&host(&token)[..], b"\xff\xfe"].concat()],
            vec![host(&"A".repeat(100_000))],
            vec![host(&format!("clk1.{}", "A".repeat(100_000)))],
            vec!["a=b; ".repeat(20_000).into_bytes()],
            vec![format!("__HOST-session={token}").into_bytes()],
            vec![format!("__Host-session\u{a0}={token}").into_bytes()],
            vec![format!("=__Host-session={token}").into_bytes()],
            vec![vec![b';'; 100_000]],
            vec![b"__Host-session".to_vec()],
        ];
        for headers in cookies {
            let ask = |path: &str| {
                headers
                    .iter()
                    .fold(Ask::get(path), |ask, value| ask.with("cookie", value))
            };
            let shown = String::from_utf8_lossy(&headers[0]);
            let shown: String = shown.chars().take(60).collect();
            assert_eq!(world.ask(ask("/me")).status, 401, "{shown}");
            assert_401(&world.ask(ask("/me")), "Bearer");
            let answer = world.ask(ask("/maybe"));
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, "nobody"),
                "{shown}"
            );
            assert!(answer.all("set-cookie").is_empty(), "{shown}");
            assert_eq!(world.ask(ask("/public")).status, 200, "{shown}");
        }
        let authorizations: Vec<Vec<Vec<u8>>> = vec![
            vec![b"Bearer".to_vec()],
            vec![b"Bearer ".to_vec()],
            vec![format!("Bearer {token}, Bearer {token}").into_bytes()],
            vec![format!("Bearer {token}").into_bytes(); 2],
            vec![
                b"Basic dTpw".to_vec(),
                format!("Bearer {token}").into_bytes(),
            ],
            vec![format!("Bearer\t{token}").into_bytes()],
            vec![format!("Bearer {flipped}").into_bytes()],
            vec![format!("Bearer {}", ticket.token.as_str()).into_bytes()],
            vec![format!("Bearer {}", stranger.token.as_str()).into_bytes()],
            vec![format!("Bearer {}", "A".repeat(100_000)).into_bytes()],
            vec![b"Bearer \xff".to_vec()],
            vec![b"".to_vec()],
            vec![b":".to_vec()],
        ];
        for headers in authorizations {
            // A good cookie beside it changes nothing.
            let ask = |path: &str| {
                headers
                    .iter()
                    .fold(Ask::get(path).cookie(&token), |ask, value| {
                        ask.with("authorization", value)
                    })
            };
            let shown = String::from_utf8_lossy(&headers[0]);
            let shown: String = shown.chars().take(60).collect();
            let answer = world.ask(ask("/me"));
            assert_eq!(answer.status, 401, "{shown}");
            assert_401(&answer, INVALID_TOKEN);
            assert_eq!(world.ask(ask("/maybe")).body, "nobody", "{shown}");
            assert_401(&world.ask(ask("/bearer")), INVALID_TOKEN);
        }
    });
}

#[test]
fn another_scheme_leaves_the_cookie_in_force() {
    plain(|world| {
        let token = world.login("ada");
        let ask = |path| {
            Ask::get(path)
                .cookie(&token)
                .with("authorization", "Basic dTpw")
        };
        assert_eq!(world.ask(ask("/me")).body, "ada ");
        assert_401(&world.ask(ask("/bearer")), "Bearer");
    });
}

#[test]
fn another_sites_page_gets_403_and_no_handler_runs() {
    plain(|world| {
        let token = world.login("ada");
        let before = world.handlers_ran();
        let forged = |ask: Ask| {
            [
                ask_with(&ask, &[("sec-fetch-site", "cross-site")]),
                ask_with(&ask, &[("sec-fetch-site", "same-site")]),
                ask_with(
                    &ask,
                    &[("sec-fetch-site", ""), ("origin", "https://evil.example")],
                ),
                ask_with(&ask, &[("origin", "https://evil.example")]),
                ask_with(&ask, &[("origin", "null")]),
                ask_with(
                    &ask,
                    &[
                        ("sec-fetch-site", "same-origin"),
                        ("sec-fetch-site", "same-origin"),
                    ],
                ),
                ask_with(&ask, &[("origin", "https://shop.example.evil.example")]),
                ask_with(&ask, &[("origin", "https://shop.example:8443")]),
            ]
        };
        for path in ["/me", "/public", "/logout/x", "/login/mallory", "/update/x"] {
            for ask in forged(Ask::post(path).cookie(&token)) {
                let answer = world.ask(ask);
                assert_eq!(
                    (answer.status, answer.body.as_str()),
                    (403, "cross-origin request rejected\n")
                );
                assert!(answer.all("set-cookie").is_empty());
            }
        }
        // Login without a session, which would make the victim work in the attacker's account.
        for ask in forged(Ask::post("/login/mallory")) {
            assert_eq!(world.ask(ask).status, 403);
        }
        // A WebSocket is a GET that browsers send across origins, with cookies.
        for upgrade in ["websocket", "WebSocket", "h2c, websocket"] {
            for ask in forged(Ask::get("/me").cookie(&token).with("upgrade", upgrade)) {
                assert_eq!(world.ask(ask).status, 403);
            }
        }
        assert_eq!(world.handlers_ran(), before);
        assert!(world.is_live(&token));
        // The same without the upgrade is a link that somebody followed.
        let ask = Ask::get("/me")
            .cookie(&token)
            .with("sec-fetch-site", "cross-site");
        assert_eq!(world.ask(ask).status, 200);
    });
}

fn ask_with(ask: &Ask, headers: &[(&'static str, &'static str)]) -> Ask {
    let copy = Ask {
        method: ask.method,
        path: ask.path.clone(),
        headers: ask.headers.clone(),
    };
    headers
        .iter()
        .fold(copy, |ask, (name, value)| ask.with(name, value))
}

#[test]
fn the_sites_own_pages_and_programs_pass() {
    plain(|world| {
        let token = world.login("ada");
        for headers in [
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://shop.example"),
            ][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://shop.example")],
            &[],
        ] {
            let ask = ask_with(&Ask::post("/me").cookie(&token), headers);
            assert_eq!(world.ask(ask).status, 200, "{headers:?}");
        }
    });
}

#[test]
fn a_bearer_token_passes_from_any_page_and_sets_no_cookie_there() {
    plain(|world| {
        let token = world.ask(Ask::post("/login-bearer/ada")).body;
        let foreign = |path| {
            let ask = Ask::post(path).with("origin", "https://app.example");
            ask.with("sec-fetch-site", "cross-site").bearer(&token)
        };
        assert_eq!(world.ask(foreign("/me")).status, 200);
        let answer = world.ask(foreign("/login/mallory"));
        assert_eq!(answer.status, 403);
        assert!(answer.all("set-cookie").is_empty());
        assert!(world.is_live(&token));
        assert_eq!(world.ask(foreign("/logout/x")).status, 200);
        assert!(!world.is_live(&token));
    });
}

fn trusting(layer: SessionLayer<crate::world::User>) -> SessionLayer<crate::world::User> {
    layer.trust_origin("https://admin.shop.example").unwrap()
}

#[test]
fn a_trusted_origin_passes_and_no_other() {
    both(trusting, |world| {
        let token = world.login("ada");
        let from = |origin| {
            let ask = Ask::post("/me")
                .cookie(&token)
                .with("sec-fetch-site", "same-site");
            ask.with("origin", origin)
        };
        assert_eq!(world.ask(from("https://admin.shop.example")).status, 200);
        assert_eq!(world.ask(from("http://admin.shop.example")).status, 403);
        assert_eq!(
            world
                .ask(from("https://admin.shop.example.evil.example"))
                .status,
            403
        );
    });
}

#[test]
fn the_check_can_be_switched_off_by_a_name_that_says_so() {
    both(
        |layer| {
            let layer = layer.dangerously_without_cross_origin_check();
            // A spelling that never matches is told also where nothing would be compared with it.
            layer.clone().trust_origin("shop.example/").unwrap_err();
            layer.trust_origin("https://admin.shop.example").unwrap()
        },
        |world| {
            let ask = Ask::post("/login/ada").with("sec-fetch-site", "cross-site");
            assert!(world.ask(ask).token().is_some());
        },
    );
}

#[test]
fn a_foreign_host_is_served_unless_hosts_are_named() {
    plain(|world| {
        let token = world.login("ada");
        for host in ["evil.example", "", "shop.example:1", "\u{ff}"] {
            let ask = Ask::get("/me")
                .without("host")
                .with("host", host)
                .cookie(&token);
            assert_eq!(world.ask(ask).status, 200, "{host}");
        }
        // A page under the foreign name is not the origin of ours.
        let ask = Ask::post("/me")
            .without("host")
            .with("host", "shop.example");
        let ask = ask.with("origin", "https://evil.example").cookie(&token);
        assert_eq!(world.ask(ask).status, 403);
    });
}

#[test]
fn a_header_that_counts_as_no_bearer_token_does_not_switch_the_origin_check_off() {
    plain(|world| {
        let token = world.login("ada");
        for header in ["Bearer", "Bearer ", "Bearer a b", "Bearer \u{e9}"] {
            for path in ["/logout/ada", "/login-bearer/ada"] {
                let ask = Ask::post(path).cookie(&token).with("authorization", header);
                let answer = world.ask(ask.with("sec-fetch-site", "cross-site"));
                assert_eq!(answer.status, 403, "{header} {path}");
            }
        }
        assert!(world.is_live(&token));
    });
}

#[test]
fn a_token_in_the_address_or_the_body_is_no_session() {
    plain(|world| {
        let token = world.login("ada");
        for name in ["__Host-session", "session", "token", "access_token"] {
            for path in ["me", "bearer", "maybe"] {
                let answer = world.ask(Ask::get(&format!("/{path}?{name}={token}")));
                let nobody = world.ask(Ask::get(&format!("/{path}?{name}=x")));
                assert_eq!(answer, nobody, "{path}?{name}");
                assert_ne!(answer.body, "ada ", "{path}?{name}");
            }
        }
        let path = world.ask(Ask::post(&format!("/look/{token}")));
        assert_eq!(path.status, 401);
        // It was good all the while.
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).status, 200);
    });
}
