//! The revocation list in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::sync::atomic::Ordering;

use crate::revocation::changes::Changes;
use crate::revocation::entries::{Merged, Tables};
use crate::revocation::record::{Record, Revocation, subject_key};
use crate::revocation::report::ViewReport;
use crate::revocation::snapshot::{Snapshot, SnapshotError};
use crate::revocation::states::OfSubject;
use crate::revocation::view::{Facts, Freshness, RevocationPublish, RevocationView, Scope, Terms};
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// The revocation list of one process: what was logged out here, and what was merged into it.
///
/// Reads wait for no lock and no writer. Entries disappear by themselves once no token that
/// they match can be alive, so its size is bounded by the number of logouts within a token's life,
/// not by the number of sessions. Clones are the same list.
///
/// It is lost when the process ends, and a session that was logged out comes back to life with it:
/// keep a [`snapshot`](Self::snapshot), or start with a new key, when you restart.
///
/// ```
/// use cloakroom::RevocationList;
///
/// let list = RevocationList::new();
/// assert_eq!(list.stats().entries(), 0);
/// ```
#[derive(Clone, Default)]
pub struct RevocationList(pub(in crate::revocation) Arc<Tables>);

/// What publishing to a [`RevocationList`] promises: this process refuses from now on, and forgets
/// when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InMemory;

/// How much a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListStats {
    /// Sessions logged out or rotated.
    pub sessions: usize,
    /// Subjects with a cut-off.
    pub subjects: usize,
    /// Purposes and audiences with a cut-off.
    pub audiences: usize,
    /// Keys revoked.
    pub keys: usize,
    /// Cut-offs waiting for their time. Nothing bounds their number but how many such records those
    /// publish who may publish, so more than zero calls for an alarm.
    pub quarantined: usize,
    /// Memory of the entries, of the room reserved for more and, at most, of what waits for its time,
    /// in bytes.
    pub bytes: usize,
    /// The latest time at which something was forgotten, in Unix seconds. Tokens are judged no
    /// earlier than this, so a mark far ahead of the clock calls for an alarm: some clock was fast
    /// while somebody logged out, and now every session looks expired.
    pub high_water_mark: u64,
}

impl ListStats {
    /// All entries in effect.
    #[must_use]
    pub const fn entries(&self) -> usize {
        self.sessions
            .saturating_add(self.subjects)
            .saturating_add(self.audiences)
            .saturating_add(self.keys)
    }
}

impl RevocationList {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries and memory.
    #[must_use]
    pub fn stats(&self) -> ListStats {
        let list = &*self.0;
        let writer = list.lock();
        ListStats {
            sessions: list.sessions.len(),
            subjects: list.subjects.len(),
            audiences: list.audiences.len(),
            keys: list.keys.len(),
            quarantined: writer.quarantine.len(),
            bytes: list.bytes(&writer),
            high_water_mark: list.high_water_mark.load(Ordering::SeqCst),
        }
    }

    /// Forgets what can match no live token any more; returns how many entries that were.
    ///
    /// Publishing does this by itself once a minute, a slice with every call. The time is kept as
    /// the high-water mark before anything is forgotten. Publications go on meanwhile: each waits
    /// for a slice at most.
    #[expect(
        clippy::must_use_candidate,
        reason = "the count is for those who want it"
    )]
    pub fn purge(&self, now: Timestamp) -> usize {
        self.0.purge(now.unix())
    }

    /// One slice of a [`purge`](Self::purge), where one is under way or a minute has passed since
    /// the last; returns how many entries were forgotten.
    ///
    /// For a list that is only ever merged into, which no publication purges: call it about once a
    /// second. It looks at some thousands of entries and returns.
    ///
    /// ```
    /// use cloakroom::{RevocationList, Timestamp};
    ///
    /// let list = RevocationList::new();
    /// assert_eq!(list.purge_slice(Timestamp::UNIX_EPOCH), 0);
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "the count is for those who want it"
    )]
    pub fn purge_slice(&self, now: Timestamp) -> usize {
        self.0.purge_if_due(&mut self.0.lock(), now.unix())
    }

    /// Merges records of another list. The order and the number of merges make no difference.
    ///
    /// A cut-off further in the future than the tolerance is put aside until its time comes: some
    /// server's clock is fast, and applying it would lock everybody out until then.
    #[must_use = "cut-offs in quarantine call for an alarm"]
    pub fn merge(&self, records: &[Record], now: Timestamp) -> Merged {
        let mut writer = self.0.lock();
        self.0.merge(&mut writer, records, now.unix())
    }

    /// All entries as bytes (SPEC §9.12), to be merged into another list or after a restart.
    ///
    /// ```
    /// # use cloakroom::{Clock, KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// sessions.revoke_subject("ada")?;
    /// let bytes = sessions.revocations().snapshot(SystemClock.now()?);
    ///
    /// // After the restart, before the first request.
    /// let list = RevocationList::new();
    /// let _alarm = list.merge_snapshot(&bytes, SystemClock.now()?)?;
    /// assert_eq!(list.stats().subjects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Security
    ///
    /// A snapshot is not secret and not authenticated: whoever can change the bytes can log people
    /// out and forget logouts. Keep it where you keep the keys.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Vec<u8> {
        let writer = self.0.lock();
        let mut records: Vec<Record> = writer
            .quarantine
            .iter()
            .map(|(_, record)| *record)
            .collect();
        self.0.each(|record| records.push(record));
        let high_water_mark = self.0.high_water_mark.load(Ordering::Acquire);
        Snapshot {
            made_at: now.unix(),
            high_water_mark,
            records,
        }
        .encode()
    }

    /// Merges a [`snapshot`](Self::snapshot). Nothing that is known already is lost; the order and
    /// number of merges make no difference.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`]; then nothing of it was used.
    pub fn merge_snapshot(&self, bytes: &[u8], now: Timestamp) -> Result<Merged, SnapshotError> {
        let snapshot = Snapshot::decode(bytes)?;
        let mut writer = self.0.lock();
        self.0
            .high_water_mark
            .fetch_max(snapshot.high_water_mark, Ordering::AcqRel);
        Ok(self.0.merge(&mut writer, &snapshot.records, now.unix()))
    }
}

impl RevocationView for RevocationList {
    #[inline]
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        let list = &*self.0;
        self.tick(now);
        if list.keys.find(facts.key).is_some() {
            return Some(Scope::Key);
        }
        // The empty subject belongs to no one, and nobody's cut-off applies to it. Hashing costs most
        // of all here, and nothing while nobody has a cut-off.
        let has_subject = !facts.subject.is_empty() && !list.subjects.is_empty();
        let (session, subject) = list.sessions.find_while(&facts.session.to_bytes(), || {
            has_subject.then(|| subject_key(facts.subject))
        });
        if session.is_some_and(|known| facts.generation < known.below) {
            return Some(Scope::Session);
        }
        let audience = list.audiences.find(facts.audience);
        if audience.is_some_and(|known| facts.authenticated_at < known.before) {
            return Some(Scope::Audience);
        }
        let subject = list.subjects.find(&subject?);
        let (session, started) = (facts.session, facts.authenticated_at);
        let cut_off = |known: OfSubject| known.cutoffs.cuts_off(session, started);
        subject.is_some_and(cut_off).then_some(Scope::Subject)
    }

    #[inline]
    fn freshness(&self) -> Freshness {
        // One process that decides alone misses nothing.
        Freshness::Fresh
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let list = &*self.0;
        if list.has_due(now.unix()) {
            // Waits, unlike a verification: a session that starts before a cut-off which comes due
            // in this very second would be dead on arrival.
            list.release(&mut list.lock(), now.unix(), self.staleness_bound());
        }
        let of_audience = list.audiences.find(audience).map(|known| known.before);
        let of_subject = if subject.is_empty() || list.subjects.is_empty() {
            None
        } else {
            let known = list.subjects.find(&subject_key(subject));
            known.map(|known| known.cutoffs.start_bound())
        };
        of_audience.max(of_subject).unwrap_or(0)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let of_others = if subject.is_empty() {
            &self.0.latest_of_subjects
        } else {
            &self.0.latest_of_audiences
        };
        // The first has what is due released; what was forgotten since lies in the past.
        let own = self.start_bound(subject, audience, now);
        own.max(of_others.load(Ordering::SeqCst))
    }

    #[inline]
    fn tick(&self, now: Timestamp) {
        if self.0.has_due(now.unix()) {
            self.0.try_release(now.unix(), self.staleness_bound());
        }
    }

    #[inline]
    fn high_water_mark(&self) -> u64 {
        self.0.high_water_mark.load(Ordering::SeqCst)
    }

    fn register(&self, terms: Terms) {
        let _longer = self.0.register(terms, self.staleness_bound());
    }

    fn report(&self) -> ViewReport {
        let stats = self.stats();
        let number = |count: usize| u64::try_from(count).ok();
        ViewReport {
            entries: number(stats.entries()),
            bytes: number(stats.bytes),
            quarantined: number(stats.quarantined),
            ..ViewReport::default()
        }
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.0.changes)
    }
}

impl RevocationPublish for RevocationList {
    type Receipt = InMemory;
    type Error = Infallible;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, Infallible> {
        let mut writer = self.0.lock();
        // Under the lock: a policy that registers meanwhile extends what it finds.
        let expires = self.0.expiry(now.unix(), self.staleness_bound());
        for revocation in revocations {
            // Not through the quarantine: the revoker has checked how far ahead it lies, and what
            // is acknowledged must be in effect.
            self.0
                .apply(&mut writer, &Record::new(*revocation, expires));
        }
        self.0.purge_if_due(&mut writer, now.unix());
        Ok(InMemory)
    }

    fn delivery(&self, _: &InMemory) -> &'static str {
        "memory"
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<InMemory>, Infallible> {
        let mut writer = self.0.lock();
        if self.0.lowest_live_generation(session) >= generation {
            return Ok(None);
        }
        let expires = self.0.expiry(now.unix(), self.staleness_bound());
        let revocation = Revocation::older_generations(session, generation);
        self.0.apply(&mut writer, &Record::new(revocation, expires));
        self.0.purge_if_due(&mut writer, now.unix());
        Ok(Some(InMemory))
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RevocationList")
            .field(&self.stats())
            .finish()
    }
}
