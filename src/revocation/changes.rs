//! Telling those who wait what was put into effect: whom to ask again, never what the answer is.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering, fence};
use core::time::Duration;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};

use crate::revocation::record::{Revocation, Target};
use crate::swap::Swap;

/// Notices kept one by one. Beyond that everybody is asked: a snapshot of a million entries that
/// arrives at once must not take the memory for a million notices.
const MOST: usize = 4096;

/// What a [`RevocationView`](crate::RevocationView) tells those who wait for the end of a session
/// ([`Sessions::ended`](crate::Sessions::ended)).
///
/// A view of your own keeps one, gives it out as [`changes`](crate::RevocationView::changes), and
/// calls [`notify`](Self::notify) right *after* a revocation is in effect. A notice only says which
/// sessions to ask about: the answer is the view's verdict, so one too many costs a question, and
/// one too few leaves a connection open that should have ended.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use cloakroom::{Changes, Facts, Freshness, RevocationView, Scope, Timestamp};
///
/// /// Refuses whoever logged in before a time that an operator moves.
/// #[derive(Default)]
/// struct Since {
///     time: AtomicU64,
///     changes: Changes,
/// }
///
/// impl Since {
///     fn move_to(&self, time: u64) {
///         self.time.store(time, Ordering::SeqCst);
///         self.changes.notify_all();
///     }
/// }
///
/// impl RevocationView for Since {
///     fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
///         (facts.authenticated_at < self.time.load(Ordering::SeqCst)).then_some(Scope::Audience)
///     }
///     fn changes(&self) -> Option<&Changes> {
///         Some(&self.changes)
///     }
/// #   fn freshness(&self) -> Freshness { Freshness::Fresh }
/// #   fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 { 0 }
/// }
/// # Since::default().move_to(5);
/// ```
#[derive(Default)]
pub struct Changes {
    listeners: Swap<Vec<Weak<Notices>>>,
    /// Held while listeners are added.
    adding: Mutex<()>,
}

impl Changes {
    /// Nobody listens yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A revocation is in effect. Takes no lock that anybody holds for long, wakes nobody on this
    /// thread, and costs next to nothing while nobody waits.
    pub fn notify(&self, revocation: &Revocation) {
        self.each(|notices| notices.add(Notice::of(revocation)));
    }

    /// Something is in effect of which it is not known whom it concerns: everybody is asked about.
    pub fn notify_all(&self) {
        self.each(Notices::everybody);
    }

    fn each(&self, tell: impl Fn(&Notices)) {
        // Against the one in `listen`: either the listener is seen here, or it sees what was put
        // into effect before. Without both, each may miss the other.
        fence(Ordering::SeqCst);
        for listener in self.listeners.load().iter() {
            if let Some(notices) = listener.upgrade() {
                tell(&notices);
            }
        }
    }

    pub(crate) fn listen(&self, notices: &Arc<Notices>) {
        let _one_at_a_time = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::clone(&self.listeners.load());
        let alive = known
            .iter()
            .filter(|listener| listener.strong_count() > 0)
            .cloned();
        self.listeners
            .store(alive.chain([Arc::downgrade(notices)]).collect());
        fence(Ordering::SeqCst);
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// Whom a revocation concerns.
#[derive(Clone, Copy)]
pub(crate) enum Notice {
    Session([u8; 16]),
    Subject([u8; 16]),
    Audience([u8; 16]),
    Key,
}

impl Notice {
    const fn of(revocation: &Revocation) -> Self {
        match revocation.0 {
            Target::Session { id, .. } => Self::Session(id.to_bytes()),
            Target::Subject { key, .. } => Self::Subject(key),
            Target::Audience { key, .. } => Self::Audience(key),
            Target::Key { .. } => Self::Key,
        }
    }
}

/// What one thread has been told and not yet taken.
#[derive(Default)]
pub(crate) struct Notices {
    queue: Mutex<Vec<Notice>>,
    everybody: AtomicBool,
    /// Set after anything else was; cleared before anything is taken.
    pending: AtomicBool,
    closed: AtomicBool,
    thread: OnceLock<Thread>,
}

/// What was taken.
pub(crate) struct Taken {
    pub(crate) notices: Vec<Notice>,
    pub(crate) everybody: bool,
}

impl Notices {
    fn add(&self, notice: Notice) {
        // Never waits: a verification that releases a quarantine comes through here.
        match self.queue.try_lock() {
            Ok(mut queue) if queue.len() < MOST => queue.push(notice),
            _ => self.everybody.store(true, Ordering::SeqCst),
        }
        self.nudge();
    }

    pub(crate) fn everybody(&self) {
        self.everybody.store(true, Ordering::SeqCst);
        self.nudge();
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.nudge();
    }

    /// Makes the thread look, now or as soon as there is one.
    pub(crate) fn nudge(&self) {
        self.pending.store(true, Ordering::SeqCst);
        // Against the one in `attach`: the thread is seen here, or it sees that something is there.
        fence(Ordering::SeqCst);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// From here on the thread that calls this is the one that is unparked.
    pub(crate) fn attach(&self) {
        let _first = self.thread.set(thread::current());
        fence(Ordering::SeqCst);
    }

    /// What there is, after waiting for it, at most for `tick`; `None` at the end.
    pub(crate) fn take(&self, tick: Option<Duration>) -> Option<Taken> {
        if !self.pending.load(Ordering::SeqCst) {
            match tick {
                Some(tick) => thread::park_timeout(tick),
                None => thread::park(),
            }
        }
        if self.closed.load(Ordering::SeqCst) {
            return None;
        }
        self.pending.store(false, Ordering::SeqCst);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let notices = core::mem::take(&mut *queue);
        drop(queue);
        let everybody = self.everybody.swap(false, Ordering::SeqCst);
        Some(Taken { notices, everybody })
    }
}
