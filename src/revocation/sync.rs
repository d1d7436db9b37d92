//! What the tables share between threads, in one place: the model check in `tests/loom` builds the
//! same tables on its own stand-ins.

pub(crate) use alloc::sync::Arc;
pub(crate) use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub(crate) use arc_swap::ArcSwap;
