//! Payloads that would not be read as they were written are not sealed: what serde leaves out, adds
//! or turns round. What only looks like them is.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_alloc
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use cloakroom::{IssueError, OwnedPayload, PayloadError, Sessions};
use common::builder;
use shop::Shop;

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
    assert_eq!(error(&skipping), PayloadError::LeftOut);
    assert_eq!(error(&flat), PayloadError::Unsupported);
}

/// Types whose bytes can be read, and mean something else then.
mod shifted {
    #![expect(dead_code, reason = "what is read in their place is never asked for")]

    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub(crate) struct User {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) nick: Option<String>,
        pub(crate) admin: bool,
        pub(crate) name: String,
    }
    cloakroom::payload!(User);

    #[derive(Serialize, Deserialize)]
    pub(crate) enum Deep {
        Listed {
            users: Vec<(u8, User)>,
        },
        Direct {
            #[serde(skip_serializing_if = "Option::is_none")]
            nick: Option<u8>,
            number: u8,
        },
    }
    cloakroom::payload!(Deep);

    /// `password` comes in and never leaves, `id` the other way round.
    #[derive(Serialize, Deserialize)]
    pub(crate) struct OneWay {
        #[serde(skip_serializing)]
        pub(crate) password: String,
        pub(crate) name: String,
        #[serde(skip_deserializing)]
        pub(crate) id: String,
    }
    cloakroom::payload!(OneWay);

    /// The same with nothing in between: as many fields of the same types.
    #[derive(Serialize, Deserialize)]
    pub(crate) struct Beside {
        #[serde(skip_serializing)]
        pub(crate) may_write: bool,
        #[serde(skip_deserializing)]
        pub(crate) may_read: bool,
    }
    cloakroom::payload!(Beside);

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Unwritten {
        pub(crate) list: Vec<Half>,
        pub(crate) rest: Vec<u8>,
    }
    cloakroom::payload!(Unwritten);

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Half {
        #[serde(skip_serializing, default)]
        pub(crate) admin: bool,
        pub(crate) number: u8,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) enum Variant {
        Here {
            #[serde(skip_serializing, default)]
            admin: bool,
            list: Vec<bool>,
            more: Vec<bool>,
        },
    }
    cloakroom::payload!(Variant);
}

fn payload_error<T: OwnedPayload>(value: &T, check: bool) -> Option<PayloadError> {
    let shop = Shop::new();
    let sessions: Sessions<T> = builder(&shop.clock, shop.list.clone())
        .check_payloads(check)
        .build()
        .unwrap();
    match sessions.issue("ada", value) {
        Err(IssueError::Payload(error)) => Some(error),
        Ok(_) => None,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_field_left_out_by_its_value_is_refused_at_every_depth_and_without_the_round_trip() {
    use shifted::{Deep, User};
    // Without its first byte this is `nick: None, admin: true, name: ""`.
    let user = || User {
        nick: None,
        admin: false,
        name: "\0".into(),
    };
    let named = User {
        nick: Some("ada".into()),
        ..user()
    };
    for check in [true, false] {
        let refused = Some(PayloadError::LeftOut);
        assert_eq!(payload_error(&user(), check), refused);
        let users = vec![(1, user())];
        assert_eq!(payload_error(&Deep::Listed { users }, check), refused);
        let direct = Deep::Direct {
            nick: None,
            number: 0,
        };
        assert_eq!(payload_error(&direct, check), refused);
    }
    // The same type with nothing left out.
    assert_eq!(payload_error(&named, true), None);
    assert!(
        PayloadError::LeftOut
            .to_string()
            .contains("skip_serializing_if")
    );
}

#[test]
fn a_field_that_is_only_written_or_only_read_is_refused() {
    use shifted::{Beside, Half, OneWay, Unwritten, Variant};
    let refused = Some(PayloadError::Unreadable);
    let one_way = OneWay {
        password: "secret".into(),
        name: "Ada".into(),
        id: "7".into(),
    };
    assert_eq!(payload_error(&one_way, true), refused);
    let beside = Beside {
        may_write: false,
        may_read: true,
    };
    assert_eq!(payload_error(&beside, true), refused);
    let half = |number| Half {
        admin: false,
        number,
    };
    // Read as one element less, and the rest from what is over.
    let unwritten = Unwritten {
        list: vec![half(1), half(0)],
        rest: vec![0],
    };
    assert_eq!(payload_error(&unwritten, true), refused);
    let variant = Variant::Here {
        admin: false,
        list: vec![],
        more: vec![false],
    };
    assert_eq!(payload_error(&variant, true), refused);
}

/// Types that look as if something were left out, and are read as they were written.
mod whole {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Choice {
        Nothing,
        Number(u8),
        Pair(u8, bool),
        Fields { a: u8, b: bool },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Wrapped(pub(crate) u32);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(try_from = "(u8, u8)")]
    pub(crate) struct Checked {
        pub(crate) low: u8,
        pub(crate) high: u8,
    }

    impl TryFrom<(u8, u8)> for Checked {
        type Error = &'static str;

        fn try_from((low, high): (u8, u8)) -> Result<Self, &'static str> {
            (low <= high)
                .then_some(Self { low, high })
                .ok_or("not a range")
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct All {
        #[serde(skip)]
        pub(crate) cache: u64,
        #[serde(rename = "n", alias = "name", alias = "a_name")]
        pub(crate) called: String,
        #[serde(alias = "zz")]
        pub(crate) number: i64,
        pub(crate) choices: [Choice; 4],
        pub(crate) wrapped: Wrapped,
        pub(crate) checked: Checked,
        pub(crate) map: BTreeMap<char, (f32, f64)>,
        pub(crate) time: core::time::Duration,
        pub(crate) result: Result<(), Option<u128>>,
        pub(crate) address: core::net::SocketAddr,
        pub(crate) unit: (),
        pub(crate) many: Vec<Many>,
    }
    cloakroom::payload!(All);

    #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Many {
        pub(crate) one: i8,
        #[serde(alias = "deux", default)]
        pub(crate) two: i128,
    }
}

#[test]
fn what_is_read_as_it_was_written_is_sealed() {
    use whole::{All, Checked, Choice, Many, Wrapped};
    let shop = Shop::new();
    let value = All {
        cache: 0,
        called: "Ada".into(),
        number: -1,
        choices: [
            Choice::Nothing,
            Choice::Number(7),
            Choice::Pair(1, true),
            Choice::Fields { a: 1, b: true },
        ],
        wrapped: Wrapped(300),
        checked: Checked { low: 1, high: 2 },
        map: [('a', (1.0, 2.0)), ('b', (0.5, 0.25))].into(),
        time: core::time::Duration::new(1, 2),
        result: Err(Some(1 << 100)),
        address: "[::1]:80".parse().unwrap(),
        unit: (),
        // More than are compared by name.
        many: vec![Many::default(); 100],
    };
    let token = shop.issue(&value);
    assert_eq!(shop.read::<All>(&token).payload(), &value);
}
