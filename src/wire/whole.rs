//! A serializer in front of postcard's that writes every field or nothing.

use core::fmt;

use postcard::Error;
use postcard::ser_flavors::Flavor;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use crate::wire::notes::{Note, Op};

/// What stands for a field that was left out. postcard's own serializer never gives it.
pub(crate) const LEFT_OUT: Error = Error::WontImplement;

/// postcard takes a field that `skip_serializing_if` leaves out for one that is not there, writes
/// nothing, and the reader takes the next bytes for it.
pub(crate) struct Whole<'s, F: Flavor, N: Note> {
    inner: &'s mut postcard::Serializer<F>,
    notes: N,
    names: Option<N::Names>,
}

impl<'s, F: Flavor, N: Note> Whole<'s, F, N> {
    #[inline]
    pub(crate) const fn new(inner: &'s mut postcard::Serializer<F>, notes: N) -> Self {
        Self {
            inner,
            notes,
            names: None,
        }
    }

    #[inline]
    fn put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Whole::new(&mut *self.inner, self.notes))
    }

    #[inline]
    fn put_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.put(value)?;
        self.notes.op(Op::Field);
        Ok(())
    }

    #[inline]
    fn put_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if let Some(names) = &mut self.names {
            self.notes.writes_field(names, name);
        }
        self.put_element(value)
    }

    #[inline]
    fn begin(self) -> Self {
        Self {
            names: Some(self.notes.writes()),
            ..self
        }
    }

    #[inline]
    fn variant(&mut self, name: &'static str, index: u32) -> Result<(), Error> {
        self.notes.op(Op::Unsigned);
        self.inner.serialize_unit_variant(name, index, name)
    }
}

macro_rules! scalar {
    ($($method:ident($type:ty) $op:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.notes.op(Op::$op);
            self.inner.$method(value)
        }
    )*};
}

impl<F: Flavor, N: Note> Serializer for Whole<'_, F, N> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    scalar! {
        serialize_bool(bool) Byte;
        serialize_i8(i8) Byte;
        serialize_i16(i16) Signed;
        serialize_i32(i32) Signed;
        serialize_i64(i64) Signed;
        serialize_i128(i128) Signed;
        serialize_u8(u8) Byte;
        serialize_u16(u16) Unsigned;
        serialize_u32(u32) Unsigned;
        serialize_u64(u64) Unsigned;
        serialize_u128(u128) Unsigned;
        serialize_f32(f32) Single;
        serialize_f64(f64) Double;
        serialize_char(char) Text;
        serialize_str(&str) Text;
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.notes.bytes(value);
        self.inner.serialize_bytes(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.notes.op(Op::Option);
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Error> {
        self.notes.op(Op::Option);
        // Its byte alone: what follows has to come through here.
        self.inner.serialize_some(&())?;
        self.put(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        mut self,
        name: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), Error> {
        self.variant(name, index)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.put(value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(name, index)?;
        self.put(value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Error> {
        self.notes.op(Op::Count);
        self.inner.serialize_seq(len)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self.begin())
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self.begin())
    }

    #[inline]
    fn serialize_tuple_variant(
        mut self,
        name: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.variant(name, index)?;
        Ok(self.begin())
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self, Error> {
        self.notes.op(Op::Count);
        self.inner.serialize_map(len)?;
        Ok(self)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self.begin())
    }

    #[inline]
    fn serialize_struct_variant(
        mut self,
        name: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.variant(name, index)?;
        Ok(self.begin())
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.notes.op(Op::Text);
        self.inner.collect_str(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<F: Flavor, N: Note> SerializeSeq for Whole<'_, F, N> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.put(value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<F: Flavor, N: Note> SerializeMap for Whole<'_, F, N> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.put(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.put(value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! unnamed {
    ($($trait:ident $method:ident;)*) => {$(
        impl<F: Flavor, N: Note> $trait for Whole<'_, F, N> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.put_element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.notes.op(Op::End);
                Ok(())
            }
        }
    )*};
}

unnamed! {
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! named {
    ($($trait:ident;)*) => {$(
        impl<F: Flavor, N: Note> $trait for Whole<'_, F, N> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.put_field(name, value)
            }

            #[cold]
            fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
                Err(LEFT_OUT)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.notes.op(Op::End);
                Ok(())
            }
        }
    )*};
}

named! {
    SerializeStruct;
    SerializeStructVariant;
}
