//! Which members a vector of each kind has (SPEC §16.2): an unknown one is an error, not something to
//! skip, because it would mean something that is not done.

use crate::vectors::vector::{Vector, Why};

const OUTER: [&str; 7] = [
    "id", "comment", "flags", "kind", "stage", "inputs", "expected",
];

/// The inputs and what is expected. Of inputs with a stroke between them, a vector has one.
type Members = (&'static [&'static str], &'static [&'static str]);

const TOKEN: [&str; 8] = [
    "ring|keys",
    "purpose",
    "audience",
    "binding",
    "policy",
    "now",
    "revocations",
    "token|token_hex",
];

/// What those kinds have that begin with a token, besides.
fn beside_token(kind: &str) -> Option<Members> {
    Some(match kind {
        "token" => (
            &["reader"],
            &["reason", "claims", "payload", "value", "read_only", "steps"],
        ),
        "renew" => (&["reader", "share"], &["token"]),
        "update" => (&["reader", "new"], &["token"]),
        "rotate" => (&["reader", "new", "entry_life"], &["token", "record"]),
        "logout" => (&["entry_life"], &["record"]),
        _ => return None,
    })
}

fn alone(kind: &str) -> Option<Members> {
    Some(match kind {
        "issue" => (
            &[
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
            &["token", "claims"],
        ),
        "cutoff" => (
            &[
                "key",
                "purpose",
                "audience",
                "policy",
                "now",
                "revocations",
                "subject",
                "before",
            ],
            &["cutoff"],
        ),
        "key-text" => (
            &["text|text_hex", "purpose", "audience"],
            &["form", "kid", "secret"],
        ),
        "ring" => (
            &["text|text_hex", "now", "purpose", "audience", "ttl"],
            &["states", "retirements"],
        ),
        "ring-replace" => (&["old", "new", "now", "forced"], &[]),
        "record" => (&["record"], &["kind", "key", "value", "expires", "exempt"]),
        "merge" => (&["records"], &["records"]),
        "snapshot" => (&["snapshot"], &["made_at", "high_water", "records"]),
        "digest" => (&["kind", "data"], &["key"]),
        "feed-key" => (&["text|text_hex"], &["fid", "secret", "mac_key"]),
        "feed-batch" => (
            &["keys", "realm", "onto", "batch"],
            &["time", "records", "becomes", "fault"],
        ),
        "feed-snapshot" => (
            &["keys", "realm", "snapshot"],
            &["position", "life", "snapshot", "fault"],
        ),
        "wrapped" => (&["wrapped", "password", "s"], &["text"]),
        "edge-key" => (&["edge_key"], &["eid", "key"]),
        "edge-signer" => (&["feed_key"], &["seed", "text"]),
        "edge-make" => (
            &[
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
            &["export"],
        ),
        "edge-export" => (
            &["keys", "realm", "seen", "now", "skew", "export", "sessions"],
            &[
                "position",
                "made_at",
                "valid_until",
                "high_water",
                "life",
                "salt",
                "records",
                "age",
                "hits",
                "fault",
            ],
        ),
        "description" => (
            &["description|description_hex", "minor", "payload"],
            &["value", "read_only"],
        ),
        "age" => (
            &[
                "now",
                "leeway",
                "authenticated_at",
                "issued_at",
                "max_age|require_fresh",
            ],
            &[],
        ),
        _ => return None,
    })
}

/// Whether the vector has the members of its kind and no others. A kind that is not known has none.
pub(crate) fn check(vector: &Vector) -> Result<(), Why> {
    let kind = vector.kind();
    let (more, expected) = match beside_token(kind) {
        Some((more, expected)) => (TOKEN.iter().chain(more), expected),
        None => match alone(kind) {
            Some((inputs, expected)) => ([].iter().chain(inputs), expected),
            None => return Ok(()),
        },
    };
    let outer = vector.0.as_object().into_iter().flat_map(|all| all.keys());
    let mut outer = outer.filter(|name| !OUTER.contains(&name.as_str()));
    if let Some(name) = outer.next() {
        return Err(format!("`{name}` is no member of a vector").into());
    }
    let inputs = vector.members("inputs")?;
    let mut known = Vec::new();
    for names in more {
        let names: Vec<&str> = names.split('|').collect();
        let there = names.iter().filter(|name| inputs.contains_key(**name));
        if there.count() != 1 {
            let names = names.join("` or `");
            return Err(format!("of the inputs, one is `{names}`").into());
        }
        known.extend(names);
    }
    if let Some(name) = inputs.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("`{name}` is no input of the kind `{kind}`").into());
    }
    let members = vector.members("expected")?.keys();
    let mut members = members.filter(|name| !expected.contains(&name.as_str()));
    match members.next() {
        Some(name) => {
            Err(format!("nothing called `{name}` is expected of the kind `{kind}`").into())
        }
        None => Ok(()),
    }
}
