//! The tables behind the revocation list: what is in them, and how they forget.

use alloc::collections::BTreeSet;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::revocation::changes::Changes;
use crate::revocation::cutoffs::Cutoffs;
use crate::revocation::hash::Seed;
use crate::revocation::index::{Index, Room};
use crate::revocation::record::{NEVER, Record, Revocation, Target};
use crate::revocation::state::State;
use crate::revocation::states::{OfAudience, OfKey, OfSession, OfSubject};
use crate::revocation::view::Terms;
use crate::wire::session_id::SessionId;

/// Seconds between purges; more often costs writers, less often costs memory.
const PURGE_EVERY: u64 = 60;
/// Slots that one call looks at while it holds the lock, and the rest of the last shard: some
/// microseconds, which a logout may have to wait.
const SLICE: usize = 4096;
/// The tolerance that is assumed until a policy was registered.
const DEFAULT_TOLERANCE: u32 = 60;
/// Shards of the tables that may hold millions. So many that copying one keeps a writer waiting for
/// about a millisecond at a million entries; so few that what leads to them stays in the cache.
const MANY: usize = 64;
/// Shards of the tables that hold few.
const FEW: usize = 1;

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

pub(crate) struct Tables {
    pub(crate) sessions: Index<OfSession>,
    pub(crate) subjects: Index<OfSubject>,
    pub(crate) audiences: Index<OfAudience>,
    pub(crate) keys: Index<OfKey>,
    /// The latest cut-offs in effect, in Unix seconds. They never fall: what is forgotten lies behind
    /// every clock.
    pub(crate) latest_of_subjects: AtomicU64,
    pub(crate) latest_of_audiences: AtomicU64,
    pub(crate) high_water_mark: AtomicU64,
    /// Nothing is forgotten by a later time, whatever a clock says.
    pub(crate) forget_until: AtomicU64,
    pub(crate) token_lifetime: AtomicU32,
    pub(crate) leeway: AtomicU32,
    pub(crate) most_tolerance: AtomicU32,
    pub(crate) least_tolerance: AtomicU32,
    /// When the first record in quarantine is due; `u64::MAX` while there is none.
    pub(crate) release_at: AtomicU64,
    /// One writer at a time; readers never touch it but to release a quarantine that is due.
    pub(in crate::revocation) writer: Mutex<Writer>,
    pub(crate) changes: Changes,
}

pub(crate) struct Writer {
    /// Cut-offs so far ahead that applying them would lock everybody out until then, by the time of
    /// the cut-off: what is due stands first, however many wait behind it.
    pub(crate) quarantine: BTreeSet<(u64, Record)>,
    rooms: Rooms,
    purge_at: u64,
    /// The purge that publications are at, slice by slice.
    sweep: Option<Sweep>,
}

struct Rooms {
    sessions: Room,
    subjects: Room,
    audiences: Room,
    keys: Room,
}

/// How far a purge has come.
#[derive(Clone, Copy)]
pub(crate) struct Sweep {
    /// Unix seconds.
    until: u64,
    next: usize,
}

impl Sweep {
    pub(crate) const fn of(now: u64) -> Self {
        Self {
            until: now,
            next: 0,
        }
    }
}

impl Default for Tables {
    fn default() -> Self {
        let (sessions, of_sessions) = Index::new(MANY, Seed::random());
        let (subjects, of_subjects) = Index::new(MANY, Seed::random());
        let (audiences, of_audiences) = Index::new(FEW, Seed::random());
        let (keys, of_keys) = Index::new(FEW, Seed::random());
        let writer = Writer {
            quarantine: BTreeSet::new(),
            rooms: Rooms {
                sessions: of_sessions,
                subjects: of_subjects,
                audiences: of_audiences,
                keys: of_keys,
            },
            purge_at: 0,
            sweep: None,
        };
        Self {
            sessions,
            subjects,
            audiences,
            keys,
            latest_of_subjects: AtomicU64::new(0),
            latest_of_audiences: AtomicU64::new(0),
            high_water_mark: AtomicU64::new(0),
            forget_until: AtomicU64::new(u64::MAX),
            token_lifetime: AtomicU32::new(0),
            leeway: AtomicU32::new(0),
            most_tolerance: AtomicU32::new(0),
            least_tolerance: AtomicU32::new(u32::MAX),
            release_at: AtomicU64::new(u64::MAX),
            writer: Mutex::new(writer),
            changes: Changes::default(),
        }
    }
}

impl Tables {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Writer> {
        // Nothing panics while it holds the lock; if something did, entries are still only added.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bytes(&self, writer: &Writer) -> usize {
        let rooms = &writer.rooms;
        // The nodes of the tree are at least half full.
        let waiting = writer.quarantine.len().saturating_mul(2);
        [
            waiting.saturating_mul(size_of::<(u64, Record)>()),
            self.sessions.bytes(&rooms.sessions),
            self.subjects.bytes(&rooms.subjects),
            self.audiences.bytes(&rooms.audiences),
            self.keys.bytes(&rooms.keys),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
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
                    self.apply(writer, record);
                    merged.applied = merged.applied.saturating_add(1);
                }
            }
        }
        self.schedule(writer);
        merged
    }

    pub(crate) fn apply(&self, writer: &mut Writer, record: &Record) {
        let rooms = &mut writer.rooms;
        let expires = record.expires;
        match record.revocation.0 {
            Target::Session { id, below } => {
                let state = OfSession { below, expires };
                self.sessions
                    .raise(&mut rooms.sessions, &id.to_bytes(), state);
            }
            Target::Subject { key, cutoff } => {
                let cutoffs = Cutoffs::new(cutoff);
                let state = OfSubject { cutoffs, expires };
                // Before the entry: whoever starts a session behind it finds this too.
                self.latest_of_subjects
                    .fetch_max(cutoff.before, Ordering::SeqCst);
                self.subjects.raise(&mut rooms.subjects, &key, state);
            }
            Target::Audience { key, before } => {
                let state = OfAudience { before, expires };
                self.latest_of_audiences.fetch_max(before, Ordering::SeqCst);
                self.audiences.raise(&mut rooms.audiences, &key, state);
            }
            Target::Key { key } => self.keys.raise(&mut rooms.keys, &key, OfKey),
        }
        // Last: who is asked because of it must find it.
        self.changes.notify(&record.revocation);
    }

    /// Forgets what expired in the next slice; returns how many entries that were, and whether it
    /// was the last slice. The mark is stored by `expire`, before anything is forgotten.
    fn forget(&self, writer: &mut Writer, sweep: &mut Sweep) -> (usize, bool) {
        let (mark, until) = (&self.high_water_mark, sweep.until);
        let rooms = &mut writer.rooms;
        let (mut looked_at, mut forgotten) = (0_usize, 0_usize);
        while looked_at < SLICE {
            let (subject, audience) = (
                sweep.next.checked_sub(MANY),
                sweep.next.checked_sub(2 * MANY),
            );
            let (looked, removed) = match (subject, audience) {
                (None, _) => self
                    .sessions
                    .expire(&mut rooms.sessions, sweep.next, until, mark),
                (Some(number), None) => {
                    self.subjects
                        .expire(&mut rooms.subjects, number, until, mark)
                }
                (_, Some(number)) if number < FEW => {
                    self.audiences
                        .expire(&mut rooms.audiences, number, until, mark)
                }
                // Keys are never forgotten.
                _ => return (forgotten, true),
            };
            sweep.next = sweep.next.saturating_add(1);
            looked_at = looked_at.saturating_add(looked);
            forgotten = forgotten.saturating_add(removed);
        }
        (forgotten, false)
    }

    /// Keys never expire.
    #[cfg(feature = "redb")]
    pub(crate) fn has_expired(&self, until: u64) -> bool {
        self.sessions.has_expired(until)
            || self.subjects.has_expired(until)
            || self.audiences.has_expired(until)
    }

    /// The time to forget by, for somebody whose clock shows `now`.
    pub(crate) fn may_forget(&self, now: u64) -> u64 {
        now.min(self.forget_until.load(Ordering::Acquire))
    }

    /// All slices, one after the other; others may write in between.
    pub(crate) fn purge(&self, now: u64) -> usize {
        let now = self.may_forget(now);
        let mut sweep = Sweep::of(now);
        let mut forgotten = 0_usize;
        loop {
            let mut writer = self.lock();
            let (removed, ended) = self.forget(&mut writer, &mut sweep);
            forgotten = forgotten.saturating_add(removed);
            if ended {
                writer.purge_at = now.saturating_add(PURGE_EVERY);
                writer.sweep = None;
                return forgotten;
            }
        }
    }

    /// One slice, if it is time; returns how many entries were forgotten.
    pub(crate) fn purge_if_due(&self, writer: &mut Writer, now: u64) -> usize {
        let now = self.may_forget(now);
        // Also if the last was under a clock that has been set back since.
        let next = now.saturating_add(PURGE_EVERY);
        if writer.sweep.is_none() && (now >= writer.purge_at || writer.purge_at > next) {
            writer.purge_at = next;
            writer.sweep = Some(Sweep::of(now));
        }
        let Some(mut sweep) = writer.sweep else {
            return 0;
        };
        let (forgotten, ended) = self.forget(writer, &mut sweep);
        writer.sweep = (!ended).then_some(sweep);
        forgotten
    }

    /// The largest that any policy ever asked for: forgetting too late costs memory, too early
    /// revives a session. Entries that are there were given the life of the policies before; they
    /// get the difference, because tokens of the longer policy may be about.
    /// Returns the difference, for whoever keeps them elsewhere too.
    pub(crate) fn register(&self, terms: Terms, staleness_bound: u32) -> u64 {
        let mut writer = self.lock();
        let known = self.token_lifetime.load(Ordering::Acquire) > 0;
        let before = self.expiry(0, staleness_bound);
        self.token_lifetime
            .fetch_max(terms.token_lifetime, Ordering::AcqRel);
        self.leeway.fetch_max(terms.leeway, Ordering::AcqRel);
        self.most_tolerance
            .fetch_max(terms.tolerance, Ordering::AcqRel);
        self.least_tolerance
            .fetch_min(terms.tolerance, Ordering::AcqRel);
        let longer = if known {
            self.expiry(0, staleness_bound).saturating_sub(before)
        } else {
            0
        };
        self.extend(&mut writer, longer);
        self.schedule(&writer);
        longer
    }

    /// Every entry but those of keys lives so many seconds longer.
    pub(crate) fn extend(&self, writer: &mut Writer, by: u64) {
        if by == 0 {
            return;
        }
        let rooms = &mut writer.rooms;
        self.sessions
            .change(&mut rooms.sessions, |state| OfSession {
                expires: state.expires.saturating_add(by),
                ..state
            });
        self.subjects
            .change(&mut rooms.subjects, |state| OfSubject {
                expires: state.expires.saturating_add(by),
                ..state
            });
        self.audiences
            .change(&mut rooms.audiences, |state| OfAudience {
                expires: state.expires.saturating_add(by),
                ..state
            });
    }

    /// 0 where nothing of the session was revoked.
    pub(crate) fn lowest_live_generation(&self, session: SessionId) -> u32 {
        let known = self.sessions.find(&session.to_bytes());
        known.map_or(0, |state| state.below)
    }

    pub(crate) fn each(&self, mut put: impl FnMut(Record)) {
        self.sessions.each(|id, state| {
            let (id, below) = (SessionId::from_bytes(id), state.below);
            let target = Target::Session { id, below };
            put(Record::new(Revocation(target), state.expires()));
        });
        self.subjects.each(|key, state| {
            for cutoff in state.cutoffs.iter() {
                let target = Target::Subject { key, cutoff };
                put(Record::new(Revocation(target), state.expires()));
            }
        });
        self.audiences.each(|key, state| {
            let before = state.before;
            let target = Target::Audience { key, before };
            put(Record::new(Revocation(target), state.expires()));
        });
        self.keys.each(|key, OfKey| {
            put(Record::new(Revocation(Target::Key { key }), NEVER));
        });
    }
}
