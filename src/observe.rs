//! What happens, told to counters (feature `metrics`) and to logs (feature `tracing`). Without both
//! nothing is left of this: no field, no branch, no code.
//!
//! What is told is bounded: labels come from the lists in this folder and from the configuration,
//! never from what a client sent, and a session is named by its log reference (SPEC §6.7).

mod what;
#[cfg(feature = "std")]
#[cfg(feature = "metrics")]
mod names;
#[cfg(feature = "std")]
#[cfg(feature = "metrics")]
mod meters;
#[cfg(feature = "std")]
#[cfg(feature = "metrics")]
mod gauges;
#[cfg(feature = "std")]
#[cfg(feature = "tracing")]
mod limit;
#[cfg(feature = "std")]
#[cfg(feature = "tracing")]
mod log;

use core::fmt::Display;

use crate::error::{Unavailable, VerifyError};

#[cfg(feature = "std")]
pub(crate) use what::Loudness;
pub(crate) use what::{Ends, Made};

#[cfg(feature = "std")]
#[cfg(feature = "metrics")]
pub(crate) use gauges::{KeyGauges, ViewGauges};

/// What one set of sessions tells.
#[derive(Debug)]
pub(crate) struct Observer {
    #[cfg(feature = "std")]
    #[cfg(feature = "metrics")]
    meters: meters::Meters,
    #[cfg(feature = "std")]
    #[cfg(feature = "tracing")]
    log: log::Log,
}

impl Observer {
    pub(crate) fn new(purpose: &[u8]) -> Self {
        let _ = purpose;
        Self {
            #[cfg(feature = "std")]
            #[cfg(feature = "metrics")]
            meters: meters::Meters::new(purpose),
            #[cfg(feature = "std")]
            #[cfg(feature = "tracing")]
            log: log::Log::new(purpose),
        }
    }

    /// A token is judged. Where nobody is told, the answer is not even kept to be looked at: it is
    /// large.
    #[inline]
    pub(crate) fn verified<S>(
        &self,
        judge: impl FnOnce() -> Result<S, VerifyError>,
    ) -> Result<S, VerifyError> {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        {
            let verified = judge();
            let error = verified.as_ref().err();
            #[cfg(feature = "metrics")]
            self.meters.verified(error);
            #[cfg(feature = "tracing")]
            self.log.verified(error);
            verified
        }
        #[cfg(not(any(feature = "metrics", feature = "tracing")))]
        judge()
    }

    /// An authentic token was refused: of which session, and the key it is under.
    pub(crate) fn dead<R: Display, K: Display>(
        &self,
        error: &VerifyError,
        session: impl FnOnce() -> Option<(R, K)>,
    ) {
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.dead(error, session);
        #[cfg(not(feature = "tracing"))]
        let _ = session;
        let _ = error;
    }

    /// Whether the view of revocations is recent enough to be trusted.
    #[inline]
    pub(crate) fn view(&self, fresh: bool) {
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.view(fresh);
        let _ = fresh;
    }

    /// A token was made.
    pub(crate) fn made<R: Display, K: Display>(
        &self,
        by: Made,
        session: impl FnOnce() -> Option<(R, K)>,
    ) {
        #[cfg(feature = "std")]
        #[cfg(feature = "metrics")]
        self.meters.made(by);
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.made(by, session);
        #[cfg(not(feature = "tracing"))]
        let _ = session;
        let _ = by;
    }

    /// A token could not be made because something does not answer.
    pub(crate) fn unavailable(&self, error: &Unavailable) {
        #[cfg(feature = "std")]
        #[cfg(feature = "metrics")]
        self.meters.unavailable(error);
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.unavailable(error);
        let _ = error;
    }

    /// The session of a token was logged out.
    pub(crate) fn logged_out<R: Display, K: Display>(
        &self,
        session: impl FnOnce() -> Option<(R, K)>,
    ) {
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.logged_out(session);
        #[cfg(not(feature = "tracing"))]
        let _ = session;
    }

    /// A revocation was published, and how far it got, or was not.
    pub(crate) fn revoked(&self, what: Ends, delivered: Result<&'static str, &dyn Display>) {
        #[cfg(feature = "std")]
        #[cfg(feature = "metrics")]
        self.meters.revoked(what, delivered.as_ref().ok().copied());
        #[cfg(feature = "std")]
        #[cfg(feature = "tracing")]
        self.log.revoked(what, delivered);
        let _ = (what, delivered);
    }

    #[cfg(feature = "std")]
    #[cfg(feature = "metrics")]
    pub(crate) fn meters(&self) -> &meters::Meters {
        &self.meters
    }
}

/// One look at the source of keys: `unchanged`, `replaced` or `failed`, failures in a row, and
/// seconds since it was last in order.
#[cfg(feature = "std")]
pub(crate) fn reloaded(result: &'static str, failures: u64, age: Option<u64>) {
    #[cfg(feature = "metrics")]
    gauges::reloaded(result, failures, age);
    let _ = (result, failures, age);
}

/// Something that a watch of keys tells the operator.
#[cfg(feature = "std")]
pub(crate) fn key_event(loudness: Loudness, event: &dyn Display) {
    #[cfg(feature = "tracing")]
    log::told("key ring", loudness, event);
    let _ = (loudness, event);
}

/// A feed is followed from now on, which may tell these events.
#[cfg(feature = "std")]
#[cfg(feature = "feed")]
pub(crate) fn feed_begins(events: &[&'static str]) {
    #[cfg(feature = "metrics")]
    gauges::feed_begins(events);
    let _ = events;
}

/// Something that a feed tells the operator.
#[cfg(feature = "std")]
#[cfg(feature = "feed")]
pub(crate) fn feed_event(name: &'static str, loudness: Loudness, event: &dyn Display) {
    feed_event_again(name);
    #[cfg(feature = "tracing")]
    log::told("revocation feed", loudness, event);
    let _ = (loudness, event);
}

/// The same as before, which the log has told already.
#[cfg(feature = "std")]
#[cfg(feature = "feed")]
pub(crate) fn feed_event_again(name: &'static str) {
    #[cfg(feature = "metrics")]
    gauges::feed_event(name);
    let _ = name;
}

/// A code of the web layer's.
#[cfg(feature = "std")]
#[cfg(any(feature = "tower", feature = "actix-4"))]
pub(crate) fn web_event(code: &'static str) {
    #[cfg(feature = "metrics")]
    gauges::web_event(code);
    #[cfg(feature = "tracing")]
    log::web_event(code);
    let _ = code;
}
