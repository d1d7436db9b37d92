//! The shape of a payload type, found by watching its `Deserialize` at work (SPEC §7.4).
//!
//! postcard writes neither names nor types. Whoever reads a payload without the Rust type, a worker
//! in another language or a test that compares two releases, needs the shape from elsewhere: here
//! it is written down, once for people and diffs ([`Description`]'s `Display`), once for programs
//! ([`Description::to_json`]).

#[cfg(feature = "std")]
mod compare;
mod explore;
mod finish;
mod json;
mod node;
mod parse;
mod parts;
mod samples;
mod slots;
mod text;
mod trace;

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::de::Deserialize;

use crate::wire::claims::Schema;
use crate::wire::payload::Payload;
use crate::wire::shape::node::Node;

#[cfg(feature = "std")]
pub(crate) use crate::wire::shape::compare::Growth;

/// What bytes a type reads, in which order, and what its parts are called.
///
/// It prints as the part of a [`Description`] after the number, and reads back from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    node: Node,
}

impl Shape {
    /// Finds the shape of `V` by running its `Deserialize` a number of times on made-up values.
    ///
    /// ```
    /// use cloakroom::schema::Shape;
    ///
    /// let shape = Shape::of::<Vec<(u32, Option<&str>)>>()?;
    /// assert_eq!(shape.to_string(), "seq<(u32, option<str>)>");
    /// # Ok::<(), cloakroom::schema::ShapeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShapeError`] for a type that postcard can't read back (`untagged`, `flatten`, `tag =
    /// "…"`), one whose shape depends on its values, one that reads fewer fields than it names
    /// (`#[serde(alias)]`), one that has no finite value, and one that refuses whatever is made up
    /// for it, as a parser of an unusual text form may.
    pub fn of<V: Deserialize<'static>>() -> Result<Self, ShapeError> {
        explore::explore::<V>().map(|slots| Self {
            node: slots.to_node(),
        })
    }

    /// The shape as JSON, for readers in other languages: the `payload` of
    /// [`Description::to_json`].
    ///
    /// ```
    /// use cloakroom::schema::Shape;
    ///
    /// let json = Shape::of::<Option<u8>>()?.to_json();
    /// assert_eq!(json, r#"{"kind":"option","of":"u8"}"#);
    /// # Ok::<(), cloakroom::schema::ShapeError>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        json::shape(&self.node)
    }
}

#[cfg(feature = "std")]
impl Shape {
    /// The number of fields if it is a struct with named fields, the one shape that may grow.
    pub(crate) fn fields(&self) -> Option<usize> {
        match &self.node {
            Node::Struct { fields, .. } => Some(fields.len()),
            _ => None,
        }
    }

    /// The name of a field of the outermost struct.
    pub(crate) fn field_name(&self, index: usize) -> Option<&str> {
        match &self.node {
            Node::Struct { fields, .. } => fields.get(index).map(|(name, _)| name.as_str()),
            _ => None,
        }
    }

    /// How this shape came out of `older`.
    pub(crate) fn since(&self, older: &Self) -> Growth {
        compare::growth(&older.node, &self.node)
    }
}

/// The first field of `V`, counted from `released`, that can't be absent at the end of the bytes.
#[cfg(feature = "std")]
pub(crate) fn first_without_default<V: Deserialize<'static>>(
    released: usize,
) -> Result<Option<usize>, ShapeError> {
    explore::first_without_default::<V>(released)
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl FromStr for Shape {
    type Err = ParseShapeError;

    fn from_str(text: &str) -> Result<Self, ParseShapeError> {
        parse::parse(text).map(|node| Self { node })
    }
}

/// A payload type's number and shape: what a reader without the type needs to know.
///
/// It prints as one line and reads back from it; for other languages there is
/// [`to_json`](Self::to_json).
///
/// # The text form
///
/// One line, the same for ever:
///
/// ```text
/// 1.0 User { name: str, admin: bool, roles: seq<str>, plan: enum Plan { 0 Free, 1 Paid(u32) } }
/// ```
///
/// ```text
/// description = major "." minor " " type
/// type        = scalar / "option<" type ">" / "seq<" type ">" / "map<" type ", " type ">"
///             / "[" type "; " count "]"              ; a tuple or array of 1 or more equal types
///             / "()" / "(" type 1*(", " type) ")"    ; any other tuple
///             / "unit " name                         ; a struct without a body: no bytes
///             / name "(" [ type *( ", " type) ] ")"  ; newtype (one type) or tuple struct
///             / name "(" type ",)"                   ; a tuple struct of one
///             / name fields                          ; a struct
///             / "enum " name " {}" / "enum " name " { " variant *( ", " variant) " }"
///             / 1*"^" name                           ; recursion, see below
/// scalar      = "bool" / "i8" / "i16" / "i32" / "i64" / "i128" / "u8" / "u16" / "u32" / "u64"
///             / "u128" / "f32" / "f64" / "char" / "str" / "bytes" / "unit"
/// fields      = " {}" / " { " field *( ", " field) " }"
/// field       = label ": " type
/// variant     = index " " label [ fields / "(" [ type *( ", " type) ] ")" / "(" type ",)" ]
/// label       = word / quoted
/// name        = word / quoted                        ; quoted if it is a scalar's or a keyword
/// word        = (ALPHA / "_") *(ALPHA / DIGIT / "_" / "-")
/// quoted      = DQUOTE *(%x20-21 / %x23-5B / %x5D-7E / "\" DQUOTE / "\\" / "\u{" 1*6HEXDIG "}") DQUOTE
/// ```
///
/// `^Tree` is the nearest enclosing struct or enum called `Tree`, `^^Tree` the second nearest, and
/// so on; it has the same shape again. The line is printable ASCII. Reading it back, spaces are
/// free.
///
/// # The JSON form
///
/// A type without parts is a string, every other one an object with a `kind`:
///
/// ```json
/// {"schema":[1,0],"payload":{"kind":"struct","name":"User","fields":[
///   {"name":"name","type":"str"},
///   {"name":"roles","type":{"kind":"seq","of":"str"}},
///   {"name":"locale","type":{"kind":"option","of":"str"}},
///   {"name":"limits","type":{"kind":"map","key":"str","value":"u32"}},
///   {"name":"hash","type":{"kind":"array","of":"u8","len":32}},
///   {"name":"pair","type":{"kind":"tuple","of":["u8","str"]}},
///   {"name":"marker","type":{"kind":"unit-struct","name":"Marker"}},
///   {"name":"id","type":{"kind":"newtype","name":"Id","of":"u64"}},
///   {"name":"point","type":{"kind":"tuple-struct","name":"Point","of":["f32","f32"]}},
///   {"name":"plan","type":{"kind":"enum","name":"Plan","variants":[
///     {"index":0,"name":"Free"},
///     {"index":1,"name":"Paid","newtype":"u32"},
///     {"index":2,"name":"Both","tuple":["u8","u8"]},
///     {"index":3,"name":"Trial","fields":[{"name":"days","type":"u8"}]}]}},
///   {"name":"next","type":{"kind":"option","of":{"kind":"ref","name":"User","nth":1}}}]}}
/// ```
///
/// (on one line). `nth` counts as the carets do. How each of these is written in bytes is
/// postcard's specification: `u8` and `i8` one byte, wider integers varints (signed ones zigzag),
/// floats little endian, `str`, `bytes`, `seq` and `map` a varint length first, `char` as the `str`
/// of it, `option` a byte 0 or 1 first, an enum its index as a varint first, and everything else
/// its parts in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The number, [`Payload::SCHEMA`].
    pub schema: Schema,
    /// What bytes it stands for.
    pub shape: Shape,
}

impl Description {
    pub(crate) fn of<T>() -> Result<Self, ShapeError>
    where
        T: Payload,
        T::View<'static>: Deserialize<'static>,
    {
        Ok(Self {
            schema: T::SCHEMA,
            shape: Shape::of::<T::View<'static>>()?,
        })
    }

    /// The description as JSON on one line, for readers in other languages; see [`describe`] for an
    /// example.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::description(self.schema, &self.shape.node)
    }
}

/// Describes the payload type `T`, so that a program without it can read its payloads.
///
/// ```
/// use cloakroom::schema::describe;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User<'a> {
///     name: &'a str,
///     age: Option<u8>,
/// }
/// cloakroom::payload!(User<'_>);
///
/// let user = describe::<User<'_>>()?;
/// assert_eq!(user.to_string(), "1.0 User { name: str, age: option<u8> }");
/// assert_eq!(
///     user.to_json(),
///     r#"{"schema":[1,0],"payload":{"kind":"struct","name":"User","fields":["#.to_owned()
///         + r#"{"name":"name","type":"str"},"#
///         + r#"{"name":"age","type":{"kind":"option","of":"u8"}}]}}"#
/// );
/// # Ok::<(), cloakroom::schema::ShapeError>(())
/// ```
///
/// # Errors
///
/// As [`Shape::of`].
pub fn describe<T>() -> Result<Description, ShapeError>
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    Description::of::<T>()
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.schema, self.shape)
    }
}

impl FromStr for Description {
    type Err = ParseShapeError;

    fn from_str(line: &str) -> Result<Self, ParseShapeError> {
        let number = || ParseShapeError::new(0, "a number such as 1.0");
        let line = line.trim();
        let (schema, shape) = line.split_once(' ').ok_or_else(number)?;
        let (major, minor) = schema.split_once('.').ok_or_else(number)?;
        let digits = |text: &str| {
            // `parse` also takes a sign and leading zeros, and a number has one spelling here.
            let canonical = text == "0" || !text.starts_with(['0', '+']);
            text.parse::<u32>()
                .ok()
                .filter(|_| canonical)
                .ok_or_else(number)
        };
        Ok(Self {
            schema: Schema::new(digits(major)?, digits(minor)?),
            shape: shape.parse()?,
        })
    }
}

/// A shape that could not be found out.
///
/// `Display` says which part of which type is the reason and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    path: String,
    type_name: String,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    SelfDescribing,
    ByName,
    Ignored,
    Inconsistent,
    AliasedField,
    AliasedVariant(String),
    Refused(String),
    NoFiniteValue,
    TooDeep,
    TooLarge,
}

impl ShapeError {
    fn new(path: String, type_name: &str, why: Why) -> Self {
        Self {
            path,
            type_name: type_name.to_owned(),
            why,
        }
    }

    /// Where in the type, as in `User.plan.Paid`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (type `{}`) ", self.path, self.type_name)?;
        match &self.why {
            Why::SelfDescribing => f.write_str(
                "asks what the bytes hold, and postcard's do not say: an enum that is `untagged` or \
                 has `tag = \"…\"`, or a type that can be anything. Tag enums as serde does without \
                 attributes",
            ),
            Why::ByName => f.write_str(
                "looks for names, as `#[serde(flatten)]` and enums with `tag = \"…\", content = \
                 \"…\"` do, and postcard writes none. Make what is flattened an ordinary field, and \
                 tag enums as serde does without attributes",
            ),
            Why::Ignored => f.write_str(
                "skips a value of unknown shape, which postcard can't do. Give it a type",
            ),
            Why::Inconsistent => f.write_str(
                "asks for different things depending on what was read before, and so has no one shape",
            ),
            Why::AliasedField => f.write_str(
                "names more fields than it reads. `#[serde(alias)]` does that: it means nothing in \
                 postcard, remove it",
            ),
            Why::AliasedVariant(last) => write!(
                f,
                "can't be read by the number of a variant that it names ({last}). \
                 `#[serde(alias)]` on a variant does that: it means nothing in postcard, remove it",
            ),
            Why::Refused(last) => write!(
                f,
                "refuses every value that was made up for it; about the last one it said: {last}",
            ),
            Why::NoFiniteValue => f.write_str(
                "has no finite value: it is an enum without variants, or contains itself without an \
                 `Option` or `Vec` in between",
            ),
            Why::TooDeep => f.write_str("is nested more deeply than a payload may be"),
            Why::TooLarge => f.write_str("has too many parts to be described"),
        }
    }
}

impl core::error::Error for ShapeError {}

/// A text that is not a shape in the grammar of [`Description`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseShapeError {
    /// Bytes into the shape.
    at: usize,
    wanted: &'static str,
}

impl ParseShapeError {
    const fn new(at: usize, wanted: &'static str) -> Self {
        Self { at, wanted }
    }
}

impl fmt::Display for ParseShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {} at byte {} of the shape",
            self.wanted, self.at
        )
    }
}

impl core::error::Error for ParseShapeError {}
