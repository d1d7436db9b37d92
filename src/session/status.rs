//! One look at everything that is not a session: the view, the feed, the index, who waits.

use crate::index::port::IndexReport;
use crate::revocation::report::ViewReport;
use crate::revocation::view::{Freshness, RevocationView};
use crate::session::sessions::Sessions;
use crate::time::Timestamp;
use crate::wire::payload::Payload;

/// How sessions are, for dashboards and alarms. Made by [`Sessions::status`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The time that tokens are judged at: the clock, or the high-water mark if that is later.
    /// `None` while the clock fails, and then every answer is "unavailable".
    pub now: Option<Timestamp>,
    /// How much the revocation view knows about the present, and how old its last proof is if it is
    /// too old.
    pub freshness: Freshness,
    /// How old the proof of a fresh view may be, in seconds; 0 where one process decides alone.
    pub staleness_bound: u32,
    /// Entries, memory, the age of the last proof, and how far the feed was followed.
    pub view: ViewReport,
    /// The latest time at which the view forgot something, in Unix seconds. Far ahead of the clock
    /// it calls for an alarm: some clock was fast, and now every session looks expired.
    pub high_water_mark: u64,
    /// How many wait for the end of their session.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub waiting: usize,
    /// The index of sessions, if there is one, with the failures to keep something in it.
    pub index: Option<IndexReport>,
}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// How everything is that sessions rest on: how many entries live, how old the view is, how far
    /// the feed, whether the index keeps up.
    ///
    /// May wait for a lock that writers hold; for a metrics endpoint, not for every request.
    ///
    /// ```
    /// # use cloakroom::{Freshness, KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// sessions.revoke_subject("ada")?;
    /// let status = sessions.status();
    /// assert_eq!(status.view.entries, Some(1));
    /// assert_eq!(status.freshness, Freshness::Fresh);
    /// assert_eq!(status.view.feed, None); // one process, no feed
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> Status {
        let revocations = &self.inner.revocations;
        Status {
            now: self.now().ok(),
            freshness: revocations.freshness(),
            staleness_bound: revocations.staleness_bound(),
            view: revocations.report(),
            high_water_mark: revocations.high_water_mark(),
            #[cfg(feature = "std")]
            waiting: self.watch.waiters().len(),
            index: self.index_report(),
        }
    }

    fn index_report(&self) -> Option<IndexReport> {
        let report = self.inner.index.as_ref()?.report();
        Some(self.inner.index_failures.added_to(report))
    }
}
