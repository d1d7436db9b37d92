//! Building sessions: what must be said, what has a default, and what is refused.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use time::Duration;

use crate::index::failures::IndexFailures;
use crate::index::port::SessionIndex;
use crate::key::error::KeyError;
use crate::key::fault::RingError;
use crate::key::plan::whole_seconds;
use crate::key::ring::KeyRing;
use crate::key::table::KeyTable;
use crate::observe::Observer;
use crate::revocation::record::audience_key;
use crate::revocation::view::{RevocationView, Terms};
use crate::seal::derive::{Context, scope};
use crate::session::build_error::BuildError;
use crate::session::policy::{MAX_SKEW_ALLOWANCE, Policy, StalePolicy};
use crate::session::random::RandomSource;
use crate::session::sessions::{Class, Form, Inner, Sessions};
use crate::swap::Swap;
use crate::time::Clock;
use crate::wire::payload::{OwnedPayload, Payload, outgrown};
use crate::wire::text::{MAX_TOKEN, MIN_TOKEN};

/// What the default cookie holds: 4,096 characters less its name and attributes.
const DEFAULT_MAX_TOKEN: usize = 4023;

/// Describes [`Sessions`]. Purpose, audience and both timeouts have no default, on purpose.
#[must_use = "a builder does nothing until `build`"]
pub struct SessionsBuilder<T: Payload, R> {
    ring: KeyRing,
    revocations: R,
    purpose: Option<Vec<u8>>,
    audience: Option<Vec<u8>>,
    idle: Option<Option<Duration>>,
    absolute: Option<Duration>,
    leeway: Duration,
    tolerance: Duration,
    skew: Duration,
    share: (u32, u32),
    stale: StalePolicy,
    max_token: usize,
    clock: Option<Box<dyn Clock>>,
    random: Option<Box<dyn RandomSource>>,
    form: Form<T>,
    check_payloads: bool,
    small_tolerance: bool,
    pub(crate) index: Option<Box<dyn SessionIndex>>,
}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Starts to describe sessions over these keys and revocations.
    ///
    /// ```
    /// use cloakroom::{BuildError, KeyRing, RevocationList, Sessions, SystemClock};
    /// use time::Duration;
    ///
    /// let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
    /// let unfinished = Sessions::<()>::builder(ring, RevocationList::new())
    ///     .purpose("session")
    ///     .audience("api.example.com")
    ///     .idle_timeout(Duration::minutes(30));
    /// // Nothing that keeps somebody logged in has a default.
    /// assert!(matches!(unfinished.build(), Err(BuildError::Missing(_))));
    /// # Ok::<(), cloakroom::RingError>(())
    /// ```
    pub fn builder(ring: KeyRing, revocations: R) -> SessionsBuilder<T, R> {
        SessionsBuilder {
            ring,
            revocations,
            purpose: None,
            audience: None,
            idle: None,
            absolute: None,
            leeway: Duration::ZERO,
            tolerance: Duration::seconds(60),
            skew: Duration::seconds(2),
            share: (1, 2),
            stale: StalePolicy::FailClosed,
            max_token: DEFAULT_MAX_TOKEN,
            #[cfg(feature = "std")]
            clock: Some(Box::new(crate::time::SystemClock)),
            #[cfg(not(feature = "std"))]
            clock: None,
            #[cfg(feature = "std")]
            random: Some(Box::new(crate::session::random::SystemRandom)),
            #[cfg(not(feature = "std"))]
            random: None,
            form: Form {
                encode: T::encode,
                reads_back: T::reads_back,
                schema: T::SCHEMA,
            },
            check_payloads: true,
            small_tolerance: false,
            index: None,
        }
    }
}

impl<T: Payload, R: RevocationView> SessionsBuilder<T, R> {
    /// What the tokens are for, 1 to 255 bytes: `"session"`, `"download-ticket"`. A token of one
    /// purpose is garbage for every other.
    pub fn purpose(mut self, purpose: impl AsRef<[u8]>) -> Self {
        self.purpose = Some(purpose.as_ref().to_vec());
        self
    }

    /// Which service the tokens are for, 0 to 255 bytes: its host name, say. A token of one
    /// audience is garbage for every other. Empty if there is only one.
    pub fn audience(mut self, audience: impl AsRef<[u8]>) -> Self {
        self.audience = Some(audience.as_ref().to_vec());
        self
    }

    /// A session ends this long after its last use (see [`renew_share`](Self::renew_share)).
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = Some(Some(timeout));
        self
    }

    /// A session does not end for lack of use.
    pub fn no_idle_timeout(mut self) -> Self {
        self.idle = Some(None);
        self
    }

    /// A session ends this long after the login, whatever happens.
    pub fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.absolute = Some(timeout);
        self
    }

    /// The timeouts of NIST SP 800-63B-4 for authenticator assurance level 1: 30 days, no idle
    /// timeout.
    pub fn aal1(self) -> Self {
        self.no_idle_timeout().absolute_timeout(Duration::days(30))
    }

    /// The timeouts of NIST SP 800-63B-4 for level 2: 24 hours, idle 1 hour.
    pub fn aal2(self) -> Self {
        self.idle_timeout(Duration::hours(1))
            .absolute_timeout(Duration::hours(24))
    }

    /// The timeouts of NIST SP 800-63B-4 for level 3: 12 hours, idle 15 minutes.
    pub fn aal3(self) -> Self {
        self.idle_timeout(Duration::minutes(15))
            .absolute_timeout(Duration::hours(12))
    }

    /// For how long after a deadline a token is still accepted: 0 by default, at most 300 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How far in the future a token may start: 60 seconds by default, at most 300.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// How far the clocks of servers differ, for cut-offs "now": 2 seconds by default.
    pub fn skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// The share of the idle timeout after which a renewal is due, as a fraction below 1; 1/2 by
    /// default. An unused session then ends between half the idle timeout and all of it after its
    /// last use. 0 renews with every response, the strict reading of NIST SP 800-63B-4.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #   .purpose("session").audience("")
    ///     .aal3() // idle 15 minutes
    ///     .renew_share(1, 3)
    ///     .build()?;
    /// assert!(sessions.policy().to_string().contains("ends 600 to 900 s after its last use"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn renew_share(mut self, share: u32, whole: u32) -> Self {
        self.share = (share, whole);
        self
    }

    /// What ordinary verification does while the revocation view is stale; fails closed by default.
    pub fn on_stale(mut self, stale: StalePolicy) -> Self {
        self.stale = stale;
        self
    }

    /// The longest token in characters: 4,023 by default, which is what the default cookie of
    /// [`http::cookie`](crate::http::cookie) holds; at most 4,096. Give the `token_budget` of your
    /// cookie if it is another. What does not fit is an error when a session is issued or updated,
    /// never a cookie that a browser drops.
    pub fn max_token_len(mut self, characters: usize) -> Self {
        self.max_token = characters;
        self
    }

    /// Where the time comes from; the system's clock by default.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions};
    /// use cloakroom::ManualClock;
    ///
    /// let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(12))?;
    /// # let list = RevocationList::new();
    /// let sessions = Sessions::<()>::builder(ring, list)
    /// #   .purpose("session").audience("")
    ///     .aal3()
    ///     .clock(clock.clone())
    ///     .build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// clock.advance(15 * 60);
    /// assert!(sessions.verify(token.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Where session ids come from; the operating system's random source by default.
    pub fn random(mut self, random: impl RandomSource + 'static) -> Self {
        self.random = Some(Box::new(random));
        self
    }

    /// Whether every new payload is read back right after it was written; on by default. Renewals
    /// copy the payload and read nothing back.
    ///
    /// # Security
    ///
    /// Without it a payload that can be written and not read (an untagged enum, 65 levels of a
    /// recursive type) logs a user in whose every request is then rejected, and one with a field that
    /// is only written or only read may be read as something else.
    pub fn check_payloads(mut self, check: bool) -> Self {
        self.check_payloads = check;
        self
    }

    /// Writes payloads as the previous type, for a deploy across a major: servers that run the old
    /// program read them. Take it out once all run the new one.
    pub fn seal_as_previous(mut self) -> Self
    where
        T: OwnedPayload,
        T::Previous: OwnedPayload + for<'a> From<&'a T>,
    {
        self.form = Form {
            encode: |value, out| T::Previous::encode(&value.into(), out),
            reads_back: |value, written| T::Previous::reads_back(&value.into(), written),
            schema: T::Previous::SCHEMA,
        };
        self
    }

    /// Allows a tolerance under which nothing can be revoked "now": for a verifier of test vectors.
    #[cfg(feature = "hazmat")]
    #[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
    pub fn allow_small_tolerance(mut self) -> Self {
        self.small_tolerance = true;
        self
    }

    /// Checks everything and derives the keys.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says what to change.
    pub fn build(self) -> Result<Sessions<T, R>, BuildError> {
        let policy = self.policy()?;
        let purpose = self.purpose.ok_or(BuildError::Missing("a purpose"))?;
        let audience = self.audience.ok_or(BuildError::Missing("an audience"))?;
        let context =
            Context::new(&purpose, &audience).map_err(|_| RingError::Key(KeyError::BadContext))?;
        let clock = self.clock.ok_or(BuildError::Missing("a clock"))?;
        let random = self.random.ok_or(BuildError::Missing("a random source"))?;
        if !(MIN_TOKEN..=MAX_TOKEN).contains(&self.max_token) {
            return Err(BuildError::TokenLimit);
        }
        if let Some(schema) = outgrown::<T>() {
            return Err(BuildError::Minor { schema });
        }
        policy.check_ring(&self.ring)?;
        let now = clock.now().map_err(|_| BuildError::Clock)?;
        self.ring.sealing_key(now).ok_or(RingError::NoSealingKey)?;
        let keys = KeyTable::derive(&self.ring, &context).map_err(RingError::Key)?;
        self.revocations.register(Terms {
            token_lifetime: policy.token_lifetime(),
            leeway: policy.leeway,
            tolerance: policy.tolerance,
        });
        let scope = scope(&context, &[]);
        let inner = Inner {
            keys: Swap::new(keys),
            audience_key: audience_key(&context),
            context,
            policy,
            revocations: self.revocations,
            clock,
            random,
            form: self.form,
            check_payloads: self.check_payloads,
            index: self.index,
            index_failures: IndexFailures::default(),
            observer: Observer::new(&purpose),
            backend: crate::backend::Backend::chosen(),
            #[cfg(feature = "std")]
            key_writer: std::sync::Mutex::new(()),
        };
        let binding = Arc::from([]);
        Ok(Sessions {
            inner: Arc::new(inner),
            binding,
            scope,
            class: Class::Ordinary,
            max_token: self.max_token,
            #[cfg(feature = "std")]
            watch: Arc::default(),
        })
    }

    fn policy(&self) -> Result<Policy, BuildError> {
        let idle = match self
            .idle
            .ok_or(BuildError::Missing("`idle_timeout` or `no_idle_timeout`"))?
        {
            None => 0,
            Some(idle) => seconds("idle_timeout", idle, 1, u32::MAX)?,
        };
        let absolute = self
            .absolute
            .ok_or(BuildError::Missing("`absolute_timeout`"))?;
        let policy = Policy {
            idle,
            absolute: seconds("absolute_timeout", absolute, 1, u32::MAX)?,
            leeway: seconds("leeway", self.leeway, 0, MAX_SKEW_ALLOWANCE)?,
            tolerance: seconds("tolerance", self.tolerance, 0, MAX_SKEW_ALLOWANCE)?,
            skew: seconds("skew", self.skew, 0, MAX_SKEW_ALLOWANCE)?,
            share: self.share,
            stale: self.stale,
        };
        if policy.share.0 >= policy.share.1 {
            return Err(BuildError::Share);
        }
        if policy.skew.saturating_add(1) > policy.tolerance / 2 && !self.small_tolerance {
            return Err(BuildError::Skew);
        }
        let limit = policy.token_lifetime() / 2;
        if let StalePolicy::ContinueFor(time) = policy.stale {
            if seconds("on_stale", time, 1, u32::MAX)? > limit {
                return Err(BuildError::Stale { limit });
            }
        }
        Ok(policy)
    }
}

impl<T: Payload, R> fmt::Debug for SessionsBuilder<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionsBuilder")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .finish_non_exhaustive()
    }
}

fn seconds(
    name: &'static str,
    duration: Duration,
    least: u32,
    greatest: u32,
) -> Result<u32, BuildError> {
    let seconds = if duration.is_zero() {
        Some(0)
    } else {
        whole_seconds(duration)
    };
    let within = seconds.filter(|seconds| (least..=greatest).contains(seconds));
    within.ok_or(BuildError::Duration {
        name,
        least,
        greatest,
    })
}
