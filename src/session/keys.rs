//! Swapping keys under running requests (SPEC §4.8).

use crate::key::fault::RingError;
use crate::key::ring::KeyRing;
use crate::key::table::KeyTable;
use crate::key::warning::Fleet;
use crate::revocation::view::RevocationView;
use crate::session::error::ReplaceKeysError;
use crate::session::sessions::Sessions;
use crate::time::Timestamp;
use crate::wire::payload::Payload;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Swaps the key ring, while other threads verify.
    ///
    /// Everything is checked before anything changes: on any error the old ring stays in use.
    /// Refused is also a ring that drops a key whose tokens may be alive. To add a key or change
    /// one, use [`change_keys`](Self::change_keys), which no other change can overtake.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// // The file changed: read all of it, and swap it in or keep what is there.
    /// # let file = sessions.key_ring().to_text();
    /// let ring = KeyRing::parse(file.expose())?;
    /// sessions.replace_keys(&ring)?;
    ///
    /// let unrelated = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// assert!(sessions.replace_keys(&unrelated).is_err()); // everybody would be logged out
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`].
    pub fn replace_keys(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        self.change_keys(|_, _| Ok(ring.clone())).map(|_| ())
    }

    /// Swaps the key ring although that logs people out, whose tokens are under a key that the new
    /// ring does not have.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// let fresh = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// sessions.replace_keys_forced(&fresh)?;
    /// assert!(sessions.verify(token.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`], but never for a dropped key.
    pub fn replace_keys_forced(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        let _one_at_a_time = self
            .inner
            .key_writer
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = self.now()?;
        ring.sealing_key(now).ok_or(RingError::NoSealingKey)?;
        self.replace(ring)
    }

    /// Changes the ring in force: `change` is given it and the time, and what it returns is swapped
    /// in as [`replace_keys`](Self::replace_keys) does. Changes wait for each other, so none is
    /// lost, as one would be between reading the ring and replacing it.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// use cloakroom::Key;
    /// use time::Duration;
    ///
    /// # let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// // A key that takes over in a week. Write the new ring to its file, too.
    /// let ring = sessions.change_keys(|ring, now| {
    ///     let in_a_week = now.checked_add(Duration::WEEK).unwrap_or(now);
    ///     ring.announce(Key::generate()?, in_a_week)
    /// })?;
    /// assert_eq!(ring.keys().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`], with the error of `change` if there is one; then the old ring stays.
    pub fn change_keys(
        &self,
        change: impl FnOnce(&KeyRing, Timestamp) -> Result<KeyRing, RingError>,
    ) -> Result<KeyRing, ReplaceKeysError> {
        let _one_at_a_time = self
            .inner
            .key_writer
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = self.now()?;
        let current = self.key_ring();
        let next = change(&current, now)?;
        current.check_successor(&next, now)?;
        self.replace(&next)?;
        Ok(next)
    }

    /// Whether [`replace_keys`](Self::replace_keys) would take this ring now. Nothing changes.
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`], as that method would give it.
    pub fn check_keys(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        let now = self.now()?;
        self.key_ring().check_successor(ring, now)?;
        self.inner.policy.check_ring(ring)?;
        KeyTable::derive(ring, &self.inner.context).map_err(RingError::Key)?;
        Ok(())
    }

    /// What a key ring needs to know of these sessions to warn of what will hurt
    /// ([`KeyRing::warnings`]): the life of their tokens, the leeway, and the tolerance as the
    /// greatest difference of clocks.
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        let policy = self.policy();
        let mut fleet = Fleet::new(policy.token_lifetime());
        fleet.leeway = policy.leeway();
        fleet.clock_difference = policy.tolerance();
        fleet
    }

    fn replace(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        self.inner.policy.check_ring(ring)?;
        let table = KeyTable::derive(ring, &self.inner.context).map_err(RingError::Key)?;
        self.inner.keys.store(table);
        // A key may have been disabled, and with it every session that was sealed under it.
        self.watch.everybody();
        Ok(())
    }
}
