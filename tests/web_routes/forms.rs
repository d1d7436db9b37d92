//! Tokens for forms.

use crate::plain;
use crate::world::{Ask, IDLE, World};

#[test]
fn a_form_token_is_good_for_its_session_and_generation() {
    plain(|world| {
        let ada = world.login("ada");
        let grace = world.login("grace");
        let form =
            |world: &mut World, token: &str| world.ask(Ask::post("/form/x").cookie(token)).body;
        let check = |world: &mut World, token: &str, form: &str| {
            let answer = world.ask(Ask::post(&format!("/check-form/{form}")).cookie(token));
            answer.status
        };
        let (one, two) = (form(world, &ada), form(world, &ada));
        assert_ne!(
            one, two,
            "a page that is compressed must not tell it (BREACH)"
        );
        assert_eq!(check(world, &ada, &one), 200);
        assert_eq!(check(world, &ada, &two), 200);
        assert_eq!(check(world, &grace, &one), 403);
        for bad in [
            "x",
            &one[1..],
            &one.replace(&one[90..], "_"),
            &format!("{one}A"),
        ] {
            assert_eq!(check(world, &ada, bad), 403, "{bad}");
        }
        world.clock.advance(IDLE / 2);
        let renewed = world.ask(Ask::get("/me").cookie(&ada)).token().unwrap();
        assert_eq!(check(world, &renewed, &one), 200);
        let rotated = world
            .ask(Ask::post("/rotate/x").cookie(&renewed))
            .token()
            .unwrap();
        assert_eq!(check(world, &rotated, &one), 403);
        assert!(world.events.lock().unwrap().contains(&"form"));
    });
}
