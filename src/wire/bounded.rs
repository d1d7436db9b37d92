//! A deserializer around postcard's that hostile or merely unlucky bytes can't exhaust (SPEC §7.6).
//!
//! postcard itself has no recursion limit (a few thousand levels overflow a 2 MB stack), loops for
//! as long as a sequence of zero-sized elements claims to be, and lets collections allocate by a
//! length that the input merely asserts.

use core::cell::Cell;
use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::wire::notes::{Note, Op};

/// Nested containers that a payload may have.
pub(crate) const MAX_DEPTH: u8 = 64;
/// Elements of all sequences and maps of a payload together.
pub(crate) const MAX_ELEMENTS: u16 = 4096;
/// What a collection may reserve before it has seen an element; it grows by itself from there.
const MAX_RESERVED: usize = 16;

/// What is left to spend. Depth is per branch, elements are shared by the whole payload.
#[derive(Clone, Copy)]
pub(crate) struct Budget<'l, N> {
    depth: u8,
    elements: &'l Cell<u16>,
    pub(crate) notes: N,
}

impl<'l, N: Note> Budget<'l, N> {
    pub(crate) fn new(elements: &'l Cell<u16>, notes: N) -> Self {
        elements.set(MAX_ELEMENTS);
        Self {
            depth: MAX_DEPTH,
            elements,
            notes,
        }
    }

    pub(crate) fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth, ..self })
    }

    /// Charges a whole container before its first element is read: elements of no size would
    /// otherwise be read for as long as the input says.
    fn spend<E: serde::de::Error>(self, elements: usize) -> Result<(), E> {
        let spent = u16::try_from(elements).ok();
        let left = spent.and_then(|spent| self.elements.get().checked_sub(spent));
        self.elements
            .set(left.ok_or_else(|| E::custom("too many elements"))?);
        Ok(())
    }
}

/// What the next container is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A sequence or map: the input chooses its length.
    Counted,
    /// A sequence that claims more elements than bytes are left. Its elements have no size, or it
    /// is damaged; each is charged when it is read.
    PerElement,
    /// A struct, tuple, option or enum: the type does.
    Fixed,
    /// The content of an enum's variant, a level that was charged already.
    Content,
}

/// Passes everything on to `inner`, charges the budget on the way and tells what it reads.
pub(crate) struct Bounded<'l, D, N> {
    inner: D,
    budget: Budget<'l, N>,
    kind: Kind,
}

impl<'l, D, N: Note> Bounded<'l, D, N> {
    pub(crate) const fn new(inner: D, budget: Budget<'l, N>) -> Self {
        Self {
            inner,
            budget,
            kind: Kind::Fixed,
        }
    }

    const fn wrap<T>(inner: T, budget: Budget<'l, N>, kind: Kind) -> Bounded<'l, T, N> {
        Bounded {
            inner,
            budget,
            kind,
        }
    }
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $type:ty),*) $kind:ident $($reads:expr)?;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            $(self.budget.notes.reads($reads);)?
            self.inner.$method($($arg,)* Self::wrap(visitor, self.budget, Kind::$kind))
        }
    )*};
}

impl<'de, D: Deserializer<'de>, N: Note> Deserializer<'de> for Bounded<'_, D, N> {
    type Error = D::Error;

    forward! {
        deserialize_any() Fixed;
        deserialize_bool() Fixed;
        deserialize_i8() Fixed;
        deserialize_i16() Fixed;
        deserialize_i32() Fixed;
        deserialize_i64() Fixed;
        deserialize_i128() Fixed;
        deserialize_u8() Fixed;
        deserialize_u16() Fixed;
        deserialize_u32() Fixed;
        deserialize_u64() Fixed;
        deserialize_u128() Fixed;
        deserialize_f32() Fixed;
        deserialize_f64() Fixed;
        deserialize_str() Fixed;
        deserialize_string() Fixed;
        deserialize_bytes() Fixed;
        deserialize_byte_buf() Fixed;
        deserialize_option() Fixed;
        deserialize_unit() Fixed;
        deserialize_unit_struct(name: &'static str) Fixed;
        deserialize_newtype_struct(name: &'static str) Fixed;
        deserialize_seq() Counted;
        deserialize_tuple(len: usize) Fixed &[];
        deserialize_tuple_struct(name: &'static str, len: usize) Fixed &[];
        deserialize_map() Counted;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) Fixed fields;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) Fixed;
        deserialize_identifier() Fixed;
        deserialize_ignored_any() Fixed;
    }

    /// The `str` that holds it, which must hold nothing else (SPEC §7.5). postcard before 1.2 took the
    /// first of several characters and passed over the rest, so that two readers of one payload saw
    /// different values.
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Self::wrap(visitor, self.budget, Kind::Fixed);
        self.inner.deserialize_str(OneChar(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Passes on the one character of a text.
struct OneChar<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OneChar<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(one), None) => self.0.visit_char(one),
            _ => Err(E::custom("not one character")),
        }
    }
}

macro_rules! scalar {
    ($($method:ident: $type:ty, $op:ident;)*) => {$(
        #[inline]
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.budget.notes.op(Op::$op);
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>, N: Note> Visitor<'de> for Bounded<'_, V, N> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    scalar! {
        visit_bool: bool, Byte;
        visit_i8: i8, Byte;
        visit_i16: i16, Signed;
        visit_i32: i32, Signed;
        visit_i64: i64, Signed;
        visit_i128: i128, Signed;
        visit_u8: u8, Byte;
        visit_u16: u16, Unsigned;
        visit_u32: u32, Unsigned;
        visit_u64: u64, Unsigned;
        visit_u128: u128, Unsigned;
        visit_f32: f32, Single;
        visit_f64: f64, Double;
        visit_char: char, Text;
        visit_str: &str, Text;
        visit_borrowed_str: &'de str, Text;
    }

    #[inline]
    fn visit_bytes<E: serde::de::Error>(self, value: &[u8]) -> Result<V::Value, E> {
        self.budget.notes.bytes(value);
        self.inner.visit_bytes(value)
    }

    #[inline]
    fn visit_borrowed_bytes<E: serde::de::Error>(self, value: &'de [u8]) -> Result<V::Value, E> {
        self.budget.notes.bytes(value);
        self.inner.visit_borrowed_bytes(value)
    }

    #[inline]
    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    #[inline]
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.budget.deeper::<E>()?;
        self.budget.notes.op(Op::Option);
        self.inner.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let budget = self.budget.deeper()?;
        budget.notes.op(Op::Option);
        self.inner.visit_some(Bounded::new(inner, budget))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner
            .visit_newtype_struct(Bounded::new(inner, self.budget))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let budget = match self.kind {
            Kind::Content => self.budget,
            _ => self.budget.deeper()?,
        };
        let kind = match (self.kind, inner.size_hint()) {
            (Kind::Counted, Some(elements)) => {
                budget.spend(elements)?;
                Kind::Counted
            }
            (Kind::Counted, None) => Kind::PerElement,
            (other, _) => other,
        };
        let counted = self.kind == Kind::Counted;
        if counted {
            budget.notes.op(Op::Count);
        }
        let value = self.inner.visit_seq(Self::wrap(inner, budget, kind))?;
        if !counted {
            budget.notes.op(Op::End);
        }
        Ok(value)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let budget = self.budget.deeper()?;
        // postcard always says how many entries a map claims.
        budget.spend(inner.size_hint().unwrap_or(usize::MAX))?;
        budget.notes.op(Op::Count);
        self.inner.visit_map(Self::wrap(inner, budget, self.kind))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let budget = self.budget.deeper()?;
        self.inner.visit_enum(Bounded::new(inner, budget))
    }
}

impl<'de, S: DeserializeSeed<'de>, N: Note> DeserializeSeed<'de> for Bounded<'_, S, N> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Bounded::new(inner, self.budget))
    }
}

/// The claimed length, capped: it comes from the input, and `Vec::with_capacity` would believe it.
fn capped(hint: Option<usize>) -> Option<usize> {
    hint.map(|claimed| claimed.min(MAX_RESERVED))
}

impl<'de, A: SeqAccess<'de>, N: Note> SeqAccess<'de> for Bounded<'_, A, N> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        let element = self
            .inner
            .next_element_seed(Bounded::new(seed, self.budget))?;
        if element.is_some() {
            match self.kind {
                Kind::PerElement => self.budget.spend(1)?,
                Kind::Fixed | Kind::Content => self.budget.notes.op(Op::Field),
                Kind::Counted => {}
            }
        }
        Ok(element)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        capped(self.inner.size_hint())
    }
}

impl<'de, A: MapAccess<'de>, N: Note> MapAccess<'de> for Bounded<'_, A, N> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(Bounded::new(seed, self.budget))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(Bounded::new(seed, self.budget))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        capped(self.inner.size_hint())
    }
}

impl<'de, 'l, A: EnumAccess<'de>, N: Note> EnumAccess<'de> for Bounded<'l, A, N> {
    type Error = A::Error;
    type Variant = Bounded<'l, A::Variant, N>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(Bounded::new(seed, self.budget))?;
        Ok((value, Bounded::new(variant, self.budget)))
    }
}

impl<'de, A: VariantAccess<'de>, N: Note> VariantAccess<'de> for Bounded<'_, A, N> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.inner
            .newtype_variant_seed(Bounded::new(seed, self.budget))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.budget.notes.reads(&[]);
        self.inner
            .tuple_variant(len, Self::wrap(visitor, self.budget, Kind::Content))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.budget.notes.reads(fields);
        self.inner
            .struct_variant(fields, Self::wrap(visitor, self.budget, Kind::Content))
    }
}
