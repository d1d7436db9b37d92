//! Vectors of kind `description`: a payload read by a description of its type (SPEC §7.7).

use serde_json::json;

use crate::payload::{self, Form};
use crate::vectors::vector::{Vector, Why};

pub(crate) fn description(vector: &Vector) -> Result<(), Why> {
    let (text, minor) = (vector.text("description")?, vector.small("minor")?);
    let bytes = vector.bytes("payload")?;
    let Some(schema) = text.and_then(|text| payload::from_json(&text).ok()) else {
        return vector.answers("refused", json!({}));
    };
    match payload::read_in(Form::Described, &schema, minor, &bytes) {
        Err(_) => vector.answers("schema", json!({})),
        Ok(read) => {
            let read_only = minor > schema.minor;
            vector.answers("ok", json!({ "value": read.value, "read_only": read_only }))
        }
    }
}
