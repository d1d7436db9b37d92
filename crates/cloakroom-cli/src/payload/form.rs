//! How values stand in JSON.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::hex;
use crate::payload::types::{Scalar, Type};

/// Whose JSON it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people and programs: numbers where they are exact.
    Plain,
    /// Of vectors of descriptions (SPEC §16.2): wide integers as decimal digits, floats as their bytes.
    Described,
    /// Of vectors of shapes (SPEC §16.5): the same, and an object for a variant without content.
    Shaped,
}

impl Form {
    /// An integer of 64 bits.
    pub(crate) fn wide(self, number: impl Into<Value> + ToString) -> Value {
        match self {
            Self::Plain => number.into(),
            _ => number.to_string().into(),
        }
    }

    pub(crate) fn float(self, number: f64, bytes: &[u8]) -> Value {
        match self {
            // JSON has no infinity.
            Self::Plain if number.is_finite() => json!(number),
            Self::Plain => number.to_string().into(),
            _ => hex::encode(bytes).into(),
        }
    }

    /// A variant without content.
    pub(crate) fn variant(self, name: &str) -> Value {
        match self {
            Self::Shaped => json!({ name: null }),
            _ => name.into(),
        }
    }
}

/// The entries of a map (SPEC §7.7): of a key that is there twice, the last value stays, at the place of
/// the first.
pub(crate) fn map(key: &Type, entries: Vec<(Value, Value)>) -> Value {
    if matches!(key.wrapped(), Type::Scalar(Scalar::Str)) {
        let named = entries
            .into_iter()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value));
        return Value::Object(named.collect());
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let place = *places.entry(key.to_string()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(entry) => entry.1 = value,
            None => kept.push((key, value)),
        }
    }
    let pairs = kept.into_iter().map(|(key, value)| json!([key, value]));
    pairs.collect()
}
