//! What a sound ring does not tell: that nobody planned the next key, that servers will disagree,
//! that somebody will be logged out (SPEC §14).

use alloc::vec::Vec;
use core::fmt;

use crate::key::id::KeyId;
use crate::key::plan::{Entry, KeyState};
use crate::key::ring::KeyRing;
use crate::time::Timestamp;

/// A key that activates later than this is a mistyped year: five years, in seconds.
const FAR: u64 = 5 * 366 * 86_400;

/// What a ring can't know of the servers that use it, in seconds.
///
/// [`Sessions::fleet`](crate::Sessions::fleet) fills it from the policy.
///
/// ```
/// let mut fleet = cloakroom::Fleet::new(8 * 3_600);
/// fleet.reload = 60; // the servers look at the file once a minute
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fleet {
    /// The longest life of a token.
    pub token_lifetime: u32,
    /// What is added to a deadline.
    pub leeway: u32,
    /// The greatest difference of two clocks.
    pub clock_difference: u32,
    /// The longest time between two looks at the source of keys.
    pub reload: u32,
}

impl Fleet {
    /// Servers whose tokens live at most this long, with clocks that differ by up to a minute, no
    /// leeway, and no time between a new ring and its use.
    #[must_use]
    pub const fn new(token_lifetime: u32) -> Self {
        Self {
            token_lifetime,
            leeway: 0,
            clock_difference: 60,
            reload: 0,
        }
    }

    fn needs(&self) -> u64 {
        let parts = [self.leeway, self.clock_difference, self.reload];
        parts.into_iter().map(u64::from).sum()
    }
}

/// Something about a ring that will hurt later. `Display` says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RingWarning {
    /// No key seals at this time.
    NothingSeals,
    /// The key seals and none is announced to succeed it.
    NoSuccessor {
        /// The key that seals.
        key: KeyId,
    },
    /// A key seals before every server can have it: those that have not refuse its tokens.
    ServersDisagree {
        /// The key.
        key: KeyId,
        /// When it seals.
        activate: Timestamp,
        /// The earliest time at which every server has it.
        safe: Timestamp,
    },
    /// Clocks, leeway and the time between two reloads do not fit into the rollout time.
    RolloutTooShort {
        /// What the ring plans, in seconds.
        rollout: u32,
        /// What the servers need, in seconds.
        needed: u64,
    },
    /// Tokens live longer than the ring plans for, in seconds.
    LifetimeExceedsPlan {
        /// The life of a token.
        token: u32,
        /// What the ring plans for.
        ring: u32,
    },
    /// A key retires by force while its tokens may be alive.
    ForcedRetirement {
        /// The key.
        key: KeyId,
        /// When it retires.
        retire: Timestamp,
        /// When no token under it can be alive any more.
        safe: Timestamp,
    },
    /// A key activates more than five years ahead.
    FarAway {
        /// The key.
        key: KeyId,
        /// When it activates.
        activate: Timestamp,
    },
    /// A key that was disabled is in service again.
    Reenabled {
        /// The key.
        key: KeyId,
    },
}

impl RingWarning {
    /// The names of the warnings that a ring itself gives.
    #[cfg(feature = "std")]
    #[cfg(feature = "metrics")]
    pub(crate) const STANDING: [&'static str; 6] = [
        "nothing-seals",
        "no-successor",
        "rollout-too-short",
        "lifetime-exceeds-plan",
        "forced-retirement",
        "far-away",
    ];

    /// A stable lower-case name, for logs and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NothingSeals => "nothing-seals",
            Self::NoSuccessor { .. } => "no-successor",
            Self::ServersDisagree { .. } => "servers-disagree",
            Self::RolloutTooShort { .. } => "rollout-too-short",
            Self::LifetimeExceedsPlan { .. } => "lifetime-exceeds-plan",
            Self::ForcedRetirement { .. } => "forced-retirement",
            Self::FarAway { .. } => "far-away",
            Self::Reenabled { .. } => "reenabled",
        }
    }
}

impl KeyRing {
    /// What will hurt if nobody does anything, as of `now`.
    ///
    /// ```
    /// use cloakroom::{Fleet, Key, KeyRing, RingWarning, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let key = Key::generate()?;
    /// let ring = KeyRing::new(key.clone(), now, Duration::hours(8))?;
    /// let warnings = ring.warnings(now, &Fleet::new(8 * 3_600));
    /// assert_eq!(warnings, [RingWarning::NoSuccessor { key: key.id() }]);
    /// let ring = ring.rotate(Key::generate()?, now)?;
    /// assert!(ring.warnings(now, &Fleet::new(8 * 3_600)).is_empty());
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self, now: Timestamp, fleet: &Fleet) -> Vec<RingWarning> {
        let ring = self.ring();
        let mut warnings = Vec::new();
        match ring.sealing(now) {
            None => warnings.push(RingWarning::NothingSeals),
            Some(entry) if ring.successor(entry).is_none() => {
                let key = entry.material.id();
                warnings.push(RingWarning::NoSuccessor { key });
            }
            Some(_) => {}
        }
        if u64::from(ring.rollout) < fleet.needs() {
            let (rollout, needed) = (ring.rollout, fleet.needs());
            warnings.push(RingWarning::RolloutTooShort { rollout, needed });
        }
        if fleet.token_lifetime > ring.max_lifetime {
            let (token, ring) = (fleet.token_lifetime, ring.max_lifetime);
            warnings.push(RingWarning::LifetimeExceedsPlan { token, ring });
        }
        for entry in ring.entries.iter().filter(|entry| !entry.disabled) {
            let key = entry.material.id();
            let safe = ring.computed_retirement(entry).unwrap_or(u64::MAX);
            match entry.retire {
                // What is past hurts nobody any more.
                Some(retire) if retire.unix() < safe && now.unix() < safe => {
                    let safe = Timestamp::saturating_from_unix(safe);
                    warnings.push(RingWarning::ForcedRetirement { key, retire, safe });
                }
                _ => {}
            }
            if entry.activate.unix() > now.unix().saturating_add(FAR) {
                let activate = entry.activate;
                warnings.push(RingWarning::FarAway { key, activate });
            }
        }
        warnings
    }

    /// What will hurt if `next` takes the place of this ring, on one server after the other from
    /// `now` on. [`check_successor`](Self::check_successor) says what is refused.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, RingWarning, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let ring = KeyRing::new(Key::generate()?, Timestamp::UNIX_EPOCH, Duration::hours(8))?;
    /// // At once: the server that has this ring seals what the others can't open yet.
    /// let hasty = ring.announce(Key::generate()?, now)?;
    /// let warnings = ring.change_warnings(&hasty, now);
    /// assert!(matches!(warnings[..], [RingWarning::ServersDisagree { .. }]));
    /// assert!(ring.change_warnings(&ring.rotate(Key::generate()?, now)?, now).is_empty());
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    #[must_use]
    pub fn change_warnings(&self, next: &Self, now: Timestamp) -> Vec<RingWarning> {
        let (old, new) = (self.ring(), next.ring());
        let safe = now.unix().saturating_add(u64::from(new.rollout));
        let mut warnings = Vec::new();
        for entry in new.entries.iter().filter(|entry| !entry.disabled) {
            let key = entry.material.id();
            let before = old.entries.iter().find(|old| old.material.id() == key);
            if before.is_some_and(|before| before.disabled) {
                warnings.push(RingWarning::Reenabled { key });
            }
            // A key that every server knows opens everywhere, whenever it seals.
            let known = before.is_some_and(|before: &Entry| !before.disabled);
            let state = new.state(entry, now);
            let seals = matches!(state, KeyState::Sealing | KeyState::Announced);
            if !known && seals && entry.activate.unix() < safe {
                warnings.push(RingWarning::ServersDisagree {
                    key,
                    activate: entry.activate,
                    safe: Timestamp::saturating_from_unix(safe),
                });
            }
        }
        warnings
    }
}

impl fmt::Display for RingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSeals => f.write_str(
                "no key seals at this time, so nobody can log in; add one that seals at once, as \
                 `cloakroom keys add FILE --at now --force` does",
            ),
            Self::NoSuccessor { key } => write!(
                f,
                "key {key} seals and no key is announced to succeed it; announce the next one"
            ),
            Self::ServersDisagree {
                key,
                activate,
                safe,
            } => write!(
                f,
                "key {key} seals from {activate} on, before every server has it; those without it \
                 refuse its tokens. Let it activate at {safe} or later, unless this is an emergency"
            ),
            Self::RolloutTooShort { rollout, needed } => write!(
                f,
                "the rollout time is {rollout} s, but clocks, leeway and the time between reloads \
                 need {needed} s; raise `rollout` in the ring file"
            ),
            Self::LifetimeExceedsPlan { token, ring } => write!(
                f,
                "tokens live up to {token} s, but the ring plans for {ring} s, so keys retire under \
                 live tokens; raise `max-lifetime` on all servers first"
            ),
            Self::ForcedRetirement { key, retire, safe } => write!(
                f,
                "key {key} retires by force at {retire}; whoever holds a token under it that is \
                 alive is logged out. {safe} is the earliest safe time"
            ),
            Self::FarAway { key, activate } => write!(
                f,
                "key {key} activates only at {activate}; if the year is mistyped, correct it"
            ),
            Self::Reenabled { key } => write!(
                f,
                "key {key} was disabled and is in service again, as after a file from before an \
                 emergency; if it leaked, disable it again"
            ),
        }
    }
}
