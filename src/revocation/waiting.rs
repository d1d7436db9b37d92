//! Cut-offs too far ahead, which wait for their time (SPEC §9.6).

use core::sync::atomic::Ordering;

use crate::revocation::entries::{Tables, Writer};
use crate::revocation::record::Record;

impl Tables {
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
                self.apply(
                    writer,
                    &Record::new(record.revocation, record.expires.max(life)),
                );
            }
        }
        self.schedule(writer);
    }

    pub(in crate::revocation) fn schedule(&self, writer: &Writer) {
        let first = writer.quarantine.first().map(|(cutoff, _)| *cutoff);
        let at = first.map_or(u64::MAX, |cutoff| cutoff.saturating_sub(self.tolerance()));
        self.release_at.store(at, Ordering::Release);
    }
}
