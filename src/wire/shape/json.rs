//! The JSON form, written by hand: a dependency for one function of a test helper would reach every
//! user. The keys are in the documentation of [`super::Description`].

use alloc::string::String;
use core::fmt::{self, Write};

use super::node::{Body, Field, Node};
use crate::wire::claims::Schema;

pub(super) fn description(schema: Schema, node: &Node) -> String {
    let mut out = String::new();
    // Writing to a `String` does not fail.
    let _ = write!(
        out,
        "{{\"schema\":[{},{}],\"payload\":",
        schema.major(),
        schema.minor()
    );
    let _ = write_node(&mut out, node);
    out.push('}');
    out
}

pub(super) fn shape(node: &Node) -> String {
    let mut out = String::new();
    let _ = write_node(&mut out, node);
    out
}

fn write_node(out: &mut String, node: &Node) -> fmt::Result {
    match node {
        Node::Scalar(scalar) => return write_text(out, scalar.name()),
        Node::Option(of) => {
            out.push_str("{\"kind\":\"option\",\"of\":");
            write_node(out, of)?;
        }
        Node::Seq(of) => {
            out.push_str("{\"kind\":\"seq\",\"of\":");
            write_node(out, of)?;
        }
        Node::Map(key, value) => {
            out.push_str("{\"kind\":\"map\",\"key\":");
            write_node(out, key)?;
            out.push_str(",\"value\":");
            write_node(out, value)?;
        }
        Node::Array(of, len) => {
            out.push_str("{\"kind\":\"array\",\"of\":");
            write_node(out, of)?;
            write!(out, ",\"len\":{len}")?;
        }
        Node::Tuple(parts) => {
            out.push_str("{\"kind\":\"tuple\",\"of\":");
            write_list(out, parts, write_node)?;
        }
        Node::UnitStruct(name) => open_named(out, "unit-struct", name)?,
        Node::Newtype(name, of) => {
            open_named(out, "newtype", name)?;
            out.push_str(",\"of\":");
            write_node(out, of)?;
        }
        Node::TupleStruct(name, parts) => {
            open_named(out, "tuple-struct", name)?;
            out.push_str(",\"of\":");
            write_list(out, parts, write_node)?;
        }
        Node::Struct { name, fields } => {
            open_named(out, "struct", name)?;
            out.push_str(",\"fields\":");
            write_list(out, fields, write_field)?;
        }
        Node::Enum { name, variants } => {
            open_named(out, "enum", name)?;
            out.push_str(",\"variants\":");
            let mut index = 0_usize;
            write_list(out, variants, |out, variant| {
                write_variant(out, index, variant)?;
                index = index.saturating_add(1);
                Ok(())
            })?;
        }
        Node::Ref { name, nth } => {
            open_named(out, "ref", name)?;
            write!(out, ",\"nth\":{nth}")?;
        }
    }
    out.push('}');
    Ok(())
}

fn open_named(out: &mut String, kind: &str, name: &str) -> fmt::Result {
    write!(out, "{{\"kind\":\"{kind}\",\"name\":")?;
    write_text(out, name)
}

fn write_field(out: &mut String, (name, node): &Field) -> fmt::Result {
    out.push_str("{\"name\":");
    write_text(out, name)?;
    out.push_str(",\"type\":");
    write_node(out, node)?;
    out.push('}');
    Ok(())
}

fn write_variant(out: &mut String, index: usize, (name, body): &(String, Body)) -> fmt::Result {
    write!(out, "{{\"index\":{index},\"name\":")?;
    write_text(out, name)?;
    match body {
        Body::Unit => {}
        Body::Newtype(of) => {
            out.push_str(",\"newtype\":");
            write_node(out, of)?;
        }
        Body::Tuple(parts) => {
            out.push_str(",\"tuple\":");
            write_list(out, parts, write_node)?;
        }
        Body::Struct(fields) => {
            out.push_str(",\"fields\":");
            write_list(out, fields, write_field)?;
        }
    }
    out.push('}');
    Ok(())
}

fn write_list<T>(
    out: &mut String,
    items: &[T],
    mut write_one: impl FnMut(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    out.push('[');
    let mut first = true;
    for item in items {
        if !first {
            out.push(',');
        }
        first = false;
        write_one(out, item)?;
    }
    out.push(']');
    Ok(())
}

fn write_text(out: &mut String, text: &str) -> fmt::Result {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            '\0'..='\u{1f}' => write!(out, "\\u{:04x}", u32::from(c))?,
            _ => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}
