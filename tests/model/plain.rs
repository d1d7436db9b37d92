//! The naive model: every token and every revocation ever, in plain lists, nothing ever forgotten,
//! and the rules of SPEC §8.2, §8.5 and §9.5 to §9.7 written down as they read.

use cloakroom::Reason;

pub(crate) const SKEW: u64 = 2;
pub(crate) const TOLERANCE: u64 = 60;
pub(crate) const LOGGED_OUT: u32 = u32::MAX;

/// A token as the claims in it say.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) id: [u8; 16],
    pub(crate) generation: u32,
    pub(crate) subject: &'static str,
    pub(crate) started: u64,
    pub(crate) issued: u64,
    pub(crate) idle: Option<u64>,
    pub(crate) absolute: u64,
    pub(crate) key: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Revoked {
    Session {
        id: [u8; 16],
        below: u32,
    },
    Subject {
        name: &'static str,
        before: u64,
        exempt: Option<[u8; 16]>,
    },
    Everybody {
        before: u64,
    },
    Key {
        key: u8,
    },
}

impl Revoked {
    pub(crate) fn cutoff(&self) -> Option<u64> {
        match self {
            Self::Subject { before, .. } | Self::Everybody { before } => Some(*before),
            Self::Session { .. } | Self::Key { .. } => None,
        }
    }

    fn exempt(&self) -> Option<[u8; 16]> {
        match self {
            Self::Subject { exempt, .. } => *exempt,
            Self::Session { .. } | Self::Everybody { .. } | Self::Key { .. } => None,
        }
    }

    /// Later cut-offs first; of two at one time, the smaller exemption.
    fn rank(&self) -> (std::cmp::Reverse<Option<u64>>, Option<[u8; 16]>) {
        (std::cmp::Reverse(self.cutoff()), self.exempt())
    }

    pub(crate) fn hits(&self, token: &Token) -> bool {
        match self {
            Self::Session { id, below } => token.id == *id && token.generation < *below,
            Self::Subject {
                name,
                before,
                exempt,
            } => {
                !token.subject.is_empty()
                    && token.subject == *name
                    && token.started < *before
                    && *exempt != Some(token.id)
            }
            Self::Everybody { before } => token.started < *before,
            Self::Key { key } => token.key == *key,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) idle: Option<u64>,
    pub(crate) absolute: u64,
    pub(crate) leeway: u64,
}

/// What one list was ever told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) applied: Vec<Revoked>,
    /// Cut-offs of a clock that is fast.
    pub(crate) waiting: Vec<Revoked>,
}

impl Known {
    pub(crate) fn tell(&mut self, revoked: &Revoked, now: u64) {
        let waits = revoked
            .cutoff()
            .is_some_and(|cutoff| cutoff > now + TOLERANCE);
        let list = if waits {
            &mut self.waiting
        } else {
            &mut self.applied
        };
        if !list.contains(revoked) {
            list.push(revoked.clone());
        }
    }

    /// A question was asked at `now`.
    pub(crate) fn touch(&mut self, now: u64) {
        for revoked in std::mem::take(&mut self.waiting) {
            self.tell(&revoked, now);
        }
    }

    pub(crate) fn learn(&mut self, other: &Self, now: u64) {
        for revoked in other.handed_on().chain(&other.waiting) {
            self.tell(revoked, now);
        }
    }

    /// A list hands on what it merged, not what it was told: of one subject the two latest cut-offs
    /// with different exemptions, of everybody the latest. Where those have to wait at the receiver,
    /// what they took the place of waits with them (SPEC §9.6).
    fn handed_on(&self) -> impl Iterator<Item = &Revoked> {
        self.applied.iter().filter(|revoked| {
            let of_one_target = |other: &&Revoked| match (*revoked, *other) {
                (Revoked::Subject { name: a, .. }, Revoked::Subject { name: b, .. }) => a == b,
                (Revoked::Everybody { .. }, Revoked::Everybody { .. }) => true,
                _ => false,
            };
            let later = |other: &&Revoked| other.rank() < revoked.rank();
            let above = self.applied.iter().filter(of_one_target).filter(later);
            let mut exempt: Vec<_> = above.map(Revoked::exempt).collect();
            exempt.sort();
            exempt.dedup();
            let places = if matches!(revoked, Revoked::Subject { .. }) {
                2
            } else {
                1
            };
            exempt.len() < places && !exempt.contains(&revoked.exempt())
        })
    }

    fn start_bound(&self, subject: &str) -> u64 {
        let applies = |revoked: &&Revoked| match revoked {
            Revoked::Subject { name, .. } => !subject.is_empty() && *name == subject,
            Revoked::Everybody { .. } => true,
            Revoked::Session { .. } | Revoked::Key { .. } => false,
        };
        let cutoffs = self
            .applied
            .iter()
            .filter(applies)
            .filter_map(Revoked::cutoff);
        cutoffs.max().unwrap_or(0)
    }

    /// The cut-off that a revocation of `subject` at `now` makes.
    pub(crate) fn cutoff_now(&mut self, subject: &str, now: u64) -> u64 {
        self.touch(now);
        // That of everybody lies behind those of every subject.
        let bound = if subject.is_empty() {
            let cutoffs = self.applied.iter().filter_map(Revoked::cutoff);
            cutoffs.max().unwrap_or(0)
        } else {
            self.start_bound(subject)
        };
        (now + SKEW + 1).max((bound + 1).min(now + TOLERANCE / 2))
    }

    pub(crate) fn distrusts(&self, key: u8) -> bool {
        self.applied.contains(&Revoked::Key { key })
    }

    /// When a session of `subject` may start, unless that lies too far ahead.
    ///
    /// Nobody logs in under a key that was revoked.
    pub(crate) fn start(&self, subject: &str, now: u64, key: u8) -> Option<u64> {
        if self.distrusts(key) {
            return None;
        }
        let start = now.max(self.start_bound(subject));
        (start - now <= TOLERANCE / 2).then_some(start)
    }
}

impl Policy {
    pub(crate) fn life(&self) -> u64 {
        self.idle
            .map_or(self.absolute, |idle| idle.min(self.absolute))
    }

    pub(crate) fn idle_of(&self, token: &Token) -> Option<u64> {
        [self.idle, token.idle].into_iter().flatten().min()
    }

    pub(crate) fn absolute_of(&self, token: &Token) -> u64 {
        self.absolute.min(token.absolute)
    }

    pub(crate) fn verify(&self, token: &Token, known: &Known, now: u64) -> Result<(), Reason> {
        if token.started > now + TOLERANCE || token.issued > now + TOLERANCE {
            return Err(Reason::NotYet);
        }
        if now >= token.started + self.absolute_of(token) + self.leeway {
            return Err(Reason::Expired);
        }
        if self
            .idle_of(token)
            .is_some_and(|idle| now >= token.issued + idle + self.leeway)
        {
            return Err(Reason::Idle);
        }
        if known.applied.iter().any(|revoked| revoked.hits(token)) {
            return Err(Reason::Revoked);
        }
        Ok(())
    }

    /// Claims of the next token of a live session, or nothing where none may be made.
    pub(crate) fn next(&self, token: &Token, now: u64, key: u8) -> Option<Token> {
        let issued = now.max(token.issued);
        let absolute = self.absolute_of(token);
        (issued < token.started + absolute).then(|| Token {
            issued,
            idle: self.idle_of(token),
            absolute,
            key,
            ..token.clone()
        })
    }

    pub(crate) fn due(&self, token: &Token, now: u64) -> bool {
        // One that starts a few seconds ahead, after a cut-off, is changed but not renewed.
        let started = token.started <= now;
        started
            && self
                .idle_of(token)
                .is_some_and(|idle| now.saturating_sub(token.issued) >= idle / 2)
    }
}
