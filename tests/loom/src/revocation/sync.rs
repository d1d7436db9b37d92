//! What the tables share between threads, as the model checker has it.

use std::sync::{Mutex, PoisonError};

pub(crate) use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::Arc;

/// In place of `arc_swap::ArcSwap`, and promising less: a load that meets a store sees what was
/// written before that store, and nothing is promised about the order of two of them.
///
/// The pointers themselves stand behind a lock that the checker does not see, so that it orders
/// nothing.
pub(crate) struct ArcSwap<T> {
    versions: Mutex<Vec<Arc<T>>>,
    current: AtomicUsize,
}

impl<T> ArcSwap<T> {
    pub(crate) fn new(first: Arc<T>) -> Self {
        Self {
            versions: Mutex::new(vec![first]),
            current: AtomicUsize::new(0),
        }
    }

    fn versions(&self) -> std::sync::MutexGuard<'_, Vec<Arc<T>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn load(&self) -> Arc<T> {
        let current = self.current.load(Ordering::Acquire);
        Arc::clone(&self.versions()[current])
    }

    pub(crate) fn store(&self, next: Arc<T>) {
        let number = {
            let mut versions = self.versions();
            versions.push(next);
            versions.len() - 1
        };
        self.current.store(number, Ordering::Release);
    }
}
