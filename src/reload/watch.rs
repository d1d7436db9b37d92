//! The thread that looks again and again, and the handle that stops it.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasher as _, Hasher as _};
use std::collections::hash_map::RandomState;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use time::Duration;

use crate::key::plan::whole_seconds;
use crate::reload::event::{KeyEvent, Reload, ReloadError, WatchError, WatchStatus};
use crate::reload::holder::Holder;
use crate::reload::poll::{OnEvent, Poller};
use crate::revocation::view::RevocationView;
use crate::session::sessions::Sessions;
use crate::source::keys::KeySource;
use crate::time::{Clock, SystemClock};
use crate::wire::payload::Payload;

const DEFAULT_EVERY: Duration = Duration::seconds(30);
/// A day: whoever looks less often has no reload.
const LONGEST: u32 = 86_400;

/// Looks at a source of keys again and again, and swaps a new ring into running sessions. Stops when
/// it is dropped.
///
/// See [the module](crate::reload) for an example.
#[must_use = "a watch stops when it is dropped"]
pub struct KeyWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    poller: Poller,
    stop: Mutex<bool>,
    stopped: Condvar,
}

/// What a watch needs to know: [`KeyWatch::builder`].
#[must_use]
pub struct KeyWatchBuilder {
    source: KeySource,
    holders: Vec<Box<dyn Holder>>,
    clock: Box<dyn Clock>,
    on_event: Option<Box<OnEvent>>,
    every: Duration,
}

impl KeyWatch {
    /// A watch of this source.
    pub fn builder(source: KeySource) -> KeyWatchBuilder {
        KeyWatchBuilder {
            source,
            holders: Vec::new(),
            clock: Box::new(SystemClock),
            on_event: None,
            every: DEFAULT_EVERY,
        }
    }

    /// Looks at the source now, on this thread: after a signal, from a command, in a test.
    ///
    /// # Errors
    ///
    /// [`ReloadError`] says why the old ring stays in force.
    pub fn poll_now(&self) -> Result<Reload, ReloadError> {
        self.shared.poller.poll()
    }

    /// How the watch stands, for a health check or a metric.
    #[must_use]
    pub fn status(&self) -> WatchStatus {
        self.shared.poller.status().clone()
    }

    /// A time that the thread would wait for between two looks, drawn anew by every call: between
    /// half of `every` and `every`. Twenty servers that were started together so do not all ask
    /// their key service in the same moment, and `every` remains the bound.
    #[must_use]
    pub fn draw_pause(&self) -> core::time::Duration {
        self.shared.pause()
    }
}

impl KeyWatchBuilder {
    /// Sessions that get the new ring. May be called more than once: then all of them get it, or
    /// none.
    pub fn sessions<T: Payload, R: RevocationView>(mut self, sessions: &Sessions<T, R>) -> Self
    where
        Sessions<T, R>: Send + Sync + 'static,
    {
        self.holders.push(Box::new(sessions.clone()));
        self
    }

    /// The longest time between two looks; 30 seconds by default. A key that is disabled in the
    /// source is dead on this server after it.
    pub const fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Called for what the operator wants to know. A panic in it is caught and counted.
    ///
    /// It runs within the look at the source and must not ask for another one
    /// ([`KeyWatch::poll_now`]), which would wait for the first for ever.
    pub fn on_event(mut self, on_event: impl Fn(&KeyEvent) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(on_event));
        self
    }

    /// The clock for the times in [`WatchStatus`] and for the warnings; the system's by default.
    /// How long the thread waits does not depend on it.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Starts the thread. Its first look is after a pause: the ring in force was just loaded.
    ///
    /// # Errors
    ///
    /// [`WatchError`].
    pub fn start(self) -> Result<KeyWatch, WatchError> {
        let mut watch = self.without_thread()?;
        let shared = Arc::clone(&watch.shared);
        let named = thread::Builder::new().name("cloakroom-keys".to_string());
        let thread = named.spawn(move || shared.run());
        watch.thread = Some(thread.map_err(|_| WatchError::Thread)?);
        Ok(watch)
    }

    /// A watch that looks when [`KeyWatch::poll_now`] is called, and only then: for a program with a
    /// schedule of its own, and for tests that do not wait.
    ///
    /// # Errors
    ///
    /// [`WatchError`].
    pub fn without_thread(self) -> Result<KeyWatch, WatchError> {
        if self.holders.is_empty() {
            return Err(WatchError::NoSessions);
        }
        let every = whole_seconds(self.every).filter(|every| *every <= LONGEST);
        let poller = Poller {
            at_start: self.holders.iter().map(|holder| holder.current()).collect(),
            source: self.source,
            holders: self.holders,
            made: self.clock.now().ok(),
            clock: self.clock,
            on_event: self.on_event,
            every: every.ok_or(WatchError::Interval)?,
            seen: Mutex::default(),
            status: Mutex::default(),
        };
        let shared = Shared {
            poller,
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        };
        Ok(KeyWatch {
            shared: Arc::new(shared),
            thread: None,
        })
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self
                .stopped
                .wait_timeout_while(stop, self.pause(), |stop| !*stop);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            // The fault is in the status, and was told.
            let _ = self.poller.poll();
        }
    }

    fn pause(&self) -> core::time::Duration {
        // Keyed anew for each value by the standard library; it only has to differ between servers.
        let random = RandomState::new().build_hasher().finish();
        let half = u64::from(self.poller.every).saturating_mul(500);
        let more = random.checked_rem(half.saturating_add(1)).unwrap_or(0);
        core::time::Duration::from_millis(half.saturating_add(more))
    }
}

impl Drop for KeyWatch {
    /// Waits for a look that is under way, so that nothing is swapped afterwards.
    fn drop(&mut self) {
        *self
            .shared
            .stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.stopped.notify_all();
        if let Some(thread) = self.thread.take() {
            // A callback may hold the last handle; a thread can't wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for KeyWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWatch")
            .field("source", &self.shared.poller.source)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyWatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWatchBuilder")
            .field("source", &self.source)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
