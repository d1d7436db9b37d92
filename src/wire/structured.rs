//! Structured payloads: postcard, bounded, with an end that an older or newer writer may have put
//! elsewhere (SPEC §7.4, §7.5).

use core::cell::Cell;
use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::Serialize;

use crate::wire::bounded::{Bounded, Budget};

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
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { needed } => write!(f, "the payload needs {needed} bytes"),
            Self::Unsupported => f.write_str(
                "the payload's type can't be written by postcard (flatten, or a failing Serialize)",
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
    match postcard::to_slice(value, out) {
        Ok(written) => Ok(written.len()),
        Err(postcard::Error::SerializeBufferFull) => {
            let size = postcard::ser_flavors::Size::default();
            Err(match postcard::serialize_with_flavor(value, size) {
                Ok(needed) => EncodeError::TooLong { needed },
                Err(_) => EncodeError::Unsupported,
            })
        }
        Err(_) => Err(EncodeError::Unsupported),
    }
}

/// Reads a value as postcard, bounded and with the slack that `ends` allows; what
/// [`payload!`](crate::payload!) calls.
#[doc(hidden)]
pub fn decode_postcard<'b, T: Deserialize<'b>>(
    bytes: &'b [u8],
    ends: Ends,
) -> Result<T, Unreadable> {
    let elements = Cell::new(0);
    let mut rest = bytes;
    let outermost = Outermost {
        rest: &mut rest,
        ends,
        budget: Budget::new(&elements),
    };
    let value = T::deserialize(outermost).map_err(|_| Unreadable)?;
    if rest.is_empty() || ends == Ends::MayExceed {
        Ok(value)
    } else {
        Err(Unreadable)
    }
}

/// The deserializer of the outermost value. It alone knows what the end of the input means: in a
/// struct, at a field boundary, that an older writer had no such field; anywhere else, damage.
struct Outermost<'r, 'de, 'l> {
    rest: &'r mut &'de [u8],
    ends: Ends,
    budget: Budget<'l>,
}

impl<'de> Outermost<'_, 'de, '_> {
    /// Runs one read over what is left and moves past what it took.
    #[inline]
    fn take<T>(
        &mut self,
        read: impl FnOnce(
            Bounded<'_, &mut postcard::Deserializer<'de, postcard::de_flavors::Slice<'de>>>,
        ) -> Result<T, postcard::Error>,
    ) -> Result<T, postcard::Error> {
        let mut inner = postcard::Deserializer::from_bytes(self.rest);
        let value = read(Bounded::new(&mut inner, self.budget))?;
        *self.rest = inner.finalize()?;
        Ok(value)
    }
}

macro_rules! plain {
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, $($arg: $type,)* visitor: V) -> Result<V::Value, postcard::Error> {
            // Only a struct can grow; everything else has minor 0 for ever (SPEC §7.4).
            if self.ends != Ends::Exact {
                return Err(serde::de::Error::custom("not a struct"));
            }
            self.take(|inner| inner.$method($($arg,)* visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Outermost<'_, 'de, '_> {
    type Error = postcard::Error;

    plain! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, postcard::Error> {
        let budget = self.budget.deeper()?;
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
struct Fields<'r, 'de, 'l> {
    outermost: Outermost<'r, 'de, 'l>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de, '_> {
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
