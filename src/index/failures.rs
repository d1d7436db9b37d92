//! What an index refused to keep: counted, because nothing else fails by it.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::index::port::{IndexError, IndexReport};
#[cfg(feature = "std")]
use crate::swap::Swap;

#[derive(Default)]
pub(crate) struct IndexFailures {
    count: AtomicUsize,
    #[cfg(feature = "std")]
    last: Swap<Option<IndexError>>,
}

impl IndexFailures {
    pub(crate) fn count(&self, result: Result<(), IndexError>) {
        if let Err(error) = result {
            self.count.fetch_add(1, Ordering::Relaxed);
            self.keep(error);
        }
    }

    #[cfg(feature = "std")]
    fn keep(&self, error: IndexError) {
        self.last.store(Some(error));
    }

    #[cfg(not(feature = "std"))]
    fn keep(&self, _: IndexError) {}

    /// Together with what the index itself failed to keep later.
    pub(crate) fn added_to(&self, mut report: IndexReport) -> IndexReport {
        let refused = u64::try_from(self.count.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        report.failures = report.failures.saturating_add(refused);
        #[cfg(feature = "std")]
        if report.last_failure.is_none() {
            report.last_failure.clone_from(&self.last.load());
        }
        report
    }
}
