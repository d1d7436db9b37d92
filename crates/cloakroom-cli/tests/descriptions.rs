//! Descriptions of payload types at the borders of SPEC §7.7, as vectors written by hand.

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

use common::vectors::judged;
use common::{FOR, Place};
use serde_json::{Value, json};

fn vector(description: &str, payload: &str, stage: &str, expected: Value) -> Value {
    json!({
        "id": stage, "kind": "description", "stage": stage, "expected": expected,
        "inputs": { "description": description, "minor": 0, "payload": payload },
    })
}

fn described(payload: &Value) -> String {
    json!({ "schema": [1, 0], "payload": payload }).to_string()
}

#[track_caller]
fn agrees(vector: Value) {
    let said = judged(&Place::new(), &[vector]);
    assert_eq!(said.ok().json()["agree"], 1, "{said:?}");
}

/// Each type in the field of a variant of the one around it, which is the deepest that JSON gets.
fn nested(levels: usize) -> String {
    let (mut text, mut end) = (String::from(r#"{"schema":[1,0],"payload":"#), String::new());
    for _ in 0..levels {
        text.push_str(r#"{"kind":"enum","name":"E","variants":[{"index":0,"name":"a"},"#);
        text.push_str(r#"{"index":1,"name":"b","fields":[{"name":"x","type":"#);
        end.push_str("}]}]}");
    }
    format!("{text}\"u8\"{end}}}")
}

#[test]
fn types_lie_64_deep_and_no_text_exhausts_the_stack() {
    agrees(vector(
        &nested(64),
        "00",
        "ok",
        json!({ "value": "a", "read_only": false }),
    ));
    agrees(vector(&nested(65), "00", "refused", json!({})));
    for deep in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        nested(5000),
        format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
    ] {
        agrees(vector(&deep, "00", "refused", json!({})));
    }
}

/// A name is looked up where the type is described, also when a value comes there by a reference.
#[test]
fn a_reference_means_the_same_wherever_it_is_read() {
    let outer = json!({ "kind": "struct", "name": "X", "fields": [
        { "name": "s", "type": { "kind": "struct", "name": "S", "fields": [
            { "name": "g", "type": { "kind": "option", "of": { "kind": "enum", "name": "X",
                "variants": [
                    { "index": 0, "name": "a" },
                    { "index": 1, "name": "b", "newtype": { "kind": "ref", "name": "S", "nth": 1 } },
                ] } } },
            { "name": "h", "type": { "kind": "option", "of":
                { "kind": "ref", "name": "X", "nth": 1 } } },
        ] } },
    ] });
    // S by its enum X, and in it a whole outer X.
    let payload = "0101 00 01 00 00 00".replace(' ', "");
    let inner = json!({ "g": null, "h": { "s": { "g": null, "h": null } } });
    let value = json!({ "s": { "g": { "b": inner }, "h": null } });
    agrees(vector(
        &described(&outer),
        &payload,
        "ok",
        json!({ "value": value, "read_only": false }),
    ));
}

#[test]
fn a_schema_has_two_numbers() {
    for schema in ["[1,null,0]", "[1,\"0\",0]", "[1]", "1", "{}"] {
        let text = format!(r#"{{"schema":{schema},"payload":"u8"}}"#);
        agrees(vector(&text, "05", "refused", json!({})));
    }
}

/// `open` reads by the same rules as vectors are checked by.
#[test]
fn a_map_whose_keys_are_no_texts_is_a_list() {
    let place = Place::new();
    place.ring();
    place.write(
        "schema",
        "1.0 S { m: map<char, u8>, n: map<u8, u8> }",
        0o644,
    );
    // a: 1, b: 2; 3: 4, 3: 5.
    place.write("payload", "020161010162020203040305", 0o644);
    let token = place.token("--payload payload --schema-number 1.0");
    let arguments = format!("open --ring ring {FOR} --schema schema --json");
    let json = place.feed(&arguments, token.as_bytes()).ok().json();
    let payload = json["payload"].clone();
    assert_eq!(
        payload,
        json!({ "m": [["a", 1], ["b", 2]], "n": [[3, 5]] }),
        "{json}"
    );
}

#[test]
fn the_values_of_an_older_payload_are_counted_as_all_others() {
    // The payload, 4095 keys and values of 30 elements, their map, and an array of so many.
    for (len, stage) in [(29, "ok"), (30, "schema")] {
        let of = json!({ "kind": "struct", "name": "S", "fields": [
            { "name": "more", "type": { "kind": "array", "of": "unit", "len": len } },
            { "name": "map", "type": { "kind": "map", "key": "unit",
                "value": { "kind": "array", "of": "unit", "len": 30 } } },
        ] });
        let text = json!({ "schema": [1, 1], "payload": of }).to_string();
        let value =
            json!({ "more": vec![Value::Null; 29], "map": [[null, vec![Value::Null; 30]]] });
        let expected = match stage {
            "ok" => json!({ "value": value, "read_only": false }),
            _ => json!({}),
        };
        agrees(vector(&text, "ff1f", stage, expected));
    }
}
