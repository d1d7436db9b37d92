//! What a disk or a feed behind the list asks of it, and those who export it.

#[cfg(feature = "feed")]
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

#[cfg(feature = "feed")]
use crate::revocation::entries::Merged;
use crate::revocation::list::RevocationList;
#[cfg(feature = "feed")]
use crate::revocation::record::Reckoned;
use crate::revocation::record::Record;
use crate::revocation::view::RevocationView as _;
#[cfg(feature = "redb")]
use crate::revocation::view::Terms;
#[cfg(feature = "feed")]
use crate::time::Timestamp;
#[cfg(feature = "feed")]
use crate::wire::session_id::SessionId;

impl RevocationList {
    /// Puts records into effect, whatever their time.
    #[cfg(any(feature = "redb", feature = "edge"))]
    pub(crate) fn apply(&self, records: &[Record]) {
        let mut writer = self.0.lock();
        for record in records {
            self.0.apply(&mut writer, record);
        }
    }

    /// [`register`](RevocationView::register); by how much the entries that are here live longer.
    #[cfg(feature = "redb")]
    pub(crate) fn extend_for(&self, terms: Terms) -> u64 {
        self.0.register(terms, self.staleness_bound())
    }

    /// Every entry lives so many seconds longer.
    #[cfg(feature = "redb")]
    pub(crate) fn extend(&self, by: u64) {
        self.0.extend(&mut self.0.lock(), by);
    }

    /// As [`merge`](Self::merge), and under the lock: a policy that registers extends what it finds.
    #[cfg(feature = "feed")]
    pub(crate) fn merge_reckoned(&self, reckoned: &Reckoned, now: Timestamp) -> Merged {
        let mut writer = self.0.lock();
        let records = reckoned.at(self.expiry(0));
        self.0.merge(&mut writer, &records, now.unix())
    }

    /// When an entry published at `now` (Unix seconds) may be forgotten.
    pub(crate) fn expiry(&self, now: u64) -> u64 {
        self.0.expiry(now, self.staleness_bound())
    }

    /// 0 where nothing of the session was revoked.
    #[cfg(feature = "feed")]
    pub(crate) fn lowest_live_generation(&self, session: SessionId) -> u32 {
        self.0.lowest_live_generation(session)
    }

    /// Every entry, and what is in quarantine.
    #[cfg(feature = "feed")]
    pub(crate) fn records(&self) -> Vec<Record> {
        let writer = self.0.lock();
        let waiting = writer.quarantine.iter().map(|(_, record)| *record);
        let mut records: Vec<Record> = waiting.collect();
        self.0.each(|record| records.push(record));
        records
    }

    /// Every entry in effect at `now` (Unix seconds), and afterwards the mark: what was forgotten
    /// meanwhile lies below it.
    #[cfg(feature = "edge")]
    pub(crate) fn each_in_effect(&self, now: u64, put: impl FnMut(Record)) -> u64 {
        let mut writer = self.0.lock();
        // Verifications release what is due, and a server that exports may have none.
        self.0.release(&mut writer, now, self.staleness_bound());
        self.0.each(put);
        self.0.high_water_mark.load(Ordering::SeqCst)
    }

    /// Whether something may be forgotten at `now` (Unix seconds). By the writer alone.
    #[cfg(feature = "redb")]
    pub(crate) fn has_expired(&self, now: u64) -> bool {
        self.0.has_expired(now)
    }

    /// Nothing is forgotten by a later time than this from now on, whatever a clock says.
    #[cfg(feature = "feed")]
    pub(crate) fn forget_until(&self, latest: u64) {
        self.0.forget_until.store(latest, Ordering::Release);
    }

    /// The time to forget by, for somebody whose clock shows `now`.
    #[cfg(feature = "redb")]
    pub(crate) fn may_forget(&self, now: u64) -> u64 {
        self.0.may_forget(now)
    }

    /// How far ahead a cut-off may lie.
    pub(crate) fn tolerance(&self) -> u64 {
        self.0.tolerance()
    }

    /// What was forgotten elsewhere, or before.
    pub(crate) fn raise_mark(&self, mark: u64) {
        self.0.high_water_mark.fetch_max(mark, Ordering::SeqCst);
    }
}
