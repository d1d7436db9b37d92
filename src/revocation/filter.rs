//! What says "no" for nearly every name that is not there, after one word.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::revocation::hash::Hash;
use crate::revocation::sync::{AtomicU64, Ordering};

/// Words of which each name has one, and some bits of it. It may hold a name whose bits are all set;
/// it does not hold any other.
///
/// A name reads a single word and not a block of several, although a block errs less: the misses
/// that remain are answered by the tags behind it, and a filter twice as large falls out of the
/// cache sooner, which costs every search.
pub(crate) struct Filter(Box<[AtomicU64]>);

/// A filter before anybody reads it.
pub(crate) struct Filling(Vec<u64>);

impl Filling {
    pub(crate) fn new(words: usize) -> Self {
        Self(vec![0; words])
    }

    pub(crate) fn add(&mut self, hash: Hash) {
        let place = hash.place(self.0.len());
        if let Some(word) = self.0.get_mut(place) {
            *word |= hash.bits();
        }
    }

    pub(crate) fn done(self) -> Filter {
        Filter(self.0.into_iter().map(AtomicU64::new).collect())
    }
}

impl Filter {
    fn word(&self, hash: Hash) -> Option<&AtomicU64> {
        self.0.get(hash.place(self.0.len()))
    }

    /// The word of a name. Acquire: bits that are seen promise the entry behind them.
    #[inline]
    pub(crate) fn look(&self, hash: Hash) -> u64 {
        self.word(hash)
            .map_or(0, |word| word.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn may_hold(word: u64, hash: Hash) -> bool {
        word & hash.bits() == hash.bits()
    }

    /// By the writer alone, when the entry can be found behind it. Bits are never taken away: other
    /// names have them too, and a reader that has seen an entry sees it again.
    pub(crate) fn add(&self, hash: Hash) {
        if let Some(word) = self.word(hash) {
            let before = word.load(Ordering::Relaxed);
            word.store(before | hash.bits(), Ordering::Release);
        }
    }
}
