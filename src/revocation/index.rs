//! A table: shards, each replaced as a whole when it is full or too large.

use alloc::boxed::Box;

use crate::revocation::hash::{Key, Seed, bytes, key};
use crate::revocation::shard::{Fill, Shard};
use crate::revocation::state::State;
use crate::revocation::sync::{Arc, ArcSwap, AtomicU64, AtomicUsize, Ordering};

/// Readers take no lock and wait for nobody. What changes a table takes its [`Room`], of which there
/// is one, behind the lock of the writers.
///
/// Nothing that is raised can be lost to a shard that is being replaced: only the writer raises, and
/// only the writer replaces. Nothing that is acknowledged can be missed: a new shard holds it before
/// it takes its place, and takes its place before the writer returns, so whoever starts to read
/// afterwards reads that shard or a later one.
pub(crate) struct Index<S> {
    shards: Box<[ArcSwap<Shard<S>>]>,
    /// Readers skip a table without entries, and with it the hash of the subject.
    live: AtomicUsize,
    seed: Seed,
}

/// What the writer knows about each shard.
pub(crate) struct Room(Box<[Fill]>);

impl<S: State> Index<S> {
    /// Of at most 256 shards, a power of two. With more of them there is less to copy, and to keep
    /// a writer waiting, when one is full.
    pub(crate) fn new(shards: usize, seed: Seed) -> (Self, Room) {
        let empty = Arc::new(Shard::of(&[], &seed).0);
        let index = Self {
            shards: (0..shards)
                .map(|_| ArcSwap::new(Arc::clone(&empty)))
                .collect(),
            live: AtomicUsize::new(0),
            seed,
        };
        let fills = (0..shards).map(|_| Fill::default());
        (index, Room(fills.collect()))
    }

    pub(crate) fn len(&self) -> usize {
        self.live.load(Ordering::Acquire)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the entries and of the room for more.
    pub(crate) fn bytes(&self, room: &Room) -> usize {
        let fills = room.0.iter().map(Fill::bytes);
        let each = size_of::<Shard<S>>()
            .saturating_add(size_of::<Fill>())
            .saturating_add(size_of::<[usize; 3]>());
        fills.fold(
            self.shards.len().saturating_mul(each),
            usize::saturating_add,
        )
    }

    /// What is known about a key.
    #[inline]
    pub(crate) fn find(&self, name: &[u8; 16]) -> Option<S> {
        self.find_while(name, || ()).0
    }

    /// The same, and what is worked out meanwhile: a filter of millions is in no cache, and the
    /// processor need not wait for its word with nothing to do.
    #[inline]
    pub(crate) fn find_while<M>(
        &self,
        name: &[u8; 16],
        meanwhile: impl FnOnce() -> M,
    ) -> (Option<S>, M) {
        let key = key(name);
        let hash = self.seed.hash(key);
        let shard = self.shards.get(self.number(hash.shard()));
        let Some(shard) = shard.filter(|_| !self.is_empty()) else {
            return (None, meanwhile());
        };
        let shard = shard.load();
        let word = shard.look(hash);
        let made = meanwhile();
        (shard.find(word, hash, key), made)
    }

    fn number(&self, of: u8) -> usize {
        usize::from(of) & self.shards.len().wrapping_sub(1)
    }

    /// Adds a state to what is known about a key. Whoever starts to read afterwards sees it.
    pub(crate) fn raise(&self, room: &mut Room, name: &[u8; 16], state: S) {
        let key = key(name);
        let hash = self.seed.hash(key);
        let number = self.number(hash.shard());
        let (Some(shard), Some(fill)) = (self.shards.get(number), room.0.get_mut(number)) else {
            return;
        };
        let raised = shard.load().raise(fill, hash, key, state);
        let new = raised.unwrap_or_else(|_full| {
            let mut entries = shard.load().entries();
            let known = entries.iter_mut().find(|(known, _)| *known == key);
            let new = known.is_none();
            match known {
                Some((_, known)) => *known = known.merged(state),
                None => entries.push((key, state)),
            }
            self.replace(shard, fill, &entries);
            new
        });
        if new {
            self.live.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn replace(&self, shard: &ArcSwap<Shard<S>>, fill: &mut Fill, entries: &[(Key, S)]) {
        let (new, its_fill) = Shard::of(entries, &self.seed);
        shard.store(Arc::new(new));
        *fill = its_fill;
    }

    /// Forgets what expired in one shard; returns how many slots were looked at and how many
    /// entries forgotten.
    ///
    /// The mark comes first, and here, so that nothing is forgotten anywhere without it: whoever
    /// finds that an entry is gone finds the time at which it was allowed to go. Where nothing is
    /// forgotten it stays: a clock that jumped ahead would otherwise leave every session expired,
    /// long after it was set right, and for nothing.
    pub(crate) fn expire(
        &self,
        room: &mut Room,
        number: usize,
        until: u64,
        mark: &AtomicU64,
    ) -> (usize, usize) {
        let (Some(shard), Some(fill)) = (self.shards.get(number), room.0.get_mut(number)) else {
            return (0, 0);
        };
        let looked_at = fill.used;
        if looked_at == 0 {
            return (0, 0);
        }
        if !shard.load().has_expired(until) {
            return (looked_at, 0);
        }
        if mark.load(Ordering::SeqCst) < until {
            mark.fetch_max(until, Ordering::SeqCst);
        }
        let removed = shard.load().expire(fill, until);
        if fill.is_wasteful() {
            let entries = shard.load().entries();
            self.replace(shard, fill, &entries);
        }
        self.live.fetch_sub(removed, Ordering::AcqRel);
        (looked_at, removed)
    }

    /// Whether something expired.
    #[cfg(feature = "redb")]
    pub(crate) fn has_expired(&self, until: u64) -> bool {
        self.shards
            .iter()
            .any(|shard| shard.load().has_expired(until))
    }

    /// Changes every state, one shard after the other.
    pub(crate) fn change(&self, room: &mut Room, change: impl Fn(S) -> S) {
        for (shard, fill) in self.shards.iter().zip(&mut room.0) {
            if fill.used > 0 {
                let mut entries = shard.load().entries();
                for (_, state) in &mut entries {
                    *state = change(*state);
                }
                self.replace(shard, fill, &entries);
            }
        }
    }

    /// All entries, in no order. Complete if no writer is at work.
    pub(crate) fn each(&self, mut put: impl FnMut([u8; 16], S)) {
        for shard in &self.shards {
            for (key, state) in shard.load().entries() {
                put(bytes(key), state);
            }
        }
    }
}
