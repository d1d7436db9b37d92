//! Payloads that grow while sessions live: what readers of every minor make of tokens of every
//! other, and that none reads a wrong value.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use cloakroom::{RotateError, Schema, UpdateError};
use common::{Outcome, WRONG_SCHEMA};
use shop::{Shop, ada0, ada2, v1};

#[test]
fn during_a_rolling_deploy_old_and_new_servers_read_each_others_tokens() {
    let shop = Shop::new();
    let (old, new) = (shop.issue(&ada0()), shop.issue(&ada2()));
    let upgraded = shop.read::<v1::minor2::User>(&old);
    let expected = v1::minor2::User {
        theme: None,
        scopes: vec![7],
        ..ada2()
    };
    assert_eq!(upgraded.payload(), &expected);
    assert!(!upgraded.is_read_only());
    let downgraded = shop.read::<v1::minor0::User>(&new);
    assert_eq!(downgraded.payload(), &ada0());
    assert!(downgraded.is_read_only());
    let between = shop.read::<v1::minor1::User>(&new);
    assert_eq!(between.payload().theme.as_deref(), Some("dark"));
    assert!(between.is_read_only());
}

#[test]
fn an_old_server_renews_a_newer_payload_verbatim_and_does_not_update_it() {
    let shop = Shop::new();
    let token = shop.issue(&ada2());
    let old = shop.sessions::<v1::minor0::User>();
    let session = old.verify(&token).unwrap();
    assert!(matches!(
        old.update(&session, &ada0()),
        Err(UpdateError::ReadOnly)
    ));
    let with = old.rotate_with(&session, &ada0());
    assert!(matches!(
        with,
        Err(RotateError::Update(UpdateError::ReadOnly))
    ));
    assert_eq!(shop.list.stats().entries(), 0);
    shop.clock.advance(5);
    let renewed = old.renew(&session).unwrap().unwrap();
    let rotated = old.rotate(&session).unwrap();
    for issued in [&renewed, &rotated] {
        assert_eq!(issued.session.schema(), Schema::new(1, 2));
    }
    let back = shop.read::<v1::minor2::User>(rotated.token.as_str());
    assert_eq!(back.payload(), &ada2());
    // A login anew needs nothing of the old payload.
    old.reauthenticate(&old.verify(rotated.token.as_str()).unwrap(), &ada0())
        .unwrap();
}

#[test]
fn an_update_by_a_newer_server_writes_its_own_schema_and_a_renewal_does_not() {
    let shop = Shop::new();
    let token = shop.issue(&ada0());
    let new = shop.sessions::<v1::minor2::User>();
    let session = new.verify(&token).unwrap();
    shop.clock.advance(5);
    let renewed = new.renew(&session).unwrap().unwrap();
    assert_eq!(renewed.session.schema(), Schema::new(1, 0));
    assert_eq!(
        shop.outcome::<v1::minor0::User>(renewed.token.as_str()),
        Outcome::Live
    );
    let updated = new.update(&session, &ada2()).unwrap();
    assert_eq!(updated.session.schema(), Schema::new(1, 2));
}

#[test]
fn the_end_of_the_input_means_a_default_at_a_field_boundary_of_an_older_minor_alone() {
    let shop = Shop::new();
    // id 42, name "Ada", admin false; theme Some("dark"); scopes [1, 300].
    let all = b"\x2a\x03Ada\x00\x01\x04dark\x02\x01\xac\x02";
    for end in 0..=all.len() {
        let bytes = &all[..end];
        let boundary = [6, 12, all.len()].contains(&end);
        let of = |live: bool| if live { Outcome::Live } else { WRONG_SCHEMA };
        let found = shop.outcome::<v1::minor2::User>(&shop.write::<1, 0>(bytes));
        assert_eq!(found, of(boundary), "{end} bytes of minor 0");
        let found = shop.outcome::<v1::minor2::User>(&shop.write::<1, 1>(bytes));
        assert_eq!(found, of(boundary), "{end} bytes of minor 1");
        // With equal minors nothing is missing.
        let found = shop.outcome::<v1::minor2::User>(&shop.write::<1, 2>(bytes));
        assert_eq!(found, of(end == all.len()), "{end} bytes of minor 2");
        // A newer writer has all that this reader knows, and a tail.
        let found = shop.outcome::<v1::minor1::User>(&shop.write::<1, 2>(bytes));
        assert_eq!(found, of(end >= 12), "{end} bytes for an older reader");
    }
    // More than it knows is no payload of an older or the same writer.
    let longer = b"\x2a\x03Ada\x00\x00";
    assert_eq!(
        shop.outcome::<v1::minor0::User>(&shop.write::<1, 0>(longer)),
        WRONG_SCHEMA
    );
}

#[test]
fn a_full_older_payload_with_a_byte_too_many_is_refused() {
    let shop = Shop::new();
    let bytes = b"\x2a\x03Ada\x00\x01\x04dark\x02\x01\xac\x02\x00";
    assert_eq!(
        shop.outcome::<v1::minor2::User>(&shop.write::<1, 1>(bytes)),
        WRONG_SCHEMA
    );
    assert_eq!(
        shop.outcome::<v1::minor2::User>(&shop.write::<1, 2>(bytes)),
        WRONG_SCHEMA
    );
    assert_eq!(
        shop.outcome::<v1::minor2::User>(&shop.write::<1, 3>(bytes)),
        Outcome::Live
    );
}

mod nested {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Limits {
        pub(crate) read: bool,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Old {
        pub(crate) limits: Limits,
        pub(crate) admin: bool,
    }
    cloakroom::payload!(Old);

    #[derive(Serialize, Deserialize)]
    pub(crate) struct GrownLimits {
        pub(crate) read: bool,
        #[serde(default)]
        pub(crate) write: bool,
    }

    /// What the rules forbid: a nested struct grew, and only the minor was raised.
    #[derive(Serialize, Deserialize)]
    pub(crate) struct Grown {
        pub(crate) limits: GrownLimits,
        pub(crate) admin: bool,
    }
    cloakroom::payload!(Grown, schema = (1, 1));

    /// And the same without raising anything.
    #[derive(Serialize, Deserialize)]
    pub(crate) struct Silent {
        pub(crate) limits: GrownLimits,
        pub(crate) admin: bool,
    }
    cloakroom::payload!(Silent);
}

#[test]
fn a_nested_struct_that_grew_does_not_turn_a_right_on() {
    let shop = Shop::new();
    // read true, write true, admin false: bytes 01 01 00. An old reader that ignores the tail would
    // read admin: true.
    let grown = nested::Silent {
        limits: nested::GrownLimits {
            read: true,
            write: true,
        },
        admin: false,
    };
    assert_eq!(
        shop.outcome::<nested::Old>(&shop.issue(&grown)),
        WRONG_SCHEMA
    );
    // The other way: the end of the input inside the nested struct is no default.
    let old = nested::Old {
        limits: nested::Limits { read: true },
        admin: false,
    };
    let token = shop.issue(&old);
    assert_eq!(shop.outcome::<nested::Silent>(&token), WRONG_SCHEMA);
    assert_eq!(shop.outcome::<nested::Grown>(&token), WRONG_SCHEMA);
    assert_eq!(
        shop.outcome::<nested::Grown>(&shop.write::<1, 0>(b"\x01")),
        WRONG_SCHEMA
    );
}
