//! Structured payloads: postcard, bounded, with an end that an older or newer writer may have put
//! elsewhere (SPEC §7.4, §7.5).

use core::cell::Cell;
use core::fmt;

use postcard::ser_flavors::{Flavor, Size, Slice};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::Serialize;

use crate::wire::bounded::{Bounded, Budget};
use crate::wire::notes::{Begun, Note, Notes, Silent};
use crate::wire::whole::{LEFT_OUT, Whole};

/// How the end of the bytes may differ from the end of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ends {
    /// Both are the same.
    Exact,
    /// An older writer: the bytes may end before a field of the outermost struct that has a
    /// default.
    MayMiss,
    /// A newer writer: bytes may follow, and are ignored.
    MayExceed,
}

/// The bytes are not a payload of this shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable;

impl Unreadable {
    /// The error of a [`Payload`](crate::Payload) of your own.
    ///
    /// ```
    /// use cloakroom::schema::{EncodeError, Ends, Unreadable};
    /// use cloakroom::{NoPrevious, Payload, Schema};
    ///
    /// /// One byte, and no other than these two.
    /// enum Plan { Free, Paid }
    ///
    /// impl Payload for Plan {
    ///     const SCHEMA: Schema = Schema::new(1, 0);
    ///     type View<'b> = Self;
    ///     type Previous = NoPrevious;
    ///
    ///     fn migrate<'b>(previous: NoPrevious) -> Self::View<'b> {
    ///         match previous {}
    ///     }
    ///
    ///     fn encode(plan: &Self, out: &mut [u8]) -> Result<usize, EncodeError> {
    ///         let first = out.first_mut().ok_or(EncodeError::TooLong { needed: 1 })?;
    ///         *first = match plan { Self::Free => 0, Self::Paid => 1 };
    ///         Ok(1)
    ///     }
    ///
    ///     fn decode(bytes: &[u8], _: Ends) -> Result<Self, Unreadable> {
    ///         match bytes {
    ///             [0] => Ok(Self::Free),
    ///             [1] => Ok(Self::Paid),
    ///             _ => Err(Unreadable::new()),
    ///         }
    ///     }
    /// }
    /// # assert!(Plan::decode(&[2], Ends::Exact).is_err());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Default for Unreadable {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payload does not have the shape that its schema number promises")
    }
}

impl core::error::Error for Unreadable {}

/// A payload that can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// It needs `needed` bytes.
    TooLong {
        /// The encoded length in bytes.
        needed: usize,
    },
    /// Its type can't be written: a sequence that does not know its length, as `flatten` makes, or
    /// a `Serialize` of its own that failed.
    Unsupported,
    /// A field was left out, by `skip_serializing_if` or a `Serialize` of its own. Nothing in the
    /// bytes would say so, and all later fields would be read from the wrong ones.
    LeftOut,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { needed } => write!(f, "the payload needs {needed} bytes"),
            Self::Unsupported => f.write_str(
                "the payload's type can't be written by postcard (flatten, or a failing Serialize)",
            ),
            Self::LeftOut => f.write_str(
                "a field of the payload was left out (skip_serializing_if); every field must be \
                 written",
            ),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Writes a value as postcard; what [`payload!`](crate::payload!) calls.
#[doc(hidden)]
pub fn encode_postcard<T: Serialize + ?Sized>(
    value: &T,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    match write(value, Slice::new(out), Silent) {
        Ok(written) => Ok(written.len()),
        Err(postcard::Error::SerializeBufferFull) => {
            let needed = write(value, Size::default(), Silent).map_err(refused)?;
            Err(EncodeError::TooLong { needed })
        }
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: postcard::Error) -> EncodeError {
    if error == LEFT_OUT {
        EncodeError::LeftOut
    } else {
        EncodeError::Unsupported
    }
}

fn write<T: Serialize + ?Sized, F: Flavor>(
    value: &T,
    output: F,
    notes: impl Note,
) -> Result<F::Output, postcard::Error> {
    let mut serializer = postcard::Serializer { output };
    value.serialize(Whole::new(&mut serializer, notes))?;
    serializer.output.finalize()
}

/// Takes bytes and keeps none.
struct Nothing;

impl Flavor for Nothing {
    type Output = ();

    #[inline]
    fn try_push(&mut self, _: u8) -> Result<(), postcard::Error> {
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, _: &[u8]) -> Result<(), postcard::Error> {
        Ok(())
    }

    fn finalize(self) -> Result<(), postcard::Error> {
        Ok(())
    }
}

/// Whether `written`, which came of `value`, is read as it was written: the same fields in the same
/// places. What [`payload!`](crate::payload!) calls.
#[doc(hidden)]
pub fn reads_back<'b, T: Serialize + ?Sized, V: Deserialize<'b>>(
    value: &T,
    written: &'b [u8],
) -> Result<(), Unreadable> {
    let notes = Notes::new();
    let _read: V = read(written, Ends::Exact, &notes)?;
    let steps = notes.restart();
    // Once more, for its steps and without its bytes: what was written has told nobody of them.
    write(value, Nothing, &notes).map_err(|_| Unreadable)?;
    if notes.agree(steps) {
        Ok(())
    } else {
        Err(Unreadable)
    }
}

/// Reads a value as postcard, bounded and with the slack that `ends` allows; what
/// [`payload!`](crate::payload!) calls.
#[doc(hidden)]
#[inline]
pub fn decode_postcard<'b, T: Deserialize<'b>>(
    bytes: &'b [u8],
    ends: Ends,
) -> Result<T, Unreadable> {
    read(bytes, ends, Silent)
}

#[inline]
fn read<'b, T: Deserialize<'b>>(
    bytes: &'b [u8],
    ends: Ends,
    notes: impl Note,
) -> Result<T, Unreadable> {
    let elements = Cell::new(0);
    if ends == Ends::Exact {
        // As nearly always: then the end of the input means nothing, and one read takes all fields.
        let mut inner = postcard::Deserializer::from_bytes(bytes);
        let value = T::deserialize(Bounded::new(&mut inner, Budget::new(&elements, notes)));
        return match (value, inner.finalize()) {
            (Ok(value), Ok([])) => Ok(value),
            _ => Err(Unreadable),
        };
    }
    let mut rest = bytes;
    let outermost = Outermost {
        rest: &mut rest,
        ends,
        budget: Budget::new(&elements, notes),
    };
    let value = T::deserialize(outermost).map_err(|_| Unreadable)?;
    if rest.is_empty() || ends == Ends::MayExceed {
        Ok(value)
    } else {
        Err(Unreadable)
    }
}

/// Whether a type is a struct with named fields, or newtypes around one: whether it may ever have a
/// minor (SPEC §7.4). What [`payload!`](crate::payload!) calls.
#[doc(hidden)]
#[must_use]
pub fn is_struct<'b, T: Deserialize<'b>>() -> bool {
    let elements = Cell::new(0);
    // A struct begins to read its fields; everything else is refused before it reads.
    let begun = Cell::new(false);
    let outermost = Outermost {
        rest: &mut &[][..],
        ends: Ends::MayMiss,
        budget: Budget::new(&elements, Begun(&begun)),
    };
    let _missing = T::deserialize(outermost);
    begun.get()
}

/// The deserializer of the outermost value where its writer may have been an older or newer one. It alone knows what the end of the input means: in a
/// struct, at a field boundary, that an older writer had no such field; anywhere else, damage.
struct Outermost<'r, 'de, 'l, N> {
    rest: &'r mut &'de [u8],
    ends: Ends,
    budget: Budget<'l, N>,
}

impl<'de, N: Note> Outermost<'_, 'de, '_, N> {
    /// Runs one read over what is left and moves past what it took.
    #[inline]
    fn take<T>(
        &mut self,
        read: impl FnOnce(
            Bounded<'_, &mut postcard::Deserializer<'de, postcard::de_flavors::Slice<'de>>, N>,
        ) -> Result<T, postcard::Error>,
    ) -> Result<T, postcard::Error> {
        let mut inner = postcard::Deserializer::from_bytes(self.rest);
        let value = read(Bounded::new(&mut inner, self.budget))?;
        *self.rest = inner.finalize()?;
        Ok(value)
    }
}

impl<'de, N: Note> Deserializer<'de> for Outermost<'_, 'de, '_, N> {
    type Error = postcard::Error;

    /// Only a struct can grow; everything else has minor 0 for ever (SPEC §7.4).
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, postcard::Error> {
        Err(serde::de::Error::custom("not a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, postcard::Error> {
        let budget = self.budget.deeper()?;
        budget.notes.reads(fields);
        let outermost = Outermost { budget, ..self };
        visitor.visit_seq(Fields {
            outermost,
            left: fields.len(),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, postcard::Error> {
        // Transparent: what it wraps is the outermost value.
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The fields of the outermost struct, one after the other.
struct Fields<'r, 'de, 'l, N> {
    outermost: Outermost<'r, 'de, 'l, N>,
    left: usize,
}

impl<'de, N: Note> SeqAccess<'de> for Fields<'_, 'de, '_, N> {
    type Error = postcard::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, postcard::Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        if self.outermost.rest.is_empty() && self.outermost.ends == Ends::MayMiss {
            // serde's derive turns this into the field's default, or into an error without one.
            self.left = 0;
            return Ok(None);
        }
        self.left = left;
        self.outermost
            .take(|inner| seed.deserialize(inner))
            .map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}
