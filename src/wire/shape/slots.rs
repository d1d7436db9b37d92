//! What the tracer has learned so far, and its choice of what to look at next.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::node::Scalar;
use super::{ShapeError, Why, samples};

/// Parts that a type may have. Far more than fit a token, few enough to be walked many times.
const MAX_SLOTS: usize = 8192;
/// Values that are made up before the tracer gives up on a type, over all its runs.
const MAX_STEPS: u32 = 4_000_000;

/// A part of the traced type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(usize);

pub(super) const ROOT: Id = Id(0);

/// What makes two containers the same type. Names alone do not: `Page<Page<u8>>` is not recursive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) name: &'static str,
    /// Of fields or variants.
    pub(super) labels: &'static [&'static str],
    /// The Rust name of the visitor, which has the type's path and generic arguments in it.
    pub(super) visitor: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    /// The same type as an enclosing part.
    Ref(Id),
    Scalar(Scalar),
    UnitStruct(&'static str),
    Option,
    Seq,
    Map,
    Tuple,
    Newtype(Container),
    TupleStruct(Container),
    Struct(Container),
    Enum(Container),
}

impl Kind {
    /// The container, if it is one that recursion can come back to. The data of a variant has no
    /// name and is none.
    pub(super) fn named(&self) -> Option<&Container> {
        match self {
            Self::Newtype(of) | Self::TupleStruct(of) | Self::Struct(of) | Self::Enum(of) => {
                Some(of).filter(|of| !of.name.is_empty())
            }
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) parent: Option<Id>,
    /// Of the type that is read here, for messages.
    type_name: &'static str,
    pub(super) kind: Kind,
    pub(super) children: Vec<Id>,
    /// Whether `children` are all there are.
    closed: bool,
    /// Whether this and everything below is known.
    complete: bool,
    /// The nesting of the flattest value, if a finite one is known.
    height: Option<u32>,
    /// How often this part refused a value.
    attempts: usize,
    /// The variant that was looked at last.
    cursor: usize,
}

#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    steps: u32,
    /// Grows with everything learned.
    pub(super) progress: u64,
    /// What ended the search, even if the traced type swallowed the error.
    pub(super) fatal: Option<ShapeError>,
    /// How many fields of the outermost struct to hand out, if not all.
    pub(super) end_after: Option<usize>,
}

impl Slots {
    pub(super) fn new(type_name: &'static str) -> Self {
        let mut slots = Self {
            slots: Vec::new(),
            steps: 0,
            progress: 0,
            fatal: None,
            end_after: None,
        };
        slots.push(None, type_name);
        slots
    }

    fn push(&mut self, parent: Option<Id>, type_name: &'static str) -> Id {
        let id = Id(self.slots.len());
        self.slots.push(Slot {
            parent,
            type_name,
            kind: Kind::Unknown,
            children: Vec::new(),
            closed: false,
            complete: false,
            height: None,
            attempts: 0,
            cursor: usize::MAX,
        });
        self.progress = self.progress.saturating_add(1);
        id
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an `Id` is made by `push`, and no slot is removed"
    )]
    pub(super) fn slot(&self, id: Id) -> &Slot {
        &self.slots[id.0]
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an `Id` is made by `push`, and no slot is removed"
    )]
    fn slot_mut(&mut self, id: Id) -> &mut Slot {
        &mut self.slots[id.0]
    }

    pub(super) fn fail(&mut self, at: Id, why: Why) {
        let error = ShapeError::new(self.path(at), self.slot(at).type_name, why);
        self.fatal.get_or_insert(error);
    }

    /// Says that the part `at` asked for `kind`. Returns the part to go on with, which is another
    /// one if this is recursion; or nothing if the search can't go on.
    pub(super) fn enter(&mut self, at: Id, kind: Kind) -> Option<Id> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS {
            self.fail(ROOT, Why::TooLarge);
        }
        if self.fatal.is_some() {
            return None;
        }
        if self.slot(at).kind == Kind::Unknown {
            let enclosing = kind.named().and_then(|_| self.enclosing(at, &kind));
            self.slot_mut(at).kind = enclosing.map_or(kind, Kind::Ref);
            self.progress = self.progress.saturating_add(1);
        }
        match self.slot(at).kind {
            known if known == kind => Some(at),
            Kind::Ref(target) if self.slot(target).kind == kind => Some(target),
            _ => {
                self.fail(at, Why::Inconsistent);
                None
            }
        }
    }

    fn enclosing(&self, at: Id, kind: &Kind) -> Option<Id> {
        let mut next = self.slot(at).parent;
        while let Some(id) = next {
            if self.slot(id).kind == *kind {
                return Some(id);
            }
            next = self.slot(id).parent;
        }
        None
    }

    pub(super) fn child(&mut self, of: Id, index: usize, type_name: &'static str) -> Option<Id> {
        if let Some(&known) = self.slot(of).children.get(index) {
            return Some(known);
        }
        if self.slots.len() >= MAX_SLOTS {
            self.fail(ROOT, Why::TooLarge);
            return None;
        }
        let id = self.push(Some(of), type_name);
        self.slot_mut(of).children.push(id);
        Some(id)
    }

    /// Says that no more children will come.
    pub(super) fn close(&mut self, at: Id) {
        let slot = self.slot_mut(at);
        if !slot.closed {
            slot.closed = true;
            self.progress = self.progress.saturating_add(1);
        }
    }

    pub(super) fn attempts(&self, at: Id) -> usize {
        self.slot(at).attempts
    }

    pub(super) fn is_complete(&self, at: Id) -> bool {
        self.slot(at).complete
    }

    pub(super) fn has_finite_value(&self, at: Id) -> bool {
        self.slot(at).height.is_some()
    }

    /// Whether something inside this option, sequence or map is still to be seen.
    pub(super) fn is_open(&self, at: Id) -> bool {
        let slot = self.slot(at);
        !slot.closed || slot.children.iter().any(|&child| !self.is_complete(child))
    }

    /// The variant to answer with: one that is still to be seen, in turn, or else the flattest one
    /// or, after a refusal, another.
    pub(super) fn variant(&mut self, at: Id, attempt: usize, explore: bool) -> Option<usize> {
        let slot = self.slot(at);
        let is_open = |index: &usize| {
            slot.children
                .get(*index)
                .is_some_and(|&child| !self.is_complete(child))
        };
        let count = slot.children.len();
        let start = slot.cursor.wrapping_add(1);
        if explore {
            let next = (start..count)
                .find(is_open)
                .or_else(|| (0..count).find(is_open));
            if let Some(next) = next {
                self.slot_mut(at).cursor = next;
                return Some(next);
            }
        }
        let mut finite: Vec<(u32, usize)> = (slot.children.iter().enumerate())
            .filter_map(|(index, &child)| self.slot(child).height.map(|height| (height, index)))
            .collect();
        finite.sort_unstable();
        let choice = attempt.checked_rem(finite.len())?;
        finite.get(choice).map(|&(_, index)| index)
    }

    /// Draws the conclusions of a run: what is complete, and what has a finite value.
    pub(super) fn settle(&mut self) {
        for index in (0..self.slots.len()).rev() {
            let slot = self.slot(Id(index));
            let complete = match slot.kind {
                Kind::Unknown => false,
                Kind::Ref(_) | Kind::Scalar(_) | Kind::UnitStruct(_) => true,
                _ => slot.closed && slot.children.iter().all(|&child| self.is_complete(child)),
            };
            self.slot_mut(Id(index)).complete = complete;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..self.slots.len()).rev() {
                let height = self.flattest(Id(index));
                let slot = self.slot_mut(Id(index));
                changed |= slot.height != height;
                slot.height = height;
            }
        }
    }

    fn flattest(&self, at: Id) -> Option<u32> {
        let slot = self.slot(at);
        let mut below = slot.children.iter().map(|&child| self.slot(child).height);
        let highest = match slot.kind {
            Kind::Unknown => None,
            Kind::Scalar(_) | Kind::UnitStruct(_) | Kind::Option | Kind::Seq | Kind::Map => Some(0),
            Kind::Ref(target) => self.slot(target).height,
            Kind::Enum(_) => below.flatten().min(),
            _ if !slot.closed => None,
            _ => below.try_fold(0, |highest, height| {
                height.map(|height| highest.max(height))
            }),
        };
        highest.map(|height| height.saturating_add(1))
    }

    /// Says that the part `at` refused what was made up for it. It will get something else.
    pub(super) fn refuse(&mut self, at: Id, message: &str) {
        let slot = self.slot_mut(at);
        slot.attempts = slot.attempts.saturating_add(1);
        let given_up = slot.attempts > samples::ATTEMPTS;
        self.progress = self.progress.saturating_add(1);
        if given_up {
            self.fail(at, Why::Refused(message.to_string()));
        }
    }

    #[cfg(feature = "std")]
    pub(super) fn all_attempts(&self) -> Vec<usize> {
        self.slots.iter().map(|slot| slot.attempts).collect()
    }

    #[cfg(feature = "std")]
    pub(super) fn set_attempts(&mut self, attempts: &[usize]) {
        for (slot, attempts) in self.slots.iter_mut().zip(attempts) {
            slot.attempts = *attempts;
        }
    }

    /// The number of fields, if the outermost type is a struct.
    #[cfg(feature = "std")]
    pub(super) fn fields(&self) -> usize {
        match self.slot(ROOT).kind {
            Kind::Struct(_) => self.slot(ROOT).children.len(),
            _ => 0,
        }
    }

    /// Where in the type a part is, as in `User.plan.Paid`.
    fn path(&self, at: Id) -> String {
        let slot = self.slot(at);
        let Some(parent) = slot.parent else {
            return match slot.kind.named() {
                Some(container) => container.name.to_string(),
                None => "the payload".to_string(),
            };
        };
        let above = self.path(parent);
        let holder = self.slot(parent);
        let index = holder
            .children
            .iter()
            .position(|&child| child == at)
            .unwrap_or(0);
        match holder.kind {
            Kind::Struct(of) | Kind::Enum(of) => {
                format!("{above}.{}", of.labels.get(index).copied().unwrap_or("?"))
            }
            Kind::Tuple | Kind::TupleStruct(_) => format!("{above}.{index}"),
            Kind::Seq => format!("{above}[]"),
            Kind::Map if index == 0 => format!("{above}[key]"),
            Kind::Map => format!("{above}[]"),
            _ => above,
        }
    }
}
