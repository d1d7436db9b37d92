//! Who waits for the end of a session, found by session, by subject and by time.
//!
//! Nothing is decided here, and no waker is cloned, woken or dropped here: all of that runs code of
//! an executor's, which may come back for the lock that this stands behind.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::task::Waker;

use crate::session::verified::SessionInfo;
use crate::wire::session_id::SessionId;

/// Slots made at once. Chunks are never moved, so that growing costs no copy and no second room.
const CHUNK: usize = 256;
const NONE: u32 = u32::MAX;

/// What changes from token to token of one session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) generation: u32,
    /// Seconds after the start of the session.
    pub(crate) issued_after: u32,
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    pub(crate) kid: [u8; 4],
}

struct Slot {
    session: SessionId,
    /// The start of the subject's name in a revocation list.
    subject: u32,
    /// When to ask, while `armed`; in a free slot the next free one.
    at: u64,
    held: Held,
    waker: Option<Waker>,
    armed: bool,
}

/// All who wait for sessions of one purpose and audience.
#[derive(Default)]
pub(crate) struct Waiters {
    chunks: Vec<Box<[Slot]>>,
    /// Behind the highest slot ever used, and the list of the free ones below.
    end: u32,
    free: Option<u32>,
    live: usize,
    /// Names by their first four bytes, because a collision costs no more than a question.
    by_session: BTreeSet<(u32, u32)>,
    by_subject: BTreeSet<(u32, u32)>,
    by_time: BTreeSet<(u64, u32)>,
}

/// The start of a name that is random or a hash.
fn start_of(name: &[u8; 16]) -> u32 {
    let [a, b, c, d, ..] = *name;
    u32::from_be_bytes([a, b, c, d])
}

impl Waiters {
    pub(crate) fn enter(&mut self, session: SessionId, subject: &[u8; 16], held: Held) -> u32 {
        let slot = Slot {
            session,
            subject: start_of(subject),
            at: 0,
            held,
            waker: None,
            armed: false,
        };
        let index = match self.free {
            Some(index) => {
                let next = self
                    .slot(index)
                    .map_or(NONE, |slot| u32::try_from(slot.at).unwrap_or(NONE));
                self.free = (next != NONE).then_some(next);
                index
            }
            None => {
                let index = self.end;
                self.end = self.end.saturating_add(1);
                index
            }
        };
        self.by_session
            .insert((start_of(&session.to_bytes()), index));
        self.by_subject.insert((slot.subject, index));
        self.live = self.live.saturating_add(1);
        if self.slot(index).is_none() {
            self.chunks
                .push((0..CHUNK).map(|_| Slot::empty()).collect());
        }
        if let Some(place) = self.slot(index) {
            *place = slot;
        }
        index
    }

    fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        slot(&mut self.chunks, index)
    }

    /// The waker that is not needed any more, to be dropped outside of the lock.
    #[must_use]
    pub(crate) fn leave(&mut self, index: u32) -> Option<Waker> {
        let free = u64::from(self.free.unwrap_or(NONE));
        let slot = self.slot(index)?;
        let (session, subject) = (start_of(&slot.session.to_bytes()), slot.subject);
        let armed = core::mem::take(&mut slot.armed).then_some(slot.at);
        let waker = slot.waker.take();
        slot.at = free;
        self.free = Some(index);
        self.by_session.remove(&(session, index));
        self.by_subject.remove(&(subject, index));
        if let Some(at) = armed {
            self.by_time.remove(&(at, index));
        }
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            // The room of the busiest hour goes back.
            *self = Self::default();
        }
        waker
    }

    /// Whom to wake from now on; gives the waker before back, and what is held.
    #[must_use]
    pub(crate) fn listen(
        &mut self,
        index: u32,
        waker: Waker,
    ) -> Option<(SessionId, Held, Option<Waker>)> {
        let slot = self.slot(index)?;
        Some((slot.session, slot.held, slot.waker.replace(waker)))
    }

    /// Asks again at this time.
    pub(crate) fn arm(&mut self, index: u32, at: u64) {
        let Some(slot) = self.slot(index) else {
            return;
        };
        let before = core::mem::replace(&mut slot.armed, true).then_some(slot.at);
        slot.at = at;
        if before == Some(at) {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, index));
        }
        self.by_time.insert((at, index));
    }

    /// A later token of a session. The time to ask stays: who is asked too early is asked again.
    pub(crate) fn prolong(&mut self, session: SessionId, held: Held) {
        let start = start_of(&session.to_bytes());
        let found = self.by_session.range((start, 0)..=(start, NONE));
        let found: Vec<u32> = found.map(|(_, index)| *index).collect();
        for index in found {
            self.prolong_one(index, session, held);
        }
    }

    pub(crate) fn prolong_one(&mut self, index: u32, session: SessionId, held: Held) -> bool {
        match self.slot(index) {
            Some(slot) if slot.session == session => {
                slot.held = slot.held.later(held);
                true
            }
            _ => false,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.live
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Takes the wakers of those whose time has come, at most as many as there is room for; true if
    /// there may be more.
    pub(crate) fn due(&mut self, now: u64, wakers: &mut Vec<Waker>) -> bool {
        while let Some((at, index)) = self.by_time.first().copied() {
            if at > now {
                return false;
            }
            if wakers.len() == wakers.capacity() {
                return true;
            }
            self.by_time.pop_first();
            if let Some(slot) = self.slot(index) {
                slot.armed = false;
                wakers.extend(slot.waker.take());
            }
        }
        false
    }

    /// Takes the wakers of those who wait for a session with this name, from slot `from` on; says
    /// where to go on if there was not room for all.
    pub(crate) fn of_session(
        &mut self,
        name: &[u8; 16],
        from: u32,
        wakers: &mut Vec<Waker>,
    ) -> Option<u32> {
        take(
            &self.by_session,
            &mut self.chunks,
            (start_of(name), from),
            wakers,
        )
    }

    /// The same for the sessions of a subject.
    pub(crate) fn of_subject(
        &mut self,
        name: &[u8; 16],
        from: u32,
        wakers: &mut Vec<Waker>,
    ) -> Option<u32> {
        take(
            &self.by_subject,
            &mut self.chunks,
            (start_of(name), from),
            wakers,
        )
    }

    /// The same for everybody.
    pub(crate) fn everybody(&mut self, from: u32, wakers: &mut Vec<Waker>) -> Option<u32> {
        for index in from..self.end {
            if wakers.len() == wakers.capacity() {
                return Some(index);
            }
            wakers.extend(slot(&mut self.chunks, index).and_then(|slot| slot.waker.take()));
        }
        None
    }
}

fn take(
    names: &BTreeSet<(u32, u32)>,
    chunks: &mut [Box<[Slot]>],
    (start, from): (u32, u32),
    wakers: &mut Vec<Waker>,
) -> Option<u32> {
    for (_, index) in names.range((start, from)..=(start, NONE)) {
        if wakers.len() == wakers.capacity() {
            return Some(*index);
        }
        wakers.extend(slot(chunks, *index).and_then(|slot| slot.waker.take()));
    }
    None
}

fn slot(chunks: &mut [Box<[Slot]>], index: u32) -> Option<&mut Slot> {
    let index = usize::try_from(index).ok()?;
    chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
}

impl Held {
    pub(crate) fn of(info: &SessionInfo) -> Self {
        Self {
            generation: info.generation,
            issued_after: info.issued_after,
            idle: info.idle,
            absolute: info.absolute,
            kid: info.key.to_bytes(),
        }
    }

    /// The later of two tokens of one session.
    fn later(self, other: Self) -> Self {
        let age = |held: &Self| (held.generation, held.issued_after);
        if age(&other) > age(&self) {
            other
        } else {
            self
        }
    }
}

impl Slot {
    fn empty() -> Self {
        Self {
            session: SessionId::from_bytes([0; 16]),
            subject: 0,
            at: 0,
            held: Held {
                generation: 0,
                issued_after: 0,
                idle: 0,
                absolute: 0,
                kid: [0; 4],
            },
            waker: None,
            armed: false,
        }
    }
}
