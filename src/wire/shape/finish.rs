//! The tree that the tracer's findings amount to.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::node::{Body, Field, Node, Scalar};
use super::slots::{Container, Id, Kind, ROOT, Slots};

impl Slots {
    pub(super) fn to_node(&self) -> Node {
        self.node(ROOT)
    }

    fn only(&self, at: Id) -> Box<Node> {
        Box::new(self.parts(at).pop().unwrap_or(Node::Scalar(Scalar::Unit)))
    }

    fn parts(&self, at: Id) -> Vec<Node> {
        self.slot(at)
            .children
            .iter()
            .map(|&child| self.node(child))
            .collect()
    }

    fn labelled(&self, at: Id, of: Container) -> Vec<Field> {
        of.labels
            .iter()
            .map(ToString::to_string)
            .zip(self.parts(at))
            .collect()
    }

    fn node(&self, at: Id) -> Node {
        match self.slot(at).kind {
            Kind::Unknown => Node::Scalar(Scalar::Unit),
            Kind::Scalar(scalar) => Node::Scalar(scalar),
            Kind::UnitStruct(name) => Node::UnitStruct(name.to_string()),
            Kind::Option => Node::Option(self.only(at)),
            Kind::Seq => Node::Seq(self.only(at)),
            Kind::Map => {
                let mut parts = self.parts(at).into_iter();
                let mut next = || Box::new(parts.next().unwrap_or(Node::Scalar(Scalar::Unit)));
                Node::Map(next(), next())
            }
            Kind::Tuple => Node::tuple(self.parts(at)),
            Kind::Newtype(of) => Node::Newtype(of.name.to_string(), self.only(at)),
            Kind::TupleStruct(of) => Node::TupleStruct(of.name.to_string(), self.parts(at)),
            Kind::Struct(of) => Node::Struct {
                name: of.name.to_string(),
                fields: self.labelled(at, of),
            },
            Kind::Enum(of) => {
                let bodies = self
                    .slot(at)
                    .children
                    .iter()
                    .map(|&variant| self.body(variant));
                let labels = of.labels.iter().map(ToString::to_string);
                Node::Enum {
                    name: of.name.to_string(),
                    variants: labels.zip(bodies).collect(),
                }
            }
            Kind::Ref(target) => self.reference(at, target),
        }
    }

    fn body(&self, at: Id) -> Body {
        match self.slot(at).kind {
            Kind::Newtype(_) => Body::Newtype(*self.only(at)),
            Kind::TupleStruct(_) => Body::Tuple(self.parts(at)),
            Kind::Struct(of) => Body::Struct(self.labelled(at, of)),
            _ => Body::Unit,
        }
    }

    fn reference(&self, at: Id, target: Id) -> Node {
        let name = self.slot(target).kind.named().map_or("", |of| of.name);
        let mut nth = 0_usize;
        let mut next = self.slot(at).parent;
        while let Some(id) = next {
            let slot = self.slot(id);
            if slot.kind.named().is_some_and(|of| of.name == name) {
                nth = nth.saturating_add(1);
            }
            next = if id == target { None } else { slot.parent };
        }
        Node::Ref {
            name: name.to_string(),
            nth,
        }
    }
}
