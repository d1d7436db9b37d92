//! Payloads of other majors and other kinds: chains of previous types, deploys across a major, raw
//! bytes, and types that can't be read back.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use cloakroom::{IssueError, OwnedPayload, PayloadError, RawBytes, Schema, Sessions};
use common::{Outcome, WRONG_SCHEMA, builder};
use shop::{Shop, ada0, ada2, v1, v2, v4};

#[test]
fn a_chain_of_previous_types_reads_every_major_it_names() {
    let shop = Shop::new();
    let admin = v1::minor0::User {
        admin: true,
        ..ada0()
    };
    // Two steps: 1.0 as 1.1 with a default, to 2.0, to 4.0.
    let session = shop.read::<v4::User>(&shop.issue(&admin));
    let expected = v4::User {
        name: "Ada".into(),
        roles: 1,
    };
    assert_eq!(session.payload(), &expected);
    assert!(!session.is_read_only());
    // A tail of a newer minor of an old major: read, and not written back.
    let session = shop.read::<v4::User>(&shop.issue(&ada2()));
    assert!(session.is_read_only());
    // Majors that nobody names, older, between and newer.
    for token in [
        shop.write::<0, 0>(b"\x03Ada\x00"),
        shop.write::<3, 0>(b"\x03Ada\x00"),
        shop.write::<5, 0>(b"\x03Ada\x00"),
        shop.write::<{ u32::MAX }, 0>(b"\x03Ada\x00"),
    ] {
        assert_eq!(shop.outcome::<v4::User>(&token), WRONG_SCHEMA);
    }
    // An old reader knows nothing of majors to come.
    assert_eq!(
        shop.outcome::<v1::minor0::User>(&shop.issue(&expected)),
        WRONG_SCHEMA
    );
}

#[test]
fn a_deploy_across_a_major_writes_the_previous_type_until_all_read_the_new() {
    let shop = Shop::new();
    let deploying: Sessions<v2::User> = builder(&shop.clock, shop.list.clone())
        .seal_as_previous()
        .build()
        .unwrap();
    let new = v2::User {
        name: "Ada".into(),
        roles: vec!["admin".into()],
    };
    let issued = deploying.issue("ada", &new).unwrap();
    assert_eq!(issued.session.schema(), Schema::new(1, 1));
    let token = issued.token.as_str();
    assert!(shop.read::<v1::minor1::User>(token).payload().admin);
    assert!(shop.read::<v1::minor0::User>(token).payload().admin);
    let session = deploying.verify(token).unwrap();
    assert_eq!(session.payload(), &new);
    let updated = deploying.update(&session, &new).unwrap();
    assert_eq!(updated.session.schema(), Schema::new(1, 1));
    // Then without it: what was written before is read on.
    let done = shop.sessions::<v2::User>();
    let session = done.verify(token).unwrap();
    let updated = done.update(&session, &new).unwrap();
    assert_eq!(updated.session.schema(), Schema::new(2, 0));
    assert_eq!(
        shop.outcome::<v1::minor1::User>(updated.token.as_str()),
        WRONG_SCHEMA
    );
}

#[test]
fn payloads_that_are_no_struct_have_minor_0_for_ever() {
    let shop = Shop::new();
    let raw = shop.issue(&RawBytes(vec![0xFF, 0, 1]));
    assert_eq!(shop.read::<RawBytes>(&raw).payload().0, [0xFF, 0, 1]);
    let unit = shop.issue(&());
    assert_eq!(shop.outcome::<()>(&unit), Outcome::Live);
    for bytes in [&b""[..], b"\x00"] {
        let newer = shop.write::<1, 1>(bytes);
        assert_eq!(shop.outcome::<RawBytes>(&newer), WRONG_SCHEMA);
        assert_eq!(shop.outcome::<()>(&newer), WRONG_SCHEMA);
    }
    assert_eq!(
        shop.outcome::<()>(&shop.write::<1, 0>(b"\x00")),
        WRONG_SCHEMA
    );
}

mod unreadable {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    pub(crate) enum Untagged {
        Number(u8),
    }
    cloakroom::payload!(Untagged);

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    pub(crate) enum Tagged {
        One { number: u8 },
    }
    cloakroom::payload!(Tagged);

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) note: Option<String>,
        pub(crate) admin: bool,
    }
    cloakroom::payload!(Skipping);

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Inner {
        pub(crate) number: u8,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Flat {
        #[serde(flatten)]
        pub(crate) inner: Inner,
    }
    cloakroom::payload!(Flat);
}

#[test]
fn a_type_that_cannot_be_read_back_is_found_when_it_is_sealed() {
    fn error<T: OwnedPayload>(value: &T) -> PayloadError {
        let shop = Shop::new();
        match shop.sessions::<T>().issue("ada", value) {
            Err(IssueError::Payload(error)) => error,
            other => unreachable!("{other:?}"),
        }
    }
    let skipping = unreadable::Skipping {
        note: None,
        admin: true,
    };
    let flat = unreadable::Flat {
        inner: unreadable::Inner { number: 1 },
    };
    assert_eq!(
        error(&unreadable::Untagged::Number(1)),
        PayloadError::Unreadable
    );
    assert_eq!(
        error(&unreadable::Tagged::One { number: 1 }),
        PayloadError::Unreadable
    );
    assert_eq!(error(&skipping), PayloadError::Unreadable);
    assert_eq!(error(&flat), PayloadError::Unsupported);
}
