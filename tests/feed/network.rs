//! How servers reach the engine, and what happens on the way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom::feed::{
    Appended, EngineError, FeedConnector, FeedEngine, MemoryEngine, Position, Tail,
};

use super::Time;

/// How one server's way to the engine is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Way {
    #[default]
    Open,
    /// No request arrives.
    Cut,
    /// Requests are executed, answers are lost.
    Deaf,
    /// Only so many batches fit into an answer that comes in time.
    #[allow(dead_code, reason = "each test uses its part")]
    Narrow(usize),
    /// Only so many appends are carried out until everybody has had a turn.
    #[allow(dead_code, reason = "each test uses its part")]
    Slow(usize),
}

/// What happens once, right before a server looks at its clock after the engine gave it batches, or
/// took one: where nobody looks with other means.
#[derive(Clone, Default)]
pub(crate) struct Meanwhile(Arc<Mutex<Option<Planned>>>);

struct Planned {
    /// `read` or `append`.
    after: &'static str,
    came: bool,
    happens: Box<dyn FnOnce() + Send>,
}

#[allow(dead_code, reason = "each test uses its part")]
impl Meanwhile {
    pub(crate) fn plan(&self, after: &'static str, happens: impl FnOnce() + Send + 'static) {
        let happens = Box::new(happens);
        let came = false;
        let planned = Planned {
            after,
            came,
            happens,
        };
        *self.0.lock().unwrap() = Some(planned);
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    fn comes(&self, call: &str) {
        if let Some(planned) = &mut *self.0.lock().unwrap() {
            planned.came |= planned.after == call;
        }
    }

    pub(crate) fn happen(&self) {
        let planned = self.0.lock().unwrap().take_if(|planned| planned.came);
        if let Some(planned) = planned {
            (planned.happens)();
        }
    }
}

/// The engine as one server reaches it.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) engine: MemoryEngine,
    pub(crate) ways: Arc<Mutex<BTreeMap<usize, Way>>>,
    pub(crate) time: Time,
    pub(crate) server: usize,
    pub(crate) lie: Arc<Mutex<Option<u64>>>,
    pub(crate) meanwhile: Meanwhile,
    pub(crate) appends: Arc<AtomicUsize>,
    pub(crate) largest: Arc<AtomicUsize>,
}

impl Network {
    fn pass<T>(
        &mut self,
        call: impl FnOnce(&mut MemoryEngine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let way = self.ways.lock().unwrap().get(&self.server).copied();
        match way.unwrap_or_default() {
            Way::Open | Way::Narrow(_) | Way::Slow(_) => call(&mut self.engine),
            Way::Cut => Err(EngineError::unavailable("cut")),
            Way::Deaf => {
                let _lost = call(&mut self.engine);
                Err(EngineError::unavailable("no answer"))
            }
        }
    }
}

/// SPEC §17.4: their number stands at 45.
fn has_records(batch: &[u8]) -> bool {
    batch.get(45..47).is_some_and(|count| count != [0, 0])
}

impl FeedConnector for Network {
    fn connect(&self) -> Result<Box<dyn FeedEngine>, EngineError> {
        Ok(Box::new(self.clone()))
    }
}

impl FeedEngine for Network {
    fn read(&mut self, after: u64, limit: usize, _: Duration) -> Result<Tail, EngineError> {
        let way = self.ways.lock().unwrap().get(&self.server).copied();
        let meanwhile = self.meanwhile.clone();
        self.pass(|engine| {
            let tail = engine.read(after, limit, Duration::ZERO)?;
            if tail.batches.iter().any(|batch| has_records(batch)) {
                meanwhile.comes("read");
            }
            match way {
                Some(Way::Narrow(most)) if tail.batches.len() > most => {
                    Err(EngineError::unavailable("not in time"))
                }
                _ => Ok(tail),
            }
        })
    }
    fn append(
        &mut self,
        onto: &Position,
        batch: &[u8],
        becomes: &Position,
    ) -> Result<Appended, EngineError> {
        let way = self.ways.lock().unwrap().get(&self.server).copied();
        if let Some(Way::Slow(most)) = way
            && self.appends.fetch_add(1, Ordering::SeqCst) >= most
        {
            return Err(EngineError::unavailable("not in time"));
        }
        let appended = self.pass(|engine| engine.append(onto, batch, becomes))?;
        if appended == Appended::Accepted && has_records(batch) {
            self.meanwhile.comes("append");
        }
        Ok(appended)
    }
    fn replicated(&mut self, wanted: u32, wait: Duration) -> Result<u32, EngineError> {
        // As many as anybody asks for, but never more than two, however long that is waited for.
        if wanted > 2 {
            self.time.pass(wait);
        }
        self.pass(|_| Ok(wanted.min(2)))
    }
    fn found(&mut self, old: Option<&Position>, first: &Position) -> Result<bool, EngineError> {
        self.pass(|engine| engine.found(old, first))
    }
    fn largest_snapshot(&self) -> usize {
        self.largest.load(Ordering::SeqCst)
    }
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        self.pass(FeedEngine::snapshot)
    }
    fn put_snapshot(
        &mut self,
        at: &Position,
        snapshot: &[u8],
        drop_to: u64,
    ) -> Result<bool, EngineError> {
        let lies = self.lie.lock().unwrap().is_some();
        self.pass(|engine| Ok(!lies && engine.put_snapshot(at, snapshot, drop_to)?))
    }
    fn snapshot_at(&mut self) -> Result<Option<u64>, EngineError> {
        let lie = *self.lie.lock().unwrap();
        self.pass(|engine| match lie {
            Some(_) => Ok(lie),
            None => engine.snapshot_at(),
        })
    }
}
