//! The plan of a ring, drawn: what each key does when, as a table that is read from top to bottom.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use crate::key::id::KeyId;
use crate::key::plan::KeyState;
use crate::key::ring::KeyRing;
use crate::time::Timestamp;

/// What each key of a ring does and when, as of one time: [`KeyRing::timeline`].
///
/// `Display` is a table with a line for each turn and a column for each key. Keys that are retired
/// or disabled already have no column.
#[derive(Clone, Debug)]
pub struct Timeline {
    now: Timestamp,
    keys: Vec<KeyPlan>,
    turns: Vec<Turn>,
    ring: KeyRing,
}

/// The plan for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPlan {
    /// Its public name.
    pub id: KeyId,
    /// What it does now.
    pub state: KeyState,
    /// From when it seals.
    pub activate: Timestamp,
    /// The key that takes over from it.
    pub successor: Option<KeyId>,
    /// From when its successor seals.
    pub succeeded: Option<Timestamp>,
    /// From when it opens nothing any more.
    pub retire: Option<Timestamp>,
    /// The note behind it in the ring file.
    pub note: String,
}

/// One key changes what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// The key.
    pub key: KeyId,
    /// What it is from then on.
    pub becomes: KeyState,
}

impl KeyRing {
    /// The plan that the times in this ring make.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, Timestamp};
    /// use time::Duration;
    ///
    /// # let bytes = |n| core::array::from_fn(|i| n + i as u8);
    /// # let (first, second) = (Key::from_bytes(&bytes(0))?, Key::from_bytes(&bytes(1))?);
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let ring = KeyRing::new(first, now, Duration::hours(8))?.rotate(second, now)?;
    /// assert_eq!(
    ///     ring.timeline(now).to_string(),
    ///     "\
    /// time                   2d2f88ed   aefb1eda
    /// 2027-01-15T08:00:00Z > sealing    announced  now
    /// 2027-01-15T09:00:00Z   open-only  sealing
    /// 2027-01-15T18:00:00Z   retired    sealing
    /// "
    /// );
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    #[must_use]
    pub fn timeline(&self, now: Timestamp) -> Timeline {
        let ring = self.ring();
        let mut keys = Vec::with_capacity(ring.entries.len());
        let mut turns = Vec::new();
        for entry in &ring.entries {
            let id = entry.material.id();
            let turn = |at, becomes| Turn {
                at,
                key: id,
                becomes,
            };
            let successor = ring.successor(entry);
            let retire = ring.retirement(entry);
            let retire = retire.map(Timestamp::saturating_from_unix);
            if !entry.disabled {
                turns.push(turn(entry.activate, KeyState::Sealing));
                turns.extend(successor.map(|next| turn(next.activate, KeyState::OpenOnly)));
                turns.extend(retire.map(|at| turn(at, KeyState::Retired)));
            }
            keys.push(KeyPlan {
                id,
                state: ring.state(entry, now),
                activate: entry.activate,
                successor: successor.map(|next| next.material.id()),
                succeeded: successor.map(|next| next.activate),
                retire,
                note: entry.note.clone(),
            });
        }
        keys.sort_by_key(|plan| plan.activate);
        // At one time the key that takes over comes first.
        turns.sort_by_key(|turn| (turn.at, turn.becomes != KeyState::Sealing));
        Timeline {
            now,
            keys,
            turns,
            ring: self.clone(),
        }
    }
}

impl Timeline {
    /// The time that "now" is.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The keys, in the order of their activation.
    #[must_use]
    pub fn keys(&self) -> &[KeyPlan] {
        &self.keys
    }

    /// Every turn, past and to come, in the order of time.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The first turn that is to come.
    #[must_use]
    pub fn next(&self) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.at > self.now)
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gone = |state| matches!(state, KeyState::Retired | KeyState::Disabled);
        let shown: Vec<&KeyPlan> = self.keys.iter().filter(|key| !gone(key.state)).collect();
        let mut line = String::from("time                 ");
        for key in &shown {
            line.push_str(&alloc::format!("  {:<9}", key.id.to_string()));
        }
        writeln!(f, "{}", line.trim_end())?;
        let mut times: Vec<Timestamp> = self
            .turns
            .iter()
            .filter(|turn| shown.iter().any(|key| key.id == turn.key))
            .map(|turn| turn.at)
            .collect();
        times.push(self.now);
        times.sort_unstable();
        times.dedup();
        for time in times {
            let here = time == self.now;
            let mut line = alloc::format!("{time} {}", if here { '>' } else { ' ' });
            for key in &shown {
                let state = self.ring.state(key.id, time);
                let state = state.map_or_else(String::new, |state| state.to_string());
                line.push_str(&alloc::format!(" {state:<10}"));
            }
            line.push_str(if here { " now" } else { "" });
            writeln!(f, "{}", line.trim_end())?;
        }
        let hidden = self.keys.len().saturating_sub(shown.len());
        if hidden > 0 {
            writeln!(f, "not shown: {hidden} retired or disabled")?;
        }
        Ok(())
    }
}
