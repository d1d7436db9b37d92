//! Bytes of a payload to JSON, as a description says. The bytes are read by postcard, which drives
//! the seeds here as it would a derived type.

use std::cell::Cell;
use std::fmt;

use postcard::de_flavors::Slice;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value, json};

use crate::payload::form::{self, Form};
use crate::payload::types::{Body, Enclosing, Field, Scalar, Schema, Type, Variant};

/// Values of a payload, at most.
const VALUES: usize = 131_072;
/// Elements of its sequences and maps together, at most (SPEC §7.6).
const ELEMENTS: usize = 4096;

/// What was read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) value: Value,
    /// Bytes behind what the description knows: written by a newer version.
    pub(crate) tail: usize,
    /// Fields at the end that are not there: written by an older version.
    pub(crate) missing: Vec<String>,
}

/// Reads the payload of a token whose schema has this minor number.
pub(crate) fn read(schema: &Schema, minor: u32, bytes: &[u8]) -> Result<Opened, String> {
    read_in(Form::Plain, schema, minor, bytes)
}

pub(crate) fn read_in(
    form: Form,
    schema: &Schema,
    minor: u32,
    bytes: &[u8],
) -> Result<Opened, String> {
    let budget = Budget {
        form,
        values: Cell::new(VALUES),
        elements: Cell::new(ELEMENTS),
    };
    let payload = schema.payload.wrapped();
    if minor != schema.minor && !matches!(payload, Type::Struct(..)) {
        return Err("only a struct may have other minors, and this is none".into());
    }
    let mut around = Enclosing::default();
    let mut missing = Vec::new();
    let (value, rest) = match payload {
        // Field by field, because only at the border of two fields may an older payload end.
        Type::Struct(_, fields) if minor < schema.minor => {
            let mut outer = &schema.payload;
            loop {
                budget.count().ok_or(MANY)?;
                (around, _) = around.enter(outer).ok_or(DEEP)?;
                match outer {
                    Type::Newtype(_, of) => outer = of,
                    _ => break,
                }
            }
            let mut members = Map::new();
            let mut rest = bytes;
            for (name, ty) in fields {
                if rest.is_empty() {
                    missing.push(name.clone());
                    continue;
                }
                let (value, after) = one(
                    &Seed {
                        ty,
                        around: around.clone(),
                        budget: &budget,
                    },
                    rest,
                )?;
                members.insert(name.clone(), value);
                rest = after;
            }
            (Value::Object(members), rest)
        }
        _ => one(
            &Seed {
                ty: &schema.payload,
                around,
                budget: &budget,
            },
            bytes,
        )?,
    };
    if !rest.is_empty() && minor <= schema.minor {
        return Err(format!(
            "{} bytes are left over behind the payload",
            rest.len()
        ));
    }
    Ok(Opened {
        value,
        tail: rest.len(),
        missing,
    })
}

const MANY: &str = "there are more values than readers take";
const DEEP: &str = "values lie more than 64 deep in each other, or a reference leads nowhere";

fn one<'de>(seed: &Seed<'_>, bytes: &'de [u8]) -> Result<(Value, &'de [u8]), String> {
    let mut reader = postcard::Deserializer::<Slice<'de>>::from_bytes(bytes);
    let value = seed.deserialize(&mut reader).map_err(|error| match error {
        postcard::Error::DeserializeUnexpectedEnd => "the payload ends too early".to_owned(),
        postcard::Error::SerdeDeCustom => {
            "a value is not one of its type, or the payload is larger than readers take".to_owned()
        }
        error => format!("the payload is no value of this schema ({error})"),
    })?;
    let rest = reader.finalize().map_err(|error| error.to_string())?;
    Ok((value, rest))
}

/// What holds for all of a payload.
struct Budget {
    form: Form,
    values: Cell<usize>,
    elements: Cell<usize>,
}

impl Budget {
    /// Counts one value.
    fn count(&self) -> Option<()> {
        self.values.set(self.values.get().checked_sub(1)?);
        Some(())
    }

    fn spend<E: Error>(left: &Cell<usize>, count: usize) -> Result<(), E> {
        let after = left.get().checked_sub(count);
        left.set(after.ok_or_else(|| E::custom("too many values"))?);
        Ok(())
    }
}

/// What the next bytes are.
struct Seed<'a> {
    ty: &'a Type,
    around: Enclosing<'a>,
    budget: &'a Budget,
}

impl<'a> Seed<'a> {
    fn of(&self, ty: &'a Type) -> Self {
        Self {
            ty,
            around: self.around.clone(),
            budget: self.budget,
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.budget.count().ok_or_else(|| D::Error::custom(MANY))?;
        let entered = self.around.enter(self.ty);
        let (around, ty) = entered.ok_or_else(|| D::Error::custom(DEEP))?;
        let inner = Seed {
            ty,
            around,
            budget: self.budget,
        };
        match ty {
            Type::Scalar(scalar) => inner.scalar(*scalar, from),
            Type::Option(_) => from.deserialize_option(Visit(&inner)),
            Type::Seq(_) => from.deserialize_seq(Visit(&inner)),
            Type::Map(..) => from.deserialize_map(Visit(&inner)),
            Type::Array(_, len) => from.deserialize_tuple(*len, Visit(&inner)),
            Type::Tuple(parts) | Type::TupleStruct(_, parts) => {
                from.deserialize_tuple(parts.len(), Visit(&inner))
            }
            Type::UnitStruct => Ok(Value::Null),
            Type::Newtype(_, of) => (&inner.of(of)).deserialize(from),
            Type::Struct(_, fields) => from.deserialize_tuple(fields.len(), Fields(&inner, fields)),
            Type::Enum(..) => from.deserialize_enum("", &[], Visit(&inner)),
            Type::Ref(..) => Err(D::Error::custom(DEEP)),
        }
    }
}

/// postcard before 1.2 takes the first of several; SPEC §7.5 has exactly one.
fn one_character<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    use serde::Deserialize as _;
    let text = String::deserialize(from)?;
    if text.chars().count() == 1 {
        Ok(text)
    } else {
        Err(D::Error::custom("not one character"))
    }
}

impl<'a> Seed<'a> {
    fn scalar<'de, D: Deserializer<'de>>(
        &self,
        scalar: Scalar,
        from: D,
    ) -> Result<Value, D::Error> {
        use serde::Deserialize as _;
        let form = self.budget.form;
        Ok(match scalar {
            Scalar::Bool => bool::deserialize(from)?.into(),
            Scalar::U8 => u8::deserialize(from)?.into(),
            Scalar::U16 => u16::deserialize(from)?.into(),
            Scalar::U32 => u32::deserialize(from)?.into(),
            Scalar::U64 => form.wide(u64::deserialize(from)?),
            // JSON has no exact number for these.
            Scalar::U128 => u128::deserialize(from)?.to_string().into(),
            Scalar::I8 => i8::deserialize(from)?.into(),
            Scalar::I16 => i16::deserialize(from)?.into(),
            Scalar::I32 => i32::deserialize(from)?.into(),
            Scalar::I64 => form.wide(i64::deserialize(from)?),
            Scalar::I128 => i128::deserialize(from)?.to_string().into(),
            Scalar::F32 => {
                let number = f32::deserialize(from)?;
                form.float(number.into(), &number.to_le_bytes())
            }
            Scalar::F64 => {
                let number = f64::deserialize(from)?;
                form.float(number, &number.to_le_bytes())
            }
            Scalar::Char => one_character(from)?.into(),
            Scalar::Str => String::deserialize(from)?.into(),
            Scalar::Bytes => from.deserialize_bytes(Bytes)?,
            Scalar::Unit => Value::Null,
        })
    }

    fn variant(&self, index: u32) -> Option<&'a Variant> {
        match self.ty {
            Type::Enum(_, variants) => variants.iter().find(|one| one.index == index),
            _ => None,
        }
    }

    /// What an element at this place of a sequence or tuple is.
    fn element(&self, at: usize) -> Option<&'a Type> {
        match self.ty {
            Type::Seq(of) | Type::Array(of, _) => Some(of),
            Type::Tuple(parts) | Type::TupleStruct(_, parts) => parts.get(at),
            _ => None,
        }
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(crate::hex::encode(bytes).into())
    }
}

struct Visit<'s, 'a>(&'s Seed<'a>);

impl<'de> Visitor<'de> for Visit<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the described type")
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        match self.0.ty {
            Type::Option(of) => (&self.0.of(of)).deserialize(from),
            _ => Err(D::Error::custom("no option")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let counts = usize::from(matches!(self.0.ty, Type::Seq(_)));
        let mut values = Vec::new();
        while let Some(ty) = self.0.element(values.len()) {
            match from.next_element_seed(&self.0.of(ty))? {
                Some(value) => {
                    Budget::spend(&self.0.budget.elements, counts)?;
                    values.push(value);
                }
                None => break,
            }
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let Type::Map(key, of) = self.0.ty else {
            return Err(A::Error::custom("no map"));
        };
        let mut entries = Vec::new();
        while let Some(name) = from.next_key_seed(&self.0.of(key))? {
            Budget::spend(&self.0.budget.elements, 1)?;
            entries.push((name, from.next_value_seed(&self.0.of(of))?));
        }
        Ok(form::map(key, entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<Value, A::Error> {
        let (index, body) = from.variant::<u32>()?;
        let unknown = || A::Error::custom("no such variant");
        let variant = self.0.variant(index).ok_or_else(unknown)?;
        let value = match &variant.body {
            Body::Unit => {
                body.unit_variant()?;
                return Ok(self.0.budget.form.variant(&variant.name));
            }
            Body::Newtype(of) => body.newtype_variant_seed(&self.0.of(of))?,
            Body::Tuple(parts) => body.tuple_variant(parts.len(), Parts(self.0, parts))?,
            Body::Struct(fields) => body.tuple_variant(fields.len(), Fields(self.0, fields))?,
        };
        Ok(json!({ variant.name.clone(): value }))
    }
}

struct Parts<'s, 'a>(&'s Seed<'a>, &'a [Type]);

impl<'de> Visitor<'de> for Parts<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parts of a tuple")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::with_capacity(self.1.len());
        for ty in self.1 {
            let value = from.next_element_seed(&self.0.of(ty))?;
            values.push(value.ok_or_else(|| A::Error::custom("too few parts"))?);
        }
        Ok(values.into())
    }
}

struct Fields<'s, 'a>(&'s Seed<'a>, &'a [Field]);

impl<'de> Visitor<'de> for Fields<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of a struct")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        for (name, ty) in self.1 {
            let value = from.next_element_seed(&self.0.of(ty))?;
            let value = value.ok_or_else(|| A::Error::custom("too few fields"))?;
            members.insert(name.clone(), value);
        }
        Ok(members.into())
    }
}
