//! Payloads of other majors and other kinds: chains of previous types, deploys across a major, raw
//! bytes, and types that can have no minor.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use cloakroom::{RawBytes, Schema, Sessions};
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

/// Types that can't grow, with a minor as if they had.
mod grown {
    use serde::{Deserialize, Serialize};

    macro_rules! grown {
        ($($name:ident $body:tt;)*) => {$(
            #[derive(Serialize, Deserialize)]
            pub(crate) struct $name $body;
            cloakroom::payload!($name, schema = (1, 1));
        )*};
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Unit;
    cloakroom::payload!(Unit, schema = (1, 1));

    grown! {
        Tuple(u8, u8);
        Pair((u8, u8));
        Maybe(Option<u8>);
        List(Vec<u8>);
        Text(String);
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) enum Either {
        Number { number: u8 },
    }
    cloakroom::payload!(Either, schema = (1, 1));

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Struct {
        pub(crate) number: u8,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Newtype(pub(crate) Struct);
    cloakroom::payload!(Newtype, schema = (1, 1));

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Empty {}
    cloakroom::payload!(Empty, schema = (1, 1));

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Borrowed<'a> {
        pub(crate) name: &'a str,
    }
    cloakroom::payload!(Borrowed<'_>, schema = (1, 7));

    /// Its previous type breaks the rule, it does not.
    #[derive(Serialize, Deserialize)]
    pub(crate) struct Later {
        pub(crate) number: u8,
    }
    cloakroom::payload!(Later, schema = (2, 0), previous = Either);

    impl From<Either> for Later {
        fn from(Either::Number { number }: Either) -> Self {
            Self { number }
        }
    }
}

#[test]
fn a_type_that_is_no_struct_and_has_a_minor_is_refused_when_sessions_are_built() {
    use cloakroom::{BuildError, Payload};
    fn built<T: Payload>() -> Option<BuildError> {
        let shop = Shop::new();
        builder::<T, _>(&shop.clock, shop.list.clone())
            .build()
            .err()
    }
    let schema = Schema::new(1, 1);
    let refused = Some(BuildError::Minor { schema });
    assert_eq!(built::<grown::Unit>(), refused);
    assert_eq!(built::<grown::Tuple>(), refused);
    assert_eq!(built::<grown::Pair>(), refused);
    assert_eq!(built::<grown::Maybe>(), refused);
    assert_eq!(built::<grown::List>(), refused);
    assert_eq!(built::<grown::Text>(), refused);
    assert_eq!(built::<grown::Either>(), refused);
    assert_eq!(built::<grown::Later>(), refused);
    assert_eq!(built::<grown::Newtype>(), None);
    assert_eq!(built::<grown::Empty>(), None);
    assert_eq!(built::<grown::Borrowed<'static>>(), None);
    assert_eq!(built::<RawBytes>(), None);
    assert_eq!(built::<()>(), None);
}
