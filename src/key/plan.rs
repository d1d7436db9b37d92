//! The plan that the times in a ring make: who succeeds whom, and what each key may do when
//! (SPEC §4.6).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use time::Duration;

use crate::key::fault::RingError;
use crate::key::id::KeyId;
use crate::key::root::Key;
use crate::key::unit::Unit;
use crate::time::Timestamp;

/// How long a new ring takes to reach every server, clock skew included, where nothing else is
/// said.
pub(crate) const DEFAULT_ROLLOUT: u32 = 3600;

/// What a key may do at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Known everywhere before it is used: opens already, because a neighbour's clock may be ahead.
    Announced,
    /// Seals and opens. Exactly one key of a ring does at any time.
    Sealing,
    /// Opens what it sealed while it was the sealing key.
    OpenOnly,
    /// Opens nothing: no token under it can be alive any more.
    Retired,
    /// Opens nothing, because somebody may have stolen it.
    Disabled,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Announced => "announced",
            Self::Sealing => "sealing",
            Self::OpenOnly => "open-only",
            Self::Retired => "retired",
            Self::Disabled => "disabled",
        })
    }
}

#[derive(Clone)]
pub(crate) enum Material {
    Root(Key),
    Unit(Unit),
}

impl Material {
    pub(crate) const fn id(&self) -> KeyId {
        match self {
            Self::Root(key) => key.id(),
            Self::Unit(unit) => unit.id(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) material: Material,
    pub(crate) activate: Timestamp,
    pub(crate) retire: Option<Timestamp>,
    pub(crate) forced: bool,
    pub(crate) disabled: bool,
    pub(crate) note: String,
}

pub(crate) struct Ring {
    pub(crate) entries: Vec<Entry>,
    pub(crate) max_lifetime: u32,
    pub(crate) rollout: u32,
}

impl Ring {
    /// The key that takes over from `entry`: the next one to become active.
    pub(crate) fn successor(&self, entry: &Entry) -> Option<&Entry> {
        self.entries
            .iter()
            .filter(|other| !other.disabled && other.activate > entry.activate)
            .min_by_key(|other| other.activate)
    }

    /// SPEC §4.6: the time from which no token under the key can be alive.
    pub(crate) fn computed_retirement(&self, entry: &Entry) -> Option<u64> {
        let from = self.successor(entry)?.activate.unix();
        let life = u64::from(self.max_lifetime).saturating_add(u64::from(self.rollout));
        Some(from.saturating_add(life))
    }

    /// A disabled key has none: it opens nothing already.
    pub(crate) fn retirement(&self, entry: &Entry) -> Option<u64> {
        if entry.disabled {
            return None;
        }
        entry
            .retire
            .map(Timestamp::unix)
            .or_else(|| self.computed_retirement(entry))
    }

    pub(crate) fn check_retirement(&self, entry: &Entry) -> Result<(), RingError> {
        let Some(retire) = entry.retire.filter(|_| !entry.disabled) else {
            return Ok(());
        };
        let key = entry.material.id();
        let (Some(successor), Some(computed)) =
            (self.successor(entry), self.computed_retirement(entry))
        else {
            return Err(RingError::NoSuccessor(key));
        };
        if retire < successor.activate {
            let successor = successor.activate;
            return Err(RingError::RetiresBeforeSuccessor { key, successor });
        }
        let earliest = if entry.forced { 0 } else { computed };
        if retire.unix() < earliest {
            let earliest = Timestamp::saturating_from_unix(earliest);
            return Err(RingError::RetiresEarly { key, earliest });
        }
        Ok(())
    }

    pub(crate) fn state(&self, entry: &Entry, now: Timestamp) -> KeyState {
        if entry.disabled {
            KeyState::Disabled
        } else if now < entry.activate {
            KeyState::Announced
        } else if self
            .retirement(entry)
            .is_some_and(|retire| now.unix() >= retire)
        {
            KeyState::Retired
        } else if self
            .sealing(now)
            .is_some_and(|other| other.activate == entry.activate)
        {
            KeyState::Sealing
        } else {
            KeyState::OpenOnly
        }
    }

    /// The newest active key. It can't be retired: its successor, if any, is not active yet.
    pub(crate) fn sealing(&self, now: Timestamp) -> Option<&Entry> {
        self.entries
            .iter()
            .filter(|entry| !entry.disabled && entry.activate <= now)
            .max_by_key(|entry| entry.activate)
    }
}

/// Whole seconds from 1 to `u32::MAX`, or nothing.
pub(crate) fn whole_seconds(duration: Duration) -> Option<u32> {
    let seconds = u32::try_from(duration.whole_seconds()).ok()?;
    (seconds > 0 && duration.subsec_nanoseconds() == 0).then_some(seconds)
}
