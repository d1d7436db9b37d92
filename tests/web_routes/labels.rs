//! Logins with a name for the list of devices.

use crate::world::{Ask, IDLE, World};
use crate::{plain, routes};

/// The names in the list of a user's devices, sorted.
fn labels(world: &World, subject: &str) -> Vec<String> {
    let devices = world.sessions.devices(subject).unwrap();
    let mut labels: Vec<_> = devices.iter().map(|device| device.label().into()).collect();
    labels.sort();
    labels
}

#[test]
fn a_labelled_login_is_a_login_and_its_name_stands_in_the_list_of_devices() {
    assert!(routes::LABEL.contains('\n'), "or the next lines show less");
    const SHOWN: &str = "Firefox on Linux";
    plain(|world| {
        let planted = world.login("mallory");
        assert_eq!(labels(world, "mallory"), [""]);
        let answer = world.ask(Ask::post("/login-labelled/ada").cookie(&planted));
        let token = answer.token().unwrap();
        assert!(!world.is_live(&planted), "as every login it ends the other");
        assert_eq!(world.ask(Ask::get("/me").cookie(&token)).body, "ada ");
        assert_eq!(labels(world, "ada"), [SHOWN]);
        // A renewal knows no label, and the one that is known stays.
        world.clock.advance(IDLE / 2);
        let answer = world.ask(Ask::get("/me").cookie(&token));
        let renewed = answer.token().expect("a renewal was due");
        assert_eq!(labels(world, "ada"), [SHOWN]);
        world.ask(Ask::post("/logout/x").cookie(&renewed));
        assert_eq!(labels(world, "ada"), [""; 0]);
    });
}

#[test]
fn a_labelled_login_of_a_bearer_client_hands_it_the_token() {
    plain(|world| {
        let answer = world.ask(Ask::post("/login-bearer-labelled/ada"));
        assert!(answer.all("set-cookie").is_empty());
        let me = world.ask(Ask::get("/me").bearer(&answer.body));
        assert_eq!((me.status, me.body.as_str()), (200, "ada "));
        assert_eq!(labels(world, "ada"), ["Firefox on Linux"]);
    });
}

#[test]
fn a_labelled_login_from_another_site_is_refused_and_leaves_no_device() {
    plain(|world| {
        let ask = Ask::post("/login-labelled/ada").with("sec-fetch-site", "cross-site");
        let answer = world.ask(ask);
        assert_eq!(answer.status, 403);
        assert!(answer.all("set-cookie").is_empty());
        assert_eq!(labels(world, "ada"), [""; 0]);
    });
}
