//! The thread that wakes those who wait for the end of a session.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use crate::error::Rejected;
use crate::revocation::changes::{Notice, Notices, Taken};
use crate::session::waiters::{Held, Waiters};
use crate::wire::session_id::SessionId;

/// How often the clock is read while somebody waits. The clock is the injected one and may be
/// stepped, stopped or moved by a test, so sleeping until a deadline is not an option.
const TICK: Duration = Duration::from_millis(50);
/// How often everybody is asked about where the view tells no changes.
const ASK: Duration = Duration::from_secs(1);
/// Wakers taken under the lock at once.
const BATCH: usize = 256;
/// The same where everybody is woken: those who were woken first may poll at once, and take the lock
/// for it, so fewer turns at it are fewer chances to wait for it.
const CROWD: usize = 4096;

/// A session, as far as its end is concerned.
pub(crate) struct Waiting<'a> {
    pub(crate) session: SessionId,
    pub(crate) subject: &'a [u8],
    pub(crate) authenticated_at: u64,
    pub(crate) held: Held,
}

/// What a verification would answer now.
pub(crate) enum Standing {
    Ended(Rejected),
    /// Alive, or not known: ask again from this time on, or when something changes.
    Until(u64),
}

/// The sessions, whatever their payload and their view.
pub(crate) trait Heart: Send + Sync {
    fn judge(&self, waiting: &Waiting<'_>) -> Standing;

    /// Unix seconds; lets take effect in the view what waited for its time. `None` while the clock
    /// fails.
    fn beat(&self) -> Option<u64>;

    /// Whether the view tells its changes from now on.
    fn listen(&self, notices: &Arc<Notices>) -> bool;

    /// The name of the purpose and audience in a revocation list.
    fn audience(&self) -> &[u8; 16];
}

/// Held by the sessions and by everybody who waits; the thread ends with the last of them.
#[derive(Default)]
pub(crate) struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
    notices: Arc<Notices>,
    waiters: Mutex<Waiters>,
    /// Here, and not with the thread, so that the last owner can take it away and be sure that the
    /// view is closed: a file that is opened again must not find itself in use.
    heart: Mutex<Option<Arc<dyn Heart>>>,
    running: AtomicBool,
    /// Whether the view tells its changes; set once it was asked.
    told: OnceLock<bool>,
}

impl Watch {
    pub(crate) fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.0.waiters()
    }

    /// Asks about everybody.
    pub(crate) fn everybody(&self) {
        self.0.notices.everybody();
    }

    /// Somebody waits: the thread has to look at the clock.
    pub(crate) fn nudge(&self) {
        self.0.notices.nudge();
    }

    /// Starts the thread unless it runs. False if the system gives none; then nobody would be
    /// woken, and whoever waits has to ask by himself.
    pub(crate) fn start(&self, heart: impl FnOnce() -> Arc<dyn Heart>) -> bool {
        // Every poll comes through here, and must not wait for a beat that is under way.
        if self.0.running.load(Ordering::Acquire) {
            return true;
        }
        let mut place = self.0.heart();
        if place.is_some() {
            return true;
        }
        let heart = heart();
        self.0.told.get_or_init(|| heart.listen(&self.0.notices));
        let shared = Arc::clone(&self.0);
        let started = thread::Builder::new()
            .name("cloakroom-ended".into())
            .spawn(move || shared.run())
            .is_ok();
        *place = started.then_some(heart);
        self.0.running.store(started, Ordering::Release);
        started
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.notices.close();
        // Waits for a beat that is under way, never for a waker. Dropped outside of the lock.
        let heart = self.0.heart().take();
        drop(heart);
    }
}

impl Shared {
    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heart(&self) -> MutexGuard<'_, Option<Arc<dyn Heart>>> {
        self.heart.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        self.notices.attach();
        let mut asked = Instant::now();
        loop {
            let tick = (!self.waiters().is_empty()).then_some(TICK);
            let Some(taken) = self.notices.take(tick) else {
                return;
            };
            // Clocks and views are other people's code. What they break is theirs, but a thread
            // that ends would leave everybody waiting.
            let _survived = catch_unwind(AssertUnwindSafe(|| self.serve(taken, &mut asked)));
        }
    }

    fn serve(&self, mut taken: Taken, asked: &mut Instant) {
        if self.told.get() != Some(&true) && asked.elapsed() >= ASK {
            *asked = Instant::now();
            taken.everybody = true;
        }
        let (now, audience) = match &*self.heart() {
            Some(heart) => {
                let audience = *heart.audience();
                (catch_unwind(AssertUnwindSafe(|| heart.beat())), audience)
            }
            None => return,
        };
        if let Ok(Some(now)) = now {
            self.wake(BATCH, |waiters, _, wakers| {
                waiters.due(now, wakers).then_some(0)
            });
        }
        let all = |notice: &Notice| match notice {
            Notice::Audience(name) => *name == audience,
            Notice::Key => true,
            Notice::Session(_) | Notice::Subject(_) => false,
        };
        if taken.everybody || taken.notices.iter().any(all) {
            self.wake(CROWD, |waiters, from, wakers| {
                waiters.everybody(from, wakers)
            });
            return;
        }
        for notice in &taken.notices {
            match notice {
                Notice::Session(name) => {
                    self.wake(BATCH, |waiters, from, wakers| {
                        waiters.of_session(name, from, wakers)
                    });
                }
                Notice::Subject(name) => {
                    self.wake(BATCH, |waiters, from, wakers| {
                        waiters.of_subject(name, from, wakers)
                    });
                }
                Notice::Audience(_) | Notice::Key => {}
            }
        }
    }

    /// Takes wakers under the lock and wakes them outside of it, batch by batch: a waker may poll,
    /// or drop, what waits, on this thread.
    fn wake(
        &self,
        batch: usize,
        mut take: impl FnMut(&mut Waiters, u32, &mut Vec<Waker>) -> Option<u32>,
    ) {
        let mut wakers = Vec::with_capacity(batch);
        let mut from = Some(0);
        while let Some(start) = from {
            from = take(&mut self.waiters(), start, &mut wakers);
            for waker in wakers.drain(..) {
                let _other_peoples = catch_unwind(AssertUnwindSafe(|| waker.wake()));
            }
        }
    }
}
