//! Why a handler does not get its session, or a command was not carried out; each knows the answer
//! that the client gets.

use alloc::borrow::Cow;
use alloc::format;
use core::fmt;

use crate::error::{Fault, Reason, Unavailable, VerifyError};
use crate::http::carrier::Carrier;
use crate::http::cookie::CookieError;
use crate::http::response::Refusal;
use crate::session::error::{
    IssueError, ReauthenticateError, RevokeError, RotateError, UpdateError,
};
use crate::web::backend::PublishError;

/// A handler asked for a session and does not get one: what an extractor answers with.
///
/// `Display` is for logs. The client gets [`refusal`](Self::refusal), which is constant.
///
/// ```
/// use cloakroom::web::{Rejection, RejectionKind, Session};
///
/// // An extractor of axum and of actix-web: a login form in place of the bare 401.
/// async fn home(session: Result<Session<()>, Rejection>) -> Result<String, Rejection> {
///     match session {
///         Ok(session) => Ok(format!("Hello, {}", session.subject_str().unwrap_or("you"))),
///         Err(no) if matches!(no.kind(), RejectionKind::NoSession(_)) => Ok("<form>...".into()),
///         Err(no) => Err(no), // 503 is not a reason to log in again
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    kind: RejectionKind,
    carrier: Option<Carrier>,
    retry_after: u32,
}

/// Why there is no session for the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The request brought none, or one that counts as none: 401. The reason is there if a token
    /// was verified and refused; it is for counters and logs.
    NoSession(Option<Reason>),
    /// Whether there is one can't be told now: 503.
    Unavailable(Unavailable),
    /// The session is alive and its last login lies `max_age` seconds or more in the past: 401.
    #[non_exhaustive]
    LoginTooOld {
        /// The limit that the handler set.
        max_age: u64,
    },
    /// No layer, or no sessions in the state, for what the handler asked: 500. A mistake of the
    /// program, so the answer names the type.
    #[non_exhaustive]
    NotSetUp {
        /// What the handler asked for.
        asked: &'static str,
        /// What is missing.
        missing: &'static str,
    },
}

impl Rejection {
    pub(in crate::web) const fn new(
        kind: RejectionKind,
        carrier: Option<Carrier>,
        retry_after: u32,
    ) -> Self {
        Self {
            kind,
            carrier,
            retry_after,
        }
    }

    pub(in crate::web) const fn verify(
        error: &VerifyError,
        carrier: Option<Carrier>,
        retry_after: u32,
    ) -> Self {
        let kind = match error {
            VerifyError::Rejected(rejected) => RejectionKind::NoSession(Some(rejected.reason())),
            VerifyError::Unavailable(error) => RejectionKind::Unavailable(*error),
        };
        Self::new(kind, carrier, retry_after)
    }

    pub(in crate::web) fn not_set_up<A>(missing: &'static str) -> Self {
        let asked = core::any::type_name::<A>();
        Self::new(RejectionKind::NotSetUp { asked, missing }, None, 0)
    }

    /// Why.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, RejectionKind};
    /// fn logs_in_again(no: &Rejection) -> bool {
    ///     matches!(no.kind(), RejectionKind::NoSession(_) | RejectionKind::LoginTooOld { .. })
    /// }
    /// ```
    #[must_use]
    pub const fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// Whether there is no answer, which nothing may take for `None`.
    #[cfg(feature = "actix-4")]
    pub(in crate::web) const fn is_unavailability(&self) -> bool {
        matches!(self.kind, RejectionKind::Unavailable(_))
    }

    /// The answer to the client. Status, header lines and body; for a missing layer see
    /// [`body`](Self::body).
    ///
    /// ```
    /// fn status(no: &cloakroom::web::Rejection) -> u16 {
    ///     no.refusal().status() // 401, 500 or 503
    /// }
    /// ```
    pub fn refusal(&self) -> Refusal {
        match self.kind {
            RejectionKind::NoSession(_) => Refusal::unauthorized(self.carrier),
            RejectionKind::Unavailable(_) => Refusal::unavailable(self.retry_after),
            RejectionKind::LoginTooOld { max_age } => Refusal::login_too_old(max_age),
            RejectionKind::NotSetUp { .. } => Refusal::internal_error(),
        }
    }

    /// The body of the answer: constant, but for a missing layer, where it says what to do.
    ///
    /// ```
    /// fn answer(no: &cloakroom::web::Rejection) -> (u16, String) {
    ///     (no.refusal().status(), no.body().into_owned())
    /// }
    /// ```
    #[must_use]
    pub fn body(&self) -> Cow<'static, str> {
        match self.kind {
            RejectionKind::NotSetUp { asked, missing } => {
                Cow::Owned(format!("{asked} was asked for, and {missing}\n"))
            }
            _ => Cow::Borrowed(self.refusal().body()),
        }
    }
}

/// What an `Option` of an extractor is: `None` where there is no such session, and never where that
/// can't be told.
pub(in crate::web) fn if_any<A>(found: Result<A, Rejection>) -> Result<Option<A>, Rejection> {
    match found {
        Ok(session) => Ok(Some(session)),
        Err(rejection) => match rejection.kind {
            RejectionKind::NoSession(_) | RejectionKind::LoginTooOld { .. } => Ok(None),
            RejectionKind::Unavailable(_) | RejectionKind::NotSetUp { .. } => Err(rejection),
        },
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RejectionKind::NoSession(None) => f.write_str("no session"),
            RejectionKind::NoSession(Some(reason)) => write!(f, "no session: {}", reason.as_str()),
            RejectionKind::Unavailable(error) => error.fmt(f),
            RejectionKind::LoginTooOld { max_age } => {
                write!(f, "the last login is not within {max_age} seconds")
            }
            RejectionKind::NotSetUp { .. } => f.write_str(self.body().trim_end()),
        }
    }
}

impl core::error::Error for Rejection {}

/// A command of a [`SessionHandle`](crate::web::SessionHandle) that was not carried out.
///
/// `Display` is for logs and may say a lot. The client gets [`refusal`](Self::refusal); returned
/// from a handler, this error answers with it.
///
/// ```
/// use cloakroom::web::{CommandError, SessionHandle};
///
/// async fn logout(handle: SessionHandle<()>) -> Result<(), CommandError> {
///     let out = handle.logout().await;
///     if let Err(error) = &out {
///         eprintln!("logout: {error}"); // with the store's own words
///     }
///     out // 503, "service unavailable"
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CommandError {
    what: What,
    carrier: Option<Carrier>,
    retry_after: u32,
}

/// What kept a command from being carried out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// The command needs a session.
    Session(Rejection),
    /// The request came from another site's page, so it may not log anybody in.
    CrossOrigin,
    /// The form does not come from a page of this session.
    Form,
    /// Making a session failed.
    Issue(IssueError),
    /// Updating failed.
    Update(UpdateError),
    /// Rotating failed.
    Rotate(RotateError<PublishError>),
    /// Reauthenticating failed.
    Reauthenticate(ReauthenticateError<PublishError>),
    /// Logging out failed, so nobody was: the cookie stays.
    Revoke(RevokeError<PublishError>),
    /// The token does not fit into the cookie.
    Cookie(CookieError),
    /// Something has no answer now.
    Unavailable(Unavailable),
    /// The session came in the other header: a bearer client can't take a cookie, and a cookie's
    /// token must not be handed to scripts. The client chose the header: 400. Where an endpoint is
    /// to serve both, ask `SessionHandle::carrier` first.
    WrongCarrier,
    /// The response is on its way, with no place for a cookie.
    ResponseSent,
    /// The runtime is shutting down.
    Stopped,
}

impl CommandError {
    pub(in crate::web) fn new(
        what: impl Into<What>,
        carrier: Option<Carrier>,
        retry_after: u32,
    ) -> Self {
        let what = what.into();
        Self {
            what,
            carrier,
            retry_after,
        }
    }

    /// What went wrong.
    ///
    /// ```
    /// use cloakroom::web::{CommandError, What};
    ///
    /// fn is_about_the_store(error: &CommandError) -> bool {
    ///     matches!(error.what(), What::Revoke(_) | What::Unavailable(_))
    /// }
    /// ```
    #[must_use]
    pub const fn what(&self) -> &What {
        &self.what
    }

    /// The answer to the client: 400, 401, 403, 500 or 503, and a constant body.
    ///
    /// ```
    /// fn status(error: &cloakroom::web::CommandError) -> u16 {
    ///     error.refusal().status()
    /// }
    /// ```
    pub fn refusal(&self) -> Refusal {
        let fault = match &self.what {
            What::Session(rejection) => return rejection.refusal(),
            What::CrossOrigin => return Refusal::cross_origin(),
            What::Form => return Refusal::form(),
            What::WrongCarrier => return Refusal::wrong_carrier(),
            What::Issue(error) => error.fault(),
            What::Update(error) => error.fault(),
            What::Rotate(error) => error.fault(),
            What::Reauthenticate(error) => error.fault(),
            What::Revoke(error) => error.fault(),
            What::Unavailable(_) | What::Stopped => Fault::Unavailable,
            What::Cookie(_) | What::ResponseSent => Fault::Configuration,
        };
        match fault {
            Fault::Client => Refusal::unauthorized(self.carrier),
            Fault::Unavailable => Refusal::unavailable(self.retry_after),
            Fault::Configuration => Refusal::internal_error(),
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Session(error) => error.fmt(f),
            What::CrossOrigin => f.write_str("cross-origin request rejected"),
            What::Form => f.write_str("form rejected"),
            What::Issue(error) => error.fmt(f),
            What::Update(error) => error.fmt(f),
            What::Rotate(error) => error.fmt(f),
            What::Reauthenticate(error) => error.fmt(f),
            What::Revoke(error) => error.fmt(f),
            What::Cookie(error) => error.fmt(f),
            What::Unavailable(error) => error.fmt(f),
            What::WrongCarrier => f.write_str(
                "the session came in the other header: the commands that end in `_bearer` are for \
                 bearer tokens, the others for cookies",
            ),
            What::ResponseSent => {
                f.write_str("the response is on its way, and a cookie can't be added any more")
            }
            What::Stopped => f.write_str("the runtime is shutting down"),
        }
    }
}

impl core::error::Error for CommandError {}

/// So that a handler which looks at its session and then commands needs one error type.
impl From<Rejection> for CommandError {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection, rejection.carrier, rejection.retry_after)
    }
}

macro_rules! what {
    ($($source:ty => $variant:ident;)*) => {$(
        impl From<$source> for What {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

what! {
    Rejection => Session;
    IssueError => Issue;
    UpdateError => Update;
    RotateError<PublishError> => Rotate;
    ReauthenticateError<PublishError> => Reauthenticate;
    RevokeError<PublishError> => Revoke;
    CookieError => Cookie;
    Unavailable => Unavailable;
}

impl From<crate::web::blocking::Stopped> for What {
    fn from(_: crate::web::blocking::Stopped) -> Self {
        Self::Stopped
    }
}
