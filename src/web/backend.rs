//! What the web layer asks of sessions, without the type of their revocations: extractors name the
//! payload alone.

use alloc::sync::Arc;
use core::any::TypeId;
use core::fmt;

use crate::error::{Unavailable, VerifyError};
use crate::revocation::list::RevocationList;
use crate::revocation::view::RevocationPublish;
use crate::session::ended::Ended;
use crate::session::error::{
    IssueError, ReauthenticateError, RevokeError, RotateError, UpdateError,
};
use crate::session::form::{FormRejected, FormToken};
use crate::session::sessions::Sessions;
use crate::session::token::Issued;
use crate::session::verified::{Session, SessionInfo};
use crate::wire::payload::OwnedPayload;
use crate::wire::session_id::SessionId;

/// A payload that can cross threads with its request: every owned [`Payload`](crate::Payload) whose
/// fields are [`Send`] and [`Sync`].
///
/// ```
/// use cloakroom::web::{Session, WebPayload};
///
/// fn name<T: WebPayload>(session: &Session<T>) -> &str {
///     session.subject_str().unwrap_or("nobody")
/// }
/// ```
pub trait WebPayload: OwnedPayload + Send + Sync + 'static {}

impl<T: OwnedPayload + Send + Sync + 'static> WebPayload for T {}

/// Why the store did not take a revocation: the error of [`RevocationPublish`], whatever its type.
///
/// ```
/// use cloakroom::RevokeError;
/// use cloakroom::web::{CommandError, What};
///
/// fn words_of_the_store(error: &CommandError) -> Option<String> {
///     match error.what() {
///         What::Revoke(RevokeError::Publish(error)) => Some(error.to_string()),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone)]
pub struct PublishError(Arc<dyn core::error::Error + Send + Sync>);

impl PublishError {
    fn new(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublishError").field(&self.0).finish()
    }
}

impl core::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// Who takes a new token, and with it how long it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum To {
    /// A cookie of the browser's. A token that does not fit is an error before anything is revoked
    /// for its sake.
    Cookie,
    /// A client that keeps it itself.
    Client,
}

/// Sessions of one payload type. What publishes may block its thread; see [`Backend::blocks`].
pub(in crate::web) trait Backend<T: WebPayload>: Send + Sync {
    /// Whether publishing may wait for a disk or a network.
    fn blocks(&self) -> bool;
    fn verify(&self, token: &str) -> Result<Session<T>, VerifyError>;
    fn verify_sensitive(&self, token: &str) -> Result<Session<T>, VerifyError>;
    /// The same for another cookie, which holds so many characters.
    fn within(&self, characters: usize) -> Arc<dyn Backend<T>>;
    fn renew(&self, to: To, session: &Session<T>) -> Result<Option<Issued>, VerifyError>;
    fn issue(&self, to: To, subject: &[u8], payload: &T) -> Result<Issued, IssueError>;
    /// Puts a login into the list of devices, with its label.
    fn list(&self, issued: &Issued, subject: &[u8], label: Option<&str>);
    fn update(&self, to: To, session: &Session<T>, payload: &T) -> Result<Issued, UpdateError>;
    fn ended(&self, session: &Session<T>) -> Ended;
    fn form_token(&self, session: &SessionInfo) -> Result<FormToken, Unavailable>;
    fn check_form_token(&self, session: &SessionInfo, text: &str) -> Result<(), FormRejected>;

    fn rotate(
        &self,
        to: To,
        session: &Session<T>,
        payload: Option<&T>,
    ) -> Result<Issued, RotateError<PublishError>>;
    fn reauthenticate(
        &self,
        to: To,
        session: &Session<T>,
        payload: &T,
    ) -> Result<Issued, ReauthenticateError<PublishError>>;
    fn revoke_token(&self, token: &str) -> Result<bool, RevokeError<PublishError>>;
    fn revoke_subject(
        &self,
        subject: &[u8],
        keep: Option<SessionId>,
    ) -> Result<(), RevokeError<PublishError>>;
}

/// The sessions themselves, once more for tokens that have to fit into a cookie, and once more for
/// operations that must not rest on old news.
struct Of<T: WebPayload, R> {
    sessions: Sessions<T, R>,
    cookies: Sessions<T, R>,
    sensitive: Sessions<T, R>,
}

impl<T: WebPayload, R> Of<T, R> {
    fn to(&self, to: To) -> &Sessions<T, R> {
        match to {
            To::Cookie => &self.cookies,
            To::Client => &self.sessions,
        }
    }
}

pub(in crate::web) fn of<T, R>(sessions: Sessions<T, R>, characters: usize) -> Arc<dyn Backend<T>>
where
    T: WebPayload,
    R: RevocationPublish + 'static,
    R::Error: Send + Sync + 'static,
{
    Arc::new(Of {
        cookies: sessions.within(characters),
        sensitive: sessions.sensitive(),
        sessions,
    })
}

impl<T, R> Backend<T> for Of<T, R>
where
    T: WebPayload,
    R: RevocationPublish + 'static,
    R::Error: Send + Sync + 'static,
{
    fn blocks(&self) -> bool {
        // The list in memory is done before another thread could take over. Everything else is
        // assumed to wait: a worker of an async runtime that waits for a disk answers nobody.
        let of = TypeId::of::<R>();
        of != TypeId::of::<RevocationList>() && of != TypeId::of::<Arc<RevocationList>>()
    }

    fn verify(&self, token: &str) -> Result<Session<T>, VerifyError> {
        self.sessions.verify(token)
    }

    fn verify_sensitive(&self, token: &str) -> Result<Session<T>, VerifyError> {
        self.sensitive.verify(token)
    }

    fn within(&self, characters: usize) -> Arc<dyn Backend<T>> {
        of(self.sessions.clone(), characters)
    }

    fn renew(&self, to: To, session: &Session<T>) -> Result<Option<Issued>, VerifyError> {
        self.to(to).renew(session)
    }

    fn issue(&self, to: To, subject: &[u8], payload: &T) -> Result<Issued, IssueError> {
        self.to(to).login_unlisted(subject, payload)
    }

    fn list(&self, issued: &Issued, subject: &[u8], label: Option<&str>) {
        self.sessions.note(&issued.session, subject, label, None);
    }

    fn update(&self, to: To, session: &Session<T>, payload: &T) -> Result<Issued, UpdateError> {
        self.to(to).update(session, payload)
    }

    fn ended(&self, session: &Session<T>) -> Ended {
        self.sessions.ended(session)
    }

    fn form_token(&self, session: &SessionInfo) -> Result<FormToken, Unavailable> {
        self.sessions.form_token(session)
    }

    fn check_form_token(&self, session: &SessionInfo, text: &str) -> Result<(), FormRejected> {
        self.sessions.check_form_token(session, text)
    }

    fn rotate(
        &self,
        to: To,
        session: &Session<T>,
        payload: Option<&T>,
    ) -> Result<Issued, RotateError<PublishError>> {
        let rotated = match payload {
            None => self.to(to).rotate(session),
            Some(payload) => self.to(to).rotate_with(session, payload),
        };
        rotated.map_err(|error| match error {
            RotateError::Update(error) => RotateError::Update(error),
            RotateError::GenerationsExhausted => RotateError::GenerationsExhausted,
            RotateError::Publish(error) => RotateError::Publish(PublishError::new(error)),
        })
    }

    fn reauthenticate(
        &self,
        to: To,
        session: &Session<T>,
        payload: &T,
    ) -> Result<Issued, ReauthenticateError<PublishError>> {
        let issued = self.to(to).reauthenticate(session, payload);
        issued.map_err(|error| match error {
            ReauthenticateError::Issue(error) => ReauthenticateError::Issue(error),
            ReauthenticateError::OtherContext => ReauthenticateError::OtherContext,
            ReauthenticateError::Publish(error) => {
                ReauthenticateError::Publish(PublishError::new(error))
            }
        })
    }

    fn revoke_token(&self, token: &str) -> Result<bool, RevokeError<PublishError>> {
        let revoked = self.sessions.revoke_token(token).map_err(publishing)?;
        Ok(revoked.is_some())
    }

    fn revoke_subject(
        &self,
        subject: &[u8],
        keep: Option<SessionId>,
    ) -> Result<(), RevokeError<PublishError>> {
        match keep {
            None => self.sessions.revoke_subject(subject),
            Some(keep) => self.sessions.revoke_subject_except(subject, keep),
        }
        .map(|_| ())
        .map_err(publishing)
    }
}

fn publishing<E: core::error::Error + Send + Sync + 'static>(
    error: RevokeError<E>,
) -> RevokeError<PublishError> {
    match error {
        RevokeError::NoSubject => RevokeError::NoSubject,
        RevokeError::SubjectTooLong { length } => RevokeError::SubjectTooLong { length },
        RevokeError::CutOffAhead { seconds, limit } => RevokeError::CutOffAhead { seconds, limit },
        RevokeError::Unavailable(error) => RevokeError::Unavailable(error),
        RevokeError::Publish(error) => RevokeError::Publish(PublishError::new(error)),
    }
}
