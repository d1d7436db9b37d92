//! What a verification answers when it does not answer with a session.
//!
//! Three questions are kept apart, because mixing them either leaks or says nothing:
//! what the client is told (one constant answer, the `Display` of these types), whose fault it is
//! ([`VerifyError::fault`]), and what the operator counts ([`Rejected::reason`]).

use core::fmt;

/// A token was not accepted.
///
/// The two variants call for different answers, which is why they are not one: 401 for
/// [`Rejected`](Self::Rejected), 503 for [`Unavailable`](Self::Unavailable). A 401 makes clients
/// forget a session that may be alive.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "callers must answer both, and there is no third"
)]
pub enum VerifyError {
    /// The token is not, or no longer, a session.
    Rejected(Rejected),
    /// Whether it is one could not be found out.
    Unavailable(Unavailable),
}

/// A token is not, or no longer, a session.
///
/// ```
/// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
/// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
/// #     .purpose("session").audience("").aal3().build()?;
/// use cloakroom::{Invalid, Reason, VerifyError};
///
/// if let Err(VerifyError::Rejected(rejected)) = sessions.verify("clk1.forged") {
///     assert_eq!(rejected.to_string(), "session rejected"); // all that a client may see
///     assert_eq!(rejected.reason(), Reason::Invalid); // for a counter
///     assert_eq!(rejected.detail(), Some(Invalid::Format)); // for a log
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Introspection is limited
///
/// `Display` and `Debug` print one constant text, whatever was wrong, so that an error that ends up
/// in a response tells an attacker nothing. [`reason`](Self::reason) is for counters and logs.
/// Everything before the seal was found intact is the single reason [`Reason::Invalid`]: telling an
/// unknown key from a forged tag would be an oracle (SPEC §8.11).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    reason: Reason,
    invalid: Option<Invalid>,
}

/// Why an authentic token was refused, or that it was not authentic. Stable names for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Not a token sealed by one of the ring's keys for this purpose, audience and binding.
    Invalid,
    /// Authentic, but its payload has a shape that this reader does not know.
    WrongSchema,
    /// Authentic, but it starts further in the future than the tolerance.
    NotYet,
    /// Authentic, but its absolute deadline has passed.
    Expired,
    /// Authentic, but its idle deadline has passed.
    Idle,
    /// Authentic, but older than the caller's `max_age`.
    TooOld,
    /// Authentic, but the last login lies further back than the caller's `require_fresh`.
    NotFresh,
    /// Authentic, but logged out: the session, its subject, its audience or its key was revoked.
    Revoked,
}

impl Reason {
    /// A stable lower-case name, for metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::WrongSchema => "wrong-schema",
            Self::NotYet => "not-yet",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::TooOld => "too-old",
            Self::NotFresh => "not-fresh",
            Self::Revoked => "revoked",
        }
    }
}

/// What made a token [`Reason::Invalid`]. For logs alone: an answer that depends on it is an
/// oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invalid {
    /// Length, prefix or base64url are wrong: not a token at all.
    Format,
    /// The key id is unknown, or its key is retired or disabled.
    UnknownKey,
    /// The seal does not hold: forged, damaged, or sealed for another purpose, audience or binding.
    Forged,
    /// The seal holds but the claims are malformed: another issuer with your key has a defect.
    Claims,
}

impl Invalid {
    /// A stable lower-case name, for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::UnknownKey => "unknown-key",
            Self::Forged => "forged",
            Self::Claims => "claims",
        }
    }
}

/// Who has to do something about a failed verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The client: it has no session and has to log in.
    Client,
    /// The operator: tokens that your own keys sealed can't be read, as after a deploy that forgot
    /// to raise the schema's major version.
    Configuration,
    /// A part that verification needs does not answer.
    Unavailable,
}

impl Rejected {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self {
            reason,
            invalid: None,
        }
    }

    pub(crate) const fn invalid(invalid: Invalid) -> Self {
        Self {
            reason: Reason::Invalid,
            invalid: Some(invalid),
        }
    }

    /// Why, for counters and logs; never for the client.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// For [`Reason::Invalid`]: at which gate, for logs; never for the client.
    #[must_use]
    pub const fn detail(&self) -> Option<Invalid> {
        self.invalid
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session rejected")
    }
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rejected { .. }")
    }
}

impl core::error::Error for Rejected {}

/// Something that a decision needs gave no answer. Answer 503 and let the client try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    missing: Missing,
}

/// What gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// The clock.
    Clock,
    /// The random source.
    Random,
    /// A revocation view that is recent enough for what was asked.
    Revocations,
    /// A key that seals at this time; for a session that was made right after a cut-off and starts
    /// a few seconds from now, one that may: until then, only the key it is sealed under.
    SealingKey,
    /// The origin: this server has an extract of its revocations, which can't tell of this session
    /// and makes none. Ask there, or send the client there.
    Origin,
}

impl Missing {
    /// A stable lower-case name, for logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Revocations => "revocations",
            Self::SealingKey => "sealing-key",
            Self::Origin => "origin",
        }
    }
}

impl Unavailable {
    pub(crate) const fn new(missing: Missing) -> Self {
        Self { missing }
    }

    /// What gave no answer, for logs.
    #[must_use]
    pub const fn missing(&self) -> Missing {
        self.missing
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session service unavailable")
    }
}

impl core::error::Error for Unavailable {}

impl VerifyError {
    /// Whose fault it is.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// use cloakroom::Fault;
    ///
    /// let status = |token| match sessions.verify(token).map_err(|error| error.fault()) {
    ///     Ok(_) => 200,
    ///     Err(Fault::Unavailable) => 503,
    ///     Err(_) => 401, // and an alarm for `Fault::Configuration`
    /// };
    /// assert_eq!(status("not a token"), 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Unavailable(_) => Fault::Unavailable,
            Self::Rejected(rejected) => match (rejected.reason, rejected.invalid) {
                (Reason::WrongSchema, _) | (_, Some(Invalid::Claims)) => Fault::Configuration,
                _ => Fault::Client,
            },
        }
    }

    /// The reason, if the token was rejected.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Rejected(rejected) => Some(rejected.reason),
            Self::Unavailable(_) => None,
        }
    }
}

impl From<Rejected> for VerifyError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

impl From<Unavailable> for VerifyError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl fmt::Debug for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl core::error::Error for VerifyError {}
