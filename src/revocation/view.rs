//! The ports: what a verification asks, and where a revocation goes.

use time::Duration;

#[cfg(feature = "std")]
use crate::revocation::changes::Changes;
use crate::revocation::record::Revocation;
use crate::revocation::report::ViewReport;
use crate::time::Timestamp;
use crate::wire::session_id::SessionId;

/// What a view is asked about: an authentic token, as far as revocation concerns it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The session.
    pub session: SessionId,
    /// How often the session was rotated.
    pub generation: u32,
    /// When the session started, in Unix seconds.
    pub authenticated_at: u64,
    /// Whose session it is; empty for no one's.
    pub subject: &'a [u8],
    /// The name of its purpose and audience in a revocation list.
    pub audience: &'a [u8; 16],
    /// The name of the key it is sealed under in a revocation list.
    pub key: &'a [u8; 16],
}

#[cfg(feature = "hazmat")]
impl<'a> Facts<'a> {
    /// Facts of a token that nobody opened: to ask a view without one.
    #[must_use]
    pub const fn by_hand(
        (session, generation): (SessionId, u32),
        authenticated_at: u64,
        subject: &'a [u8],
        audience: &'a [u8; 16],
        key: &'a [u8; 16],
    ) -> Self {
        Self {
            session,
            generation,
            authenticated_at,
            subject,
            audience,
            key,
        }
    }
}

impl core::fmt::Debug for Facts<'_> {
    /// Without the subject, which has no place in a log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Facts")
            .field("generation", &self.generation)
            .field("authenticated_at", &self.authenticated_at)
            .finish_non_exhaustive()
    }
}

/// At which scope something was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The session, or this generation of it.
    Session,
    /// All of the subject's sessions that started before a time.
    Subject,
    /// All of the purpose and audience that started before a time.
    Audience,
    /// All under the key.
    Key,
}

/// What a view says about one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is no fourth answer, and callers have to treat each"
)]
pub enum Answer {
    /// Nothing that the view knows revokes it.
    Clear,
    /// Revoked.
    Revoked(Scope),
    /// This view can't tell, and another can. Neither a reason to let the token in nor one to log
    /// anybody out.
    Unknown,
}

/// How much a view knows about the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// It had proof within its staleness bound that it misses nothing.
    Fresh,
    /// Its last proof is older than that.
    Stale {
        /// How long ago the last proof was.
        age: Duration,
    },
    /// It never had proof since it started, and knows nothing from before.
    Blind,
}

/// What the policies that rely on a view demand of its entries; each in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// The longest life of a token: the idle timeout, or the absolute one where there is none.
    pub token_lifetime: u32,
    /// How long after its deadline a token is still accepted.
    pub leeway: u32,
    /// How far in the future a token may start.
    pub tolerance: u32,
}

/// Who was logged out, as far as this server knows. Every verification asks it.
///
/// Implementations answer without I/O and without a lock that a writer may hold; what keeps them up
/// to date runs beside. While one is asked, the keys that opened the token stay in memory, also if they
/// have been replaced.
///
/// ```
/// use cloakroom::{Facts, Freshness, RevocationView, Scope, Timestamp};
///
/// /// Refuses whoever logged in before the last release.
/// struct SinceRelease(u64);
///
/// impl RevocationView for SinceRelease {
///     fn verdict(&self, facts: &Facts<'_>, _: Timestamp) -> Option<Scope> {
///         (facts.authenticated_at < self.0).then_some(Scope::Audience)
///     }
///     fn freshness(&self) -> Freshness {
///         Freshness::Fresh
///     }
///     fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
///         self.0
///     }
/// }
/// ```
pub trait RevocationView: Send + Sync {
    /// Whether the token is revoked, by any scope.
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope>;

    /// The same from a view that can't tell of every token, as that of an edge. What verifications
    /// ask; by default, the [`verdict`](Self::verdict). A view that wraps another passes both on.
    fn answer(&self, facts: &Facts<'_>, now: Timestamp) -> Answer {
        self.verdict(facts, now)
            .map_or(Answer::Clear, Answer::Revoked)
    }

    /// Whether sessions may be issued and renewed over this view: not where it shows the past of
    /// some other server, because how long a revocation is remembered rests on nobody minting
    /// without it (SPEC §9.8). `true` by default; where it is `false`, all that makes a token is
    /// "unavailable", however fresh the view is.
    fn mints(&self) -> bool {
        true
    }

    /// How much this view knows about the present.
    fn freshness(&self) -> Freshness;

    /// The time, in Unix seconds, before which a new session of this subject and audience would be
    /// cut off at once; 0 where there is none.
    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64;

    /// What a cut-off "now" has to lie behind, in Unix seconds, so that it also ends the sessions that
    /// had to start behind an earlier one (SPEC §9.6); 0 where there is none. With a `subject`, the
    /// greatest cut-off of it and of any audience, because the new one applies to the sessions of all
    /// of them; with an empty one, the greatest of this `audience` and of any subject.
    ///
    /// By default the [`start_bound`](Self::start_bound), which knows of one audience. A view
    /// that wraps another passes this on: otherwise a login that another audience's cut-off pushed
    /// ahead within the same seconds outlives a "log out everywhere".
    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.start_bound(subject, audience, now)
    }

    /// Told the time at the start of every operation, so that what waits for its time takes effect.
    /// Does nothing by default; must not block.
    fn tick(&self, now: Timestamp) {
        let _ = now;
    }

    /// The latest time at which this view forgot something, in Unix seconds. Verification never
    /// goes back behind it: a clock set back would otherwise revive what was forgotten.
    fn high_water_mark(&self) -> u64 {
        0
    }

    /// How old the proof of a fresh view may be, in seconds. 0 where one process decides alone.
    fn staleness_bound(&self) -> u32 {
        0
    }

    /// Tells the view which policies rely on it. Called when sessions are built.
    fn register(&self, terms: Terms) {
        let _ = terms;
    }

    /// What the view says about itself, for [`Sessions::status`](crate::Sessions::status). Nothing
    /// by default.
    fn report(&self) -> ViewReport {
        ViewReport::default()
    }

    /// Where the view tells what it puts into effect, for those who wait for the end of a session.
    /// `None` by default; then every session that somebody waits for is asked about once a second.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    fn changes(&self) -> Option<&Changes> {
        None
    }
}

/// A view that can be added to.
#[diagnostic::on_unimplemented(
    message = "nothing can be revoked with `{Self}`",
    note = "build the sessions with a `RevocationList` instead of `NoRevocation`"
)]
pub trait RevocationPublish: RevocationView {
    /// What is true when a publication returns.
    type Receipt;
    /// Why it could not be published.
    type Error: core::error::Error;

    /// Refuses all of these from now on, or reports that it can't promise that.
    ///
    /// # Errors
    ///
    /// When nobody can say whether the revocation will be remembered.
    fn publish(
        &self,
        revocations: &[Revocation],
        now: Timestamp,
    ) -> Result<Self::Receipt, Self::Error>;

    /// Refuses the generations of a session below `generation`, unless some as high are refused
    /// already: then another rotation came first, and the answer is `None`.
    ///
    /// Two rotations at one time would otherwise make two tokens of one generation, both alive, one
    /// of them perhaps with a right that the other took away. The default can't tell; implement it
    /// where comparing and publishing are one step.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<Self::Receipt>, Self::Error> {
        self.publish(&[Revocation::older_generations(session, generation)], now)
            .map(Some)
    }

    /// How far a publication got, as a lower-case name for logs and metrics: `memory`, `disk`,
    /// `pending`, `accepted`, `replicated`; `other` where an implementation does not say.
    fn delivery(&self, receipt: &Self::Receipt) -> &'static str {
        let _ = receipt;
        "other"
    }
}

/// Sessions that can't be revoked: nothing is, whatever happened.
///
/// ```
/// use cloakroom::{KeyRing, NoRevocation, Sessions, SystemClock};
///
/// let ring = KeyRing::generate(&SystemClock, time::Duration::hours(12))?;
/// let tickets = Sessions::<(), NoRevocation>::builder(ring, NoRevocation)
///     .purpose("ticket")
///     .audience("files.example.com")
///     .no_idle_timeout()
///     .absolute_timeout(time::Duration::minutes(1))
///     .build()?;
/// let ticket = tickets.issue("ada", &())?.token;
/// assert!(tickets.verify(ticket.as_str()).is_ok()); // for a minute, whatever happens
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A stolen token works until its deadline, also after logout. Sessions with this view have no
/// `revoke`, `rotate` and `reauthenticate`, because none of them could keep its promise: where the
/// compiler says that `NoRevocation` is not a [`RevocationPublish`], build them over a
/// `RevocationList` instead. It has a type of its own, so that a search for its name finds every
/// place that gave logout up.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no fields and never will")]
pub struct NoRevocation;

impl RevocationView for NoRevocation {
    fn verdict(&self, _: &Facts<'_>, _: Timestamp) -> Option<Scope> {
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::Fresh
    }

    fn start_bound(&self, _: &[u8], _: &[u8; 16], _: Timestamp) -> u64 {
        0
    }
}

impl<V: RevocationView + ?Sized> RevocationView for alloc::sync::Arc<V> {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        (**self).verdict(facts, now)
    }

    fn answer(&self, facts: &Facts<'_>, now: Timestamp) -> Answer {
        (**self).answer(facts, now)
    }

    fn mints(&self) -> bool {
        (**self).mints()
    }

    fn freshness(&self) -> Freshness {
        (**self).freshness()
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        (**self).start_bound(subject, audience, now)
    }

    fn cutoff_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        (**self).cutoff_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        (**self).tick(now);
    }

    fn high_water_mark(&self) -> u64 {
        (**self).high_water_mark()
    }

    fn staleness_bound(&self) -> u32 {
        (**self).staleness_bound()
    }

    fn register(&self, terms: Terms) {
        (**self).register(terms);
    }

    fn report(&self) -> ViewReport {
        (**self).report()
    }

    #[cfg(feature = "std")]
    fn changes(&self) -> Option<&Changes> {
        (**self).changes()
    }
}

impl<P: RevocationPublish + ?Sized> RevocationPublish for alloc::sync::Arc<P> {
    type Receipt = P::Receipt;
    type Error = P::Error;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<P::Receipt, P::Error> {
        (**self).publish(revocations, now)
    }

    fn publish_rotation(
        &self,
        session: SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<Option<P::Receipt>, P::Error> {
        (**self).publish_rotation(session, generation, now)
    }

    fn delivery(&self, receipt: &P::Receipt) -> &'static str {
        (**self).delivery(receipt)
    }
}
