//! What the tracer hands out in pieces: elements, entries, fields and variants.

use core::any::type_name;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::Why;
use super::explore::Fault;
use super::node::Scalar;
use super::slots::Kind;
use super::trace::{Tracer, container};

/// The elements of a sequence, entries of a map, or parts of a tuple or struct.
pub(super) struct Parts<'s> {
    pub(super) tracer: Tracer<'s>,
    pub(super) attempt: usize,
    pub(super) next: usize,
    pub(super) limit: usize,
    /// Whether all elements are of one type.
    pub(super) same: bool,
}

impl Parts<'_> {
    fn part<S: DeserializeSeed<'static>>(&self, index: usize, seed: S) -> Result<S::Value, Fault> {
        let child = self
            .tracer
            .child(index, self.attempt, type_name::<S::Value>())?;
        if self.same && self.next > 0 {
            // Another value than the first, for sets and maps that insist on it.
            return child.judge(seed.deserialize(child.salted(self.next)));
        }
        child.judge(seed.deserialize(child))
    }
}

impl SeqAccess<'static> for Parts<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        if self.next >= self.limit {
            return Ok(None);
        }
        let index = if self.same { 0 } else { self.next };
        let value = self.part(index, seed);
        if self.same {
            self.tracer.state.borrow_mut().close(self.tracer.at);
        }
        self.next = self.next.saturating_add(1);
        value.map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.limit.saturating_sub(self.next))
    }
}

impl MapAccess<'static> for Parts<'_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'static>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        if self.next >= self.limit {
            return Ok(None);
        }
        self.part(0, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'static>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let value = self.part(1, seed);
        self.tracer.state.borrow_mut().close(self.tracer.at);
        self.next = self.next.saturating_add(1);
        value
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.limit.saturating_sub(self.next))
    }
}

/// The variant that was chosen.
pub(super) struct Variant<'s> {
    pub(super) tracer: Tracer<'s>,
    pub(super) index: usize,
}

impl<'s> EnumAccess<'static> for Variant<'s> {
    type Error = Fault;
    type Variant = Tracer<'s>;

    fn variant_seed<S: DeserializeSeed<'static>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Tracer<'s>), Fault> {
        let index: U32Deserializer<Fault> = u32::try_from(self.index)
            .unwrap_or(u32::MAX)
            .into_deserializer();
        match seed.deserialize(index) {
            Ok(variant) => Ok((variant, self.tracer)),
            Err(fault) => self.tracer.fail(Why::AliasedVariant(fault.message)),
        }
    }
}

impl VariantAccess<'static> for Tracer<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.scalar(Scalar::Unit).map(drop)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'static>>(self, seed: S) -> Result<S::Value, Fault> {
        let (tracer, attempt) = self.enter(Kind::Newtype(container::<S>("", &[])))?;
        let child = tracer.child(0, attempt, type_name::<S::Value>())?;
        self.state.borrow_mut().close(tracer.at);
        child.judge(seed.deserialize(child))
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.fixed(Kind::TupleStruct(container::<V>("", &[])), len, visitor)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fixed(
            Kind::Struct(container::<V>("", fields)),
            fields.len(),
            visitor,
        )
    }
}
