//! From what was stored to a list.

use alloc::vec::Vec;

use crate::revocation::list::RevocationList;
use crate::revocation::record::Record;
use crate::revocation::view::RevocationView as _;
use crate::store::error::LogError;
use crate::store::log::{Batch, RevocationLog, Standing, Stored};
use crate::time::Timestamp;

/// What was found when a store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// There was no file, and an empty store was made. Expected at the very first start; at any
    /// other the logouts of the past are forgotten.
    pub created: bool,
    /// Entries in effect.
    pub entries: usize,
    /// Cut-offs too far ahead, waiting for their time. More than zero calls for an alarm: some
    /// server's clock is fast.
    pub quarantined: usize,
}

/// Records handed to the list at once while it is loaded.
const CHUNK: usize = 4096;

/// What a log held.
pub(in crate::store) struct Loaded {
    pub(in crate::store) list: RevocationList,
    pub(in crate::store) standing: Standing,
    pub(in crate::store) waiting: Vec<Record>,
    /// Of these, how many are too far ahead still.
    pub(in crate::store) quarantined: usize,
    #[cfg(feature = "feed")]
    pub(in crate::store) pending: Vec<Record>,
}

impl Loaded {
    pub(in crate::store) fn from(
        log: &mut dyn RevocationLog,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        let list = RevocationList::new();
        let mut waiting = Vec::new();
        let mut pending = Vec::new();
        let mut chunk = Vec::with_capacity(CHUNK);
        let standing = log.load(&mut |stored| match stored {
            // Not through the quarantine: it was acknowledged as in effect, and a clock that is set
            // back must not undo that.
            Stored::Applied(record) => {
                chunk.push(record);
                if chunk.len() == CHUNK {
                    list.apply(&chunk);
                    chunk.clear();
                }
            }
            Stored::Waiting(record) => waiting.push(record),
            Stored::Pending(record) => pending.push(record),
        })?;
        list.apply(&chunk);
        list.extend(standing.extended);
        if standing.terms.token_lifetime > 0 {
            list.register(standing.terms);
        }
        list.raise_mark(standing.high_water_mark);
        let now = now.max(Timestamp::saturating_from_unix(standing.high_water_mark));
        release(log, &list, &mut waiting, standing, now)?;
        let quarantined = list.merge(&waiting, now).quarantined;
        Ok(Self {
            list,
            standing,
            waiting,
            quarantined,
            #[cfg(feature = "feed")]
            pending,
        })
    }
}

/// Gives the records whose time came while nothing ran their life from now on.
fn release(
    log: &mut dyn RevocationLog,
    list: &RevocationList,
    waiting: &mut Vec<Record>,
    standing: Standing,
    now: Timestamp,
) -> Result<(), LogError> {
    let limit = now.unix().saturating_add(list.tolerance());
    let due = |record: &Record| record.revocation.cutoff().is_none_or(|at| at <= limit);
    let (released, rest): (Vec<_>, Vec<_>) = waiting.drain(..).partition(due);
    *waiting = rest;
    if released.is_empty() {
        return Ok(());
    }
    let life = list.expiry(now.unix());
    let applied: Vec<_> = released
        .iter()
        .map(|record| Record::new(record.revocation, record.expires.max(life)))
        .collect();
    let rows: Vec<_> = applied.iter().map(|new| standing.row(new)).collect();
    log.append(&Batch {
        applied: &rows,
        released: &released,
        ..Batch::of(standing)
    })?;
    list.apply(&applied);
    Ok(())
}
