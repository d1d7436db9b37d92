//! Sessions as a watch sees them, whatever their payload and their view.

use crate::key::ring::KeyRing;
use crate::key::warning::Fleet;
use crate::revocation::view::RevocationView;
use crate::session::error::ReplaceKeysError;
use crate::session::sessions::Sessions;
use crate::wire::payload::Payload;

pub(crate) trait Holder: Send + Sync {
    fn current(&self) -> KeyRing;
    fn fleet(&self) -> Fleet;
    fn check(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError>;
    fn replace(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError>;
    #[cfg(feature = "metrics")]
    fn record(&self);
}

impl<T: Payload, R: RevocationView> Holder for Sessions<T, R> {
    fn current(&self) -> KeyRing {
        self.key_ring()
    }

    fn fleet(&self) -> Fleet {
        Self::fleet(self)
    }

    fn check(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        self.check_keys(ring)
    }

    fn replace(&self, ring: &KeyRing) -> Result<(), ReplaceKeysError> {
        self.replace_keys(ring)
    }

    #[cfg(feature = "metrics")]
    fn record(&self) {
        self.record_metrics();
    }
}
