//! An engine in memory that does as it is told, and remembers what it was asked.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use cloakroom::Record;
use cloakroom::store::{Batch, DurableRevocations, LogError, RevocationLog, Standing, Stored};

use crate::common::{NOW, at};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    Append { records: usize, mark: u64 },
    Purge { now: u64, removed: usize },
}

/// An engine whose calls wait while it is held, fail or panic when told to.
#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) held: bool,
    pub(crate) arrived: usize,
    pub(crate) fail: Option<&'static str>,
    pub(crate) calls: Vec<Call>,
    pub(crate) records: Vec<Record>,
}

#[derive(Clone, Default)]
pub(crate) struct Engine(Arc<(Mutex<Inside>, Condvar)>);

/// Dropped at the latest with the test that made it, or a store that waits for its engine would
/// turn a failed assertion into a test that never ends.
pub(crate) struct Held(Engine);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().held = false;
        self.0.0.1.notify_all();
    }
}

impl Engine {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.0.lock().unwrap()
    }

    /// Lets no call through until the answer is dropped.
    #[must_use]
    pub(crate) fn hold(&self) -> Held {
        self.lock().held = true;
        Held(self.clone())
    }

    /// Waits until `calls` calls have reached the engine.
    pub(crate) fn wait_for_arrivals(&self, calls: usize) {
        let inside = self
            .0
            .1
            .wait_while(self.lock(), |inside| inside.arrived < calls);
        drop(inside.unwrap());
    }

    fn enter(&self) -> Result<MutexGuard<'_, Inside>, LogError> {
        let mut inside = self.lock();
        inside.arrived += 1;
        self.0.1.notify_all();
        let inside = self.0.1.wait_while(inside, |inside| inside.held).unwrap();
        match inside.fail {
            Some("panic") => {
                drop(inside);
                panic!("as told");
            }
            Some(why) => Err(LogError::new(why)),
            None => Ok(inside),
        }
    }

    pub(crate) fn start(&self) -> DurableRevocations {
        DurableRevocations::with_log(self.clone(), at(NOW)).unwrap()
    }

    /// A store whose first purge is over.
    pub(crate) fn settled(&self) -> DurableRevocations {
        let store = self.start();
        store.purge(at(NOW)).unwrap();
        self.lock().calls.clear();
        self.lock().arrived = 0;
        store
    }
}

impl RevocationLog for Engine {
    fn load(&mut self, each: &mut dyn FnMut(Stored)) -> Result<Standing, LogError> {
        for record in &self.lock().records {
            each(Stored::Applied(*record));
        }
        Ok(Standing::default())
    }

    fn append(&mut self, batch: &Batch<'_>) -> Result<(), LogError> {
        let mut inside = self.enter()?;
        inside.records.extend(batch.applied);
        inside.calls.push(Call::Append {
            records: batch.applied.len(),
            mark: batch.standing.high_water_mark,
        });
        Ok(())
    }

    fn purge(&mut self, now: u64, at_most: usize) -> Result<usize, LogError> {
        let mut inside = self.enter()?;
        let mut removed = 0;
        inside.records.retain(|record| {
            let remove = record.expires() <= now && removed < at_most;
            removed += usize::from(remove);
            !remove
        });
        inside.calls.push(Call::Purge { now, removed });
        Ok(removed)
    }
}
