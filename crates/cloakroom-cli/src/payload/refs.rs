//! References of a description: each leads to a type around it, and none to nothing but itself.

use crate::payload::types::{Body, Type};

pub(crate) fn check(payload: &Type) -> Result<(), String> {
    under(payload, &mut Vec::new())
}

fn under<'a>(ty: &'a Type, around: &mut Vec<&'a Type>) -> Result<(), String> {
    if let Type::Ref(name, nth) = ty {
        let named = around.iter().enumerate().rev();
        let mut named = named.filter(|(_, outer)| outer.name() == Some(name.as_str()));
        let nth = nth.checked_sub(1).and_then(|nth| named.nth(nth));
        let (place, _) = nth.ok_or_else(|| format!("the reference to `{name}` leads nowhere"))?;
        let mut between = around.iter().skip(place);
        return match between.all(|outer| matches!(outer, Type::Newtype(..))) {
            true => Err(format!("`{name}` is nothing but itself")),
            false => Ok(()),
        };
    }
    around.push(ty);
    for inner in ty.parts() {
        under(inner, around)?;
    }
    around.pop();
    Ok(())
}

impl Type {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Newtype(name, _)
            | Self::TupleStruct(name, _)
            | Self::Struct(name, _)
            | Self::Enum(name, _) => Some(name),
            _ => None,
        }
    }

    /// The types directly within it.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Option(of) | Self::Seq(of) | Self::Array(of, _) | Self::Newtype(_, of) => {
                vec![of]
            }
            Self::Map(key, value) => vec![key, value],
            Self::Tuple(parts) | Self::TupleStruct(_, parts) => parts.iter().collect(),
            Self::Struct(_, fields) => fields.iter().map(|(_, ty)| ty).collect(),
            Self::Enum(_, variants) => {
                let bodies = variants.iter().map(|variant| &variant.body);
                bodies.flat_map(Body::parts).collect()
            }
            Self::Scalar(_) | Self::UnitStruct | Self::Ref(..) => Vec::new(),
        }
    }
}

impl Body {
    fn parts(&self) -> Vec<&Type> {
        match self {
            Self::Unit => Vec::new(),
            Self::Newtype(of) => vec![of],
            Self::Tuple(parts) => parts.iter().collect(),
            Self::Struct(fields) => fields.iter().map(|(_, ty)| ty).collect(),
        }
    }
}
