//! The tree that a shape is.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A type that is one value without parts, and what postcard's reader is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Unit,
}

impl Scalar {
    const ALL: [Self; 17] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::I128,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::U128,
        Self::F32,
        Self::F64,
        Self::Char,
        Self::Str,
        Self::Bytes,
        Self::Unit,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::Str => "str",
            Self::Bytes => "bytes",
            Self::Unit => "unit",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }
}

/// A named part: a field or, with [`Body`], a variant.
pub(super) type Field = (String, Node);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Scalar(Scalar),
    Option(Box<Self>),
    Seq(Box<Self>),
    Map(Box<Self>, Box<Self>),
    /// One or more of one type: how a tuple of equal types is always kept.
    Array(Box<Self>, usize),
    /// Never one that could be an array.
    Tuple(Vec<Self>),
    UnitStruct(String),
    Newtype(String, Box<Self>),
    TupleStruct(String, Vec<Self>),
    Struct {
        name: String,
        fields: Vec<Field>,
    },
    Enum {
        name: String,
        variants: Vec<(String, Body)>,
    },
    /// The `nth` nearest enclosing container of this name, counted from 1.
    Ref {
        name: String,
        nth: usize,
    },
}

/// The data of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Unit,
    Newtype(Node),
    Tuple(Vec<Node>),
    Struct(Vec<Field>),
}

impl Node {
    /// A tuple, in the one form that it has.
    pub(super) fn tuple(parts: Vec<Self>) -> Self {
        match parts.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => {
                Self::Array(Box::new(first.clone()), parts.len())
            }
            _ => Self::Tuple(parts),
        }
    }
}
