//! What handlers take: the session, alone or under conditions.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;

use crate::http::bearer::{self, FoundBearer};
use crate::http::carrier::Carrier;
use crate::revocation::view::RevocationView;
use crate::session::sessions::{DefaultRevocations, Sessions};
use crate::session::verified::Session as Verified;
use crate::web::backend::WebPayload;
use crate::web::error::{Rejection, RejectionKind};

/// The session of a request: a handler that takes it runs for those alone who are logged in.
///
/// It gives everything that a [`cloakroom::Session`](crate::Session) has. As an extractor it
/// answers 401 without a session and 503 where that can't be told. `Option<Session<T>>` is `None`
/// for a missing or refused token, and still 503 where it can't be told. Without a layer the answer is
/// 500 and says so; under actix-web `Option<Session<T>>` is `None` then, because nothing is there to
/// answer in its place, and a warning is printed to standard error, once for each type.
///
/// The answer is worked out once for a request, when it is first asked for. Cloning is cheap.
///
/// ```
/// use cloakroom::web::Session;
///
/// async fn home(session: Session<()>) -> String {
///     format!("Hello, {}", session.subject_str().unwrap_or("you"))
/// }
///
/// async fn shop(session: Option<Session<()>>) -> &'static str {
///     if session.is_some() { "your cart" } else { "log in" }
/// }
/// ```
pub struct Session<T>(Arc<Verified<T>>);

impl<T> Session<T> {
    pub(in crate::web) fn new(session: Verified<T>) -> Self {
        Self(Arc::new(session))
    }
}

impl<T> Deref for Session<T> {
    type Target = Verified<T>;

    fn deref(&self) -> &Verified<T> {
        &self.0
    }
}

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A [`Session`] whose last login lies less than `SECONDS` seconds in the past: for changing a
/// password, adding a device, paying.
///
/// As an extractor it answers 401 for an older login, with a challenge that says so (RFC 9470); ask
/// for the credentials and [`reauthenticate`](crate::web::SessionHandle::reauthenticate). It never
/// goes on with a stale revocation view, whatever the policy says for ordinary requests.
/// `Option<RecentLogin<T, SECONDS>>` is `None` also for an older login, and 503 where nobody can tell.
///
/// ```
/// use cloakroom::web::RecentLogin;
///
/// // The password was right within the last five minutes.
/// async fn pay(session: RecentLogin<(), 300>) -> String {
///     format!("paid by {}", session.subject_str().unwrap_or("nobody"))
/// }
/// ```
pub struct RecentLogin<T, const SECONDS: u64>(Session<T>);

impl<T, const SECONDS: u64> RecentLogin<T, SECONDS> {
    pub(in crate::web) fn new(session: Session<T>) -> Self {
        Self(session)
    }

    /// The session.
    ///
    /// ```
    /// use cloakroom::web::{RecentLogin, Session};
    ///
    /// async fn pay(session: RecentLogin<(), 300>) -> String {
    ///     receipt(session.into_session())
    /// }
    ///
    /// fn receipt(session: Session<()>) -> String {
    ///     format!("for {}", session.subject_str().unwrap_or("nobody"))
    /// }
    /// ```
    #[must_use]
    pub fn into_session(self) -> Session<T> {
        self.0
    }
}

impl<T, const SECONDS: u64> Deref for RecentLogin<T, SECONDS> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        &self.0
    }
}

impl<T, const SECONDS: u64> Clone for RecentLogin<T, SECONDS> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T, const SECONDS: u64> fmt::Debug for RecentLogin<T, SECONDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The session of a bearer token, without a layer: for APIs that know no cookies.
///
/// The [`Sessions`](crate::Sessions) come from the application's state: in axum by `FromRef`, in
/// actix-web as `web::Data<Sessions<T, R>>`. Cookies are not looked at, and no response is changed,
/// so there is no renewal: give clients an endpoint that calls
/// [`Sessions::renew`](crate::Sessions::renew).
///
/// Where it is optional, take `Result<BearerSession<T, R>, Rejection>` under actix-web, and
/// `Option<BearerSession<T, R>>` under axum. actix-web's `Option` takes every error for `None`, also
/// that nobody can tell whether there is a session (503); a [`SessionLayer`](crate::web::SessionLayer)
/// for the same payload around the route prevents it, and without one nothing can.
///
/// ```
/// use cloakroom::web::BearerSession;
///
/// async fn me(session: BearerSession<()>) -> String {
///     session.subject_str().unwrap_or("nobody").to_owned()
/// }
/// ```
pub struct BearerSession<T: WebPayload, R = DefaultRevocations> {
    session: Verified<T>,
    of: core::marker::PhantomData<fn() -> R>,
}

/// Seconds, where no layer says otherwise.
const RETRY_AFTER: u32 = 5;

impl<T: WebPayload, R: RevocationView> BearerSession<T, R> {
    /// Verifies what the `Authorization` headers of a request hold; pass all of their values. For
    /// frameworks without an extractor here.
    ///
    /// # Errors
    ///
    /// [`Rejection`].
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// use cloakroom::web::BearerSession;
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    ///
    /// let header = format!("Bearer {}", sessions.issue("ada", &())?.token.as_str());
    /// let session = BearerSession::read(&sessions, [header.as_bytes()])?;
    /// assert_eq!(session.subject_str(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<'h>(
        sessions: &Sessions<T, R>,
        headers: impl IntoIterator<Item = &'h [u8]>,
    ) -> Result<Self, Rejection> {
        let of = core::marker::PhantomData;
        let absent = |carrier| Rejection::new(RejectionKind::NoSession(None), carrier, RETRY_AFTER);
        match bearer::read(headers) {
            FoundBearer::One(token) => sessions
                .verify(token)
                .map(|session| Self { session, of })
                .map_err(|error| Rejection::verify(&error, Some(Carrier::Bearer), RETRY_AFTER)),
            FoundBearer::None | FoundBearer::OtherScheme => Err(absent(None)),
            FoundBearer::Duplicate | FoundBearer::Malformed => Err(absent(Some(Carrier::Bearer))),
        }
    }
}

impl<T: WebPayload, R> BearerSession<T, R> {
    /// The session.
    ///
    /// ```
    /// use cloakroom::web::BearerSession;
    ///
    /// async fn me(session: BearerSession<()>) -> cloakroom::SessionId {
    ///     session.into_session().info().id()
    /// }
    /// ```
    #[must_use]
    pub fn into_session(self) -> Verified<T> {
        self.session
    }
}

impl<T: WebPayload, R> Deref for BearerSession<T, R> {
    type Target = Verified<T>;

    fn deref(&self) -> &Verified<T> {
        &self.session
    }
}

impl<T: WebPayload, R> fmt::Debug for BearerSession<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt(f)
    }
}
