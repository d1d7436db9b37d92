//! Reading a description: the line that `schema::describe` prints, or its JSON.

use std::collections::BTreeSet;
use std::path::Path;

use cloakroom::schema::Description;
use serde_json::{Map, Value};

use crate::exit::Failure;
use crate::payload::refs;
use crate::payload::strict;
use crate::payload::types::{Body, Field, Scalar, Schema, Type, Variant};

/// The longest description, in bytes.
const MOST: u64 = 1 << 20;
/// Types within types, at most (SPEC §7.7).
const DEPTH: usize = 64;

pub(crate) fn load(path: &Path) -> Result<Schema, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::input(format!(
            "schema file {}: {why}; write the line or the JSON that `schema::describe` of the \
             library prints, as in `1.0 User {{ name: str, admin: bool }}`",
            path.display()
        ))
    };
    let text = crate::files::text(path, MOST).map_err(|why| wrong(&why))?;
    let json = if text.trim_start().starts_with('{') {
        text
    } else {
        let line: Result<Description, _> = text.trim().parse();
        line.map_err(|error| wrong(&error))?.to_json()
    };
    from_json(&json).map_err(|error| wrong(&error))
}

/// The description in this line.
pub(crate) fn parse(line: &str) -> Result<Schema, String> {
    let line: Description = line.parse().map_err(|error| format!("{error}"))?;
    from_json(&line.to_json())
}

/// The description in this JSON (SPEC §7.7).
pub(crate) fn from_json(text: &str) -> Result<Schema, String> {
    let schema = description(&strict::value(text)?)?;
    if schema.minor != 0 && !matches!(schema.payload.wrapped(), Type::Struct(..)) {
        return Err("a minor other than 0 is for structs".into());
    }
    refs::check(&schema.payload)?;
    Ok(schema)
}

fn description(value: &Value) -> Result<Schema, String> {
    let members = object(value, &["schema", "payload"])?;
    let number = member(members, "schema")?.as_array().map(Vec::as_slice);
    let number = match number {
        Some([major, minor]) => whole(major).zip(whole(minor)),
        _ => None,
    };
    let (major, minor) = number.ok_or("`schema` is two numbers, as in [1,0]")?;
    let payload = read(member(members, "payload")?, 1)?;
    Ok(Schema {
        major,
        minor,
        payload,
    })
}

fn whole(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn read(value: &Value, depth: usize) -> Result<Type, String> {
    if let Some(name) = value.as_str() {
        let scalar = Scalar::named(name).map(Type::Scalar);
        return scalar.ok_or_else(|| format!("`{name}` is no type"));
    }
    if depth > DEPTH {
        return Err("types lie more than 64 deep in each other".into());
    }
    let deeper = depth.saturating_add(1);
    let kind = value.get("kind").and_then(Value::as_str);
    let of = |members: &Map<String, Value>, name: &str| {
        read(member(members, name)?, deeper).map(Box::new)
    };
    let list = |value: &Value| -> Result<Vec<Type>, String> {
        let parts = value.as_array().ok_or("a list of types was expected")?;
        parts.iter().map(|part| read(part, deeper)).collect()
    };
    Ok(
        match kind.ok_or("a type is a name or an object with a `kind`")? {
            "option" => Type::Option(of(object(value, &["kind", "of"])?, "of")?),
            "seq" => Type::Seq(of(object(value, &["kind", "of"])?, "of")?),
            "map" => {
                let members = object(value, &["kind", "key", "value"])?;
                Type::Map(of(members, "key")?, of(members, "value")?)
            }
            "array" => {
                let members = object(value, &["kind", "of", "len"])?;
                let len = member(members, "len")?.as_u64();
                let len = len.and_then(|len| usize::try_from(len).ok());
                let len = len.filter(|len| *len <= 131_072);
                Type::Array(
                    of(members, "of")?,
                    len.ok_or("an array has 0 to 131072 elements")?,
                )
            }
            "tuple" => Type::Tuple(list(member(object(value, &["kind", "of"])?, "of")?)?),
            "unit-struct" => {
                name(object(value, &["kind", "name"])?)?;
                Type::UnitStruct
            }
            "newtype" => {
                let members = object(value, &["kind", "name", "of"])?;
                Type::Newtype(name(members)?, of(members, "of")?)
            }
            "tuple-struct" => {
                let members = object(value, &["kind", "name", "of"])?;
                Type::TupleStruct(name(members)?, list(member(members, "of")?)?)
            }
            "struct" => {
                let members = object(value, &["kind", "name", "fields"])?;
                Type::Struct(name(members)?, fields(member(members, "fields")?, deeper)?)
            }
            "enum" => {
                let members = object(value, &["kind", "name", "variants"])?;
                Type::Enum(
                    name(members)?,
                    variants(member(members, "variants")?, deeper)?,
                )
            }
            "ref" => {
                let members = object(value, &["kind", "name", "nth"])?;
                let nth = whole(member(members, "nth")?).filter(|nth| *nth > 0);
                let nth = nth.and_then(|nth| usize::try_from(nth).ok());
                Type::Ref(name(members)?, nth.ok_or("`nth` is a number from 1")?)
            }
            other => return Err(format!("`{other}` is no kind of type")),
        },
    )
}

fn fields(value: &Value, depth: usize) -> Result<Vec<Field>, String> {
    let fields = value.as_array().ok_or("`fields` is a list")?;
    let mut names = BTreeSet::new();
    let mut read_all = Vec::with_capacity(fields.len());
    for field in fields {
        let members = object(field, &["name", "type"])?;
        let name = name(members)?;
        if !names.insert(name.clone()) {
            return Err(format!("two fields are called `{name}`"));
        }
        read_all.push((name, read(member(members, "type")?, depth)?));
    }
    Ok(read_all)
}

fn variants(value: &Value, depth: usize) -> Result<Vec<Variant>, String> {
    let variants = value.as_array().ok_or("`variants` is a list")?;
    let (mut names, mut indexes) = (BTreeSet::new(), BTreeSet::new());
    let mut read_all = Vec::with_capacity(variants.len());
    for variant in variants {
        let members = object(variant, &["index", "name", "newtype", "tuple", "fields"])?;
        let index = whole(member(members, "index")?).ok_or("`index` is a number")?;
        let name = name(members)?;
        if !names.insert(name.clone()) || !indexes.insert(index) {
            return Err(format!("variant `{name}` shares its name or its index"));
        }
        let bodies = ["newtype", "tuple", "fields"].map(|body| members.get(body));
        let body = match bodies {
            [None, None, None] => Body::Unit,
            [Some(of), None, None] => Body::Newtype(read(of, depth)?),
            [None, Some(of), None] => {
                let parts = of.as_array().ok_or("`tuple` is a list")?;
                let parts = parts.iter().map(|part| read(part, depth));
                Body::Tuple(parts.collect::<Result<_, _>>()?)
            }
            [None, None, Some(of)] => Body::Struct(fields(of, depth)?),
            _ => return Err(format!("variant `{name}` has more than one content")),
        };
        read_all.push(Variant { index, name, body });
    }
    Ok(read_all)
}

/// A member that nobody knows would mean something that is not done.
fn object<'v>(value: &'v Value, known: &[&str]) -> Result<&'v Map<String, Value>, String> {
    let members = value.as_object().ok_or("an object was expected")?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("`{name}` is no member here")),
        None => Ok(members),
    }
}

fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Result<&'v Value, String> {
    members
        .get(name)
        .ok_or_else(|| format!("`{name}` is missing"))
}

fn name(members: &Map<String, Value>) -> Result<String, String> {
    let name = member(members, "name")?.as_str();
    let name = name.filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .ok_or_else(|| "a name is empty or no text".into())
}
