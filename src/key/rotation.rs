//! The steps of a rotation, each of which refuses to log anybody out (SPEC §4.6, §4.8, §14).

use alloc::string::ToString as _;

use time::Duration;

use crate::key::fault::RingError;
use crate::key::id::KeyId;
use crate::key::plan::{Entry, KeyState, Ring, whole_seconds};
use crate::key::ring::KeyRing;
use crate::key::root::Key;
use crate::time::Timestamp;

/// The longest note, in bytes. The ring file has the same limit.
const MAX_NOTE: usize = 80;

impl KeyRing {
    /// This ring with `key` announced as the next one, at the earliest time that is safe: when every
    /// server has the new ring, which takes the ring's rollout time.
    ///
    /// Ship the result to every server; nothing has to happen at the time of activation.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let ring = KeyRing::new(Key::generate()?, now, Duration::hours(8))?;
    /// let next = Key::generate()?;
    /// let ring = ring.rotate(next.clone(), now)?;
    /// let plan = ring.timeline(now);
    /// assert_eq!(plan.next().unwrap().key, next.id());
    /// assert_eq!(plan.next().unwrap().at.unix(), 1_800_000_000 + 3_600);
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError`] as for [`announce`](Self::announce); [`RingError::Clock`] beyond the year 9999.
    pub fn rotate(&self, key: Key, now: Timestamp) -> Result<Self, RingError> {
        let rollout = Duration::seconds(i64::from(self.rollout()));
        let activate = now.checked_add(rollout).ok_or(RingError::Clock)?;
        self.announce(key, activate)
    }

    /// This ring with a leaked key disabled and `key` in its place, which seals at once: what an
    /// emergency needs, in one edit that running servers take.
    ///
    /// Everybody whose token is under the leaked key has to log in again. Until all servers have the
    /// new ring, those that have not refuse tokens of those that have.
    ///
    /// The new key counts as active since before the greatest difference of clocks (the rollout
    /// time), but not since before the leaked key: older keys would retire earlier than was
    /// planned, and servers refuse that.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, KeyState, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let (leaked, key) = (Key::generate()?, Key::generate()?);
    /// let ring = KeyRing::new(leaked.clone(), now, Duration::hours(8))?;
    /// let next = ring.replace_leaked(leaked.id(), key.clone(), now)?;
    /// assert_eq!(next.state(leaked.id(), now), Some(KeyState::Disabled));
    /// assert_eq!(next.sealing_key(now), Some(key.id()));
    /// assert!(ring.check_successor(&next, now).is_ok());
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError::UnknownKey`]; [`RingError`] when the keys no longer form a ring.
    pub fn replace_leaked(
        &self,
        leaked: KeyId,
        key: Key,
        now: Timestamp,
    ) -> Result<Self, RingError> {
        let rollout = u64::from(self.rollout());
        let margin = now.unix().saturating_sub(rollout);
        let activate = match self.ring().sealing(now) {
            Some(entry) if entry.material.id() == leaked => entry.activate.unix().max(margin),
            Some(entry) => entry.activate.unix().saturating_add(1).max(margin),
            None => margin,
        };
        let activate = Timestamp::from_unix(activate).ok_or(RingError::Clock)?;
        self.disable(leaked)?.announce(key, activate)
    }

    /// This ring without a key that no server uses any more.
    ///
    /// [`without`](Self::without) takes a key out by force.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing, RingError, Timestamp};
    /// use time::Duration;
    ///
    /// let now = Timestamp::from_unix(1_800_000_000).unwrap();
    /// let first = Key::generate()?;
    /// let ring = KeyRing::new(first.clone(), now, Duration::hours(8))?;
    /// let ring = ring.rotate(Key::generate()?, now)?;
    /// // The next key seals after an hour; the last token of the first may live 8 hours longer.
    /// let early = now.checked_add(Duration::hours(9)).unwrap();
    /// assert!(matches!(ring.drop_key(first.id(), early), Err(RingError::DropsKey { .. })));
    /// let safe = now.checked_add(Duration::hours(10)).unwrap();
    /// assert_eq!(ring.drop_key(first.id(), safe)?.keys().count(), 1);
    /// # Ok::<(), RingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RingError::DropsKey`] while the key seals or opens, or is about to seal: a server with a
    /// fast clock may do so already. [`RingError::UnknownKey`], [`RingError::Empty`] for the last
    /// one, [`RingError::NoSealingKey`] if none would seal at `now`.
    pub fn drop_key(&self, key: KeyId, now: Timestamp) -> Result<Self, RingError> {
        let next = self.without(key)?;
        let ring = self.ring();
        let rollout = u64::from(ring.rollout);
        for entry in ring.entries.iter().filter(|e| e.material.id() == key) {
            let soon = entry.activate.unix() <= now.unix().saturating_add(rollout);
            if soon && ring.state(entry, now) == KeyState::Announced {
                let life = u64::from(ring.max_lifetime).saturating_add(rollout);
                let until = entry.activate.unix().saturating_add(life);
                let until = Timestamp::saturating_from_unix(until);
                return Err(RingError::DropsKey { key, until });
            }
        }
        self.check_successor(&next, now)?;
        Ok(next)
    }

    /// This ring with a retirement written to a key, instead of the computed one.
    ///
    /// # Errors
    ///
    /// [`RingError::RetiresEarly`] names the earliest safe time; [`RingError::NoSuccessor`],
    /// [`RingError::UnknownKey`].
    pub fn retire_at(&self, key: KeyId, at: Timestamp) -> Result<Self, RingError> {
        self.with_entry(key, |entry| {
            (entry.retire, entry.forced) = (Some(at), false);
        })
    }

    /// As [`retire_at`](Self::retire_at), also while tokens under the key may be alive: who holds
    /// one then is logged out.
    ///
    /// Running servers do not take such a ring by themselves; see
    /// [`Sessions::replace_keys_forced`](crate::Sessions::replace_keys_forced).
    ///
    /// # Errors
    ///
    /// [`RingError::RetiresBeforeSuccessor`], [`RingError::NoSuccessor`],
    /// [`RingError::UnknownKey`].
    pub fn retire_at_forced(&self, key: KeyId, at: Timestamp) -> Result<Self, RingError> {
        self.with_entry(key, |entry| {
            (entry.retire, entry.forced) = (Some(at), true);
        })
    }

    /// This ring with another note behind a key.
    ///
    /// # Errors
    ///
    /// [`RingError::Note`], [`RingError::UnknownKey`].
    pub fn with_note(&self, key: KeyId, note: &str) -> Result<Self, RingError> {
        let trimmed = note.trim_start_matches('#').trim_matches(' ');
        if note.len() > MAX_NOTE || note.contains(char::is_control) || trimmed != note {
            return Err(RingError::Note);
        }
        self.with_entry(key, |entry| entry.note = note.to_string())
    }

    /// This ring for tokens that live at most `max_lifetime`.
    ///
    /// # Errors
    ///
    /// [`RingError::Lifetime`], and [`RingError::RetiresEarly`] where a written retirement no longer
    /// fits.
    pub fn with_max_lifetime(&self, max_lifetime: Duration) -> Result<Self, RingError> {
        let max_lifetime = whole_seconds(max_lifetime).ok_or(RingError::Lifetime)?;
        Self::checked(Ring {
            entries: self.ring().entries.clone(),
            max_lifetime,
            rollout: self.rollout(),
        })
    }

    /// This ring with another rollout time: how long a new ring may take to reach every server, with
    /// the difference of their clocks, the leeway and the time between two looks at the source.
    ///
    /// # Errors
    ///
    /// [`RingError::Rollout`], and [`RingError::RetiresEarly`] where a written retirement no longer
    /// fits.
    pub fn with_rollout(&self, rollout: Duration) -> Result<Self, RingError> {
        let rollout = match rollout.is_zero() {
            true => 0,
            false => whole_seconds(rollout).ok_or(RingError::Rollout)?,
        };
        Self::checked(Ring {
            entries: self.ring().entries.clone(),
            max_lifetime: self.max_lifetime(),
            rollout,
        })
    }

    fn with_entry(&self, key: KeyId, change: impl FnOnce(&mut Entry)) -> Result<Self, RingError> {
        self.changed(|entries| {
            let mut entries = entries.iter_mut();
            let entry = entries.find(|entry| entry.material.id() == key);
            change(entry.ok_or(RingError::UnknownKey(key))?);
            Ok(())
        })
    }
}
