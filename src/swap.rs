//! A value that is read without a lock and, with `std`, replaced as a whole.

use alloc::sync::Arc;
use core::ops::Deref;

/// Readers see the value before or after a `store`, never a mixture of both. Without `std` there is
/// nothing to swap with, and the value stays as it was built.
pub(crate) struct Swap<T> {
    #[cfg(feature = "std")]
    value: arc_swap::ArcSwap<T>,
    #[cfg(not(feature = "std"))]
    value: Arc<T>,
}

impl<T> Swap<T> {
    pub(crate) fn new(value: T) -> Self {
        #[cfg(feature = "std")]
        let value = arc_swap::ArcSwap::from_pointee(value);
        #[cfg(not(feature = "std"))]
        let value = Arc::new(value);
        Self { value }
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> + use<'_, T> {
        #[cfg(feature = "std")]
        {
            self.value.load()
        }
        #[cfg(not(feature = "std"))]
        {
            &self.value
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn store(&self, value: T) {
        self.value.store(Arc::new(value));
    }
}

impl<T: Default> Default for Swap<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
