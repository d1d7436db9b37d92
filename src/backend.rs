//! Which of two implementations computes, where the feature `ring` brings a second one.

#[cfg(feature = "hazmat")]
use core::sync::atomic::{AtomicBool, Ordering};

/// What `hazmat` switches, so that a test can compare the two and a benchmark can run both.
#[cfg(feature = "hazmat")]
static FAST: AtomicBool = AtomicBool::new(true);

/// Whether token texts are read and written, and keys derived from now on used, by the faster one.
#[inline]
pub(crate) fn fast() -> bool {
    #[cfg(feature = "hazmat")]
    return FAST.load(Ordering::Relaxed);
    #[cfg(not(feature = "hazmat"))]
    true
}

#[cfg(feature = "hazmat")]
pub(crate) fn switch(on: bool) {
    FAST.store(on, Ordering::Relaxed);
}
