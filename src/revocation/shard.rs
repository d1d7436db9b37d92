//! A part of a table: slots that are filled once, read by anybody at any time.
//!
//! One writer at a time changes a shard, and only in ways that a reader may watch half done: an
//! entry is written before its tag, the tag before the bits of the filter, a value is one word, and a
//! key never leaves its slot. Whatever else has to change is changed in a new shard, with a filter of
//! its own, that takes the place of this one as a whole.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::revocation::filter::{Filling, Filter};
use crate::revocation::hash::{Hash, Key, Seed, halves};
use crate::revocation::state::{ROW, SHORT, State};
use crate::revocation::sync::{AtomicU64, Ordering};

/// Slots of a group.
const LANES: usize = 15;
/// Words of the filter for each group: ten to twelve bits an entry.
const WORDS: usize = 2;
/// The byte behind the tags of a group.
const OVERFLOW: u32 = 15;
/// The tag of a slot that was never filled.
const EMPTY: u8 = 0;
/// The tag of a slot whose entry was forgotten. It is not filled again: a reader that has compared
/// the key must not be given the value of another.
const DEAD: u8 = 1;
/// Set in the value of a slot when the rest of it is the place of a row.
const IN_ROW: u64 = 1 << 63;
/// Set beside it when the row is a short one.
const IN_SHORT: u64 = 1 << 62;

pub(crate) struct Shard<S> {
    /// What a search reads first, and where nearly all end, having read one cache line.
    filter: Filter,
    /// What a search reads next.
    groups: Box<[Group]>,
    /// The key, and the state or the place of its row.
    slots: Box<[[AtomicU64; 3]]>,
    /// States that don't fit, one behind the other. Never changed once a slot names them.
    rows: Box<[AtomicU64]>,
    state: PhantomData<fn() -> S>,
}

/// The tags of fifteen slots, one byte each, and in the highest byte a bit of the hash of every entry
/// that found no room here and stands in one of the next groups. A search that finds neither its tag
/// nor its bit is over, also in a full group. Aligned, so that it stands in one cache line.
#[repr(align(16))]
struct Group([AtomicU64; 2]);

/// What the writer knows about a shard.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fill {
    /// Slots that are not empty.
    pub(crate) used: usize,
    pub(crate) live: usize,
    /// Words of rows.
    rows: usize,
    groups: usize,
    row_room: usize,
}

/// The words of a row, how many count, and what says of which kind it is.
fn row_of<S: State>(state: S) -> ([u64; ROW], usize, u64) {
    match state.to_short() {
        Some([a, b, c]) => ([a, b, c, 0, 0, 0, 0, 0], SHORT, IN_ROW | IN_SHORT),
        None => (state.to_row(), ROW, IN_ROW),
    }
}

/// There is no room; only another shard has some.
pub(crate) struct Full;

const fn spread(byte: u8) -> u128 {
    u128::from_ne_bytes([byte; 16])
}

/// The highest bit of every lane that has this tag. Above such a lane there may be false ones, but
/// never without a true one below: "none" and "the lowest" are exact.
const fn matches(tags: u128, tag: u8) -> u128 {
    let zero = tags ^ spread(tag);
    zero.wrapping_sub(spread(1)) & !zero & (spread(0x80) >> u8::BITS)
}

const fn lane(found: u128) -> u32 {
    found.trailing_zeros() / u8::BITS
}

const fn byte(tags: u128, lane: u32) -> u8 {
    let [byte, ..] = tags.wrapping_shr(lane.wrapping_mul(u8::BITS)).to_le_bytes();
    byte
}

const fn with_byte(tags: u128, lane: u32, to: u8) -> u128 {
    let change = (byte(tags, lane) ^ to) as u128;
    tags ^ change.wrapping_shl(lane.wrapping_mul(u8::BITS))
}

/// Tags to which an entry can't be added, and the bit that sends searches on.
const fn overflown(tags: u128, hash: Hash) -> u128 {
    with_byte(tags, OVERFLOW, byte(tags, OVERFLOW) | hash.bit())
}

/// The lanes that hold an entry.
fn lanes(tags: u128) -> impl Iterator<Item = u32> {
    (0..OVERFLOW).filter(move |lane| byte(tags, *lane) > DEAD)
}

impl Group {
    fn new(tags: u128) -> Self {
        Self(halves(tags).map(AtomicU64::new))
    }

    /// Each word as it was at one time. Acquire: a tag that is seen promises the entry behind it.
    fn load(&self) -> u128 {
        let [high, low] = &self.0;
        (u128::from(high.load(Ordering::Acquire)) << 64) | u128::from(low.load(Ordering::Acquire))
    }

    /// By the writer alone.
    fn store(&self, before: u128, after: u128) {
        let words = halves(before).into_iter().zip(halves(after));
        for (word, (before, after)) in self.0.iter().zip(words) {
            if before != after {
                word.store(after, Ordering::Release);
            }
        }
    }
}

/// All groups, from the home of a hash on.
fn walk(groups: usize, hash: Hash) -> impl Iterator<Item = usize> {
    let home = hash.place(groups);
    (home..groups).chain(0..home)
}

const fn slot_of(group: usize, lane: u32) -> usize {
    group.wrapping_mul(LANES).wrapping_add(lane as usize)
}

impl Fill {
    /// At most 7 of 8 slots.
    const fn has_room(&self) -> bool {
        self.used.saturating_mul(8) < self.groups.saturating_mul(LANES * 7)
    }

    /// Groups for so many entries and a quarter more.
    const fn groups_for(live: usize) -> usize {
        live.saturating_mul(10).div_ceil(7 * LANES)
    }

    /// Whether half as many slots again as a new shard would have stand about.
    pub(crate) const fn is_wasteful(&self) -> bool {
        let enough = Self::groups_for(self.live);
        self.groups > enough.saturating_add(enough / 2).saturating_add(1)
            || (self.live == 0 && self.groups > 0)
    }

    pub(crate) const fn bytes(&self) -> usize {
        let slots = self.groups.saturating_mul(LANES * 24 + 16 + WORDS * 8);
        slots.saturating_add(self.row_room.saturating_mul(8))
    }
}

impl<S: State> Shard<S> {
    /// A shard of these entries, whose keys differ.
    pub(crate) fn of(entries: &[(Key, S)], seed: &Seed) -> (Self, Fill) {
        let live = entries.len();
        let wide = entries.iter().filter(|(_, state)| state.pack().is_none());
        let words = wide.fold(0_usize, |words, (_, state)| {
            words.saturating_add(row_of(*state).1)
        });
        // A state with a row needs a new one whenever it is raised.
        let row_room = match words {
            0 => 0,
            _ => words.saturating_add((4 * ROW).max(words / 4).max(live / (256 / ROW))),
        };
        let groups = Fill::groups_for(live);
        let mut tags = vec![0_u128; groups];
        let mut slots = vec![[0_u64; 3]; groups.saturating_mul(LANES)];
        let mut filter = Filling::new(groups.saturating_mul(WORDS));
        let mut rows = Vec::with_capacity(row_room);
        for (key, state) in entries {
            let hash = seed.hash(*key);
            filter.add(hash);
            let value = state.pack().unwrap_or_else(|| {
                let (words, count, kind) = row_of(*state);
                let place = rows.len() as u64;
                rows.extend(words.into_iter().take(count));
                kind | place
            });
            for group in walk(groups, hash) {
                let Some(tags) = tags.get_mut(group) else {
                    break;
                };
                let empty = matches(*tags, EMPTY);
                if empty == 0 {
                    *tags = overflown(*tags, hash);
                    continue;
                }
                *tags = with_byte(*tags, lane(empty), hash.tag());
                if let Some(slot) = slots.get_mut(slot_of(group, lane(empty))) {
                    *slot = [key[0], key[1], value];
                }
                break;
            }
        }
        let fill = Fill {
            used: live,
            live,
            rows: rows.len(),
            groups,
            row_room,
        };
        rows.resize(row_room, 0);
        let shard = Self {
            filter: filter.done(),
            groups: tags.into_iter().map(Group::new).collect(),
            slots: slots.into_iter().map(|s| s.map(AtomicU64::new)).collect(),
            rows: rows.into_iter().map(AtomicU64::new).collect(),
            state: PhantomData,
        };
        (shard, fill)
    }

    /// For anybody, at any time: what [`find`](Self::find) is given.
    #[inline]
    pub(crate) fn look(&self, hash: Hash) -> u64 {
        self.filter.look(hash)
    }

    #[inline]
    pub(crate) fn find(&self, word: u64, hash: Hash, key: Key) -> Option<S> {
        if !Filter::may_hold(word, hash) {
            return None;
        }
        let slot = self.search(hash, key)?;
        Some(self.state(slot))
    }

    /// Out of the way of those that end before.
    #[inline(never)]
    fn search(&self, hash: Hash, key: Key) -> Option<usize> {
        for group in walk(self.groups.len(), hash) {
            let tags = self.groups.get(group)?.load();
            let mut found = matches(tags, hash.tag());
            while found != 0 {
                let at = slot_of(group, lane(found));
                let [high, low, _] = self.slots.get(at)?;
                if high.load(Ordering::Relaxed) == key[0] && low.load(Ordering::Relaxed) == key[1] {
                    return Some(at);
                }
                found &= found.wrapping_sub(1);
            }
            if byte(tags, OVERFLOW) & hash.bit() == 0 {
                return None;
            }
        }
        None
    }

    fn state(&self, slot: usize) -> S {
        // Acquire: the place of a row promises the row.
        let value = self
            .slots
            .get(slot)
            .map_or(0, |[_, _, value]| value.load(Ordering::Acquire));
        if value & IN_ROW == 0 {
            return S::unpack(value);
        }
        let place = usize::try_from(value & !(IN_ROW | IN_SHORT)).ok();
        if value & IN_SHORT == 0 {
            S::from_row(self.row(place))
        } else {
            S::from_short(self.row(place))
        }
    }

    fn row<const WORDS: usize>(&self, place: Option<usize>) -> [u64; WORDS] {
        let row = place.and_then(|place| self.rows.get(place..));
        let row = row.unwrap_or_default();
        core::array::from_fn(|i| row.get(i).map_or(0, |word| word.load(Ordering::Relaxed)))
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
        let value = self.value(fill, new)?;
        for number in walk(self.groups.len(), hash) {
            let group = self.groups.get(number).ok_or(Full)?;
            let before = group.load();
            let empty = matches(before, EMPTY);
            if empty == 0 {
                group.store(before, overflown(before, hash));
                continue;
            }
            let slot = self.slots.get(slot_of(number, lane(empty))).ok_or(Full)?;
            let [high, low, to] = slot;
            high.store(key[0], Ordering::Relaxed);
            low.store(key[1], Ordering::Relaxed);
            to.store(value, Ordering::Relaxed);
            group.store(before, with_byte(before, lane(empty), hash.tag()));
            self.filter.add(hash);
            fill.used = fill.used.saturating_add(1);
            fill.live = fill.live.saturating_add(1);
            return Ok(true);
        }
        Err(Full)
    }

    /// What a slot holds for a state, whose row is written if it needs one.
    fn value(&self, fill: &mut Fill, state: S) -> Result<u64, Full> {
        if let Some(packed) = state.pack() {
            return Ok(packed);
        }
        let (words, count, kind) = row_of(state);
        let end = fill.rows.saturating_add(count);
        let row = self.rows.get(fill.rows..end).ok_or(Full)?;
        for (to, word) in row.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        let value = kind | fill.rows as u64;
        fill.rows = end;
        Ok(value)
    }

    /// By the writer alone. Whether something expired.
    pub(crate) fn has_expired(&self, until: u64) -> bool {
        let mut groups = self.groups.iter().enumerate();
        groups.any(|(number, group)| {
            lanes(group.load()).any(|lane| self.state(slot_of(number, lane)).expires() <= until)
        })
    }

    /// By the writer alone. Forgets what expired; returns how many entries that were.
    pub(crate) fn expire(&self, fill: &mut Fill, until: u64) -> usize {
        let mut removed = 0_usize;
        for (number, group) in self.groups.iter().enumerate() {
            let before = group.load();
            let mut after = before;
            for lane in lanes(before) {
                if self.state(slot_of(number, lane)).expires() <= until {
                    after = with_byte(after, lane, DEAD);
                    removed = removed.saturating_add(1);
                }
            }
            group.store(before, after);
        }
        fill.live = fill.live.saturating_sub(removed);
        removed
    }

    /// By the writer alone: another thread may or may not meet what is added meanwhile.
    pub(crate) fn entries(&self) -> Vec<(Key, S)> {
        let mut entries = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            for lane in lanes(group.load()) {
                let slot = slot_of(number, lane);
                if let Some([high, low, _]) = self.slots.get(slot) {
                    let key = [high.load(Ordering::Relaxed), low.load(Ordering::Relaxed)];
                    entries.push((key, self.state(slot)));
                }
            }
        }
        entries
    }
}
