//! Which of two implementations computes, where the feature `ring` brings a second one.

#[cfg(all(feature = "ring", feature = "hazmat"))]
use core::sync::atomic::{AtomicBool, Ordering};

/// What `hazmat` switches, so that a test can compare the two and a benchmark can run both.
#[cfg(all(feature = "ring", feature = "hazmat"))]
static FAST: AtomicBool = AtomicBool::new(true);

/// The choice, made once for the keys and sessions that are made with it.
#[derive(Clone, Copy)]
pub(crate) struct Backend {
    #[cfg(feature = "ring")]
    fast: bool,
}

impl Backend {
    pub(crate) fn chosen() -> Self {
        Self {
            #[cfg(all(feature = "ring", feature = "hazmat"))]
            fast: FAST.load(Ordering::Relaxed),
            #[cfg(all(feature = "ring", not(feature = "hazmat")))]
            fast: true,
        }
    }

    #[cfg(feature = "ring")]
    pub(crate) const fn is_fast(self) -> bool {
        self.fast
    }
}

#[cfg(all(feature = "ring", feature = "hazmat"))]
pub(crate) fn switch(on: bool) {
    FAST.store(on, Ordering::Relaxed);
}
