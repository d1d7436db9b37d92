//! What the feed has to be told, and whether it knows it already.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::revocation::record::{LOGGED_OUT, Record, Revocation, Target};
use crate::wire::session_id::SessionId;

/// What a revocation is about: of two with one name, the one with the greater value says all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Session(SessionId),
    Subject([u8; 16], Option<SessionId>),
    Audience([u8; 16]),
    Key([u8; 16]),
}

pub(crate) const fn name(revocation: &Revocation) -> (Name, u64) {
    match revocation.0 {
        Target::Session { id, below } => (Name::Session(id), below as u64),
        Target::Subject { key, cutoff } => (Name::Subject(key, cutoff.exempt), cutoff.before),
        Target::Audience { key, before } => (Name::Audience(key), before),
        Target::Key { key } => (Name::Key(key), LOGGED_OUT as u64),
    }
}

/// Revocations by name.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<Name, (u64, Revocation)>);

impl Known {
    pub(crate) fn add(&mut self, revocation: Revocation) {
        let (name, value) = name(&revocation);
        let entry = self.0.entry(name).or_insert((value, revocation));
        if entry.0 < value {
            *entry = (value, revocation);
        }
    }

    pub(crate) fn covers(&self, revocation: &Revocation) -> bool {
        let (name, value) = name(revocation);
        self.0.get(&name).is_some_and(|known| known.0 >= value)
    }

    /// Takes out what these records say as well, and returns it.
    pub(crate) fn remove_covered(&mut self, records: &[Record]) -> Vec<Revocation> {
        let mut removed = Vec::new();
        if self.0.is_empty() {
            return removed;
        }
        for record in records {
            let (name, value) = name(&record.revocation);
            if self.0.get(&name).is_some_and(|known| known.0 <= value) {
                removed.extend(self.0.remove(&name).map(|(_, revocation)| revocation));
            }
        }
        removed
    }

    /// Takes out these, unless they grew since.
    pub(crate) fn remove_all(&mut self, revocations: &[Revocation]) {
        for revocation in revocations {
            let (name, value) = name(revocation);
            if self.0.get(&name).is_some_and(|known| known.0 <= value) {
                self.0.remove(&name);
            }
        }
    }

    pub(crate) fn first(&self, at_most: usize) -> Vec<Revocation> {
        let revocations = self.0.values().map(|(_, revocation)| *revocation);
        revocations.take(at_most).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Revocation> for Known {
    fn from_iter<I: IntoIterator<Item = Revocation>>(revocations: I) -> Self {
        let mut known = Self::default();
        revocations
            .into_iter()
            .for_each(|revocation| known.add(revocation));
        known
    }
}
