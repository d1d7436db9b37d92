//! A part of a table: slots that are filled once, read by anybody at any time.
//!
//! One writer at a time changes a shard, and only in ways that a reader may watch half done: an
//! entry is written before its tag, a value is one word, and a key never leaves its slot. Whatever
//! else has to change is changed in a new shard that takes the place of this one as a whole.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::revocation::hash::{Hash, Key, Seed};
use crate::revocation::sync::{AtomicU64, Ordering};

/// Words of a state that does not fit a slot.
pub(crate) const ROW: usize = 8;
/// Slots whose tags stand in one word.
const LANES: usize = 8;
/// The tag of a slot that was never filled. A search ends at the first one.
const EMPTY: u8 = 0;
/// The tag of a slot whose entry was forgotten. A search goes on behind it, and it is not filled
/// again: a reader that has compared the key must not be given the value of another.
const DEAD: u8 = 1;
/// Set in the value of a slot when the rest of it is the number of a row.
const IN_ROW: u64 = 1 << 63;

/// What is known about a key.
pub(crate) trait State: Copy + PartialEq {
    /// In the lower 63 bits, if it fits.
    fn pack(self) -> Option<u64>;
    fn unpack(packed: u64) -> Self;
    /// Any state.
    fn to_row(self) -> [u64; ROW];
    fn from_row(row: [u64; ROW]) -> Self;
    #[must_use]
    fn merged(self, other: Self) -> Self;
    /// Unix seconds.
    fn expires(self) -> u64;
}

pub(crate) struct Shard<S> {
    /// One byte a slot, the first slot in the lowest: what a search reads first, and where most
    /// searches end, having read one cache line.
    tags: Box<[AtomicU64]>,
    /// The key, and the state or the number of its row.
    slots: Box<[[AtomicU64; 3]]>,
    /// States that don't fit. Never changed once a slot names them.
    rows: Box<[[AtomicU64; ROW]]>,
    state: PhantomData<fn() -> S>,
}

/// What the writer knows about a shard.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fill {
    /// Slots that are not empty.
    pub(crate) used: usize,
    pub(crate) live: usize,
    rows: usize,
    words: usize,
    row_room: usize,
}

/// There is no room; only another shard has some.
pub(crate) struct Full;

const fn spread(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; LANES])
}

/// The highest bit of every byte that equals `tag`. Above such a byte there may be false ones, but
/// never without a true one below: "none" and "the lowest" are exact.
const fn matches(word: u64, tag: u8) -> u64 {
    let zero = word ^ spread(tag);
    zero.wrapping_sub(spread(1)) & !zero & spread(0x80)
}

const fn lane(found: u64) -> u32 {
    found.trailing_zeros() / u8::BITS
}

const fn tag_at(word: u64, lane: u32) -> u8 {
    let [tag, ..] = word.wrapping_shr(lane.wrapping_mul(u8::BITS)).to_le_bytes();
    tag
}

const fn with_tag(word: u64, lane: u32, tag: u8) -> u64 {
    let change = (tag_at(word, lane) ^ tag) as u64;
    word ^ change.wrapping_shl(lane.wrapping_mul(u8::BITS))
}

/// All words of tags, from the home of a hash on.
fn walk(words: usize, hash: Hash) -> impl Iterator<Item = usize> {
    let home = hash.place(words);
    (home..words).chain(0..home)
}

const fn slot_of(word: usize, lane: u32) -> usize {
    word.wrapping_mul(LANES).wrapping_add(lane as usize)
}

/// The slots of a word that hold an entry.
fn lanes(tags: u64) -> impl Iterator<Item = u32> {
    (0..u8::BITS).filter(move |lane| tag_at(tags, *lane) > DEAD)
}

impl Fill {
    /// At most 13 of 16 slots: above, searches for what is not there walk through several words.
    const fn has_room(&self) -> bool {
        self.used.saturating_mul(16) < self.words.saturating_mul(LANES * 13)
    }

    /// Words of tags for so many entries and a quarter more.
    const fn words_for(live: usize) -> usize {
        live.saturating_mul(20).div_ceil(13 * LANES)
    }

    /// Whether half as many slots again as a new shard would have stand about.
    pub(crate) const fn is_wasteful(&self) -> bool {
        let enough = Self::words_for(self.live);
        self.words > enough.saturating_add(enough / 2).saturating_add(1)
            || (self.live == 0 && self.words > 0)
    }

    pub(crate) const fn bytes(&self) -> usize {
        let slots = self.words.saturating_mul(LANES * 25);
        slots.saturating_add(self.row_room.saturating_mul(8 * ROW))
    }
}

impl<S: State> Shard<S> {
    /// A shard of these entries, whose keys differ.
    pub(crate) fn of(entries: &[(Key, S)], seed: &Seed) -> (Self, Fill) {
        let live = entries.len();
        let wide = entries.iter().filter(|(_, s)| s.pack().is_none()).count();
        // A state with a row needs a new one whenever it is raised.
        let row_room = match wide {
            0 => 0,
            _ => wide.saturating_add(4.max(wide / 4).max(live / 256)),
        };
        let words = Fill::words_for(live);
        let mut tags = vec![0_u64; words];
        let mut slots = vec![[0_u64; 3]; words.saturating_mul(LANES)];
        let mut rows = Vec::with_capacity(row_room);
        for (key, state) in entries {
            let hash = seed.hash(*key);
            let value = state.pack().unwrap_or_else(|| {
                rows.push(state.to_row());
                IN_ROW | rows.len().saturating_sub(1) as u64
            });
            for word in walk(words, hash) {
                let Some(tag) = tags.get_mut(word) else { break };
                let empty = matches(*tag, EMPTY);
                if empty != 0 {
                    *tag = with_tag(*tag, lane(empty), hash.tag());
                    if let Some(slot) = slots.get_mut(slot_of(word, lane(empty))) {
                        *slot = [key[0], key[1], value];
                    }
                    break;
                }
            }
        }
        let fill = Fill {
            used: live,
            live,
            rows: rows.len(),
            words,
            row_room,
        };
        rows.resize(row_room, [0; ROW]);
        let shard = Self {
            tags: tags.into_iter().map(AtomicU64::new).collect(),
            slots: slots.into_iter().map(|s| s.map(AtomicU64::new)).collect(),
            rows: rows.into_iter().map(|r| r.map(AtomicU64::new)).collect(),
            state: PhantomData,
        };
        (shard, fill)
    }

    /// For anybody, at any time.
    pub(crate) fn find(&self, hash: Hash, key: Key) -> Option<S> {
        let slot = self.search(hash, key)?;
        Some(self.state(slot))
    }

    fn search(&self, hash: Hash, key: Key) -> Option<usize> {
        for word in walk(self.tags.len(), hash) {
            // Acquire: a tag that is seen promises the key and value behind it.
            let tags = self.tags.get(word)?.load(Ordering::Acquire);
            let mut found = matches(tags, hash.tag());
            while found != 0 {
                let at = slot_of(word, lane(found));
                let [high, low, _] = self.slots.get(at)?;
                if high.load(Ordering::Relaxed) == key[0] && low.load(Ordering::Relaxed) == key[1] {
                    return Some(at);
                }
                found &= found.wrapping_sub(1);
            }
            if matches(tags, EMPTY) != 0 {
                return None;
            }
        }
        None
    }

    fn state(&self, slot: usize) -> S {
        // Acquire: the number of a row promises the row.
        let value = self
            .slots
            .get(slot)
            .map_or(0, |[_, _, value]| value.load(Ordering::Acquire));
        if value & IN_ROW == 0 {
            return S::unpack(value);
        }
        let row = usize::try_from(value & !IN_ROW).ok();
        let row = row.and_then(|row| self.rows.get(row));
        S::from_row(row.map_or([0; ROW], |row| {
            core::array::from_fn(|i| row.get(i).map_or(0, |word| word.load(Ordering::Relaxed)))
        }))
    }

    /// By the writer alone. Adds a state to what is known about a key; whether the key is new.
    pub(crate) fn raise(
        &self,
        fill: &mut Fill,
        hash: Hash,
        key: Key,
        new: S,
    ) -> Result<bool, Full> {
        if let Some(slot) = self.search(hash, key) {
            let known = self.state(slot);
            let raised = known.merged(new);
            if raised != known {
                let value = self.value(fill, raised)?;
                if let Some([_, _, to]) = self.slots.get(slot) {
                    to.store(value, Ordering::Release);
                }
            }
            return Ok(false);
        }
        if !fill.has_room() {
            return Err(Full);
        }
        for word in walk(self.tags.len(), hash) {
            let Some(tags) = self.tags.get(word) else {
                break;
            };
            let before = tags.load(Ordering::Relaxed);
            let empty = matches(before, EMPTY);
            if empty != 0 {
                let value = self.value(fill, new)?;
                let slot = self.slots.get(slot_of(word, lane(empty))).ok_or(Full)?;
                let [high, low, to] = slot;
                high.store(key[0], Ordering::Relaxed);
                low.store(key[1], Ordering::Relaxed);
                to.store(value, Ordering::Relaxed);
                let after = with_tag(before, lane(empty), hash.tag());
                tags.store(after, Ordering::Release);
                fill.used = fill.used.saturating_add(1);
                fill.live = fill.live.saturating_add(1);
                return Ok(true);
            }
        }
        Err(Full)
    }

    /// What a slot holds for a state, whose row is written if it needs one.
    fn value(&self, fill: &mut Fill, state: S) -> Result<u64, Full> {
        if let Some(packed) = state.pack() {
            return Ok(packed);
        }
        let row = self.rows.get(fill.rows).ok_or(Full)?;
        for (to, word) in row.iter().zip(state.to_row()) {
            to.store(word, Ordering::Relaxed);
        }
        let value = IN_ROW | fill.rows as u64;
        fill.rows = fill.rows.saturating_add(1);
        Ok(value)
    }

    /// By the writer alone. Forgets what expired; returns how many entries that were.
    pub(crate) fn expire(&self, fill: &mut Fill, until: u64) -> usize {
        let mut removed = 0_usize;
        for (word, tags) in self.tags.iter().enumerate() {
            let before = tags.load(Ordering::Relaxed);
            let mut after = before;
            for lane in lanes(before) {
                if self.state(slot_of(word, lane)).expires() <= until {
                    after = with_tag(after, lane, DEAD);
                    removed = removed.saturating_add(1);
                }
            }
            if after != before {
                tags.store(after, Ordering::Release);
            }
        }
        fill.live = fill.live.saturating_sub(removed);
        removed
    }

    /// By the writer alone: another thread may or may not meet what is added meanwhile.
    pub(crate) fn entries(&self) -> Vec<(Key, S)> {
        let mut entries = Vec::new();
        for (word, tags) in self.tags.iter().enumerate() {
            let tags = tags.load(Ordering::Acquire);
            for lane in lanes(tags) {
                let slot = slot_of(word, lane);
                if let Some([high, low, _]) = self.slots.get(slot) {
                    let key = [high.load(Ordering::Relaxed), low.load(Ordering::Relaxed)];
                    entries.push((key, self.state(slot)));
                }
            }
        }
        entries
    }
}
