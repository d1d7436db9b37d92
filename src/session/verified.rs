//! A verified session: the evidence that every check was passed.

use alloc::vec::Vec;
use core::fmt;

use time::Duration;
use zeroize::Zeroize as _;

use crate::error::{Reason, Rejected};
use crate::key::id::KeyId;
use crate::seal::sealer::{TAG, TEXT_AT};
use crate::time::Timestamp;
use crate::wire::claims::{Claims, Schema};
use crate::wire::session_id::SessionId;
use crate::wire::text::MAX_BODY;

/// What a token says about its session, and the deadlines that the policy makes of it.
///
/// Not secret, and not proof of anything: a [`Session`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    pub(crate) id: SessionId,
    pub(crate) generation: u32,
    pub(crate) key: KeyId,
    pub(crate) schema: Schema,
    pub(crate) authenticated_at: u64,
    pub(crate) issued_after: u32,
    /// As in the token, before the policy.
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    /// Under the policy, in Unix seconds.
    pub(crate) idle_deadline: Option<u64>,
    pub(crate) absolute_deadline: u64,
    pub(crate) verified_at: Timestamp,
    pub(crate) leeway: u32,
    pub(crate) scope: [u8; 16],
}

impl SessionInfo {
    /// The session's id: the same in every token of the session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// How often the session was rotated; 0 after a login.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// The key that the token is sealed under.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The schema of its payload.
    #[must_use]
    pub const fn schema(&self) -> Schema {
        self.schema
    }

    /// When the session started: the last time that credentials were checked.
    #[must_use]
    pub const fn authenticated_at(&self) -> Timestamp {
        Timestamp::saturating_from_unix(self.authenticated_at)
    }

    /// When this token was sealed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        Timestamp::saturating_from_unix(self.issued_unix())
    }

    const fn issued_unix(&self) -> u64 {
        self.authenticated_at
            .saturating_add(self.issued_after as u64)
    }

    /// When the session ends unless it is renewed, if it has an idle timeout.
    #[must_use]
    pub fn idle_deadline(&self) -> Option<Timestamp> {
        self.idle_deadline.map(Timestamp::saturating_from_unix)
    }

    /// When the session ends, whatever happens.
    #[must_use]
    pub const fn absolute_deadline(&self) -> Timestamp {
        Timestamp::saturating_from_unix(self.absolute_deadline)
    }

    /// When this token ends: the nearer of both deadlines.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        let nearest = self.idle_deadline.map_or(self.absolute_deadline, |idle| {
            idle.min(self.absolute_deadline)
        });
        Timestamp::saturating_from_unix(nearest)
    }

    /// The time that the decision was made at.
    #[must_use]
    pub const fn decided_at(&self) -> Timestamp {
        self.verified_at
    }

    /// Seconds until this token ends, at least 1: the `Max-Age` of its cookie.
    #[must_use]
    pub fn max_age(&self) -> u64 {
        self.expires_at()
            .unix()
            .saturating_sub(self.verified_at.unix())
            .max(1)
    }

    /// Refuses a session whose last login lies `age` or more in the past (SPEC §8.10): for changing
    /// a password, adding a device, paying.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
    /// # let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().clock(clock.clone()).build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// clock.advance(10 * 60);
    /// let session = sessions.verify(token.as_str())?;
    /// let ten = session.info().require_fresh(time::Duration::minutes(10));
    /// let eleven = session.info().require_fresh(time::Duration::minutes(11));
    /// assert!(ten.is_err() && eleven.is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Reason::NotFresh`]; the session stays alive, ask for the credentials and
    /// [`reauthenticate`](crate::Sessions::reauthenticate).
    pub fn require_fresh(&self, age: Duration) -> Result<(), Rejected> {
        self.check_age(self.authenticated_at, age, Reason::NotFresh)
    }

    /// Refuses a token that was sealed `age` or more in the past (SPEC §8.10).
    ///
    /// # Errors
    ///
    /// [`Reason::TooOld`].
    pub fn require_max_age(&self, age: Duration) -> Result<(), Rejected> {
        self.check_age(self.issued_unix(), age, Reason::TooOld)
    }

    fn check_age(&self, since: u64, limit: Duration, reason: Reason) -> Result<(), Rejected> {
        // A negative limit refuses everything.
        let limit = u64::try_from(limit.whole_seconds()).unwrap_or(0);
        let age = self.verified_at.unix().saturating_sub(since);
        if age >= limit.saturating_add(u64::from(self.leeway)) {
            return Err(Rejected::new(reason));
        }
        Ok(())
    }
}

/// A session's name for logs; prints as 16 hex digits.
///
/// A keyed hash of the session id (SPEC §6.7), made by
/// [`Sessions::log_reference`](crate::Sessions::log_reference): whoever reads the log can tell the
/// requests of one session from those of another, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogReference(pub(crate) [u8; 8]);

impl fmt::Display for LogReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for LogReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A session that passed every check, with its payload.
///
/// There is no other way to one than [`Sessions::verify`](crate::Sessions::verify) and
/// [`verify_in`](crate::Sessions::verify_in), so a function that takes a `Session` needs no check
/// of its own. `T` is the payload; `P` holds the opened bytes: its own, or, for a borrowed session,
/// a [`Scratch`].
///
/// `Debug` shows neither payload nor subject.
///
/// ```
/// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
/// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
/// #     .purpose("session").audience("").aal3().build()?;
/// fn greet(session: &cloakroom::Session<()>) -> String {
///     format!("Hello, {}", session.subject_str().unwrap_or("you"))
/// }
/// let token = sessions.issue("Ada", &())?.token;
/// assert_eq!(greet(&sessions.verify(token.as_str())?), "Hello, Ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session<T, P = Plaintext> {
    pub(crate) payload: T,
    pub(crate) plaintext: P,
    pub(crate) info: SessionInfo,
    pub(crate) subject: (usize, usize),
    pub(crate) payload_at: usize,
    pub(crate) newer: bool,
}

impl<T, P: AsRef<[u8]>> Session<T, P> {
    /// What the application stored in the session.
    #[must_use]
    pub const fn payload(&self) -> &T {
        &self.payload
    }

    /// The payload by value.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.payload
    }

    /// Whose session it is; empty for no one's.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        let (start, end) = self.subject;
        self.plaintext.as_ref().get(start..end).unwrap_or_default()
    }

    /// The subject as text, if it is UTF-8.
    #[must_use]
    pub fn subject_str(&self) -> Option<&str> {
        core::str::from_utf8(self.subject()).ok()
    }

    /// The session's id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.info.id
    }

    /// Times, deadlines, generation and key.
    #[must_use]
    pub const fn info(&self) -> &SessionInfo {
        &self.info
    }

    /// Whether a newer program wrote the payload, with fields that this one does not know. Such a
    /// session can be renewed and revoked, and not updated.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.newer
    }

    /// [`SessionInfo::require_fresh`].
    ///
    /// # Errors
    ///
    /// [`Reason::NotFresh`].
    pub fn require_fresh(&self, age: Duration) -> Result<(), Rejected> {
        self.info.require_fresh(age)
    }

    pub(crate) fn raw_payload(&self) -> &[u8] {
        self.plaintext
            .as_ref()
            .get(self.payload_at..)
            .unwrap_or_default()
    }

    /// The claims as they stand in the token.
    pub(crate) fn claims(&self) -> Claims<'_> {
        Claims {
            session: self.info.id,
            generation: self.info.generation,
            subject: self.subject(),
            authenticated_at: self.info.authenticated_at,
            issued_after: self.info.issued_after,
            idle: self.info.idle,
            absolute: self.info.absolute,
            schema: self.info.schema,
        }
    }
}

impl<T, P> fmt::Debug for Session<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// The opened bytes of one token; wiped when dropped.
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    pub(crate) fn of_len(body: usize) -> Self {
        Self(alloc::vec![0; body])
    }

    #[inline]
    pub(crate) fn body(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Cuts the tag off.
    pub(crate) fn opened(&mut self) {
        self.0.truncate(self.0.len().saturating_sub(TAG));
    }
}

impl AsRef<[u8]> for Plaintext {
    fn as_ref(&self) -> &[u8] {
        self.0.get(TEXT_AT..).unwrap_or_default()
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(REDACTED)")
    }
}

/// Room to open a token in, for [`Sessions::verify_in`](crate::Sessions::verify_in), which then
/// allocates nothing.
///
/// 3 KB, on the stack unless you box it; one per worker or connection can be used again and again.
/// What was opened in it is wiped when it is used again or dropped.
pub struct Scratch {
    bytes: [u8; MAX_BODY],
    used: usize,
}

impl Scratch {
    /// An empty scratch.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: [0; MAX_BODY],
            used: 0,
        }
    }

    /// Room that the caller writes all of, or wipes. What was in it before is still there.
    pub(crate) fn body(&mut self, len: usize) -> &mut [u8] {
        if let Some(beyond) = self.bytes.get_mut(len..self.used) {
            beyond.zeroize();
        }
        self.used = len;
        self.bytes.get_mut(..len).unwrap_or_default()
    }

    /// The first `len` bytes of what [`body`](Self::body) gave, all that was written to.
    pub(crate) fn cut(&mut self, len: usize) -> &mut [u8] {
        self.used = self.used.min(len);
        self.bytes.get_mut(..self.used).unwrap_or_default()
    }

    pub(crate) fn wipe(&mut self) {
        if let Some(used) = self.bytes.get_mut(..self.used) {
            used.zeroize();
        }
        self.used = 0;
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch(REDACTED)")
    }
}
