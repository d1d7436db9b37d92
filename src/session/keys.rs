//! Swapping keys under running requests (SPEC §4.8).

use crate::key::fault::RingError;
use crate::key::ring::KeyRing;
use crate::key::table::KeyTable;
use crate::revocation::view::RevocationView;
use crate::session::error::ReplaceKeysError;
use crate::session::sessions::Sessions;
use crate::wire::payload::Payload;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Swaps the key ring, while other threads verify.
    ///
    /// Everything is checked before anything changes: on any error the old ring stays in use.
    /// Refused is also a ring that drops a key whose tokens may be alive.
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`].
    pub fn replace_keys(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        let now = self.now()?;
        self.inner.keys.load().ring().check_successor(ring, now)?;
        self.replace(ring)
    }

    /// Swaps the key ring although that logs people out, whose tokens are under a key that the new
    /// ring does not have.
    ///
    /// # Errors
    ///
    /// [`ReplaceKeysError`], but never for a dropped key.
    pub fn replace_keys_forced(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        let now = self.now()?;
        ring.sealing_key(now).ok_or(RingError::NoSealingKey)?;
        self.replace(ring)
    }

    fn replace(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        self.inner.policy.check_ring(ring)?;
        let table = KeyTable::derive(ring, &self.inner.context).map_err(RingError::Key)?;
        self.inner.keys.store(table);
        Ok(())
    }
}
