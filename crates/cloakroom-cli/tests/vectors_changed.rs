//! Changed vectors through the command: no check is one that can't fail, and no file makes it panic.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Place;
use common::vectors::{all, judged};
use serde_json::{Map, Value, json};

/// So many vectors of each kind and stage.
fn some(most: usize) -> Vec<Value> {
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut vectors = all();
    vectors.retain(|vector| {
        // Thousands of values, each of which would be changed.
        if vector.to_string().len() > 30_000 {
            return false;
        }
        let part = |name: &str| vector[name].as_str().unwrap().to_owned();
        let taken = taken.entry((part("kind"), part("stage"))).or_default();
        *taken += 1;
        *taken <= most
    });
    vectors
}

/// What was changed, by the id under which the command is given it.
#[derive(Default)]
struct Changes(Vec<(String, Value)>);

impl Changes {
    fn add(&mut self, what: &str, mut vector: Value) {
        let what = format!("{} {what}", vector["id"].as_str().unwrap());
        vector["id"] = format!("changed-{}", self.0.len()).into();
        self.0.push((what, vector));
    }

    /// Those that the command agrees with, or can't check.
    fn unnoticed(&self) -> BTreeSet<String> {
        let place = Place::new();
        let vectors: Vec<Value> = self.0.iter().map(|(_, vector)| vector.clone()).collect();
        let said = judged(&place, &vectors);
        assert!([0, 1].contains(&said.code), "{}", said.err);
        let json = said.json();
        let disagree = json["disagree"].as_array().unwrap();
        let noticed: BTreeSet<&str> = disagree
            .iter()
            .inspect(|one| assert_ne!(one["why"], ""))
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        let all = self.0.iter();
        all.filter(|(_, vector)| !noticed.contains(vector["id"].as_str().unwrap()))
            .map(|(what, _)| what.clone())
            .collect()
    }

    #[track_caller]
    fn all_noticed(&self) {
        assert!(self.0.len() > 100, "{}", self.0.len());
        let unnoticed = self.unnoticed();
        assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    }
}

#[test]
fn every_vector_with_another_stage_disagrees() {
    let mut changes = Changes::default();
    for vector in all() {
        for stage in ["ok", "refused", "time", "none", "failed", "tag", "schema"] {
            if vector["stage"] != stage {
                let mut changed = vector.clone();
                changed["stage"] = stage.into();
                changes.add(stage, changed);
                break;
            }
        }
        let mut changed = vector.clone();
        changed.as_object_mut().unwrap().remove("stage");
        changes.add("without its stage", changed);
    }
    changes.all_noticed();
}

/// Every place within a value, as a pointer, the outermost first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        // The first tells as much as all of them.
        Value::Array(list) => list.iter().take(1).map(|v| ("0".to_owned(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        places(value, &at, found);
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!("something"),
        Value::Bool(is) => (!is).into(),
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        // Of the same length and alphabet, where it is hex or digits.
        Value::String(text) => match text.strip_suffix('0') {
            Some(rest) => format!("{rest}1").into(),
            None => format!(
                "{}0",
                text.get(..text.len().saturating_sub(1)).unwrap_or("x")
            )
            .into(),
        },
        Value::Array(list) => match list.split_last() {
            Some((_, rest)) => rest.into(),
            None => json!([0]),
        },
        Value::Object(members) => match members.keys().next() {
            Some(first) => {
                let mut fewer = members.clone();
                fewer.remove(first);
                fewer.into()
            }
            None => json!({ "more": 0 }),
        },
    }
}

fn remove(vector: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match vector.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(list) => drop(list.remove(0)),
        _ => {}
    }
}

#[test]
fn every_expected_value_that_is_another_is_noticed() {
    let mut changes = Changes::default();
    for vector in some(8) {
        let mut more = vector.clone();
        more["expected"]["surprise"] = 1.into();
        changes.add("with more expected", more);
        let mut found = Vec::new();
        places(&vector["expected"], "/expected", &mut found);
        for at in found {
            // What the library does not show (SPEC §16.1).
            if at == "/expected/steps" || at == "/expected/steps/subkey" {
                continue;
            }
            // How many moments there are is the vector's to choose.
            if at == "/expected/states" || at == "/expected/states/0" {
                continue;
            }
            let mut changed = vector.clone();
            let value = changed.pointer_mut(&at).unwrap();
            *value = other(value);
            changes.add(&at, changed);
            let mut fewer = vector.clone();
            remove(&mut fewer, &at);
            changes.add(&format!("without {at}"), fewer);
        }
    }
    let mut unnoticed = changes.unnoticed();
    // Other moments have the same states, unless a key changes its state in between.
    unnoticed.retain(|what| !what.ends_with("/expected/states/0/now"));
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// What vectors of another stage of the same kind have.
#[test]
fn more_that_is_expected_than_the_stage_has_is_noticed() {
    let vectors = some(2);
    let mut changes = Changes::default();
    for vector in &vectors {
        let of_kind = vectors.iter().filter(|one| one["kind"] == vector["kind"]);
        for (name, value) in of_kind.flat_map(|one| one["expected"].as_object().unwrap()) {
            let mut changed = vector.clone();
            let expected = changed["expected"].as_object_mut().unwrap();
            if expected.insert(name.clone(), value.clone()).is_none() {
                changes.add(&format!("with {name}"), changed);
            }
        }
    }
    assert!(changes.0.len() > 40, "{}", changes.0.len());
    let unnoticed = changes.unnoticed();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

#[test]
fn an_input_that_is_missing_or_unknown_is_noticed() {
    let mut changes = Changes::default();
    for vector in some(3) {
        let inputs = vector["inputs"].as_object().unwrap();
        for name in inputs.keys() {
            let mut changed = vector.clone();
            changed["inputs"].as_object_mut().unwrap().remove(name);
            changes.add(&format!("without {name}"), changed);
        }
        for part in ["inputs", "expected"] {
            for value in [Value::Null, json!(1), json!([]), json!("x")] {
                let mut changed = vector.clone();
                changed[part] = value;
                changes.add(&format!("{part} of another type"), changed);
            }
            let mut changed = vector.clone();
            changed.as_object_mut().unwrap().remove(part);
            changes.add(&format!("without {part}"), changed);
        }
        let mut changed = vector.clone();
        changed["inputs"]["surprise"] = 1.into();
        changes.add("with more inputs", changed);
        let mut changed = vector.clone();
        changed["surprise"] = 1.into();
        changes.add("with more members", changed);
        let mut found = Vec::new();
        places(&vector["inputs"], "/inputs", &mut found);
        for at in found.iter().filter(|at| at.matches('/').count() > 2) {
            let mut changed = vector.clone();
            remove(&mut changed, at);
            // An element of a list may be there or not.
            if !at.ends_with("/0") {
                changes.add(&format!("without {at}"), changed);
            }
        }
        for at in found
            .iter()
            .filter(|at| vector.pointer(at).unwrap().is_object())
        {
            let mut changed = vector.clone();
            changed.pointer_mut(at).unwrap()["surprise"] = 1.into();
            changes.add(&format!("with more in {at}"), changed);
        }
    }
    changes.all_noticed();
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_u64() => "number",
        Value::Number(_) => "no whole number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The sorts of values that an input may have (SPEC §16.2), besides the one that it has.
fn may_be(kind: &str, at: &str) -> &'static [&'static str] {
    match (kind, at) {
        ("key-text" | "ring", "/purpose" | "/audience") | ("cutoff", "/subject") => {
            &["null", "string"]
        }
        ("ring", "/ttl") | ("cutoff", "/before") => &["null", "number"],
        ("rotate", "/new") | ("edge-export", "/seen") => &["null", "object"],
        _ => &[],
    }
}

#[test]
fn an_input_of_another_sort_is_noticed() {
    let odd: [Value; 9] = [
        Value::Null,
        json!(7),
        json!(1e300),
        json!(-1),
        json!(u64::MAX),
        json!("x"),
        json!(""),
        json!([]),
        json!(Map::new()),
    ];
    let (mut wrong, mut allowed) = (Changes::default(), Changes::default());
    for vector in some(2) {
        let mut found = Vec::new();
        places(&vector["inputs"], "", &mut found);
        for at in found {
            let whole = format!("/inputs{at}");
            for value in &odd {
                let mut changed = vector.clone();
                let place = changed.pointer_mut(&whole).unwrap();
                let sorts = may_be(vector["kind"].as_str().unwrap(), &at);
                let fits = sort(value) == sort(place) || sorts.contains(&sort(value));
                *place = value.clone();
                let what = format!("{at}: {value}");
                if fits { &mut allowed } else { &mut wrong }.add(&what, changed);
            }
        }
    }
    // That these are noticed is not said: a number may be another one and nothing come of it. What
    // matters is that they are answered.
    allowed.unnoticed();
    wrong.all_noticed();
}
