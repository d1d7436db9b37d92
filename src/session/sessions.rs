//! The object an application keeps: keys, policy, revocations and clock, for one payload type.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::backend::Backend;
use crate::error::{Missing, Unavailable};
use crate::index::failures::IndexFailures;
use crate::index::port::SessionIndex;
use crate::key::ring::KeyRing;
use crate::key::table::KeyTable;
use crate::observe::Observer;
use crate::revocation::view::{Freshness, NoRevocation, RevocationView};
use crate::seal::derive::{Context, scope};
use crate::seal::sealer::MAX_BINDING;
use crate::session::policy::{Policy, StalePolicy};
use crate::session::random::RandomSource;
use crate::session::verified::{LogReference, SessionInfo};
#[cfg(feature = "std")]
use crate::session::watch::Watch;
use crate::swap::Swap;
use crate::time::{Clock, Timestamp};
use crate::wire::claims::{Claims, Schema};
use crate::wire::payload::Payload;
use crate::wire::structured::{EncodeError, Unreadable};

/// The revocations that sessions consult where the type does not say: the list in memory.
#[cfg(feature = "std")]
pub type DefaultRevocations = crate::revocation::list::RevocationList;
/// Without `std` there is no list, and the type has to be named; this one never fits.
#[cfg(not(feature = "std"))]
pub type DefaultRevocations = core::convert::Infallible;

/// How payloads are written: as `T`, or as the type before it during a rolling deploy.
pub(crate) struct Form<T: Payload> {
    pub(crate) encode: fn(&T::View<'_>, &mut [u8]) -> Result<usize, EncodeError>,
    pub(crate) reads_back: fn(&T::View<'_>, &[u8]) -> Result<(), Unreadable>,
    pub(crate) schema: Schema,
}

/// Everything an application needs to keep people logged in, and to log them out.
///
/// `T` is what a session carries ([`Payload`]), `R` is what knows who was logged out. Cloning is
/// cheap and gives the same sessions; all methods take `&self`.
///
/// ```
/// use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
/// use time::Duration;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     name: String,
/// }
/// cloakroom::payload!(User);
///
/// let ring = KeyRing::generate(&SystemClock, Duration::hours(8))?;
/// let sessions = Sessions::<User>::builder(ring, RevocationList::new())
///     .purpose("session")
///     .audience("api.example.com")
///     .idle_timeout(Duration::minutes(30))
///     .absolute_timeout(Duration::hours(8))
///     .build()?;
///
/// let issued = sessions.issue("user-42", &User { name: "Ada".into() })?;
/// let session = sessions.verify(issued.token.as_str())?;
/// assert_eq!(session.payload().name, "Ada");
///
/// sessions.revoke(session.id())?;
/// assert!(sessions.verify(issued.token.as_str()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sessions<T: Payload, R = DefaultRevocations> {
    pub(crate) inner: Arc<Inner<T, R>>,
    pub(crate) binding: Arc<[u8]>,
    /// Names purpose, audience and binding; every session remembers it.
    pub(crate) scope: [u8; 16],
    pub(crate) class: Class,
    /// The most characters that a token may have.
    pub(crate) max_token: usize,
    /// Last, because it lets go of what its thread holds: then the view is closed on return.
    #[cfg(feature = "std")]
    pub(crate) watch: Arc<Watch>,
}

pub(crate) struct Inner<T: Payload, R> {
    pub(crate) keys: Swap<KeyTable>,
    pub(crate) context: Context,
    pub(crate) audience_key: [u8; 16],
    pub(crate) policy: Policy,
    pub(crate) revocations: R,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Box<dyn RandomSource>,
    pub(crate) form: Form<T>,
    pub(crate) check_payloads: bool,
    pub(crate) index: Option<Box<dyn SessionIndex>>,
    pub(crate) index_failures: IndexFailures,
    pub(crate) observer: Observer,
    /// Reads and writes token texts.
    pub(crate) backend: Backend,
    /// Held while keys are changed; verification never looks at it.
    #[cfg(feature = "std")]
    pub(crate) key_writer: std::sync::Mutex<()>,
}

/// What depends on the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The policy decides what a stale view means.
    Ordinary,
    /// A stale view is "unavailable".
    Sensitive,
}

/// A binding longer than 1,024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindingTooLong {
    /// Its length in bytes.
    pub length: usize,
}

impl fmt::Display for BindingTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the binding has {} bytes, at most {MAX_BINDING} are allowed",
            self.length
        )
    }
}

impl core::error::Error for BindingTooLong {}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// The same sessions for tokens that are tied to `binding`: bytes that the token does not carry
    /// and that both sides must know, such as a tenant's id or the hash of a client certificate.
    ///
    /// A token issued with one binding is invalid with every other. Several parts must be joined so
    /// that no two lists of parts give the same bytes, for instance each behind its length.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let red = sessions.bound_to(b"tenant red")?;
    /// let blue = sessions.bound_to(b"tenant blue")?;
    /// let token = red.issue("ada", &())?.token;
    /// assert!(red.verify(token.as_str()).is_ok());
    /// assert!(blue.verify(token.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BindingTooLong`] beyond 1,024 bytes.
    pub fn bound_to(&self, binding: &[u8]) -> Result<Self, BindingTooLong> {
        if binding.len() > MAX_BINDING {
            return Err(BindingTooLong {
                length: binding.len(),
            });
        }
        let scope = scope(&self.inner.context, binding);
        Ok(Self {
            binding: binding.into(),
            scope,
            ..self.clone()
        })
    }

    /// The same sessions for operations that must not rest on old news: payments, administration,
    /// credential changes. Where ordinary verification may go on with a stale revocation view, this
    /// answers "unavailable".
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// // Before money moves. `Unavailable` is the answer here while the revocation view is stale.
    /// let session = sessions.sensitive().verify(token.as_str())?;
    /// session.require_fresh(time::Duration::minutes(5))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sensitive(&self) -> Self {
        Self {
            class: Class::Sensitive,
            ..self.clone()
        }
    }

    /// The same sessions, whose tokens have to fit into something smaller: a cookie.
    #[cfg(feature = "std")]
    #[cfg(any(feature = "tower", feature = "actix-4"))]
    pub(crate) fn within(&self, characters: usize) -> Self {
        Self {
            max_token: self.max_token.min(characters),
            ..self.clone()
        }
    }

    /// The timeouts and tolerances in force.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// println!("{}", sessions.policy()); // every limit, one a line
    /// assert_eq!(sessions.policy().idle_timeout(), Some(900));
    /// assert_eq!(sessions.policy().absolute_timeout(), 43_200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// The revocations that every verification consults.
    #[must_use]
    pub fn revocations(&self) -> &R {
        &self.inner.revocations
    }

    /// The key ring in force.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        self.inner.keys.load().ring().clone()
    }

    /// The name of this purpose and audience in a revocation list (SPEC §9.1, kind 3).
    #[must_use]
    pub fn audience_key(&self) -> [u8; 16] {
        self.inner.audience_key
    }

    /// The name of a session in logs, or `None` when its key has left the ring. It changes when the
    /// session moves to a new key, so log the key's id beside it.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let login = sessions.issue("ada", &())?;
    /// if let Some(name) = sessions.log_reference(&login.session) {
    ///     println!("login of session {name} under key {}", login.session.key());
    ///     assert_eq!(name.to_string().len(), 16);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn log_reference(&self, session: &SessionInfo) -> Option<LogReference> {
        let keys = self.inner.keys.load();
        let sealer = keys.opening(session.key.to_bytes(), session.verified_at)?;
        Some(LogReference(sealer.log_reference(&session.id.to_bytes())))
    }

    pub(crate) fn now(&self) -> Result<Timestamp, Unavailable> {
        self.inner.now()
    }

    /// SPEC §9.9: whether the view knows enough for what is asked.
    pub(crate) fn require_view(&self, class: Class) -> Result<(), Unavailable> {
        let freshness = self.inner.revocations.freshness();
        self.inner.observer.view(freshness == Freshness::Fresh);
        let enough = match (freshness, class, self.inner.policy.stale) {
            (Freshness::Fresh, _, _) => true,
            (Freshness::Stale { age }, Class::Ordinary, StalePolicy::ContinueFor(limit)) => {
                age <= limit
            }
            _ => false,
        };
        if enough {
            Ok(())
        } else {
            Err(Unavailable::new(Missing::Revocations))
        }
    }

    /// The same for whatever makes a token. No setting changes it.
    pub(crate) fn require_minting(&self) -> Result<(), Unavailable> {
        if self.inner.revocations.mints() {
            self.require_view(Class::Sensitive)
        } else {
            Err(Unavailable::new(Missing::Origin))
        }
    }

    pub(crate) fn info(&self, claims: &Claims<'_>, kid: [u8; 4], now: Timestamp) -> SessionInfo {
        let (idle_deadline, absolute_deadline) = self.inner.policy.deadlines(claims);
        SessionInfo {
            id: claims.session,
            generation: claims.generation,
            key: crate::key::id::KeyId::from_bytes(kid),
            schema: claims.schema,
            authenticated_at: claims.authenticated_at,
            issued_after: claims.issued_after,
            idle: claims.idle,
            absolute: claims.absolute,
            idle_deadline,
            absolute_deadline,
            verified_at: now,
            leeway: self.inner.policy.leeway,
            scope: self.scope,
        }
    }
}

impl<T: Payload, R: RevocationView> Inner<T, R> {
    /// SPEC §8.2: the one reading of the clock, never behind what the view has forgotten.
    pub(crate) fn now(&self) -> Result<Timestamp, Unavailable> {
        let clock = self
            .clock
            .now()
            .map_err(|_| Unavailable::new(Missing::Clock))?;
        let mark = self.revocations.high_water_mark();
        let now = clock.max(Timestamp::saturating_from_unix(mark));
        self.revocations.tick(now);
        Ok(now)
    }
}

impl<T: Payload, R> Clone for Sessions<T, R> {
    fn clone(&self) -> Self {
        let (inner, binding) = (Arc::clone(&self.inner), Arc::clone(&self.binding));
        Self {
            inner,
            binding,
            scope: self.scope,
            class: self.class,
            max_token: self.max_token,
            #[cfg(feature = "std")]
            watch: Arc::clone(&self.watch),
        }
    }
}

impl<T: Payload, R> fmt::Debug for Sessions<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("context", &self.inner.context)
            .field("policy", &self.inner.policy)
            .finish_non_exhaustive()
    }
}

// Sessions are shared between threads by every server.
const _: fn() = || {
    fn shared<S: Send + Sync>() {}
    shared::<Sessions<(), NoRevocation>>();
};
