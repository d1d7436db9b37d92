//! The key ring: which key seals, which open, and until when (SPEC §4.6).

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use time::Duration;

use crate::key::error::KeyError;
use crate::key::fault::{MAX_KEYS, RingError};
use crate::key::id::KeyId;
use crate::key::plan::{DEFAULT_ROLLOUT, Entry, KeyState, Material, Ring, whole_seconds};
use crate::key::root::Key;
#[cfg(feature = "std")]
use crate::time::Clock;
use crate::time::Timestamp;

/// The keys of an issuer or verifier, with the times that decide what each may do.
///
/// A ring is a value: the methods that change it return another one, checked as a whole, and
/// [`Sessions::replace_keys`](crate::Sessions::replace_keys) swaps it in. Cloning is cheap. Nothing
/// flips by itself but by the times in the ring, which all servers share.
///
/// ```
/// use cloakroom::{Key, KeyRing, KeyState, Timestamp};
/// use time::Duration;
///
/// let now = Timestamp::from_unix(1_800_000_000).unwrap();
/// let next_week = Timestamp::from_unix(1_800_000_000 + 7 * 86_400).unwrap();
/// let ring = KeyRing::new(Key::generate()?, now, Duration::hours(8))?;
/// // Announce the next key a week ahead; every server has it before it seals.
/// let next = Key::generate()?;
/// let ring = ring.announce(next.clone(), next_week)?;
/// assert_eq!(ring.state(next.id(), now), Some(KeyState::Announced));
/// assert_eq!(ring.state(next.id(), next_week), Some(KeyState::Sealing));
/// # Ok::<(), cloakroom::RingError>(())
/// ```
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

/// One key of a ring as it may be shown: everything but the key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RingKey<'a> {
    /// Its public name.
    pub id: KeyId,
    /// From when it seals.
    pub activate: Timestamp,
    /// From when it no longer opens, or `None` while nothing succeeds it.
    pub retire: Option<Timestamp>,
    /// Whether it was taken out of service.
    pub disabled: bool,
    /// The note behind `#` in the ring file.
    pub note: &'a str,
}

impl KeyRing {
    /// A ring of one key, for tokens that live at most `max_lifetime`.
    ///
    /// # Errors
    ///
    /// [`RingError::Lifetime`] for a lifetime that is not whole seconds from 1 to `u32::MAX`.
    pub fn new(key: Key, activate: Timestamp, max_lifetime: Duration) -> Result<Self, RingError> {
        let max_lifetime = whole_seconds(max_lifetime).ok_or(RingError::Lifetime)?;
        let entry = Entry {
            material: Material::Root(key),
            activate,
            retire: None,
            forced: false,
            disabled: false,
            note: String::new(),
        };
        Self::checked(Ring {
            entries: alloc::vec![entry],
            max_lifetime,
            rollout: DEFAULT_ROLLOUT,
        })
    }

    /// A ring of one fresh key that seals from now on: what a first run needs.
    ///
    /// ```
    /// use cloakroom::{KeyRing, SystemClock};
    /// use time::Duration;
    ///
    /// let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
    /// // Keep `ring.to_text()` in a file of mode 600, and read it with `KeyRing::parse` from then on.
    /// assert!(ring.to_text().expose().starts_with("cloakroom-ring 1"));
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError::Key`] when the random source fails, [`RingError::Clock`] when the clock does,
    /// [`RingError::Lifetime`] as for [`new`](Self::new).
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn generate(clock: &dyn Clock, max_lifetime: Duration) -> Result<Self, RingError> {
        let now = clock.now().map_err(|_| RingError::Clock)?;
        Self::new(Key::generate()?, now, max_lifetime)
    }

    /// Every rule about the keys together; the only way to a `KeyRing`.
    pub(crate) fn checked(ring: Ring) -> Result<Self, RingError> {
        let entries = &ring.entries;
        let first = entries.first().ok_or(RingError::Empty)?;
        if entries.len() > MAX_KEYS {
            return Err(RingError::TooManyKeys);
        }
        let kind = core::mem::discriminant(&first.material);
        for (index, entry) in entries.iter().enumerate() {
            let id = entry.material.id();
            if core::mem::discriminant(&entry.material) != kind {
                return Err(RingError::MixedKinds(id));
            }
            for other in entries.iter().skip(index.saturating_add(1)) {
                if other.material.id() == id {
                    return Err(RingError::SameId(id));
                }
                if other.activate == entry.activate && !other.disabled && !entry.disabled {
                    return Err(RingError::SameActivation(id, other.material.id()));
                }
            }
        }
        for entry in entries {
            ring.check_retirement(entry)?;
        }
        Ok(Self(Arc::new(ring)))
    }

    /// This ring with one more root key, which seals from `activate` on.
    ///
    /// Ship the result to every server well before that time: at least the ring's rollout time.
    ///
    /// # Errors
    ///
    /// [`RingError`] when the keys no longer form a ring.
    pub fn announce(&self, key: Key, activate: Timestamp) -> Result<Self, RingError> {
        let material = Material::Root(key);
        let (retire, forced, disabled, note) = (None, false, false, String::new());
        self.changed(|entries| {
            entries.push(Entry {
                material,
                activate,
                retire,
                forced,
                disabled,
                note,
            });
            Ok(())
        })
    }

    /// This ring with a key taken out of service at once, because it may have leaked.
    ///
    /// Every token under it is refused from the moment the ring is in use. A thief may have renewed
    /// a forged token under the next key before that;
    /// [`Sessions::disable_key`](crate::Sessions::disable_key) closes that too.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, KeyState, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::UNIX_EPOCH;
    /// let leaked = Key::generate()?;
    /// let ring = KeyRing::new(leaked.clone(), now, Duration::hours(8))?.disable(leaked.id())?;
    /// assert_eq!(ring.state(leaked.id(), now), Some(KeyState::Disabled));
    /// assert_eq!(ring.sealing_key(now), None); // no sessions are built on it until a key is announced
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError::UnknownKey`] when the ring has no such key.
    ///
    /// A written `retire` that another key no longer may have is dropped from it.
    pub fn disable(&self, key: KeyId) -> Result<Self, RingError> {
        let mut ring = Ring {
            entries: self.0.entries.clone(),
            ..*self.0
        };
        let entry = ring
            .entries
            .iter_mut()
            .find(|entry| entry.material.id() == key);
        entry.ok_or(RingError::UnknownKey(key))?.disabled = true;
        // Whoever was to retire because this key succeeds it stays as long as the next successor
        // says. An emergency must not fail because of a date that was written for another day.
        let stays = |entry: &Entry| ring.check_retirement(entry).is_ok();
        let sound: Vec<bool> = ring.entries.iter().map(stays).collect();
        for (entry, sound) in ring.entries.iter_mut().zip(sound) {
            if !sound {
                (entry.retire, entry.forced) = (None, false);
            }
        }
        Self::checked(ring)
    }

    /// This ring without a key. [`Sessions::replace_keys`](crate::Sessions::replace_keys) refuses
    /// the result while tokens under the key may be alive.
    ///
    /// # Errors
    ///
    /// [`RingError::UnknownKey`] when the ring has no such key, [`RingError::Empty`] for the last
    /// one.
    pub fn without(&self, key: KeyId) -> Result<Self, RingError> {
        let kept = self.copied(|entry| entry.material.id() != key);
        if kept.len() == self.0.entries.len() {
            return Err(RingError::UnknownKey(key));
        }
        self.with_entries(kept)
    }

    /// This ring without the keys that are retired at `now`, which open nothing any more.
    ///
    /// # Errors
    ///
    /// [`RingError`] when the keys that are left do not form a ring.
    pub fn without_retired(&self, now: Timestamp) -> Result<Self, RingError> {
        self.with_entries(self.copied(|entry| self.0.state(entry, now) != KeyState::Retired))
    }

    /// The ring of derived units of one purpose and audience, for a service that must open nothing
    /// else (see [`Unit`](crate::Unit)).
    ///
    /// ```
    /// use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    ///
    /// let root = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// // What the file service gets. It can read and make its own tickets and nothing else.
    /// let ring = root.derive_units(b"ticket", b"files.example.com")?;
    /// let tickets = |purpose| {
    ///     let tickets = Sessions::<()>::builder(ring.clone(), RevocationList::new());
    ///     tickets.purpose(purpose).audience("files.example.com").aal3().build()
    /// };
    /// assert!(tickets("ticket").is_ok());
    /// assert!(tickets("session").is_err());
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError::BadContext`]; [`KeyError::WrongContext`] for a ring that holds units already.
    pub fn derive_units(&self, purpose: &[u8], audience: &[u8]) -> Result<Self, RingError> {
        self.changed(|entries| {
            for entry in entries {
                let Material::Root(key) = &entry.material else {
                    return Err(KeyError::WrongContext.into());
                };
                entry.material = Material::Unit(key.derive_unit(purpose, audience)?);
            }
            Ok(())
        })
    }

    pub(crate) fn changed(
        &self,
        change: impl FnOnce(&mut Vec<Entry>) -> Result<(), RingError>,
    ) -> Result<Self, RingError> {
        let mut entries = self.copied(|_| true);
        change(&mut entries)?;
        self.with_entries(entries)
    }

    /// Copies of the entries, with room for one more: growing, and moving what is left together,
    /// would leave copies of keys in freed memory.
    fn copied(&self, keep: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let mut copies = Vec::with_capacity(self.0.entries.len().saturating_add(1));
        copies.extend(self.0.entries.iter().filter(|entry| keep(entry)).cloned());
        copies
    }

    fn with_entries(&self, entries: Vec<Entry>) -> Result<Self, RingError> {
        let (max_lifetime, rollout) = (self.0.max_lifetime, self.0.rollout);
        Self::checked(Ring {
            entries,
            max_lifetime,
            rollout,
        })
    }

    /// What the key with this id may do at `now`, or `None` if the ring has no such key.
    #[must_use]
    pub fn state(&self, key: KeyId, now: Timestamp) -> Option<KeyState> {
        let entry = self
            .0
            .entries
            .iter()
            .find(|entry| entry.material.id() == key)?;
        Some(self.0.state(entry, now))
    }

    /// The id of the key that seals at `now`, or `None` if every key is disabled or becomes active
    /// later. Sessions can't be built from a ring without one.
    #[must_use]
    pub fn sealing_key(&self, now: Timestamp) -> Option<KeyId> {
        self.0.sealing(now).map(|entry| entry.material.id())
    }

    /// The keys in the order of the ring file.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// for key in ring.keys() {
    ///     println!("{} seals from {} on", key.id, key.activate);
    /// }
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = RingKey<'_>> {
        self.0.entries.iter().map(|entry| RingKey {
            id: entry.material.id(),
            activate: entry.activate,
            retire: self
                .0
                .retirement(entry)
                .map(Timestamp::saturating_from_unix),
            disabled: entry.disabled,
            note: &entry.note,
        })
    }

    /// The longest life of a token that the ring plans for, in seconds.
    #[must_use]
    pub fn max_lifetime(&self) -> u32 {
        self.0.max_lifetime
    }

    /// How long a new ring may take to reach every server, clock skew included, in seconds.
    #[must_use]
    pub fn rollout(&self) -> u32 {
        self.0.rollout
    }

    /// Whether `next` may take this ring's place at `now` without refusing a live token.
    ///
    /// ```
    /// use cloakroom::{KeyRing, RingError, SystemClock};
    /// # use cloakroom::Clock;
    /// # let now = SystemClock.now()?;
    /// let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// let other = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// // Everybody who is logged in is so under the key of `ring`.
    /// let refused = ring.check_successor(&other, now);
    /// assert!(matches!(refused, Err(RingError::DropsKey { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError::DropsKey`] names the key and the time; [`RingError::NoSealingKey`] when `next`
    /// has none.
    pub fn check_successor(&self, next: &Self, now: Timestamp) -> Result<(), RingError> {
        next.0.sealing(now).ok_or(RingError::NoSealingKey)?;
        for entry in &self.0.entries {
            let until = match self.0.state(entry, now) {
                // This server was sealing with it a moment ago.
                KeyState::Sealing => now.unix().saturating_add(u64::from(self.0.max_lifetime)),
                KeyState::OpenOnly => self.0.retirement(entry).unwrap_or(u64::MAX),
                _ => continue,
            };
            let id = entry.material.id();
            let kept = next
                .0
                .entries
                .iter()
                .find(|other| other.material.id() == id);
            let opens_until = match kept {
                None => 0,
                // An emergency is never refused.
                Some(other) if other.disabled => u64::MAX,
                Some(other) => next.0.retirement(other).unwrap_or(u64::MAX),
            };
            if opens_until < until {
                let until = Timestamp::saturating_from_unix(until);
                return Err(RingError::DropsKey { key: id, until });
            }
        }
        Ok(())
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.0
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("max_lifetime", &self.0.max_lifetime)
            .field("rollout", &self.0.rollout)
            .field("keys", &self.keys().map(|key| key.id).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
