//! The cut-offs of one subject, with their exemptions (SPEC §9.4).

use core::cmp::Ordering;

use crate::revocation::record::Cutoff;
use crate::wire::session_id::SessionId;

/// Later first; of two at one time, the one without an exemption first, then by the exempt id.
fn order(one: &Cutoff, other: &Cutoff) -> Ordering {
    other
        .before
        .cmp(&one.before)
        .then_with(|| one.exempt.cmp(&other.exempt))
}

/// All that matters of any number of cut-offs: the two latest with different exemptions.
///
/// Taking the maximum alone is wrong: "log out my other devices" would exempt its device from an
/// earlier "log out everywhere", or lose its exemption to it. A session is spared by an entry only
/// if that entry names it, so the latest entry that does not name it decides, and that is one of
/// the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cutoffs {
    first: Cutoff,
    second: Option<Cutoff>,
}

impl Cutoffs {
    pub(crate) const fn new(first: Cutoff) -> Self {
        Self {
            first,
            second: None,
        }
    }

    /// Commutative, associative, idempotent.
    #[must_use]
    pub(crate) fn merged(self, new: Cutoff) -> Self {
        let mut all = [Some(self.first), self.second, Some(new)];
        all.sort_by(|a, b| match (a, b) {
            (Some(a), Some(b)) => order(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        let mut sorted = all.into_iter().flatten();
        let first = sorted.next().unwrap_or(new);
        Self {
            first,
            second: sorted.find(|cutoff| cutoff.exempt != first.exempt),
        }
    }

    /// The time, where there is one cut-off and it spares nobody: all there is to know, then.
    pub(crate) fn only_one(&self) -> Option<u64> {
        let plain = self.second.is_none() && self.first.exempt.is_none();
        plain.then_some(self.first.before)
    }

    /// The time and the session, where there is one cut-off and it spares one.
    pub(crate) fn only_one_sparing(&self) -> Option<(u64, SessionId)> {
        let exempt = self.first.exempt.filter(|_| self.second.is_none())?;
        Some((self.first.before, exempt))
    }

    /// Whether a session is cut off. Compared with the start of the session, never with the token's
    /// issue: a server with an old view renews tokens after the cut-off, and such a session would
    /// outlive it for ever.
    pub(crate) fn cuts_off(&self, session: SessionId, started: u64) -> bool {
        let spares = |cutoff: &Cutoff| cutoff.exempt == Some(session);
        let deciding = if spares(&self.first) {
            self.second
        } else {
            Some(self.first)
        };
        deciding.is_some_and(|cutoff| started < cutoff.before)
    }

    /// What a session that starts now must not start before.
    pub(crate) const fn start_bound(&self) -> u64 {
        self.first.before
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Cutoff> + use<> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}
