//! Payload types of several versions, and servers that read each other's tokens.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a test may panic"
)]

use cloakroom::schema::{EncodeError, Ends, Unreadable};
use cloakroom::{
    ManualClock, NoPrevious, OwnedPayload, Payload, RawBytes, RevocationList, Schema, Session,
    Sessions, SystemRandom,
};

use crate::common::{NOW, Outcome, builder, outcome};

pub(crate) mod v1 {
    use serde::{Deserialize, Serialize};

    pub(crate) mod minor0 {
        use super::*;
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(crate) struct User {
            pub(crate) id: u64,
            pub(crate) name: String,
            pub(crate) admin: bool,
        }
        cloakroom::payload!(User);
    }

    pub(crate) mod minor1 {
        use super::*;
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(crate) struct User {
            pub(crate) id: u64,
            pub(crate) name: String,
            pub(crate) admin: bool,
            #[serde(default)]
            pub(crate) theme: Option<String>,
        }
        cloakroom::payload!(User, schema = (1, 1));
    }

    pub(crate) mod minor2 {
        use super::*;
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(crate) struct User {
            pub(crate) id: u64,
            pub(crate) name: String,
            pub(crate) admin: bool,
            #[serde(default)]
            pub(crate) theme: Option<String>,
            #[serde(default = "seven")]
            pub(crate) scopes: Vec<u16>,
        }
        cloakroom::payload!(User, schema = (1, 2));

        fn seven() -> Vec<u16> {
            vec![7]
        }
    }
}

pub(crate) mod v2 {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(crate) struct User {
        pub(crate) name: String,
        pub(crate) roles: Vec<String>,
    }
    cloakroom::payload!(User, schema = (2, 0), previous = super::v1::minor1::User);

    impl From<super::v1::minor1::User> for User {
        fn from(old: super::v1::minor1::User) -> Self {
            let roles = if old.admin {
                vec!["admin".into()]
            } else {
                vec![]
            };
            Self {
                name: old.name,
                roles,
            }
        }
    }

    impl From<&User> for super::v1::minor1::User {
        fn from(new: &User) -> Self {
            Self {
                id: 0,
                name: new.name.clone(),
                admin: new.roles.iter().any(|role| role == "admin"),
                theme: None,
            }
        }
    }
}

pub(crate) mod v4 {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(crate) struct User {
        pub(crate) name: String,
        pub(crate) roles: usize,
    }
    cloakroom::payload!(User, schema = (4, 0), previous = super::v2::User);

    impl From<super::v2::User> for User {
        fn from(old: super::v2::User) -> Self {
            Self {
                name: old.name,
                roles: old.roles.len(),
            }
        }
    }
}

/// Any bytes under any schema: what another program may have sealed.
pub(crate) struct Bytes<const MAJOR: u32, const MINOR: u32>(pub(crate) Vec<u8>);

impl<const MAJOR: u32, const MINOR: u32> Payload for Bytes<MAJOR, MINOR> {
    const SCHEMA: Schema = Schema::new(MAJOR, MINOR);
    type View<'b> = Self;
    type Previous = NoPrevious;

    fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
        match previous {}
    }

    fn encode(value: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
        RawBytes::encode(&RawBytes(value.0.clone()), out)
    }

    fn decode(bytes: &[u8], _: Ends) -> Result<Self, Unreadable> {
        Ok(Self(bytes.to_vec()))
    }
}

impl<const MAJOR: u32, const MINOR: u32> OwnedPayload for Bytes<MAJOR, MINOR> {}

pub(crate) struct Shop {
    pub(crate) clock: ManualClock,
    pub(crate) list: RevocationList,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self {
            clock: ManualClock::at(NOW),
            list: RevocationList::new(),
        }
    }

    pub(crate) fn sessions<T: Payload>(&self) -> Sessions<T> {
        builder(&self.clock, self.list.clone())
            .renew_share(0, 1)
            // Every server draws ids of its own.
            .random(SystemRandom)
            .build()
            .unwrap()
    }

    pub(crate) fn issue<T: OwnedPayload>(&self, value: &T) -> String {
        self.sessions::<T>()
            .issue("ada", value)
            .unwrap()
            .token
            .into_string()
    }

    pub(crate) fn write<const MAJOR: u32, const MINOR: u32>(&self, bytes: &[u8]) -> String {
        self.issue(&Bytes::<MAJOR, MINOR>(bytes.to_vec()))
    }

    pub(crate) fn read<T: OwnedPayload>(&self, token: &str) -> Session<T> {
        self.sessions::<T>().verify(token).unwrap()
    }

    pub(crate) fn outcome<T: OwnedPayload>(&self, token: &str) -> Outcome {
        outcome(&self.sessions::<T>(), token)
    }
}

pub(crate) fn ada0() -> v1::minor0::User {
    v1::minor0::User {
        id: 42,
        name: "Ada".into(),
        admin: false,
    }
}

pub(crate) fn ada2() -> v1::minor2::User {
    v1::minor2::User {
        id: 42,
        name: "Ada".into(),
        admin: false,
        theme: Some("dark".into()),
        scopes: vec![1, 300],
    }
}
