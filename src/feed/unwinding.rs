//! Code of others on the threads of a feed: every publication of this server waits for those.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// `None` if it panicked.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}
