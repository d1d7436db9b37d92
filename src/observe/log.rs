//! Events for the log of an operator. What a client can cause is at most `debug`, or one line in a
//! while; what is wrong with the server is told when it begins and when it is over.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Display;
use core::sync::atomic::{AtomicU8, Ordering};

use tracing::{Level, debug, enabled, error, info, trace, warn};

use crate::error::{Fault, Missing, Reason, Unavailable, VerifyError};
use crate::observe::limit::Limit;
use crate::observe::what::{Ends, Loudness, Made};

const TARGET: &str = "cloakroom";

/// Seconds between two lines about replayed tokens.
const REPLAYS: u64 = 10;
/// Seconds between two lines about tokens of ours that can't be read.
const UNREADABLE: u64 = 60;

#[derive(Debug)]
pub(super) struct Log {
    purpose: Box<str>,
    /// What is known not to answer: a bit each.
    silent: AtomicU8,
    replays: Limit,
    unreadable: Limit,
}

const CLOCK: u8 = 1;
const RANDOM: u8 = 1 << 1;
const VIEW: u8 = 1 << 2;
const SEALING: u8 = 1 << 3;
const PUBLISHING: u8 = 1 << 4;

impl Log {
    pub(super) fn new(purpose: &[u8]) -> Self {
        Self {
            purpose: String::from_utf8_lossy(purpose).into_owned().into(),
            silent: AtomicU8::new(0),
            replays: Limit::every(REPLAYS),
            unreadable: Limit::every(UNREADABLE),
        }
    }

    #[inline]
    pub(super) fn verified(&self, error: Option<&VerifyError>) {
        match error {
            None => self.answers(CLOCK, "the clock"),
            Some(VerifyError::Unavailable(unavailable)) => self.unavailable(unavailable),
            Some(error) => self.refused(error),
        }
    }

    #[cold]
    fn refused(&self, error: &VerifyError) {
        let VerifyError::Rejected(rejected) = error else {
            return;
        };
        let reason = rejected
            .detail()
            .map_or(rejected.reason().as_str(), |at| at.as_str());
        let purpose = &*self.purpose;
        if error.fault() != Fault::Configuration {
            // Anybody can send these, as fast as the network carries them.
            if rejected.reason() == Reason::Invalid {
                trace!(target: TARGET, purpose, reason, "token refused");
            }
            return;
        }
        // Sealed by a key of ours, so a deploy went wrong. Still every client sends its own.
        match self.unreadable.turn() {
            Some(left_out) => warn!(
                target: TARGET, purpose, reason, left_out,
                "a token that one of our own keys sealed can't be read"
            ),
            None => debug!(target: TARGET, purpose, reason, "token refused"),
        }
    }

    pub(super) fn dead<R: Display, K: Display>(
        &self,
        error: &VerifyError,
        session: impl FnOnce() -> Option<(R, K)>,
    ) {
        let Some(reason) = error.reason() else {
            return;
        };
        let (purpose, reason_name) = (&*self.purpose, reason.as_str());
        let turn = (reason == Reason::Revoked)
            .then(|| self.replays.turn())
            .flatten();
        let wanted = match turn {
            Some(_) => enabled!(target: TARGET, Level::INFO),
            None if reason == Reason::Revoked => enabled!(target: TARGET, Level::DEBUG),
            None => enabled!(target: TARGET, Level::TRACE),
        };
        // The reference costs a hash, so it is made for a line alone.
        let Some((session, key)) = wanted.then(session).flatten() else {
            return;
        };
        match turn {
            Some(left_out) => info!(
                target: TARGET, purpose, %session, %key, left_out,
                "a token of a session that was logged out came back"
            ),
            None if reason == Reason::Revoked => {
                debug!(target: TARGET, purpose, %session, %key, "a revoked token came back");
            }
            None => {
                trace!(target: TARGET, purpose, reason = reason_name, %session, %key, "token refused");
            }
        }
    }

    #[inline]
    pub(super) fn view(&self, fresh: bool) {
        if fresh {
            self.answers(VIEW, "the view of revocations");
        } else if self.falls_silent(VIEW) {
            warn!(
                target: TARGET, purpose = &*self.purpose,
                "the view of revocations is too old to be trusted"
            );
        }
    }

    pub(super) fn made<R: Display, K: Display>(
        &self,
        by: Made,
        session: impl FnOnce() -> Option<(R, K)>,
    ) {
        self.answers(SEALING, "the key ring");
        if let Made::Login | Made::Reauthentication = by {
            self.answers(RANDOM, "the random source");
        }
        if enabled!(target: TARGET, Level::DEBUG) {
            let (session, key) = session().unzip();
            debug!(
                target: TARGET, purpose = &*self.purpose, ?by,
                session = session.map(|session| tracing::field::display(session)),
                key = key.map(|key| tracing::field::display(key)),
                "token made"
            );
        }
    }

    pub(super) fn unavailable(&self, missing: &Unavailable) {
        let (bit, what) = match missing.missing() {
            Missing::Clock => (CLOCK, "the clock"),
            Missing::Random => (RANDOM, "the random source"),
            Missing::SealingKey => (SEALING, "no key seals at this time; the key ring"),
            // The view tells by itself, and an extract that sends to the origin is no fault.
            Missing::Revocations | Missing::Origin => return,
        };
        if self.falls_silent(bit) {
            error!(target: TARGET, purpose = &*self.purpose, "{what} gives no answer");
        }
    }

    pub(super) fn revoked(&self, what: Ends, delivered: Result<&'static str, &dyn Display>) {
        let purpose = &*self.purpose;
        match delivered {
            Err(why) => {
                if self.falls_silent(PUBLISHING) {
                    error!(target: TARGET, purpose, ?what, %why, "a revocation was not published");
                } else {
                    debug!(target: TARGET, purpose, ?what, %why, "a revocation was not published");
                }
            }
            Ok(delivery) => {
                self.answers(PUBLISHING, "the store of revocations");
                match what {
                    // A user can log out as often as he logs in.
                    Ends::Session | Ends::Generations | Ends::Subject => {
                        debug!(target: TARGET, purpose, ?what, delivery, "revoked");
                    }
                    Ends::Everybody | Ends::Key => {
                        warn!(target: TARGET, purpose, ?what, delivery, "everybody was logged out");
                    }
                }
            }
        }
    }

    /// Whether that is new.
    fn falls_silent(&self, what: u8) -> bool {
        self.silent.fetch_or(what, Ordering::Relaxed) & what == 0
    }

    #[inline]
    fn answers(&self, what: u8, name: &str) {
        if self.silent.load(Ordering::Relaxed) & what != 0 {
            self.answers_again(what, name);
        }
    }

    #[cold]
    fn answers_again(&self, what: u8, name: &str) {
        if self.silent.fetch_and(!what, Ordering::Relaxed) & what != 0 {
            info!(target: TARGET, purpose = &*self.purpose, "{name} answers again");
        }
    }
}

/// What another part tells once for each transition.
pub(super) fn told(of: &'static str, loudness: Loudness, event: &dyn Display) {
    match loudness {
        Loudness::Info => info!(target: TARGET, of, "{event}"),
        Loudness::Warn => warn!(target: TARGET, of, "{event}"),
        Loudness::Error => error!(target: TARGET, of, "{event}"),
    }
}

#[cfg(any(feature = "tower", feature = "actix-4"))]
pub(super) fn web_event(code: &'static str) {
    debug!(target: TARGET, code, "web layer");
}
