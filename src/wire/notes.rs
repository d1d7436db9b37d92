//! What was written of a payload, and what was read of it, so that the two can be compared.
//!
//! postcard writes no names and no tags: bytes that can be read may have been written as something
//! else. `skip_serializing` leaves out a field that is read all the same, and then every later field
//! is read from the bytes of its neighbour, at worst `admin` from those of a name.

use core::cell::Cell;

/// What happens at one place in the bytes, as far as their grammar can tell (SPEC §7.5).
#[derive(Clone, Copy)]
pub(crate) enum Op {
    Byte = 1,
    Unsigned,
    Signed,
    Single,
    Double,
    /// A length and bytes that are text: str, char.
    Text,
    Option,
    /// Of a sequence or map.
    Count,
    /// A field or element of what has a fixed number of them has ended.
    Field,
    /// What has a fixed number of them has ended.
    End,
}

/// Hears of every step of a reader or a writer.
pub(crate) trait Note: Copy {
    /// The names of a struct that is being written, as its reader expects them.
    type Names;

    fn op(self, op: Op);

    /// Bytes, which are a sequence of them in postcard: `&[u8]` is written as one and read as the other.
    fn bytes(self, bytes: &[u8]);

    /// A reader begins a struct with these fields, or a tuple, which has none.
    fn reads(self, fields: &'static [&'static str]);

    /// A writer begins a struct or tuple.
    fn writes(self) -> Self::Names;

    /// A writer comes to the field of this name.
    fn writes_field(self, names: &mut Self::Names, name: &'static str);
}

/// Hears nothing: verification reads with it, and pays nothing.
#[derive(Clone, Copy)]
pub(crate) struct Silent;

impl Note for Silent {
    type Names = ();

    #[inline]
    fn op(self, _: Op) {}

    #[inline]
    fn bytes(self, _: &[u8]) {}

    #[inline]
    fn reads(self, _: &'static [&'static str]) {}

    #[inline]
    fn writes(self) {}

    #[inline]
    fn writes_field(self, (): &mut (), _: &'static str) {}
}

/// Hears whether a reader begins a struct with named fields.
#[derive(Clone, Copy)]
pub(crate) struct Begun<'n>(pub(crate) &'n Cell<bool>);

impl Note for Begun<'_> {
    type Names = ();

    fn op(self, _: Op) {}

    fn bytes(self, _: &[u8]) {}

    fn reads(self, _: &'static [&'static str]) {
        self.0.set(true);
    }

    fn writes(self) {}

    fn writes_field(self, (): &mut (), _: &'static str) {}
}

/// Structs and tuples of a payload whose fields are compared by name. The steps of those that follow
/// are compared all the same, and elements of a list repeat the types of the first.
const NAMED: usize = 16;

/// The fields of a tuple.
const NAMELESS: &[&str] = &[];

/// The steps of one reader, and after [`restart`](Self::restart) of one writer.
///
/// The steps are kept as a hash: nothing is allocated, and nobody picks them but the author of the
/// type. Steps alone do not tell a field that is only written from one that is only read and stands
/// in its place, so names are compared too. The reader's list has the aliases as well, hence the
/// written names have to appear in it in their order and not to equal it.
pub(crate) struct Notes {
    steps: Cell<u64>,
    differ: Cell<bool>,
    begun: Cell<usize>,
    read: [Cell<&'static [&'static str]>; NAMED],
}

impl Notes {
    pub(crate) const fn new() -> Self {
        Self {
            steps: Cell::new(0),
            differ: Cell::new(false),
            begun: Cell::new(0),
            read: [const { Cell::new(NAMELESS) }; NAMED],
        }
    }

    /// The steps so far; the next are those of a writer.
    pub(crate) fn restart(&self) -> u64 {
        self.begun.set(0);
        self.steps.replace(0)
    }

    /// Whether the writer took the steps that the reader took.
    pub(crate) fn agree(&self, read: u64) -> bool {
        self.steps.get() == read && !self.differ.get()
    }

    fn next(&self) -> Option<&Cell<&'static [&'static str]>> {
        let begun = self.begun.get();
        self.begun.set(begun.saturating_add(1));
        self.read.get(begun)
    }
}

impl Note for &Notes {
    /// Those that may follow; `None` for what was read as a tuple, or beyond what is kept.
    type Names = Option<&'static [&'static str]>;

    #[inline]
    fn op(self, op: Op) {
        // FNV-1a.
        let steps = (self.steps.get() ^ op as u64).wrapping_mul(0x0100_0000_01B3);
        self.steps.set(steps);
    }

    fn bytes(self, bytes: &[u8]) {
        self.op(Op::Count);
        bytes.iter().for_each(|_| self.op(Op::Byte));
    }

    #[inline]
    fn reads(self, fields: &'static [&'static str]) {
        if let Some(read) = self.next() {
            read.set(fields);
        }
    }

    #[inline]
    fn writes(self) -> Self::Names {
        self.next().map(Cell::get).filter(|names| !names.is_empty())
    }

    #[inline]
    fn writes_field(self, names: &mut Self::Names, name: &'static str) {
        let Some(left) = names else {
            return;
        };
        match left.iter().position(|known| *known == name) {
            Some(at) => *left = left.get(at.saturating_add(1)..).unwrap_or_default(),
            None => self.differ.set(true),
        }
    }
}
