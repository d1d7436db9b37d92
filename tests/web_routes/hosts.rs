//! Which names a server answers to.

use cloakroom::http::cookie::CookieConfig;
use cloakroom::web::SessionLayer;

use crate::world::{Ask, World, both};

fn refused_hosts(world: &mut World, hosts: &[&[u8]]) {
    for host in hosts {
        for path in ["/public", "/me"] {
            let answer = world.ask(Ask::get(path).without("host").with("host", host));
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (421, "misdirected request\n"),
                "{host:?}"
            );
            assert!(answer.all("set-cookie").is_empty());
        }
    }
    assert_eq!(world.handlers_ran(), 0);
}

#[test]
fn named_hosts_alone_are_served() {
    both(
        |layer| layer.hosts(["shop.example", "shop.example:8443"]).unwrap(),
        |world| {
            refused_hosts(
                world,
                &[
                    b"evil.example",
                    b"",
                    b"shop.example.",
                    b"shop.example:80",
                    b"\xff",
                    b"xshop.example",
                ],
            );
            let two = Ask::get("/public").with("host", "shop.example");
            assert_eq!(world.ask(two).status, 421);
            assert_eq!(world.ask(Ask::get("/public").without("host")).status, 421);
            for host in ["shop.example", "SHOP.example", "shop.example:8443"] {
                let ask = Ask::get("/public").without("host").with("host", host);
                assert_eq!(world.ask(ask).status, 200, "{host}");
            }
        },
    );
}

#[test]
fn hosts_that_no_request_can_name_are_refused_where_they_are_set() {
    both(
        |layer| {
            let none: [&str; 0] = [];
            let error = layer.clone().hosts(none).err().unwrap();
            assert!(error.to_string().contains("leave `hosts` away"), "{error}");
            for wrong in [
                "",
                " a",
                "a ",
                "a/",
                "https://a",
                "*.a",
                "a:",
                "a:0x1",
                "a:65536",
                "a:080",
                "[::1",
                "1.2",
            ] {
                let error = layer.clone().hosts(["a", wrong]).err().unwrap();
                assert!(error.to_string().contains(&format!("{wrong:?}")), "{error}");
            }
            layer
                .hosts(["Shop.example", "[::1]:80", "127.0.0.1"])
                .unwrap()
        },
        |world| {
            for host in ["shop.example", "[::1]:80", "127.0.0.1"] {
                let ask = Ask::get("/public").without("host").with("host", host);
                assert_eq!(world.ask(ask).status, 200, "{host}");
            }
        },
    );
}

#[test]
fn a_development_cookie_is_for_loopback_hosts() {
    let configure =
        |layer: SessionLayer<_>| layer.cookie(CookieConfig::development().build().unwrap());
    both(configure, |world| {
        refused_hosts(
            world,
            &[b"shop.example", b"localhost.evil.example", b"", b"\xff"],
        );
        for host in ["localhost:3000", "127.0.0.1", "[::1]:8080"] {
            let ask = Ask::post("/login/ada").without("host").with("host", host);
            let answer = world.ask(ask);
            assert_eq!(answer.status, 200, "{host}");
            assert!(answer.all("set-cookie")[0].starts_with("session=clk1."));
        }
    });
}
