//! What stands under a feed on this server: a list, with a disk behind it or without.

use alloc::string::String;
#[cfg(feature = "redb")]
use alloc::string::ToString as _;
#[cfg(feature = "redb")]
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::feed::position::Position;
#[cfg(feature = "redb")]
use crate::promise::Promise;
use crate::revocation::list::RevocationList;
use crate::revocation::record::{Reckoned, Revocation};
use crate::revocation::view::{Freshness, RevocationPublish as _, RevocationView};
#[cfg(feature = "redb")]
use crate::store::{DurableRevocations, Ticket};
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// What came from a feed, or goes to it.
#[cfg_attr(
    not(feature = "redb"),
    expect(
        dead_code,
        reason = "a list without a disk need not know where it was left"
    )
)]
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) records: Reckoned,
    pub(crate) high_water_mark: u64,
    pub(crate) position: Option<Position>,
    /// The newest snapshot that was made or checked: its epoch and number.
    pub(crate) snapshot: Option<([u8; 16], u64)>,
    pub(crate) pending: Vec<Revocation>,
    pub(crate) delivered: Vec<Revocation>,
}

pub(crate) enum Local {
    Memory(RevocationList),
    #[cfg(feature = "redb")]
    Durable(DurableRevocations),
}

/// `epoch || n`.
#[cfg(feature = "redb")]
fn to_place((epoch, n): ([u8; 16], u64)) -> [u8; 24] {
    let mut place = [0; 24];
    let (first, rest) = place.split_at_mut(16);
    first.copy_from_slice(&epoch);
    rest.copy_from_slice(&n.to_be_bytes());
    place
}

#[cfg(feature = "redb")]
fn from_place(place: &[u8; 24]) -> ([u8; 16], u64) {
    let (mut epoch, mut n) = ([0; 16], [0; 8]);
    let (first, rest) = place.split_at(16);
    epoch.copy_from_slice(first);
    n.copy_from_slice(rest);
    (epoch, u64::from_be_bytes(n))
}

/// What is on its way to this server's disk.
#[derive(Clone, Default)]
pub(crate) enum Keeping {
    /// There is no disk, or nothing for it.
    #[default]
    Nowhere,
    #[cfg(feature = "redb")]
    OnDisk(Arc<Ticket>),
}

impl Keeping {
    /// Whether it will be remembered here, once that is known.
    pub(crate) fn kept(&self) -> Option<Result<bool, String>> {
        match self {
            Self::Nowhere => Some(Ok(false)),
            #[cfg(feature = "redb")]
            Self::OnDisk(ticket) => {
                let answer = Promise::peek(ticket)?;
                Some(answer.map(|_| true).map_err(|error| error.to_string()))
            }
        }
    }
}

impl Keeping {
    /// Waits for the disk, but not for long.
    pub(crate) fn wait(&self, most: core::time::Duration) {
        match self {
            Self::Nowhere => {}
            #[cfg(feature = "redb")]
            Self::OnDisk(ticket) => {
                let _late = Promise::wait_for(ticket, most);
            }
        }
        #[cfg(not(feature = "redb"))]
        let _ = most;
    }
}

impl Local {
    pub(crate) fn list(&self) -> &RevocationList {
        match self {
            Self::Memory(list) => list,
            #[cfg(feature = "redb")]
            Self::Durable(store) => store.list(),
        }
    }

    pub(crate) fn view(&self) -> &dyn RevocationView {
        match self {
            Self::Memory(list) => list,
            #[cfg(feature = "redb")]
            Self::Durable(store) => store,
        }
    }

    /// In effect here when it returns, and on its way to the disk.
    pub(crate) fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Keeping {
        match self.list().publish(revocations, now) {
            Ok(_) => {}
            Err(never) => match never {},
        }
        match self {
            Self::Memory(_) => Keeping::Nowhere,
            #[cfg(feature = "redb")]
            Self::Durable(store) => Keeping::OnDisk(store.pend(revocations.to_vec(), now)),
        }
    }

    /// In effect when it returns, and on its way to the disk; if that fails, the view is stale by
    /// itself.
    pub(crate) fn take_in(&self, taken: Taken, now: Timestamp) -> (usize, Keeping) {
        match self {
            Self::Memory(list) => {
                let merged = list.merge_reckoned(&taken.records, now);
                list.raise_mark(taken.high_water_mark);
                (merged.quarantined, Keeping::Nowhere)
            }
            #[cfg(feature = "redb")]
            Self::Durable(store) => {
                let taken = crate::store::TakenIn {
                    records: taken.records,
                    high_water_mark: taken.high_water_mark,
                    cursor: taken.position.map(|position| position.to_bytes()),
                    snapshot: taken.snapshot.map(to_place),
                    pending: taken.pending,
                    delivered: taken.delivered,
                };
                let (merged, ticket) = store.take_in(taken, now);
                (merged.quarantined, Keeping::OnDisk(ticket))
            }
        }
    }

    /// Forgets what expired before `now`, slice by slice. A durable store does so by itself.
    pub(crate) fn sweep(&self, now: Timestamp) {
        match self {
            Self::Memory(list) => {
                list.purge_slice(now);
            }
            #[cfg(feature = "redb")]
            Self::Durable(_) => {}
        }
    }

    /// Where it was left when the process before this one ended, what it still had to deliver, and
    /// the newest snapshot that it knew of.
    pub(crate) fn left(&self) -> Taken {
        match self {
            Self::Memory(_) => Taken::default(),
            #[cfg(feature = "redb")]
            Self::Durable(store) => {
                let (standing, pending) = store.left();
                let pending = pending.iter().map(|record| record.revocation);
                Taken {
                    position: standing.cursor.map(|bytes| Position::from_bytes(&bytes)),
                    snapshot: standing.snapshot.map(|bytes| from_place(&bytes)),
                    pending: pending.collect(),
                    ..Taken::default()
                }
            }
        }
    }

    /// Whether it works as far as it alone is concerned.
    pub(crate) fn freshness(&self) -> Freshness {
        self.view().freshness()
    }

    /// What started before is refused here without an entry; 0 for nothing.
    #[cfg(feature = "edge")]
    pub(crate) fn everything_before(&self) -> u64 {
        match self {
            Self::Memory(_) => 0,
            #[cfg(feature = "redb")]
            Self::Durable(store) => store.everything_before(),
        }
    }

    /// Whether a rotation to `generation` would come second here.
    pub(crate) fn has_generation(&self, session: SessionId, generation: u32) -> bool {
        self.list().lowest_live_generation(session) >= generation
    }
}
