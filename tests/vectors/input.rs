//! Reading vectors: an unknown member is an error of the runner's, not something to skip.

use std::path::Path;

use cloakroom::{Key, KeyRing, Timestamp, Unit};
use serde_json::Value;

/// One vector, with the file's promises checked.
#[derive(Clone)]
pub(crate) struct Vector(pub(crate) Value);

pub(crate) fn read(path: &Path) -> Vec<Vector> {
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["format"], "cloakroom-vectors", "{}", path.display());
    assert_eq!(file["version"], 1, "{}", path.display());
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(
        file["count"].as_u64(),
        Some(vectors.len() as u64),
        "{}",
        path.display()
    );
    assert_eq!(
        file.as_object().unwrap().len(),
        5,
        "{}: unknown member",
        path.display()
    );
    vectors
        .iter()
        .cloned()
        .map(Vector)
        .inspect(Vector::check_members)
        .collect()
}

/// The members of `inputs` that each kind may have (SPEC §16.2).
fn members(kind: &str) -> &'static [&'static str] {
    const TOKEN: [&str; 13] = [
        "keys",
        "ring",
        "purpose",
        "audience",
        "binding",
        "policy",
        "now",
        "reader",
        "revocations",
        "token",
        "share",
        "new",
        "entry_life",
    ];
    match kind {
        "token" | "renew" | "update" | "rotate" | "logout" => &TOKEN,
        "issue" => &[
            "key",
            "purpose",
            "audience",
            "binding",
            "policy",
            "now",
            "session_id",
            "subject",
            "payload",
            "major",
            "minor",
            "revocations",
        ],
        "cutoff" => &[
            "key",
            "purpose",
            "audience",
            "policy",
            "now",
            "revocations",
            "subject",
            "before",
        ],
        "key-text" => &["text", "purpose", "audience"],
        "ring" => &["text", "now", "purpose", "audience", "ttl"],
        "ring-replace" => &["old", "new", "now", "forced"],
        "record" => &["record"],
        "merge" => &["records"],
        "snapshot" => &["snapshot"],
        "feed-key" => &["text"],
        "feed-batch" => &["keys", "realm", "onto", "batch"],
        "feed-snapshot" => &["keys", "realm", "snapshot"],
        "wrapped" => &["wrapped", "password", "s"],
        "edge-key" => &["edge_key"],
        "edge-signer" => &["feed_key"],
        "edge-make" => &[
            "feed_key",
            "realm",
            "position",
            "made_at",
            "valid_until",
            "high_water",
            "life",
            "salt",
            "records",
            "sessions",
        ],
        "edge-export" => &["keys", "realm", "seen", "now", "skew", "export", "sessions"],
        "digest" => &["kind", "data"],
        "description" => &["description", "minor", "payload"],
        "age" => &[
            "now",
            "leeway",
            "authenticated_at",
            "issued_at",
            "max_age",
            "require_fresh",
        ],
        _ => &[],
    }
}

impl Vector {
    fn check_members(&self) {
        const OUTER: [&str; 7] = [
            "id", "comment", "flags", "kind", "stage", "inputs", "expected",
        ];
        for name in self.0.as_object().unwrap().keys() {
            assert!(
                OUTER.contains(&name.as_str()),
                "{}: unknown member {name}",
                self.id()
            );
        }
        for name in self.0["inputs"].as_object().unwrap().keys() {
            let plain = name.strip_suffix("_hex").unwrap_or(name);
            let known = members(self.kind()).contains(&plain);
            assert!(known, "{}: unknown input {name}", self.id());
        }
    }

    pub(crate) fn with_stage(&self, stage: &str) -> Self {
        let mut changed = self.clone();
        changed.0["stage"] = stage.into();
        changed
    }

    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(crate) fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap()
    }

    pub(crate) fn stage(&self) -> &str {
        self.0["stage"].as_str().unwrap()
    }

    pub(crate) fn input(&self, name: &str) -> &Value {
        &self.0["inputs"][name]
    }

    pub(crate) fn expected(&self, name: &str) -> &Value {
        &self.0["expected"][name]
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        hex(self.input(name).as_str().unwrap_or_default())
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.input(name)
            .as_u64()
            .unwrap_or_else(|| panic!("{} has no number {name}", self.id()))
    }

    /// A text, or `None` where its bytes are not UTF-8: a `&str` interface never sees those.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(self.text_bytes(name)).ok()
    }

    /// The bytes of a text, UTF-8 or not.
    pub(crate) fn text_bytes(&self, name: &str) -> Vec<u8> {
        match self.input(name).as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => hex(self.input(&format!("{name}_hex")).as_str().unwrap()),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.number("now")).unwrap()
    }

    /// The ring of the vector: a ring file, or keys in given states, for which times are made up.
    pub(crate) fn ring(&self) -> KeyRing {
        if let Some(text) = self.input("ring").as_str() {
            return KeyRing::parse(text).unwrap();
        }
        let now = self.number("now");
        let (mut lines, mut past) = (String::new(), 0);
        let keys = self.input("keys").as_array().unwrap();
        let mut in_state = |state: &str, lines: &mut String| {
            for key in keys.iter().filter(|key| key["state"] == state) {
                let text = key["text"].as_str().unwrap();
                let activate = if state == "announced" {
                    now + 1 + past
                } else {
                    past
                };
                past += 1;
                lines.push_str(&line(text, activate));
                lines.push_str(&match state {
                    "retired" => format!(" retire={} forced\n", time(now)),
                    "disabled" => " disabled\n".to_owned(),
                    _ => "\n".to_owned(),
                });
            }
        };
        for state in ["retired", "disabled", "open-only"] {
            in_state(state, &mut lines);
        }
        if keys.iter().all(|key| key["state"] != "sealing") {
            // Every ring has a key that seals; this one sealed none of the vectors.
            let filler =
                Key::from_bytes(&core::array::from_fn(|i| 200 + u8::try_from(i).unwrap())).unwrap();
            let unit = keys[0]["text"].as_str().unwrap().starts_with("clksub1.");
            let text = if unit {
                let of: Unit = filler
                    .derive_unit(&self.bytes("purpose"), &self.bytes("audience"))
                    .unwrap();
                of.to_text()
            } else {
                filler.to_text()
            };
            lines.push_str(&line(text.expose(), now.min(1000)));
            lines.push('\n');
        }
        in_state("sealing", &mut lines);
        in_state("announced", &mut lines);
        let text = format!("cloakroom-ring 1\nmax-lifetime 4294967295\n{lines}");
        KeyRing::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

fn line(text: &str, activate: u64) -> String {
    format!("key {text} activate={}", time(activate))
}

fn time(unix: u64) -> String {
    Timestamp::from_unix(unix).unwrap().to_string()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(
        text.len() % 2 == 0 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        "not hex: {text}"
    );
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash that SPEC §16.4 prints for this many seals.
pub(crate) fn accumulated_hash(count: &str) -> String {
    let spec = include_str!("../../SPEC.md");
    let row = spec
        .lines()
        .find(|line| line.starts_with(&format!("| {count} | ")));
    let cell = row
        .and_then(|row| row.split('|').nth(2))
        .expect("a row of the table in 16.4");
    cell.trim().to_owned()
}
