//! JSON to the bytes of a payload, as a description says. The bytes are written by postcard.

use std::cell::RefCell;

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap as _, SerializeSeq as _, SerializeTuple as _,
    SerializeTupleVariant as _, Serializer,
};
use serde_json::{Map, Value};

use crate::payload::types::{Body, Enclosing, Field, Scalar, Schema, Type, Variant};

/// The payload that `value` is.
pub(crate) fn write(schema: &Schema, value: &Value) -> Result<Vec<u8>, String> {
    // postcard drops the words of an error, so they are kept beside it.
    let said = RefCell::new(None);
    let written = Written {
        ty: &schema.payload,
        value,
        around: Enclosing::default(),
        said: &said,
    };
    postcard::to_allocvec(&written).map_err(|error| {
        let said = said.borrow_mut().take();
        said.unwrap_or_else(|| error.to_string())
    })
}

struct Written<'a> {
    ty: &'a Type,
    value: &'a Value,
    around: Enclosing<'a>,
    said: &'a RefCell<Option<String>>,
}

impl<'a> Written<'a> {
    fn of(&self, ty: &'a Type, value: &'a Value) -> Self {
        Self {
            ty,
            value,
            around: self.around.clone(),
            said: self.said,
        }
    }

    fn wrong<E: serde::ser::Error>(&self, wanted: &str) -> E {
        // The value itself may be a secret, and errors are kept.
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.say(format!("{wanted} was expected, and {found} is there"))
    }

    fn say<E: serde::ser::Error>(&self, sentence: String) -> E {
        *self.said.borrow_mut() = Some(sentence);
        E::custom("said")
    }

    fn list<E: serde::ser::Error>(&self) -> Result<&'a [Value], E> {
        let list = self.value.as_array().map(Vec::as_slice);
        list.ok_or_else(|| self.wrong("a list"))
    }

    fn object<E: serde::ser::Error>(&self) -> Result<&'a Map<String, Value>, E> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("an object"))
    }

    /// The values of fields, in their order; none may be missing and none may be too many.
    fn fields<E: serde::ser::Error>(
        &self,
        members: &'a Map<String, Value>,
        fields: &'a [Field],
    ) -> Result<Vec<Self>, E> {
        if let Some(name) = members
            .keys()
            .find(|name| fields.iter().all(|(field, _)| field != *name))
        {
            return Err(self.say(format!("there is no field `{name}`")));
        }
        let mut values = Vec::with_capacity(fields.len());
        for (name, ty) in fields {
            let missing = || self.say(format!("the field `{name}` is missing"));
            values.push(self.of(ty, members.get(name).ok_or_else(missing)?));
        }
        Ok(values)
    }

    fn parts<E: serde::ser::Error>(
        &self,
        values: &'a [Value],
        types: &'a [Type],
    ) -> Result<Vec<Self>, E> {
        if values.len() != types.len() {
            let (found, wanted) = (values.len(), types.len());
            return Err(self.say(format!(
                "a list of {wanted} was expected, and {found} are there"
            )));
        }
        let pairs = types.iter().zip(values);
        Ok(pairs.map(|(ty, value)| self.of(ty, value)).collect())
    }

    fn tuple<S: Serializer>(parts: &[Self], to: S) -> Result<S::Ok, S::Error> {
        let mut tuple = to.serialize_tuple(parts.len())?;
        for part in parts {
            tuple.serialize_element(part)?;
        }
        tuple.end()
    }

    fn scalar<S: Serializer>(&self, scalar: Scalar, to: S) -> Result<S::Ok, S::Error> {
        let value = self.value;
        macro_rules! number {
            ($type:ty, $as:ident, $wanted:literal) => {{
                let number = value
                    .$as()
                    .and_then(|number| <$type>::try_from(number).ok());
                number.ok_or_else(|| self.wrong($wanted))?.serialize(to)
            }};
        }
        macro_rules! wide {
            ($type:ty) => {{
                let number = match value {
                    Value::String(text) => text.parse::<$type>().ok(),
                    Value::Number(number) => number.to_string().parse::<$type>().ok(),
                    _ => None,
                };
                number
                    .ok_or_else(|| self.wrong("a whole number of 128 bits"))?
                    .serialize(to)
            }};
        }
        match scalar {
            Scalar::Bool => match value {
                Value::Bool(value) => value.serialize(to),
                _ => Err(self.wrong("true or false")),
            },
            Scalar::U8 => number!(u8, as_u64, "a whole number from 0 to 255"),
            Scalar::U16 => number!(u16, as_u64, "a whole number from 0 to 65535"),
            Scalar::U32 => number!(u32, as_u64, "a whole number from 0 to 4294967295"),
            Scalar::U64 => number!(u64, as_u64, "a whole number of 64 bits, not negative"),
            Scalar::U128 => wide!(u128),
            Scalar::I8 => number!(i8, as_i64, "a whole number from -128 to 127"),
            Scalar::I16 => number!(i16, as_i64, "a whole number of 16 bits"),
            Scalar::I32 => number!(i32, as_i64, "a whole number of 32 bits"),
            Scalar::I64 => number!(i64, as_i64, "a whole number of 64 bits"),
            Scalar::I128 => wide!(i128),
            Scalar::F32 => {
                #[expect(clippy::cast_possible_truncation, reason = "that is what f32 means")]
                let number = self.float()? as f32;
                number.serialize(to)
            }
            Scalar::F64 => self.float()?.serialize(to),
            Scalar::Char => {
                let mut chars = value.as_str().unwrap_or_default().chars();
                match (chars.next(), chars.next()) {
                    (Some(char), None) => char.serialize(to),
                    _ => Err(self.wrong("a text of one character")),
                }
            }
            Scalar::Str => match value {
                Value::String(text) => text.serialize(to),
                _ => Err(self.wrong("a text")),
            },
            Scalar::Bytes => {
                let bytes = value.as_str().and_then(crate::hex::decode);
                let bytes = bytes.ok_or_else(|| self.wrong("bytes as hex digits"))?;
                to.serialize_bytes(&bytes)
            }
            Scalar::Unit => to.serialize_unit(),
        }
    }

    fn float<E: serde::ser::Error>(&self) -> Result<f64, E> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            // JSON has no infinity.
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong("a number"))
    }

    fn map<S: Serializer>(&self, key: &'a Type, of: &'a Type, to: S) -> Result<S::Ok, S::Error> {
        if let Value::Object(members) = self.value {
            let mut map = to.serialize_map(Some(members.len()))?;
            for (name, value) in members {
                let name = Value::String(name.clone());
                let said = self.said;
                let around = self.around.clone();
                // The name lives as long as this entry is written.
                map.serialize_key(&Written {
                    ty: key,
                    value: &name,
                    around,
                    said,
                })?;
                map.serialize_value(&self.of(of, value))?;
            }
            return map.end();
        }
        let entries = self.list()?;
        let mut map = to.serialize_map(Some(entries.len()))?;
        for entry in entries {
            let Some([name, value]) = entry.as_array().map(Vec::as_slice) else {
                return Err(self.wrong("a list of [key, value]"));
            };
            map.serialize_key(&self.of(key, name))?;
            map.serialize_value(&self.of(of, value))?;
        }
        map.end()
    }

    fn variant<S: Serializer>(&self, variants: &'a [Variant], to: S) -> Result<S::Ok, S::Error> {
        let (name, content) = match self.value {
            Value::String(name) => (name.as_str(), None),
            Value::Object(members) if members.len() == 1 => match members.iter().next() {
                Some((name, content)) => (name.as_str(), Some(content)),
                None => return Err(self.wrong("a variant")),
            },
            _ => return Err(self.wrong("the name of a variant, or an object with it")),
        };
        let variant = variants.iter().find(|one| one.name == name);
        let variant = variant.ok_or_else(|| self.say(format!("there is no variant `{name}`")))?;
        let index = variant.index;
        let parts = match (&variant.body, content) {
            (Body::Unit, None) => return to.serialize_unit_variant("", index, ""),
            (Body::Newtype(of), Some(value)) => {
                return to.serialize_newtype_variant("", index, "", &self.of(of, value));
            }
            (Body::Tuple(types), Some(value)) => {
                let values = self.of(self.ty, value).list()?;
                self.parts(values, types)?
            }
            (Body::Struct(fields), Some(value)) => {
                let members = self.of(self.ty, value).object()?;
                self.fields(members, fields)?
            }
            _ => return Err(self.wrong("the content that this variant has")),
        };
        let mut tuple = to.serialize_tuple_variant("", index, "", parts.len())?;
        for part in &parts {
            tuple.serialize_field(part)?;
        }
        tuple.end()
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let entered = self.around.enter(self.ty);
        let (around, ty) = entered.ok_or_else(|| S::Error::custom("too deep"))?;
        let inner = Written {
            ty,
            value: self.value,
            around,
            said: self.said,
        };
        match ty {
            Type::Scalar(scalar) => inner.scalar(*scalar, to),
            Type::Option(of) => match self.value {
                Value::Null => to.serialize_none(),
                value => to.serialize_some(&inner.of(of, value)),
            },
            Type::Seq(of) => {
                let values = inner.list()?;
                let mut seq = to.serialize_seq(Some(values.len()))?;
                for value in values {
                    seq.serialize_element(&inner.of(of, value))?;
                }
                seq.end()
            }
            Type::Map(key, of) => inner.map(key, of, to),
            Type::Array(of, len) => {
                let values = inner.list()?;
                if values.len() != *len {
                    return Err(inner.wrong(&format!("a list of {len}")));
                }
                let parts: Vec<_> = values.iter().map(|value| inner.of(of, value)).collect();
                Written::tuple(&parts, to)
            }
            Type::Tuple(types) | Type::TupleStruct(_, types) => {
                let values = inner.list()?;
                Written::tuple(&inner.parts(values, types)?, to)
            }
            Type::UnitStruct => to.serialize_unit(),
            Type::Newtype(_, of) => inner.of(of, self.value).serialize(to),
            Type::Struct(_, fields) => {
                let members = inner.object()?;
                Written::tuple(&inner.fields(members, fields)?, to)
            }
            Type::Enum(_, variants) => inner.variant(variants, to),
            Type::Ref(..) => Err(inner.wrong("a described type")),
        }
    }
}
