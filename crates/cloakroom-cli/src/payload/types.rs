//! The types of SPEC §7.7.

/// A description: a number and what bytes it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) payload: Type,
}

#[derive(Clone, Debug)]
pub(crate) enum Type {
    Scalar(Scalar),
    Option(Box<Self>),
    Seq(Box<Self>),
    Map(Box<Self>, Box<Self>),
    Array(Box<Self>, usize),
    Tuple(Vec<Self>),
    UnitStruct,
    Newtype(String, Box<Self>),
    TupleStruct(String, Vec<Self>),
    Struct(String, Vec<Field>),
    Enum(String, Vec<Variant>),
    /// The nth enclosing type of this name, counted from the innermost, from 1.
    Ref(String, usize),
}

pub(crate) type Field = (String, Type);

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Unit,
    Newtype(Type),
    Tuple(Vec<Type>),
    Struct(Vec<Field>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool,
    U8,
    U16,
    U32,
    U64,
    U128,
    I8,
    I16,
    I32,
    I64,
    I128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Unit,
}

impl Scalar {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "u8" => Self::U8,
            "u16" => Self::U16,
            "u32" => Self::U32,
            "u64" => Self::U64,
            "u128" => Self::U128,
            "i8" => Self::I8,
            "i16" => Self::I16,
            "i32" => Self::I32,
            "i64" => Self::I64,
            "i128" => Self::I128,
            "f32" => Self::F32,
            "f64" => Self::F64,
            "char" => Self::Char,
            "str" => Self::Str,
            "bytes" => Self::Bytes,
            "unit" => Self::Unit,
            _ => return None,
        })
    }
}

/// The types that enclose a value, outermost first: where a `Ref` looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Enclosing<'a> {
    named: Vec<(&'a str, &'a Type)>,
    levels: usize,
}

/// Values within values, at most (SPEC §7.6).
const DEPTH: usize = 64;

impl<'a> Enclosing<'a> {
    /// With `ty` around; and what a reference stands for. `None` for a reference that leads nowhere,
    /// and for what lies too deep.
    pub(crate) fn enter(&self, ty: &'a Type) -> Option<(Self, &'a Type)> {
        let mut inner = self.clone();
        let ty = match ty {
            Type::Ref(name, nth) => {
                let named = self.named.iter().enumerate().rev();
                let mut named = named.filter(|(_, (other, _))| other == name);
                let (place, (_, ty)) = named.nth(nth.checked_sub(1)?)?;
                // What encloses the type where it is described, and not where it is referred to.
                inner.named.truncate(place);
                ty
            }
            _ => ty,
        };
        match ty {
            Type::Newtype(name, _)
            | Type::TupleStruct(name, _)
            | Type::Struct(name, _)
            | Type::Enum(name, _) => inner.named.push((name, ty)),
            _ => {}
        }
        if ty.has_level() {
            inner.levels = inner.levels.checked_add(1)?;
        }
        (inner.levels <= DEPTH).then_some((inner, ty))
    }
}

impl Type {
    /// What newtypes, if there are any, wrap.
    pub(crate) fn wrapped(&self) -> &Self {
        let mut ty = self;
        while let Self::Newtype(_, of) = ty {
            ty = of;
        }
        ty
    }

    const fn has_level(&self) -> bool {
        !matches!(
            self,
            Self::Scalar(_) | Self::UnitStruct | Self::Newtype(..) | Self::Ref(..)
        )
    }
}
