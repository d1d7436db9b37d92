//! One look at the source: read, compare, check, swap, tell.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::key::id::KeyId;
use crate::key::ring::KeyRing;
use crate::key::warning::RingWarning;
use crate::observe;
use crate::reload::event::{KeyEvent, Reload, ReloadError, WatchStatus};
use crate::reload::holder::Holder;
use crate::source::keys::KeySource;
use crate::time::{Clock, Timestamp};

pub(crate) type OnEvent = dyn Fn(&KeyEvent) + Send + Sync;

pub(crate) struct Poller {
    pub(crate) source: KeySource,
    pub(crate) holders: Vec<Box<dyn Holder>>,
    /// The rings of the holders when the watch was made.
    pub(crate) at_start: Vec<KeyRing>,
    pub(crate) clock: Box<dyn Clock>,
    /// When the watch was made, over a ring that was just loaded.
    pub(crate) made: Option<Timestamp>,
    pub(crate) on_event: Option<Box<OnEvent>>,
    /// Seconds between two looks, for the warnings.
    pub(crate) every: u32,
    /// Held during a look, so that two never overtake each other.
    pub(crate) seen: Mutex<Seen>,
    pub(crate) status: Mutex<WatchStatus>,
}

/// What the last look found.
#[derive(Default)]
pub(crate) struct Seen {
    /// The hash of what is stored, and the ring in it: unwrapping may cost money or a second, so it
    /// is done once for each thing that is stored.
    ring: Option<([u8; 32], KeyRing)>,
    /// Whether that ring is in force.
    in_force: bool,
}

impl Poller {
    pub(crate) fn poll(&self) -> Result<Reload, ReloadError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.look(&mut seen);
        let now = self.clock.now().ok();
        self.note(&result, now);
        if let Some(now) = now {
            self.warn(now);
        }
        self.record(&result, now);
        result
    }

    fn look(&self, seen: &mut Seen) -> Result<Reload, ReloadError> {
        let fault = |fault| ReloadError::Source(self.source.error(fault));
        let stored = self.source.read().map_err(fault)?;
        let hash: [u8; 32] = Sha256::digest(&*stored).into();
        let ring = match &seen.ring {
            Some((known, _)) if *known == hash && seen.in_force => return Ok(Reload::Unchanged),
            Some((known, ring)) if *known == hash => ring.clone(),
            _ => self.source.ring(&stored).map_err(fault)?,
        };
        drop(stored);
        let first = seen.ring.is_none();
        (seen.ring, seen.in_force) = (Some((hash, ring.clone())), false);
        // What the sessions had when the watch was made is not news. A key that was disabled in this
        // process since then must not come back because the file still has it.
        let replaced = if first && self.at_start.iter().all(|known| same(known, &ring)) {
            Reload::Unchanged
        } else {
            self.replace(&ring)?
        };
        seen.in_force = true;
        Ok(replaced)
    }

    /// Everybody is asked before anybody changes: with two sessions over one source, one that
    /// refuses keeps the old ring in both.
    fn replace(&self, ring: &KeyRing) -> Result<Reload, ReloadError> {
        let behind: Vec<_> = self
            .holders
            .iter()
            .filter(|holder| !same(&holder.current(), ring))
            .collect();
        let Some(first) = behind.first() else {
            return Ok(Reload::Unchanged);
        };
        let old = first.current();
        let refused = |error| ReloadError::Refused {
            place: self.source.place(),
            error,
        };
        for holder in &behind {
            holder.check(ring).map_err(refused)?;
        }
        for holder in &behind {
            holder.replace(ring).map_err(refused)?;
        }
        let now = self.clock.now().ok();
        let mut status = self.status();
        status.replaced = status.replaced.saturating_add(1);
        drop(status);
        self.tell(&KeyEvent::Replaced {
            ring: ring.clone(),
            disabled: newly_disabled(&old, ring),
            warnings: now.map_or_else(Vec::new, |now| old.change_warnings(ring, now)),
        });
        Ok(Reload::Replaced)
    }

    /// Writes down how it went, and tells what is new.
    fn note(&self, result: &Result<Reload, ReloadError>, now: Option<Timestamp>) {
        let mut status = self.status();
        status.polls = status.polls.saturating_add(1);
        let event = match result {
            Ok(_) => {
                status.failures = 0;
                status.failing_since = None;
                status.last_success = now.or(status.last_success);
                status.error.take().map(|_| KeyEvent::Recovered)
            }
            Err(error) => {
                status.failures = status.failures.saturating_add(1);
                status.failing_since = status.failing_since.or(now);
                let known = status.error.as_ref();
                let new = known.is_none_or(|known| !known.is_same(error));
                status.error = Some(error.clone());
                new.then(|| KeyEvent::Failed(error.clone()))
            }
        };
        drop(status);
        if let Some(event) = event {
            self.tell(&event);
        }
    }

    fn record(&self, result: &Result<Reload, ReloadError>, now: Option<Timestamp>) {
        let status = self.status().clone();
        let since = |then: Timestamp| now.map(|now| now.unix().saturating_sub(then.unix()));
        // Also of a source that has never been in order, or an alarm over its age would never ring.
        let age = status.last_success.or(self.made).and_then(since);
        let result = match result {
            Ok(Reload::Unchanged) => "unchanged",
            Ok(Reload::Replaced) => "replaced",
            Err(_) => "failed",
        };
        observe::reloaded(result, status.failures, age);
        #[cfg(feature = "metrics")]
        self.holders.iter().for_each(|holder| holder.record());
    }

    fn warn(&self, now: Timestamp) {
        let mut warnings: Vec<RingWarning> = Vec::new();
        for holder in &self.holders {
            let mut fleet = holder.fleet();
            fleet.reload = self.every;
            for warning in holder.current().warnings(now, &fleet) {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
        }
        let mut status = self.status();
        if status.warnings == warnings {
            return;
        }
        status.warnings.clone_from(&warnings);
        drop(status);
        self.tell(&KeyEvent::Warnings(warnings));
    }

    /// A callback that panics must not end the thread that would load the next ring.
    fn tell(&self, event: &KeyEvent) {
        event.observe();
        let Some(on_event) = &self.on_event else {
            return;
        };
        if catch_unwind(AssertUnwindSafe(|| on_event(event))).is_err() {
            let mut status = self.status();
            status.panics = status.panics.saturating_add(1);
        }
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, WatchStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(one: &KeyRing, other: &KeyRing) -> bool {
    one.to_text().expose() == other.to_text().expose()
}

fn newly_disabled(old: &KeyRing, new: &KeyRing) -> Vec<KeyId> {
    let before = |id| old.keys().any(|key| key.id == id && key.disabled);
    let disabled = new.keys().filter(|key| key.disabled && !before(key.id));
    disabled.map(|key| key.id).collect()
}
