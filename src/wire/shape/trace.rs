//! A deserializer that has no input: it writes down what it is asked for and makes the answer up.
//!
//! Options, sequences and maps are looked into once, enums once for each variant, over as many runs
//! as that takes. A type met again inside itself is a reference and gets the flattest value known.

use core::any::type_name;
use core::cell::RefCell;

use serde::de::{Deserializer, Visitor};

use super::explore::Fault;
use super::node::Scalar;
use super::parts::{Parts, Variant};
use super::slots::{Container, Id, Kind, ROOT, Slots};
use super::{Why, samples};
use crate::wire::bounded::MAX_DEPTH;

#[derive(Clone, Copy)]
pub(super) struct Tracer<'s> {
    pub(super) state: &'s RefCell<Slots>,
    pub(super) at: Id,
    /// What the refusals of enclosing parts add to the choice of values in this one.
    salt: usize,
    depth: u8,
    /// Whether to look into what is still unknown. Not below a reference, where all is known.
    explore: bool,
}

impl<'s> Tracer<'s> {
    pub(super) const fn new(state: &'s RefCell<Slots>) -> Self {
        Self {
            state,
            at: ROOT,
            salt: 0,
            depth: MAX_DEPTH,
            explore: true,
        }
    }

    /// Names this part as the one that refused, unless the error comes from a part of it.
    pub(super) fn judge<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| Fault {
            refused: fault.refused.or(Some(self.at)),
            ..fault
        })
    }

    pub(super) fn fail<T>(self, why: Why) -> Result<T, Fault> {
        self.state.borrow_mut().fail(self.at, why);
        Err(Fault::stop())
    }

    /// The tracer to go on with, which knows what was asked, and the number of the value to give.
    pub(super) fn enter(self, kind: Kind) -> Result<(Self, usize), Fault> {
        let mut slots = self.state.borrow_mut();
        let entered = slots.enter(self.at, kind).ok_or_else(Fault::stop)?;
        let explore = self.explore && entered == self.at;
        if entered != self.at && !slots.has_finite_value(entered) {
            return Err(Fault::stop());
        }
        let attempt = self.salt.wrapping_add(slots.attempts(self.at));
        Ok((
            Self {
                at: entered,
                explore,
                ..self
            },
            attempt,
        ))
    }

    pub(super) fn scalar(self, scalar: Scalar) -> Result<usize, Fault> {
        self.enter(Kind::Scalar(scalar)).map(|(_, attempt)| attempt)
    }

    pub(super) fn child(
        self,
        index: usize,
        attempt: usize,
        type_name: &'static str,
    ) -> Result<Self, Fault> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return self.fail(Why::TooDeep);
        };
        let child = self.state.borrow_mut().child(self.at, index, type_name);
        // Parts of a refused whole get different values, for a check that one is below the other.
        let salt = attempt.wrapping_mul(index.wrapping_add(1));
        Ok(Self {
            at: child.ok_or_else(Fault::stop)?,
            salt,
            depth,
            ..self
        })
    }

    pub(super) const fn salted(self, extra: usize) -> Self {
        Self {
            salt: self.salt.wrapping_add(extra),
            ..self
        }
    }

    /// How many elements to give: one while there is something to see, none once there is not,
    /// and others after a refusal.
    fn count(self, attempt: usize) -> usize {
        if !self.explore {
            0
        } else if self.state.borrow().is_open(self.at) {
            attempt.wrapping_rem(3).saturating_add(1)
        } else {
            attempt.wrapping_rem(4)
        }
    }

    pub(super) fn fixed<V: Visitor<'static>>(
        self,
        kind: Kind,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(kind)?;
        let end = self
            .state
            .borrow()
            .end_after
            .filter(|_| tracer.at == ROOT && tracer.explore);
        let limit = end.map_or(len, |end| end.min(len));
        let mut parts = Parts {
            tracer,
            attempt,
            next: 0,
            limit,
            same: false,
        };
        let result = visitor.visit_seq(&mut parts);
        let all_read = parts.next == len;
        if (all_read || result.is_ok()) && end.is_none() {
            self.state.borrow_mut().close(tracer.at);
        }
        if result.is_ok() && !all_read && end.is_none() && matches!(kind, Kind::Struct(_)) {
            return self.fail(Why::AliasedField);
        }
        tracer.judge(result)
    }

    fn within<V: Visitor<'static>>(
        self,
        kind: Kind,
        visit: impl FnOnce(Self) -> Result<V::Value, Fault>,
    ) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(kind)?;
        let child = tracer.child(0, attempt, type_name::<V::Value>())?;
        self.state.borrow_mut().close(tracer.at);
        child.judge(visit(child))
    }
}

pub(super) fn container<V>(name: &'static str, labels: &'static [&'static str]) -> Container {
    Container {
        name,
        labels,
        visitor: type_name::<V>(),
    }
}

macro_rules! scalars {
    ($($method:ident $kind:ident $visit:ident $make:expr;)*) => {$(
        fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
            let attempt = self.scalar(Scalar::$kind)?;
            self.judge(visitor.$visit($make(attempt)))
        }
    )*};
}

impl Deserializer<'static> for Tracer<'_> {
    type Error = Fault;

    scalars! {
        deserialize_bool Bool visit_bool samples::boolean;
        deserialize_i8 I8 visit_i8 samples::integer;
        deserialize_i16 I16 visit_i16 samples::integer;
        deserialize_i32 I32 visit_i32 samples::integer;
        deserialize_i64 I64 visit_i64 samples::integer;
        deserialize_i128 I128 visit_i128 samples::integer;
        deserialize_u8 U8 visit_u8 samples::integer;
        deserialize_u16 U16 visit_u16 samples::integer;
        deserialize_u32 U32 visit_u32 samples::integer;
        deserialize_u64 U64 visit_u64 samples::integer;
        deserialize_u128 U128 visit_u128 samples::integer;
        deserialize_f32 F32 visit_f32 samples::float;
        deserialize_f64 F64 visit_f64 |attempt| f64::from(samples::float(attempt));
        deserialize_char Char visit_char samples::letter;
        deserialize_str Str visit_borrowed_str samples::text;
        deserialize_string Str visit_borrowed_str samples::text;
        deserialize_bytes Bytes visit_borrowed_bytes samples::bytes;
        deserialize_byte_buf Bytes visit_borrowed_bytes samples::bytes;
    }

    fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Fault> {
        self.fail(Why::SelfDescribing)
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Fault> {
        self.fail(Why::ByName)
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Fault> {
        self.fail(Why::Ignored)
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.scalar(Scalar::Unit)?;
        self.judge(visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.enter(Kind::UnitStruct(name))?;
        self.judge(visitor.visit_unit())
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(Kind::Option)?;
        if tracer.count(attempt) == 0 {
            return tracer.judge(visitor.visit_none());
        }
        let child = tracer.child(0, attempt, type_name::<V::Value>())?;
        self.state.borrow_mut().close(tracer.at);
        child.judge(visitor.visit_some(child))
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let kind = Kind::Newtype(container::<V>(name, &[]));
        self.within::<V>(kind, |child| visitor.visit_newtype_struct(child))
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(Kind::Seq)?;
        let limit = tracer.count(attempt);
        let mut parts = Parts {
            tracer,
            attempt,
            next: 0,
            limit,
            same: true,
        };
        tracer.judge(visitor.visit_seq(&mut parts))
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fixed(Kind::Tuple, len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fixed(Kind::TupleStruct(container::<V>(name, &[])), len, visitor)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(Kind::Map)?;
        let limit = tracer.count(attempt);
        let mut parts = Parts {
            tracer,
            attempt,
            next: 0,
            limit,
            same: true,
        };
        tracer.judge(visitor.visit_map(&mut parts))
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fixed(
            Kind::Struct(container::<V>(name, fields)),
            fields.len(),
            visitor,
        )
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (tracer, attempt) = self.enter(Kind::Enum(container::<V>(name, variants)))?;
        for index in 0..variants.len() {
            tracer.child(index, attempt, type_name::<V::Value>())?;
        }
        self.state.borrow_mut().close(tracer.at);
        let attempt_here = if tracer.explore { attempt } else { 0 };
        let index = self
            .state
            .borrow_mut()
            .variant(tracer.at, attempt_here, tracer.explore);
        let index = index.ok_or_else(Fault::stop)?;
        let tracer_of_data = tracer.child(index, attempt, type_name::<V::Value>())?;
        tracer.judge(visitor.visit_enum(Variant {
            tracer: tracer_of_data,
            index,
        }))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
