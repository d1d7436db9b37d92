//! The counters of one set of sessions. Those of a request are looked up when the sessions are built:
//! a request adds to a number and looks nothing up, and a series is there before its first event, or
//! its first increase would not be seen.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use metrics::{Counter, counter};

use crate::error::{Invalid, Missing, Reason, Rejected, Unavailable, VerifyError};
use crate::observe::names;
use crate::observe::what::{Ends, Made};

pub(crate) struct Meters {
    pub(super) purpose: Arc<str>,
    verified: Counter,
    refused: [Counter; REFUSALS.len()],
    unavailable: [Counter; MISSING.len()],
    made: [Counter; MADE.len()],
}

/// Stage and reason, in the order of a verification.
const REFUSALS: [(&str, &str); 10] = [
    ("text", "format"),
    ("key", "unknown-key"),
    ("seal", "forged"),
    ("claims", "claims"),
    ("payload", "wrong-schema"),
    ("time", "not-yet"),
    ("time", "expired"),
    ("time", "idle"),
    ("time", "too-old"),
    ("revocation", "revoked"),
];

const MISSING: [Missing; 5] = [
    Missing::Clock,
    Missing::Random,
    Missing::Revocations,
    Missing::SealingKey,
    Missing::Origin,
];

const MADE: [&str; 5] = ["login", "renewal", "update", "rotation", "reauthentication"];

impl Meters {
    pub(super) fn new(purpose: &[u8]) -> Self {
        names::describe();
        let purpose: Arc<str> = String::from_utf8_lossy(purpose).into();
        let of = || Arc::clone(&purpose);
        let meters = Self {
            verified: counter!(names::VERIFIED, "purpose" => of()),
            refused: REFUSALS.map(|(stage, reason)| {
                counter!(names::REFUSED, "purpose" => of(), "stage" => stage, "reason" => reason)
            }),
            unavailable: MISSING.map(|missing| {
                let missing = missing.as_str();
                counter!(names::UNAVAILABLE, "purpose" => of(), "missing" => missing)
            }),
            made: MADE.map(|by| counter!(names::TOKENS, "purpose" => of(), "by" => by)),
            purpose,
        };
        // The one that an alarm waits for.
        for what in [
            Ends::Session,
            Ends::Generations,
            Ends::Subject,
            Ends::Everybody,
            Ends::Key,
        ] {
            meters.revocations(what, FAILED).increment(0);
        }
        meters
    }

    #[inline]
    pub(super) fn verified(&self, error: Option<&VerifyError>) {
        match error {
            None => self.verified.increment(1),
            Some(VerifyError::Rejected(rejected)) => {
                if let Some(counter) = place(rejected).and_then(|at| self.refused.get(at)) {
                    counter.increment(1);
                }
            }
            Some(VerifyError::Unavailable(unavailable)) => self.unavailable(unavailable),
        }
    }

    pub(super) fn unavailable(&self, error: &Unavailable) {
        let at = MISSING
            .iter()
            .position(|missing| *missing == error.missing());
        if let Some(counter) = at.and_then(|at| self.unavailable.get(at)) {
            counter.increment(1);
        }
    }

    pub(super) fn made(&self, by: Made) {
        let at = match by {
            Made::Login => 0,
            Made::Renewal => 1,
            Made::Update => 2,
            Made::Rotation => 3,
            Made::Reauthentication => 4,
        };
        if let Some(counter) = self.made.get(at) {
            counter.increment(1);
        }
    }

    /// `None`: it failed.
    pub(super) fn revoked(&self, what: Ends, delivered: Option<&'static str>) {
        self.revocations(what, delivered.unwrap_or(FAILED))
            .increment(1);
    }

    fn revocations(&self, what: Ends, delivery: &'static str) -> Counter {
        let kind = match what {
            Ends::Session => "session",
            Ends::Generations => "generations",
            Ends::Subject => "subject",
            Ends::Everybody => "everybody",
            Ends::Key => "key",
        };
        let purpose = Arc::clone(&self.purpose);
        counter!(
            names::REVOCATIONS,
            "purpose" => purpose, "kind" => kind, "delivery" => delivery
        )
    }
}

const FAILED: &str = "failed";

/// Which line of the table; `None` for what no verification says.
const fn place(rejected: &Rejected) -> Option<usize> {
    Some(match (rejected.reason(), rejected.detail()) {
        (Reason::Invalid, Some(Invalid::Format) | None) => 0,
        (Reason::Invalid, Some(Invalid::UnknownKey)) => 1,
        (Reason::Invalid, Some(Invalid::Forged)) => 2,
        (Reason::Invalid, Some(Invalid::Claims)) => 3,
        (Reason::WrongSchema, _) => 4,
        (Reason::NotYet, _) => 5,
        (Reason::Expired, _) => 6,
        (Reason::Idle, _) => 7,
        (Reason::TooOld, _) => 8,
        (Reason::Revoked, _) => 9,
        (Reason::NotFresh, _) => return None,
    })
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}
