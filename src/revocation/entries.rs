//! The tables behind the revocation list: what is in them, how they grow, how they forget.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use scc::HashIndex;

use crate::revocation::changes::Changes;
use crate::revocation::cutoffs::Cutoffs;
use crate::revocation::record::{NEVER, Record, Revocation, Target};
use crate::revocation::view::Terms;
use crate::wire::session_id::SessionId;

/// Seconds between purges; more often costs writers, less often costs memory.
const PURGE_EVERY: u64 = 60;
/// The tolerance that is assumed until a policy was registered.
const DEFAULT_TOLERANCE: u32 = 60;

/// One value that only ever grows, and the time from which it may be forgotten.
pub(crate) struct Growing<N> {
    pub(crate) value: N,
    pub(crate) expires: AtomicU64,
}

/// What happened to merged records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// Records in effect now.
    pub applied: usize,
    /// Cut-offs too far ahead, kept until their time comes. More than zero calls for an alarm: some
    /// server's clock is fast.
    pub quarantined: usize,
}

/// Behind an `Arc`, because a table that grows or shrinks moves its entries bit by bit while others
/// read them, and a reader or writer may be handed the copy that was left behind. Both copies lead
/// to the one value, so what is raised through either is seen through both.
type Index<N> = HashIndex<[u8; 16], Arc<Growing<N>>>;

pub(crate) struct Tables {
    pub(crate) sessions: Index<AtomicU32>,
    pub(crate) subjects: Index<ArcSwap<Cutoffs>>,
    pub(crate) audiences: Index<AtomicU64>,
    pub(crate) keys: HashIndex<[u8; 16], ()>,
    /// Live entries by kind. Readers skip a kind that has none, and with it the hash of the
    /// subject.
    pub(crate) counts: [AtomicUsize; 4],
    pub(crate) high_water_mark: AtomicU64,
    pub(crate) token_lifetime: AtomicU32,
    pub(crate) leeway: AtomicU32,
    pub(crate) most_tolerance: AtomicU32,
    pub(crate) least_tolerance: AtomicU32,
    /// When the first record in quarantine is due; `u64::MAX` while there is none.
    pub(crate) release_at: AtomicU64,
    /// One writer at a time; readers never touch it but to release a quarantine that is due.
    pub(crate) writer: Mutex<Writer>,
    pub(crate) changes: Changes,
}

#[derive(Default)]
pub(crate) struct Writer {
    /// Cut-offs so far ahead that applying them would lock everybody out until then, by the time of
    /// the cut-off: what is due stands first, however many wait behind it.
    pub(crate) quarantine: BTreeSet<(u64, Record)>,
    pub(crate) purge_at: u64,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            sessions: HashIndex::default(),
            subjects: HashIndex::default(),
            audiences: HashIndex::default(),
            keys: HashIndex::default(),
            counts: Default::default(),
            high_water_mark: AtomicU64::new(0),
            token_lifetime: AtomicU32::new(0),
            leeway: AtomicU32::new(0),
            most_tolerance: AtomicU32::new(0),
            least_tolerance: AtomicU32::new(u32::MAX),
            release_at: AtomicU64::new(u64::MAX),
            writer: Mutex::default(),
            changes: Changes::default(),
        }
    }
}

pub(crate) const SESSIONS: usize = 0;
pub(crate) const SUBJECTS: usize = 1;
pub(crate) const AUDIENCES: usize = 2;
pub(crate) const KEYS: usize = 3;

impl Tables {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Writer> {
        // Nothing panics while it holds the lock; if something did, entries are still only added.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, kind: usize) -> &AtomicUsize {
        // In range by the constants above; the first is as good as any if they ever were not.
        self.counts.get(kind).unwrap_or(&self.counts[0])
    }

    pub(crate) fn any(&self, kind: usize) -> bool {
        self.count(kind).load(Ordering::Acquire) > 0
    }

    pub(crate) fn tolerance(&self) -> u64 {
        let least = self.least_tolerance.load(Ordering::Acquire);
        u64::from(if least == u32::MAX {
            DEFAULT_TOLERANCE
        } else {
            least
        })
    }

    /// SPEC §9.8: when an entry published at `now` may be forgotten. Until a policy was registered
    /// the longest possible life is assumed.
    pub(crate) fn expiry(&self, now: u64, staleness_bound: u32) -> u64 {
        let life = match self.token_lifetime.load(Ordering::Acquire) {
            0 => u32::MAX,
            life => life,
        };
        let tolerance = u64::from(self.most_tolerance.load(Ordering::Acquire));
        now.saturating_add(u64::from(staleness_bound))
            .saturating_add(u64::from(life))
            .saturating_add(u64::from(self.leeway.load(Ordering::Acquire)))
            .saturating_add(tolerance.saturating_mul(2))
    }

    pub(crate) fn merge(&self, writer: &mut Writer, records: &[Record], now: u64) -> Merged {
        let mut merged = Merged::default();
        let latest = now.saturating_add(self.tolerance());
        for record in records {
            match record.revocation.cutoff() {
                Some(cutoff) if cutoff > latest => {
                    writer.quarantine.insert((cutoff, *record));
                    merged.quarantined = merged.quarantined.saturating_add(1);
                }
                _ => {
                    self.apply(record);
                    merged.applied = merged.applied.saturating_add(1);
                }
            }
        }
        self.schedule(writer);
        merged
    }

    pub(crate) fn apply(&self, record: &Record) {
        let expires = record.expires;
        match record.revocation.0 {
            Target::Session { id, below } => self.grow(
                &self.sessions,
                SESSIONS,
                (id.to_bytes(), expires),
                |value| {
                    value.fetch_max(below, Ordering::AcqRel);
                },
                || AtomicU32::new(below),
            ),
            Target::Subject { key, cutoff } => self.grow(
                &self.subjects,
                SUBJECTS,
                (key, expires),
                |value| value.store(Arc::new(value.load().merged(cutoff))),
                || ArcSwap::from_pointee(Cutoffs::new(cutoff)),
            ),
            Target::Audience { key, before } => self.grow(
                &self.audiences,
                AUDIENCES,
                (key, expires),
                |value| {
                    value.fetch_max(before, Ordering::AcqRel);
                },
                || AtomicU64::new(before),
            ),
            Target::Key { key } => {
                if self.keys.insert_sync(key, ()).is_ok() {
                    self.count(KEYS).fetch_add(1, Ordering::AcqRel);
                }
            }
        }
        // Last: who is asked because of it must find it.
        self.changes.notify(&record.revocation);
    }

    /// Raises an entry in place, or adds it. In place, because replacing it would leave a moment in
    /// which a reader finds neither the old nor the new one.
    fn grow<N>(
        &self,
        index: &Index<N>,
        kind: usize,
        (key, expires): ([u8; 16], u64),
        raise: impl FnOnce(&N),
        first: impl FnOnce() -> N,
    ) {
        let known = index.read_sync(&key, |_, entry| {
            raise(&entry.value);
            entry.expires.fetch_max(expires, Ordering::AcqRel);
        });
        if known.is_none() {
            let entry = Growing {
                value: first(),
                expires: AtomicU64::new(expires),
            };
            if index.insert_sync(key, Arc::new(entry)).is_ok() {
                self.count(kind).fetch_add(1, Ordering::AcqRel);
            }
        }
    }

    pub(crate) fn purge(&self, writer: &mut Writer, now: u64) -> usize {
        // First: what is forgotten below must not come back with a clock that is set back.
        self.high_water_mark.fetch_max(now, Ordering::SeqCst);
        writer.purge_at = now.saturating_add(PURGE_EVERY);
        let mut forgotten = 0_usize;
        let mut forget = |kind: usize, removed: usize| {
            self.count(kind).fetch_sub(removed, Ordering::AcqRel);
            forgotten = forgotten.saturating_add(removed);
        };
        forget(SESSIONS, expire(&self.sessions, now));
        forget(SUBJECTS, expire(&self.subjects, now));
        forget(AUDIENCES, expire(&self.audiences, now));
        forgotten
    }

    /// Whether something waits whose time has come.
    pub(crate) fn has_due(&self, now: u64) -> bool {
        now >= self.release_at.load(Ordering::Acquire)
    }

    /// Applies what waited for its time, unless another thread is about to: a reader does not wait.
    #[cold]
    pub(crate) fn try_release(&self, now: u64, staleness_bound: u32) {
        if let Ok(mut writer) = self.writer.try_lock() {
            self.release(&mut writer, now, staleness_bound);
        }
    }

    pub(crate) fn release(&self, writer: &mut Writer, now: u64, staleness_bound: u32) {
        let latest = now.saturating_add(self.tolerance());
        let life = self.expiry(now, staleness_bound);
        while let Some((cutoff, _)) = writer.quarantine.first() {
            if *cutoff > latest {
                break;
            }
            if let Some((_, record)) = writer.quarantine.pop_first() {
                // It may have waited past its own expiry, and takes effect only now.
                self.apply(&Record::new(record.revocation, record.expires.max(life)));
            }
        }
        self.schedule(writer);
    }

    fn schedule(&self, writer: &Writer) {
        let first = writer.quarantine.first().map(|(cutoff, _)| *cutoff);
        let at = first.map_or(u64::MAX, |cutoff| cutoff.saturating_sub(self.tolerance()));
        self.release_at.store(at, Ordering::Release);
    }

    /// The largest that any policy ever asked for: forgetting too late costs memory, too early
    /// revives a session. Entries that are there were given the life of the policies before; they
    /// get the difference, because tokens of the longer policy may be about.
    pub(crate) fn register(&self, terms: Terms, staleness_bound: u32) {
        let writer = self.lock();
        let known = self.token_lifetime.load(Ordering::Acquire) > 0;
        let before = self.expiry(0, staleness_bound);
        self.token_lifetime
            .fetch_max(terms.token_lifetime, Ordering::AcqRel);
        self.leeway.fetch_max(terms.leeway, Ordering::AcqRel);
        self.most_tolerance
            .fetch_max(terms.tolerance, Ordering::AcqRel);
        self.least_tolerance
            .fetch_min(terms.tolerance, Ordering::AcqRel);
        let longer = self.expiry(0, staleness_bound).saturating_sub(before);
        if known && longer > 0 {
            extend(&self.sessions, longer);
            extend(&self.subjects, longer);
            extend(&self.audiences, longer);
        }
        self.schedule(&writer);
    }

    /// 0 where nothing of the session was revoked.
    pub(crate) fn lowest_live_generation(&self, session: SessionId) -> u32 {
        let value =
            |_: &[u8; 16], entry: &Arc<Growing<AtomicU32>>| entry.value.load(Ordering::Acquire);
        self.sessions
            .peek_with(&session.to_bytes(), value)
            .unwrap_or(0)
    }

    pub(crate) fn purge_if_due(&self, writer: &mut Writer, now: u64) {
        if now >= writer.purge_at {
            self.purge(writer, now);
        }
    }

    pub(crate) fn each(&self, mut put: impl FnMut(Record)) {
        self.sessions.iter_sync(|key, entry| {
            let id = SessionId::from_bytes(*key);
            let below = entry.value.load(Ordering::Acquire);
            let target = Target::Session { id, below };
            put(Record::new(
                Revocation(target),
                entry.expires.load(Ordering::Acquire),
            ));
            true
        });
        self.subjects.iter_sync(|key, entry| {
            for cutoff in entry.value.load().iter() {
                let target = Target::Subject { key: *key, cutoff };
                put(Record::new(
                    Revocation(target),
                    entry.expires.load(Ordering::Acquire),
                ));
            }
            true
        });
        self.audiences.iter_sync(|key, entry| {
            let target = Target::Audience {
                key: *key,
                before: entry.value.load(Ordering::Acquire),
            };
            put(Record::new(
                Revocation(target),
                entry.expires.load(Ordering::Acquire),
            ));
            true
        });
        self.keys.iter_sync(|key, ()| {
            put(Record::new(Revocation(Target::Key { key: *key }), NEVER));
            true
        });
    }
}

/// Removes what expired; returns how many entries that were.
fn expire<N: 'static>(index: &Index<N>, now: u64) -> usize {
    let mut removed = 0_usize;
    index.retain_sync(|_, entry| {
        let keep = entry.expires.load(Ordering::Acquire) > now;
        removed = removed.saturating_add(usize::from(!keep));
        keep
    });
    removed
}

fn extend<N: 'static>(index: &Index<N>, by: u64) {
    index.iter_sync(|_, entry| {
        let expires = entry.expires.load(Ordering::Acquire);
        entry
            .expires
            .store(expires.saturating_add(by), Ordering::Release);
        true
    });
}
