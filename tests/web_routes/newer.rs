//! Sessions that a newer program wrote, as there are in every rolling deploy.

use cloakroom::{RevocationList, Sessions};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::plain;
use crate::world::{Ask, IDLE, World, ring};

#[derive(Serialize, Deserialize)]
struct Newer {
    name: String,
    note: String,
    #[serde(default)]
    locale: String,
}
cloakroom::payload!(Newer, schema = (1, 1));

fn token(world: &World) -> String {
    let newer = Sessions::<Newer>::builder(ring(), RevocationList::new())
        .purpose("session")
        .audience("shop")
        .idle_timeout(Duration::seconds(IDLE as i64))
        .absolute_timeout(Duration::hours(8))
        .clock(world.clock.clone())
        .random(crate::world::Counting::default())
        .build()
        .unwrap();
    let payload = Newer {
        name: "ada".into(),
        note: String::new(),
        locale: "en".into(),
    };
    let issued = newer.issue("ada", &payload).unwrap();
    issued.token.into_string()
}

#[test]
fn what_a_newer_program_wrote_is_read_and_changing_it_is_503() {
    plain(|world| {
        let token = token(world);
        let read = world.ask(Ask::get("/me").cookie(&token));
        assert_eq!((read.status, read.body.as_str()), (200, "ada "));
        for command in ["update", "rotate-with"] {
            let answer = world.ask(Ask::post(&format!("/{command}/ada")).cookie(&token));
            assert_eq!(answer.status, 503, "{command}");
            assert_eq!(answer.all("retry-after"), ["5"], "{command}");
            assert!(answer.all("set-cookie").is_empty(), "{command}");
            assert!(world.is_live(&token), "{command}");
        }
        // Nothing of the payload is written anew.
        assert_eq!(
            world.ask(Ask::post("/rotate/ada").cookie(&token)).status,
            200
        );
    });
}
