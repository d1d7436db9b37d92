//! What the engine said instead of an answer, to each half of a feed.

use crate::feed::port::EngineError;

/// Which of the two connections. One that works says nothing about the other: a server may be allowed
/// to read and not to write, or write nothing while it can't read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    Reading,
    Writing,
}

/// Why each half got no answer last; `None` while it gets answers.
#[derive(Debug, Default)]
pub(crate) struct Failures([Option<EngineError>; 2]);

impl Failures {
    /// That of the half that brings news first: what it can't read makes the view stale.
    pub(crate) fn first(&self) -> Option<EngineError> {
        self.0.iter().flatten().next().cloned()
    }

    pub(crate) fn has(&self, error: &EngineError) -> bool {
        self.0.iter().flatten().any(|known| known == error)
    }

    pub(crate) fn of(&mut self, half: Half) -> &mut Option<EngineError> {
        let [reading, writing] = &mut self.0;
        match half {
            Half::Reading => reading,
            Half::Writing => writing,
        }
    }
}
