//! Payloads of Rust types, read in every language with what this crate prints about the type.

use std::collections::BTreeMap;

use cloakroom::Payload;
use cloakroom::schema::describe;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::input::to_hex;
use crate::{programs, turn};

#[derive(Serialize, Deserialize)]
enum Plan {
    Free,
    Paid(u32),
    Trial { days: u8 },
    Custom(u8, i64),
}

/// Encoded as a seq of u8 without help; this asks for bytes.
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
    }
}

#[derive(Serialize, Deserialize)]
struct Team(u64);

#[derive(Serialize, Deserialize)]
struct Folder {
    name: char,
    within: Option<Box<Self>>,
}

/// All that the description has a form for.
macro_rules! profile {
    ($name:ident, $minor:literal, $($appended:tt)*) => {
        #[derive(Serialize, Deserialize)]
        struct $name {
            id: u64,
            least: i64,
            wide: u128,
            name: String,
            roles: Vec<String>,
            limits: BTreeMap<String, u16>,
            seats: BTreeMap<u8, (bool, i8)>,
            pair: (u8, String),
            grid: [i16; 3],
            ratio: f64,
            small: f32,
            blob: Blob,
            team: Team,
            folder: Folder,
            nothing: (),
            locale: Option<String>,
            plan: Plan,
            $($appended)*
        }
        cloakroom::payload!($name, schema = (3, $minor));
    };
}
profile!(Before, 0,);
profile!(Profile, 1, #[serde(default)] theme: Option<String>,);

fn before(plan: Plan) -> Before {
    let inner = Folder {
        name: '\u{1f5c0}',
        within: None,
    };
    Before {
        id: u64::MAX,
        least: i64::MIN,
        wide: u128::MAX,
        name: "Zo\u{eb}".into(),
        roles: vec!["ops".into(), "dev".into()],
        limits: [("a".into(), 1), ("b".into(), 65535)].into(),
        seats: [(3, (true, -1)), (9, (false, 127))].into(),
        pair: (7, "p".into()),
        grid: [-1, 0, 300],
        ratio: -2.0,
        small: 1.5,
        blob: Blob(vec![0, 255]),
        team: Team(1 << 60),
        folder: Folder {
            name: '\u{e9}',
            within: Some(Box::new(inner)),
        },
        nothing: (),
        locale: None,
        plan,
    }
}

/// A worker without the Rust type reads a session's payload by the names of its fields.
#[test]
fn payloads_are_read_by_field_name_in_every_language() {
    let _turn = turn();
    let description = describe::<Profile>().unwrap().to_json();
    let plans = [
        (Plan::Free, json!("Free")),
        (Plan::Paid(300), json!({"Paid": 300})),
        (Plan::Trial { days: 7 }, json!({"Trial": {"days": 7}})),
        (Plan::Custom(1, -1), json!({"Custom": [1, "-1"]})),
    ];
    let mut readers = programs();
    for (plan, shown) in plans {
        let mut buffer = [0; 512];
        let length = Before::encode(&before(plan), &mut buffer).unwrap();
        let bytes = buffer[..length].to_vec();
        let mut expected = json!({
            "id": u64::MAX.to_string(), "least": i64::MIN.to_string(), "wide": u128::MAX.to_string(),
            "name": "Zo\u{eb}", "roles": ["ops", "dev"], "limits": {"a": 1, "b": 65535},
            "seats": [[3, [true, -1]], [9, [false, 127]]], "pair": [7, "p"], "grid": [-1, 0, 300],
            "ratio": to_hex(&(-2.0_f64).to_le_bytes()), "small": to_hex(&1.5_f32.to_le_bytes()),
            "blob": "00ff", "team": (1_u64 << 60).to_string(),
            "folder": {"name": "\u{e9}", "within": {"name": "\u{1f5c0}", "within": null}},
            "nothing": null, "locale": null, "plan": shown,
        });
        for (minor, tail) in [(0, None), (1, Some("dark")), (2, Some("dark"))] {
            let mut payload = bytes.clone();
            if let Some(theme) = tail {
                payload.extend([1, 4]);
                payload.extend(theme.as_bytes());
                expected["theme"] = json!(theme);
            }
            if minor == 2 {
                payload.extend([9, 9, 9]);
            }
            let request = json!({"kind": "description", "inputs": {
                "description": description, "minor": minor, "payload": to_hex(&payload),
            }});
            for reader in &mut readers {
                let answer: Value = reader.ask(&request);
                let name = reader.name;
                assert_eq!(
                    answer["expected"]["value"], expected,
                    "{name}, minor {minor}: {answer}"
                );
                assert_eq!(
                    answer["expected"]["read_only"],
                    minor == 2,
                    "{name}, minor {minor}"
                );
            }
        }
    }
    if readers.is_empty() {
        programs::say("SKIPPED: payloads were read in no other language");
    }
}
