//! An export in the place of a revocation list (SPEC §18.4, §18.5).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use crate::edge::filter::Filter;
use crate::edge::key::EdgeKeys;
use crate::edge::layout::{self, BadExport, Head};
use crate::edge::make::millis;
use crate::edge::origin::Origin;
use crate::feed::{Environment, Position, Realm, SystemEnvironment};
use crate::revocation::changes::Changes;
use crate::revocation::list::RevocationList;
use crate::revocation::report::{FeedPosition, ViewReport};
use crate::revocation::view::{Answer, Facts, Freshness, RevocationView, Scope, Terms};
use crate::swap::Swap;
use crate::time::Timestamp;

/// The revocations of an origin, as an export says them.
///
/// Sessions over it verify. They don't issue, renew or update: that is "unavailable" here,
/// [`Missing::Origin`](crate::Missing::Origin), whatever the state of the view. Verifications wait
/// for no lock; a new export takes the place of the one before with one pointer. Clones are the same
/// view.
///
/// While its export is valid the view is fresh; then it is stale, and the policy of the sessions
/// decides as for any stale view. Its age never goes back with a clock that is set back: where the
/// clock was ahead and is right again, the view is too old by as much until the process starts again.
/// Before the first export it is blind. Build sessions with timeouts,
/// leeway and tolerance no greater than the origin's: a view whose export does not remember long
/// enough for them stays blind.
///
/// ```
/// use cloakroom::edge::{EdgeKeys, EdgeView};
/// use cloakroom::feed::{FeedKey, Realm};
/// use cloakroom::{KeyRing, Sessions, SystemClock};
///
/// let public = FeedKey::generate()?.edge_signer().public_key();
/// let view = EdgeView::builder(Realm::new("shop")?, EdgeKeys::new(public)).build();
/// let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
/// let sessions = Sessions::<(), _>::builder(ring, view.clone())
///     .purpose("session").audience("").aal2().build()?;
/// assert!(sessions.issue("ada", &()).is_err()); // an edge makes no tokens
/// assert!(view.load(b"not an export").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EdgeView(Arc<Inner>);

struct Inner {
    realm: Realm,
    keys: EdgeKeys,
    environment: Box<dyn Environment>,
    skew: Duration,
    origin: Option<Box<dyn Origin>>,
    current: Swap<Option<Loaded>>,
    /// The newest that was accepted, also by a process before this one.
    seen: Mutex<Option<EdgeStatus>>,
    /// The longest that a policy here needs the origin to remember, in seconds.
    needed: AtomicU64,
    mark: AtomicU64,
    changes: Changes,
}

/// An export in use.
struct Loaded {
    head: Head,
    exact: RevocationList,
    filter: Filter,
    entries: usize,
    /// Its age when it was loaded, and when that was on the monotonic clock.
    age: Duration,
    loaded: Duration,
}

/// Which export is in use: to be kept across restarts ([`EdgeBuilder::seen`]), so that a file older
/// than that is not accepted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an edge keeps these two and nothing else"
)]
pub struct EdgeStatus {
    /// Everything up to this place of the feed is in it.
    pub position: Position,
    /// Everything accepted before this moment is in it: Unix milliseconds.
    pub made_at: u64,
}

impl EdgeStatus {
    /// Whether an export that says `self` goes back behind one that said `seen`.
    fn is_behind(&self, seen: &Self) -> bool {
        let (new, old) = (&self.position, &seen.position);
        let same_place = new.n == old.n && new.chain == old.chain;
        // A later moment alone: of two servers that export, the one whose proof is younger may have
        // read less. Another history of the same length is none to follow either.
        self.made_at < seen.made_at || (new.epoch == old.epoch && new.n <= old.n && !same_place)
    }
}

/// What a view of an edge is made of; see [`EdgeView::builder`].
#[must_use = "nothing is made before `build`"]
pub struct EdgeBuilder {
    realm: Realm,
    keys: EdgeKeys,
    environment: Box<dyn Environment>,
    skew: Duration,
    origin: Option<Box<dyn Origin>>,
    seen: Option<EdgeStatus>,
}

impl EdgeBuilder {
    /// How far this edge's clock and the origin's may be apart: 750 milliseconds by default. Counted
    /// into the age of every export.
    pub const fn clock_allowance(mut self, allowance: Duration) -> Self {
        self.skew = allowance;
        self
    }

    /// Asks the origin about what an export can't tell, instead of answering "unavailable".
    pub fn origin(mut self, origin: impl Origin) -> Self {
        self.origin = Some(Box::new(origin));
        self
    }

    /// Accepts nothing older than this, which a process before this one had.
    pub const fn seen(mut self, seen: EdgeStatus) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Other clocks than the system's.
    pub fn environment(mut self, environment: impl Environment) -> Self {
        self.environment = Box::new(environment);
        self
    }

    /// The view, without an export as yet.
    #[must_use]
    pub fn build(self) -> EdgeView {
        EdgeView(Arc::new(Inner {
            realm: self.realm,
            keys: self.keys,
            environment: self.environment,
            skew: self.skew,
            origin: self.origin,
            current: Swap::new(None),
            seen: Mutex::new(self.seen),
            needed: AtomicU64::new(0),
            mark: AtomicU64::new(0),
            changes: Changes::new(),
        }))
    }
}

impl EdgeView {
    /// A view of the exports of this realm that are signed under one of these keys.
    pub fn builder(realm: Realm, keys: EdgeKeys) -> EdgeBuilder {
        EdgeBuilder {
            realm,
            keys,
            environment: Box::new(SystemEnvironment::new()),
            skew: Duration::from_millis(750),
            origin: None,
            seen: None,
        }
    }

    /// Puts an export into use. The bytes may come from anywhere: nothing of them is believed before
    /// the signature was checked, and reading them takes time and memory in proportion to their
    /// number, of which [`MAX_LEN`](crate::edge::MAX_LEN) is the most.
    ///
    /// # Errors
    ///
    /// [`BadExport`]; then the one before stays in use, until it is stale.
    pub fn load(&self, bytes: &[u8]) -> Result<EdgeStatus, BadExport> {
        let inner = &*self.0;
        let opened = layout::open(&inner.keys, &inner.realm, bytes)?;
        let head = opened.head;
        let status = EdgeStatus {
            position: head.at,
            made_at: head.made_at,
        };
        let entries = opened.records.len().saturating_add(opened.filter.count());
        let exact = RevocationList::new();
        exact.apply(&opened.records);
        // From here on one at a time: of two that arrive together, the older must not come last.
        let mut seen = inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_some_and(|seen| status.is_behind(&seen)) {
            return Err(BadExport::Older);
        }
        let loaded = inner.environment.monotonic();
        let age = inner.wall_age(&head)?.max(inner.least_age(&head));
        if age > validity(&head) {
            return Err(BadExport::Expired);
        }
        // Before the entries: what the origin forgot lies below the mark.
        inner.mark.fetch_max(head.high_water_mark, Ordering::SeqCst);
        inner.current.store(Some(Loaded {
            head,
            exact,
            filter: opened.filter,
            entries,
            age,
            loaded,
        }));
        *seen = Some(status);
        drop(seen);
        // Also for the same export again: the origin may answer by now where it did not before.
        inner.changes.notify_all();
        Ok(status)
    }

    /// Which export was accepted last; `None` before the first.
    #[must_use]
    pub fn status(&self) -> Option<EdgeStatus> {
        *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old the export in use is, with the clock allowance; `None` before the first.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let current = self.0.current.load();
        current.as_ref().as_ref().map(|loaded| self.0.age(loaded))
    }
}

const fn validity(head: &Head) -> Duration {
    Duration::from_millis(head.valid_until.saturating_sub(head.made_at))
}

impl Inner {
    /// By this edge's wall clock, as if it were behind by all that it may be.
    fn wall_age(&self, head: &Head) -> Result<Duration, BadExport> {
        let now = self.environment.unix_millis();
        let latest = now
            .map_err(|_| BadExport::Clock)?
            .saturating_add(millis(self.skew));
        let age = latest.checked_sub(head.made_at);
        age.map(Duration::from_millis).ok_or(BadExport::Ahead)
    }

    /// What the age of the export in use leaves for a later one: the wall clock may have been set back
    /// since, and loading must make nothing younger.
    fn least_age(&self, head: &Head) -> Duration {
        let current = self.current.load();
        let Some(loaded) = current.as_ref().as_ref() else {
            return Duration::ZERO;
        };
        let later = head.made_at.saturating_sub(loaded.head.made_at);
        self.age(loaded)
            .saturating_sub(Duration::from_millis(later))
    }

    /// The greater of two ages. The monotonic clock alone stands still while a machine sleeps, and
    /// the wall clock alone can be set back.
    fn age(&self, loaded: &Loaded) -> Duration {
        let passed = self
            .environment
            .monotonic()
            .saturating_sub(loaded.loaded)
            .saturating_add(loaded.age);
        match self.wall_age(&loaded.head) {
            Ok(age) => age.max(passed),
            Err(BadExport::Clock) => Duration::MAX,
            Err(_) => passed,
        }
    }

    /// What the export itself says.
    fn known(&self, facts: &Facts<'_>, now: Timestamp) -> Answer {
        let current = self.current.load();
        let Some(loaded) = current.as_ref() else {
            return Answer::Unknown;
        };
        match loaded.exact.verdict(facts, now) {
            Some(scope) => Answer::Revoked(scope),
            None if loaded.filter.contains(&facts.session.to_bytes()) => Answer::Unknown,
            None => Answer::Clear,
        }
    }
}

impl RevocationView for EdgeView {
    /// For those who know no third answer: what can't be told counts as revoked. Verifications ask
    /// [`answer`](RevocationView::answer) instead, and so does a view that wraps this one.
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        match self.0.known(facts, now) {
            Answer::Clear => None,
            Answer::Revoked(scope) => Some(scope),
            Answer::Unknown => Some(Scope::Session),
        }
    }

    fn answer(&self, facts: &Facts<'_>, now: Timestamp) -> Answer {
        match (self.0.known(facts, now), &self.0.origin) {
            (Answer::Unknown, Some(origin)) => origin.ask(facts, now),
            (answer, _) => answer,
        }
    }

    fn mints(&self) -> bool {
        false
    }

    fn freshness(&self) -> Freshness {
        let current = self.0.current.load();
        let Some(loaded) = current.as_ref().as_ref() else {
            return Freshness::Blind;
        };
        if self.0.needed.load(Ordering::Acquire) > u64::from(loaded.head.life) {
            return Freshness::Blind;
        }
        let age = self.0.age(loaded);
        if age <= validity(&loaded.head) {
            Freshness::Fresh
        } else {
            let age = time::Duration::try_from(age).unwrap_or(time::Duration::MAX);
            Freshness::Stale { age }
        }
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        let current = self.0.current.load();
        let exact = current.as_ref().as_ref().map(|loaded| &loaded.exact);
        exact.map_or(0, |exact| exact.start_bound(subject, audience, now))
    }

    fn high_water_mark(&self) -> u64 {
        self.0.mark.load(Ordering::SeqCst)
    }

    fn staleness_bound(&self) -> u32 {
        let current = self.0.current.load();
        let bound = current.as_ref().as_ref().map(|used| validity(&used.head));
        let seconds = bound.unwrap_or_default().as_millis().div_ceil(1000);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    fn register(&self, terms: Terms) {
        let needed = u64::from(terms.token_lifetime)
            .saturating_add(u64::from(terms.leeway))
            .saturating_add(u64::from(terms.tolerance).saturating_mul(2));
        self.0.needed.fetch_max(needed, Ordering::AcqRel);
    }

    fn report(&self) -> ViewReport {
        let current = self.0.current.load();
        let Some(loaded) = current.as_ref().as_ref() else {
            return ViewReport::default();
        };
        let exact = loaded.exact.stats().bytes;
        let bytes = exact.saturating_add(loaded.filter.bytes());
        let age = self.0.age(loaded);
        ViewReport {
            entries: u64::try_from(loaded.entries).ok(),
            bytes: u64::try_from(bytes).ok(),
            proof_age: Some(time::Duration::try_from(age).unwrap_or(time::Duration::MAX)),
            feed: Some(FeedPosition {
                applied: loaded.head.at.n,
                ..FeedPosition::default()
            }),
            ..ViewReport::default()
        }
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.0.changes)
    }
}

impl fmt::Debug for EdgeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeView")
            .field("realm", &self.0.realm)
            .field("status", &self.status())
            .field("age", &self.age())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EdgeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeBuilder")
            .field("realm", &self.realm)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
