//! What one machine of the simulated engine holds, and how it loses it.

use cloakroom::feed::{Appended, Position, Tail};

use crate::said::Said;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the feed stands after it.
    pub(crate) at: Position,
    pub(crate) bytes: Vec<u8>,
    /// Nothing for what an attacker put in.
    pub(crate) said: Vec<Said>,
    /// Milliseconds of true time.
    pub(crate) time: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) head: Option<Position>,
    start: Option<Position>,
    /// Everything since the feed was founded: number `n` stands at `n - 1`.
    pub(crate) history: Vec<Entry>,
    /// Up to here the batches are gone.
    dropped: u64,
    /// The last few, the current one last.
    snapshots: Vec<(Position, Vec<u8>)>,
    /// What an attacker lets everybody see instead of the current one.
    pub(crate) shown: Option<Option<Vec<u8>>>,
}

const OLD_SNAPSHOTS: usize = 5;

impl Store {
    pub(crate) fn read(&self, after: u64, limit: usize) -> Tail {
        let from = usize::try_from(after.max(self.dropped)).unwrap_or(usize::MAX);
        let batches = if after == u64::MAX {
            Vec::new()
        } else {
            let following = self.history.iter().skip(from).take(limit);
            following.map(|entry| entry.bytes.clone()).collect()
        };
        Tail {
            head: self.head,
            batches,
        }
    }

    pub(crate) fn append(
        &mut self,
        onto: &Position,
        (bytes, said): (&[u8], Vec<Said>),
        becomes: &Position,
        time: u64,
    ) -> Appended {
        if self.head != Some(*onto) {
            return Appended::Conflict;
        }
        self.history.push(Entry {
            at: *becomes,
            bytes: bytes.to_vec(),
            said,
            time,
        });
        self.head = Some(*becomes);
        Appended::Accepted
    }

    pub(crate) fn found(&mut self, instead_of: Option<&Position>, first: &Position) -> bool {
        if self.head.as_ref() != instead_of {
            return false;
        }
        *self = Self {
            head: Some(*first),
            start: Some(*first),
            ..Self::default()
        };
        true
    }

    pub(crate) fn snapshot(&self) -> Option<Vec<u8>> {
        match &self.shown {
            Some(shown) => shown.clone(),
            None => self.snapshots.last().map(|(_, bytes)| bytes.clone()),
        }
    }

    pub(crate) fn snapshot_at(&self) -> Option<u64> {
        self.snapshots.last().map(|(at, _)| at.n)
    }

    pub(crate) fn put_snapshot(&mut self, at: &Position, bytes: &[u8], drop_to: u64) -> bool {
        let reached = self
            .head
            .is_some_and(|head| head == *at || (head.epoch == at.epoch && head.n > at.n));
        if !reached || self.snapshot_at().is_some_and(|made| made >= at.n) {
            return false;
        }
        self.snapshots.push((*at, bytes.to_vec()));
        if self.snapshots.len() > OLD_SNAPSHOTS {
            self.snapshots.remove(0);
        }
        self.shown = None;
        self.dropped = self.dropped.max(drop_to);
        true
    }

    /// Another one, of those that were current once.
    pub(crate) fn older_snapshot(&self) -> Option<Vec<u8>> {
        let older = self.snapshots.iter().rev().nth(1);
        older.map(|(_, bytes)| bytes.clone())
    }

    /// The state of a replica that was `k` batches behind; what is gone is returned.
    pub(crate) fn lose(&mut self, k: u64) -> Vec<Entry> {
        let Some(start) = self.start else {
            return Vec::new();
        };
        let keep = self.history.len().saturating_sub(k as usize);
        let gone = self.history.split_off(keep);
        self.head = Some(self.history.last().map_or(start, |entry| entry.at));
        self.snapshots.retain(|(at, _)| at.n <= keep as u64);
        // That replica had not dropped what its own snapshot lacks.
        self.dropped = self.dropped.min(self.snapshot_at().unwrap_or(0));
        gone
    }

    /// Drops everything up to the snapshot, and so much behind it.
    pub(crate) fn trim(&mut self, beyond: u64) {
        let to = self.snapshot_at().unwrap_or(0) + beyond;
        self.dropped = self.dropped.max(to.min(self.history.len() as u64));
    }

    /// Whether the feed passed through this place.
    pub(crate) fn passed(&self, at: &Position) -> bool {
        if at.n == 0 {
            return self.start == Some(*at);
        }
        let entry = self.history.get(at.n as usize - 1);
        entry.is_some_and(|entry| entry.at == *at)
    }
}
