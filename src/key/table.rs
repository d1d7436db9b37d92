//! The keys of one ring, derived for one purpose and audience, ready to use.

use alloc::vec::Vec;

use crate::key::error::KeyError;
use crate::key::plan::Material;
use crate::key::ring::KeyRing;
use crate::seal::derive::Context;
use crate::seal::sealer::Sealer;
use crate::time::Timestamp;

/// One key, with what decides whether it may be used.
struct Slot {
    sealer: Sealer,
    activate: Timestamp,
    /// Unix seconds; `u64::MAX` while nothing succeeds the key.
    retire: u64,
}

/// Subkeys and keyed hash states, derived once when sessions are built or keys are replaced.
pub(crate) struct KeyTable {
    /// Beside each other, so that the one candidate of 256 is found in a few cache lines.
    kids: Vec<[u8; 4]>,
    slots: Vec<Slot>,
    ring: KeyRing,
}

impl KeyTable {
    /// Derives what every usable key of `ring` needs. A disabled key is not derived at all.
    pub(crate) fn derive(ring: &KeyRing, context: &Context) -> Result<Self, KeyError> {
        let mut table = Self {
            // Room for all at once: growing would leave copies of the keys in freed memory.
            kids: Vec::with_capacity(ring.ring().entries.len()),
            slots: Vec::with_capacity(ring.ring().entries.len()),
            ring: ring.clone(),
        };
        for entry in ring.ring().entries.iter() {
            let kid = entry.material.id();
            let unit = match &entry.material {
                Material::Root(key) => key.unit(context),
                // Checked for disabled keys too: a unit of another audience is a mix-up of files.
                Material::Unit(unit) => unit.for_context(context)?,
            };
            if entry.disabled {
                continue;
            }
            table.kids.push(kid.0);
            table.slots.push(Slot {
                sealer: Sealer::new(kid.0, unit),
                activate: entry.activate,
                retire: ring.ring().retirement(entry).unwrap_or(u64::MAX),
            });
        }
        Ok(table)
    }

    /// The one key that may open a token with this key id at `now`. No other key is ever tried:
    /// trial decryption makes partitioning attacks and costs attackers nothing.
    #[inline]
    pub(crate) fn opening(&self, kid: [u8; 4], now: Timestamp) -> Option<&Sealer> {
        let index = self.kids.iter().position(|known| *known == kid)?;
        let slot = self.slots.get(index)?;
        (now.unix() < slot.retire).then_some(&slot.sealer)
    }

    /// The key with this id, retired or not: for logging out, where an old token is as good as a
    /// new one. A disabled key is not known, because everybody may seal with it.
    pub(crate) fn known(&self, kid: [u8; 4]) -> Option<&Sealer> {
        let index = self.kids.iter().position(|known| *known == kid)?;
        self.slots.get(index).map(|slot| &slot.sealer)
    }

    /// From when on the key with this id opens nothing, in Unix seconds.
    #[cfg(feature = "std")]
    pub(crate) fn retires_at(&self, kid: [u8; 4]) -> Option<u64> {
        let index = self.kids.iter().position(|known| *known == kid)?;
        self.slots.get(index).map(|slot| slot.retire)
    }

    /// The key that seals at `now`.
    #[inline]
    pub(crate) fn sealing(&self, now: Timestamp) -> Option<&Sealer> {
        self.slots
            .iter()
            .filter(|slot| slot.activate <= now)
            .max_by_key(|slot| slot.activate)
            .map(|slot| &slot.sealer)
    }

    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }
}
