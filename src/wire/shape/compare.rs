//! How one shape came out of another, in words.

use alloc::format;
use alloc::string::String;

use super::node::{Body, Node};

/// How a shape came out of an older one.
#[derive(Debug)]
pub(crate) enum Growth {
    Same,
    /// Fields were appended to the outermost struct, and nothing else changed.
    Appended,
    /// The first other difference, as a sentence without its full stop.
    Changed(String),
}

pub(super) fn growth(old: &Node, new: &Node) -> Growth {
    if old == new {
        return Growth::Same;
    }
    if let (
        Node::Struct { name, fields },
        Node::Struct {
            name: new_name,
            fields: new_fields,
        },
    ) = (old, new)
    {
        if name == new_name && new_fields.starts_with(fields) {
            return Growth::Appended;
        }
    }
    let path = match old {
        Node::Struct { name, .. } | Node::Enum { name, .. } => name,
        Node::Newtype(name, _) | Node::TupleStruct(name, _) | Node::UnitStruct(name) => name,
        _ => "the payload",
    };
    Growth::Changed(difference(path, old, new).unwrap_or_else(|| became(path, old, new)))
}

fn became(path: &str, old: &Node, new: &Node) -> String {
    format!("`{path}` was `{old}` and is `{new}`")
}

/// The first difference between two shapes, if there is one.
fn difference(path: &str, old: &Node, new: &Node) -> Option<String> {
    match (old, new) {
        _ if old == new => None,
        (Node::Option(old), Node::Option(new)) => difference(path, old, new),
        (Node::Seq(old), Node::Seq(new)) => difference(&format!("{path}[]"), old, new),
        (Node::Map(old_key, old), Node::Map(new_key, new)) => {
            difference(&format!("{path}[key]"), old_key, new_key)
                .or_else(|| difference(&format!("{path}[]"), old, new))
        }
        (Node::Array(old, len), Node::Array(new, new_len)) if len == new_len => {
            difference(&format!("{path}[]"), old, new)
        }
        (Node::Tuple(old), Node::Tuple(new)) if old.len() == new.len() => parts(path, old, new),
        (Node::Newtype(name, old), Node::Newtype(new_name, new)) => {
            difference(path, old, new).or_else(|| renamed(path, name, new_name))
        }
        (Node::TupleStruct(name, old), Node::TupleStruct(new_name, new))
            if old.len() == new.len() =>
        {
            parts(path, old, new).or_else(|| renamed(path, name, new_name))
        }
        (Node::UnitStruct(name), Node::UnitStruct(new_name)) => renamed(path, name, new_name),
        (
            Node::Struct { name, fields },
            Node::Struct {
                name: new_name,
                fields: new_fields,
            },
        ) => list("field", path, fields, new_fields, difference)
            .or_else(|| renamed(path, name, new_name)),
        (
            Node::Enum { name, variants },
            Node::Enum {
                name: new_name,
                variants: new_variants,
            },
        ) => list("variant", path, variants, new_variants, body)
            .or_else(|| renamed(path, name, new_name)),
        _ => Some(became(path, old, new)),
    }
}

fn renamed(path: &str, old: &str, new: &str) -> Option<String> {
    (old != new).then(|| {
        format!(
            "the type `{old}` of `{path}` is called `{new}` now (no byte changed: \
             `#[serde(rename = \"{old}\")]` on it keeps the recorded name)"
        )
    })
}

fn parts(path: &str, old: &[Node], new: &[Node]) -> Option<String> {
    let mut pairs = old.iter().zip(new).enumerate();
    pairs.find_map(|(index, (old, new))| difference(&format!("{path}.{index}"), old, new))
}

fn body(path: &str, old: &Body, new: &Body) -> Option<String> {
    match (old, new) {
        (Body::Newtype(old), Body::Newtype(new)) => difference(path, old, new),
        (Body::Tuple(old), Body::Tuple(new)) if old.len() == new.len() => parts(path, old, new),
        (Body::Struct(old), Body::Struct(new)) => list("field", path, old, new, difference),
        _ => (old != new).then(|| format!("variant `{path}` holds something else")),
    }
}

/// Fields or variants: named, and in an order that counts.
fn list<T: PartialEq>(
    noun: &str,
    path: &str,
    old: &[(String, T)],
    new: &[(String, T)],
    inner: impl Fn(&str, &T, &T) -> Option<String>,
) -> Option<String> {
    for index in 0..old.len().max(new.len()) {
        let sentence = match (old.get(index), new.get(index)) {
            (Some((name, was)), Some((new_name, is))) if name == new_name => {
                let Some(sentence) = inner(&format!("{path}.{name}"), was, is) else {
                    continue;
                };
                sentence
            }
            (Some(was), Some(is)) => replaced(noun, path, was, is, [old, new]),
            (Some((name, _)), None) => format!("{noun} `{path}.{name}` is gone"),
            (None, Some((name, _))) => format!("{noun} `{path}.{name}` was added"),
            (None, None) => continue,
        };
        return Some(sentence);
    }
    None
}

/// Two names that differ in the same place.
fn replaced<T: PartialEq>(
    noun: &str,
    path: &str,
    (old_name, old): &(String, T),
    (new_name, new): &(String, T),
    [all_old, all_new]: [&[(String, T)]; 2],
) -> String {
    let kept = all_new.iter().any(|(name, _)| name == old_name);
    let known = all_old.iter().any(|(name, _)| name == new_name);
    match (kept, known) {
        (true, true) => format!(
            "the {noun}s of `{path}` changed places: `{new_name}` is where `{old_name}` was, and \
             postcard goes by place alone"
        ),
        (true, false) => {
            format!("{noun} `{path}.{new_name}` was put before `{old_name}`, not at the end")
        }
        (false, true) => format!("{noun} `{path}.{old_name}` is gone"),
        (false, false) if old == new => format!(
            "{noun} `{path}.{old_name}` is called `{new_name}` now (no byte changed, but readers in \
             other languages go by name: `#[serde(rename = \"{old_name}\")]` keeps the recorded one)"
        ),
        (false, false) => format!("{noun} `{path}.{old_name}` gave way to `{new_name}`"),
    }
}
