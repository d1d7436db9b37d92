//! What is known about a session, a subject, an audience or a key, and how it fits a slot.
//!
//! Nearly every state fits exactly into the 63 bits of a slot. The others (an exempt session, an
//! expiry in the year 9000, a cut-off more than a year older than its expiry) have a row, mostly a
//! short one.

use crate::revocation::cutoffs::Cutoffs;
use crate::revocation::hash::{Key, bytes, key};
use crate::revocation::record::{Cutoff, LOGGED_OUT, NEVER};
use crate::revocation::state::{ROW, SHORT, State};
use crate::wire::session_id::SessionId;

/// Bits of a point in time; all that a timestamp or a cut-off can be fit.
const TIME: u32 = 38;
/// Bits of what stands beside it.
const BESIDE: u32 = 25;
const MAX_TIME: u64 = (1 << TIME) - 1;
const MAX_BESIDE: u64 = (1 << BESIDE) - 1;

fn join(beside: u64, time: u64) -> Option<u64> {
    (beside <= MAX_BESIDE && time <= MAX_TIME).then_some((beside << TIME) | time)
}

const fn split(packed: u64) -> (u64, u64) {
    (packed >> TIME, packed & MAX_TIME)
}

/// One session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfSession {
    /// The lowest live generation.
    pub(crate) below: u32,
    pub(crate) expires: u64,
}

impl State for OfSession {
    fn pack(self) -> Option<u64> {
        // The largest of either stands for the largest there is.
        let below = match u64::from(self.below) {
            below if below < MAX_BESIDE => below,
            _ if self.below == LOGGED_OUT => MAX_BESIDE,
            _ => return None,
        };
        let expires = match self.expires {
            NEVER => MAX_TIME,
            MAX_TIME => return None,
            expires => expires,
        };
        join(below, expires)
    }

    fn unpack(packed: u64) -> Self {
        let (below, expires) = split(packed);
        Self {
            below: match u32::try_from(below) {
                Ok(known) if below < MAX_BESIDE => known,
                _ => LOGGED_OUT,
            },
            expires: if expires == MAX_TIME { NEVER } else { expires },
        }
    }

    fn to_row(self) -> [u64; ROW] {
        [u64::from(self.below), self.expires, 0, 0, 0, 0, 0, 0]
    }

    fn from_row([below, expires, ..]: [u64; ROW]) -> Self {
        let below = u32::try_from(below).unwrap_or(LOGGED_OUT);
        Self { below, expires }
    }

    fn to_short(self) -> Option<[u64; SHORT]> {
        Some([u64::from(self.below), self.expires, 0])
    }

    fn from_short([below, expires, _]: [u64; SHORT]) -> Self {
        Self::from_row([below, expires, 0, 0, 0, 0, 0, 0])
    }

    fn merged(self, other: Self) -> Self {
        Self {
            below: self.below.max(other.below),
            expires: self.expires.max(other.expires),
        }
    }

    fn expires(self) -> u64 {
        self.expires
    }
}

/// A cut-off and its expiry: the time, and how much later the expiry is. The largest difference
/// stands for an entry that never expires.
fn pack_cutoff(before: u64, expires: u64) -> Option<u64> {
    let later = match expires {
        NEVER => MAX_BESIDE,
        expires => expires
            .checked_sub(before)
            .filter(|later| *later < MAX_BESIDE)?,
    };
    join(later, before)
}

const fn unpack_cutoff(packed: u64) -> (u64, u64) {
    let (later, before) = split(packed);
    match later {
        MAX_BESIDE => (before, NEVER),
        later => (before, before.saturating_add(later)),
    }
}

/// One audience.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfAudience {
    /// Unix seconds.
    pub(crate) before: u64,
    pub(crate) expires: u64,
}

impl State for OfAudience {
    fn pack(self) -> Option<u64> {
        pack_cutoff(self.before, self.expires)
    }

    fn unpack(packed: u64) -> Self {
        let (before, expires) = unpack_cutoff(packed);
        Self { before, expires }
    }

    fn to_row(self) -> [u64; ROW] {
        [self.before, self.expires, 0, 0, 0, 0, 0, 0]
    }

    fn from_row([before, expires, ..]: [u64; ROW]) -> Self {
        Self { before, expires }
    }

    fn to_short(self) -> Option<[u64; SHORT]> {
        Some([self.before, self.expires, 0])
    }

    fn from_short([before, expires, _]: [u64; SHORT]) -> Self {
        Self { before, expires }
    }

    fn merged(self, other: Self) -> Self {
        Self {
            before: self.before.max(other.before),
            expires: self.expires.max(other.expires),
        }
    }

    fn expires(self) -> u64 {
        self.expires
    }
}

/// One subject.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfSubject {
    pub(crate) cutoffs: Cutoffs,
    pub(crate) expires: u64,
}

/// Which fields of a row hold something.
const FIRST_EXEMPTS: u64 = 1;
const HAS_SECOND: u64 = 2;
const SECOND_EXEMPTS: u64 = 4;

fn exempt(cutoff: Option<Cutoff>) -> Option<Key> {
    cutoff?.exempt.map(|id| key(&id.to_bytes()))
}

fn session(id: Key) -> SessionId {
    SessionId::from_bytes(bytes(id))
}

impl State for OfSubject {
    fn pack(self) -> Option<u64> {
        let cutoff = self.cutoffs.only_one()?;
        pack_cutoff(cutoff, self.expires)
    }

    fn unpack(packed: u64) -> Self {
        let (before, expires) = unpack_cutoff(packed);
        let exempt = None;
        Self {
            cutoffs: Cutoffs::new(Cutoff { before, exempt }),
            expires,
        }
    }

    fn to_row(self) -> [u64; ROW] {
        let mut cutoffs = self.cutoffs.iter();
        let (first, second) = (cutoffs.next(), cutoffs.next());
        let before = |cutoff: Option<Cutoff>| cutoff.map_or(0, |cutoff| cutoff.before);
        let (spared, also) = (exempt(first), exempt(second));
        let mut holds = 0;
        for (bit, is) in [
            (FIRST_EXEMPTS, spared.is_some()),
            (HAS_SECOND, second.is_some()),
            (SECOND_EXEMPTS, also.is_some()),
        ] {
            holds |= if is { bit } else { 0 };
        }
        let ([a, b], [c, d]) = (spared.unwrap_or_default(), also.unwrap_or_default());
        [
            holds,
            self.expires,
            before(first),
            a,
            b,
            before(second),
            c,
            d,
        ]
    }

    fn from_row([holds, expires, before, a, b, later, c, d]: [u64; ROW]) -> Self {
        let has = |bit: u64| holds & bit != 0;
        let first = Cutoffs::new(Cutoff {
            before,
            exempt: has(FIRST_EXEMPTS).then(|| session([a, b])),
        });
        let second = Cutoff {
            before: later,
            exempt: has(SECOND_EXEMPTS).then(|| session([c, d])),
        };
        let cutoffs = if has(HAS_SECOND) {
            first.merged(second)
        } else {
            first
        };
        Self { cutoffs, expires }
    }

    /// One cut-off that spares a session.
    fn to_short(self) -> Option<[u64; SHORT]> {
        let (first, exempt) = self.cutoffs.only_one_sparing()?;
        let [high, low] = key(&exempt.to_bytes());
        Some([pack_cutoff(first, self.expires)?, high, low])
    }

    fn from_short([packed, high, low]: [u64; SHORT]) -> Self {
        let (before, expires) = unpack_cutoff(packed);
        let exempt = Some(session([high, low]));
        Self {
            cutoffs: Cutoffs::new(Cutoff { before, exempt }),
            expires,
        }
    }

    fn merged(self, other: Self) -> Self {
        let all = other.cutoffs.iter();
        Self {
            cutoffs: all.fold(self.cutoffs, Cutoffs::merged),
            expires: self.expires.max(other.expires),
        }
    }

    fn expires(self) -> u64 {
        self.expires
    }
}

/// One key: that it is there says everything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfKey;

impl State for OfKey {
    fn pack(self) -> Option<u64> {
        Some(0)
    }

    fn unpack(_: u64) -> Self {
        Self
    }

    fn to_row(self) -> [u64; ROW] {
        [0; ROW]
    }

    fn from_row(_: [u64; ROW]) -> Self {
        Self
    }

    fn to_short(self) -> Option<[u64; SHORT]> {
        None
    }

    fn from_short(_: [u64; SHORT]) -> Self {
        Self
    }

    fn merged(self, _: Self) -> Self {
        self
    }

    fn expires(self) -> u64 {
        NEVER
    }
}
