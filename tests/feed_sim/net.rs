//! The engine that all servers share, the way to it, and what goes wrong on the way.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cloakroom::feed::{Appended, Position, ReadingHand, WritingHand};

use crate::random::Random;
use crate::said::Said;
use crate::store::{Entry, Store};

/// Where a server's requests go.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    Primary,
    /// Nowhere.
    Cut,
    /// To somebody who shows it the past, and takes no writes.
    Past(Arc<Store>),
    /// To the old primary, on the other side of a partition.
    Side,
}

/// How often a request goes wrong, of a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chaos {
    /// Lost on its way there.
    pub(crate) before: u64,
    /// Carried out, and the answer is lost.
    pub(crate) after: u64,
    /// An append that is carried out only when the caller was told that there is no answer.
    pub(crate) later: u64,
    /// Others run while it is under way.
    pub(crate) overtaken: u64,
}

/// A request that is still on its way.
pub(crate) struct Flying {
    pub(crate) due: u64,
    pub(crate) onto: Position,
    pub(crate) becomes: Position,
    pub(crate) batch: Vec<u8>,
}

/// What happened to the primary, for the model.
pub(crate) enum News {
    Accepted {
        n: u64,
        time: u64,
        said: Vec<Said>,
    },
    /// It holds something else than before.
    Changed,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) primary: Store,
    pub(crate) side: Option<Store>,
    pub(crate) side_writes: bool,
    pub(crate) routes: Vec<Option<Route>>,
    pub(crate) chaos: Chaos,
    pub(crate) frozen: bool,
    pub(crate) flying: Vec<Flying>,
    pub(crate) news: Vec<News>,
    /// All that any machine ever accepted.
    pub(crate) accepted: HashMap<[u8; 32], Vec<Said>>,
    /// When each was accepted first.
    pub(crate) logged: BTreeMap<Said, u64>,
    /// Of these, what a machine lost.
    pub(crate) lost: HashSet<[u8; 32]>,
    /// What no server may do to the engine.
    pub(crate) misdeed: Option<String>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Calls since the start of the step: a server that never stops asking is a defect.
    pub(crate) calls: u64,
}

impl State {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Appends to the primary or the old one.
    pub(crate) fn append(
        &mut self,
        side: bool,
        (onto, batch, becomes): (&Position, &[u8], &Position),
        time: u64,
    ) -> Appended {
        let said = Said::in_batch(batch);
        let store = match &mut self.side {
            Some(old) if side => old,
            _ => &mut self.primary,
        };
        let appended = store.append(onto, (batch, said.clone()), becomes, time);
        if appended == Appended::Accepted {
            self.accepted.insert(becomes.to_bytes(), said.clone());
            for one in &said {
                self.logged.entry(*one).or_insert(time);
            }
            if !side {
                let n = becomes.n;
                self.news.push(News::Accepted { n, time, said });
            }
        }
        appended
    }

    pub(crate) fn chaos_is_over(&self) -> bool {
        let Chaos {
            before,
            after,
            later,
            overtaken,
        } = self.chaos;
        before + after + later + overtaken == 0
    }

    pub(crate) fn forget(&mut self, gone: &[Entry]) {
        self.lost
            .extend(gone.iter().map(|entry| entry.at.to_bytes()));
        self.news.push(News::Changed);
    }
}

/// The two halves of a server, while it runs.
#[derive(Default)]
pub(crate) struct Halves {
    pub(crate) reading: Mutex<Option<ReadingHand>>,
    pub(crate) writing: Mutex<Option<WritingHand>>,
}

pub(crate) struct Net {
    /// Milliseconds of true time.
    now: AtomicU64,
    state: Mutex<State>,
    random: Mutex<Random>,
    pub(crate) halves: Vec<Halves>,
    /// Whether somebody runs while another waits.
    nested: AtomicBool,
    trace: bool,
}

impl Net {
    pub(crate) fn new(seed: u64, start: u64, servers: usize) -> Arc<Self> {
        let state = State {
            routes: vec![None; servers],
            ..State::default()
        };
        Arc::new(Self {
            now: AtomicU64::new(start),
            state: Mutex::new(state),
            random: Mutex::new(Random(seed)),
            halves: (0..servers).map(|_| Halves::default()).collect(),
            nested: AtomicBool::new(false),
            trace: std::env::var_os("FEED_SIM_TRACE").is_some(),
        })
    }

    /// What happened, for whoever looks for the cause of a failure.
    pub(crate) fn say(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!("{} {}", self.now(), what());
        }
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Also after a panic in the middle of a request, or `None`.
    pub(crate) fn state_after_all(&self) -> Option<MutexGuard<'_, State>> {
        self.state.lock().ok()
    }

    pub(crate) fn random(&self) -> MutexGuard<'_, Random> {
        self.random.lock().unwrap()
    }

    /// One half of one server runs; nothing if it is down, or is waiting for the engine already.
    pub(crate) fn drive(&self, server: usize, reading: bool) {
        let halves = &self.halves[server];
        if reading {
            if let Ok(mut half) = halves.reading.try_lock()
                && let Some(half) = half.as_mut()
            {
                half.read(Duration::from_millis(250));
            }
        } else if let Ok(mut half) = halves.writing.try_lock()
            && let Some(half) = half.as_mut()
        {
            half.write();
        }
    }

    /// While a request of `server` is under way others run, its own other half too unless it
    /// `excludes` it: a server reads everything again with one half at a time.
    pub(crate) fn overtake(&self, server: usize, excludes: bool) {
        if self.nested.swap(true, Ordering::Relaxed) {
            return;
        }
        let times = self.random().between(1, 4);
        for _ in 0..times {
            let (other, reading, pause) = {
                let mut random = self.random();
                let other = if random.chance(400) {
                    server
                } else {
                    random.index(self.halves.len())
                };
                (other, random.chance(500), random.below(30))
            };
            self.pass(pause);
            if other != server || !excludes {
                self.drive(other, reading);
            }
        }
        self.nested.store(false, Ordering::Relaxed);
    }

    /// What was on its way arrives.
    pub(crate) fn land(&self) {
        let now = self.now();
        let mut state = self.state();
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut state.flying)
            .into_iter()
            .partition(|flying: &Flying| flying.due <= now);
        state.flying = rest;
        for flying in due {
            let batch = (&flying.onto, flying.batch.as_slice(), &flying.becomes);
            match state.append(false, batch, now) {
                Appended::Accepted => state.count("append carried out late"),
                Appended::Conflict => state.count("late append without effect"),
            }
        }
    }
}
