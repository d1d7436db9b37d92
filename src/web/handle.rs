//! What a handler can do to the session of its request.

use alloc::sync::Arc;
use core::fmt;

use crate::http::carrier::Carrier;
use crate::session::form::FormToken;
use crate::web::backend::{To, WebPayload};
use crate::web::command::KeepThis;
use crate::web::error::{CommandError, Rejection, What, if_any};
use crate::web::exchange::Exchange;
use crate::web::session::{RecentLogin, Session};

/// Logs in and out, and changes the session of a request.
///
/// Take it as an extractor; it is there with or without a session. The cookie of what it did is
/// written with the response, whatever its status. Each command is an error that a handler can
/// return: it answers with 400, 401, 403, 500 or 503 and a constant body.
///
/// The commands that end in `_bearer` are for clients that hold their token themselves: they return
/// it. The others write cookies. Commands that log out serve both.
///
/// Where the revocations wait for a disk, the commands that need them wait on the runtime's pool
/// for blocking calls, not on the thread that answers requests; with
/// [`RevocationList`](crate::RevocationList) they do not wait.
///
/// # Example
///
/// ```
/// use cloakroom::web::{CommandError, SessionHandle};
///
/// // After the password was right. Whoever planted a session in this browser loses it.
/// async fn login(handle: SessionHandle<()>, user: &str) -> Result<(), CommandError> {
///     handle.login(user, ()).await
/// }
///
/// // After the password was changed: this session gets a new id, all others end.
/// async fn password_changed(handle: SessionHandle<()>) -> Result<(), CommandError> {
///     handle.reauthenticate(()).await?;
///     handle.logout_others().await
/// }
/// ```
pub struct SessionHandle<T: WebPayload>(pub(in crate::web) Arc<Exchange<T>>);

impl<T: WebPayload> SessionHandle<T> {
    pub(in crate::web) fn new(exchange: Arc<Exchange<T>>) -> Self {
        Self(exchange)
    }

    /// The handle that the layer left with a request, for services that have no extractors, such as
    /// those of tonic.
    ///
    /// # Errors
    ///
    /// [`Rejection`] if no layer for this payload is around the service.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// fn who(extensions: &axum::http::Extensions) -> Result<String, Rejection> {
    ///     let handle = SessionHandle::<()>::of(extensions)?;
    ///     Ok(handle.session()?.subject_str().unwrap_or("you").to_owned())
    /// }
    /// ```
    #[cfg(feature = "tower")]
    pub fn of(extensions: &http::Extensions) -> Result<Self, Rejection> {
        const NO_LAYER: &str = "no SessionLayer for it is around this service";
        let handle: Option<&Self> = extensions.get();
        handle
            .cloned()
            .ok_or_else(|| Rejection::not_set_up::<Self>(NO_LAYER))
    }

    /// The session of the request, or the one that a command made since.
    ///
    /// # Errors
    ///
    /// [`Rejection`] without one, or where that can't be told.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// async fn home(handle: SessionHandle<()>) -> Result<String, Rejection> {
    ///     let session = handle.session()?; // 401 or 503
    ///     Ok(session.subject_str().unwrap_or("you").to_owned())
    /// }
    /// ```
    pub fn session(&self) -> Result<Session<T>, Rejection> {
        self.0.session()
    }

    /// The same, with `None` for a token that is missing or refused.
    ///
    /// # Errors
    ///
    /// [`Rejection`] where that can't be told.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// async fn home(handle: SessionHandle<()>) -> Result<&'static str, Rejection> {
    ///     Ok(if handle.session_if_any()?.is_some() { "your cart" } else { "log in" })
    /// }
    /// ```
    pub fn session_if_any(&self) -> Result<Option<Session<T>>, Rejection> {
        if_any(self.session())
    }

    /// The session, if its last login lies less than `SECONDS` seconds in the past.
    ///
    /// # Errors
    ///
    /// [`Rejection`].
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// async fn pay(handle: SessionHandle<()>) -> Result<&'static str, Rejection> {
    ///     handle.recent_login::<300>()?;
    ///     Ok("paid")
    /// }
    /// ```
    pub fn recent_login<const SECONDS: u64>(&self) -> Result<RecentLogin<T, SECONDS>, Rejection> {
        self.0.recent(SECONDS).map(RecentLogin::new)
    }

    /// The header that decides; `None` if there is no token in either.
    ///
    /// ```
    /// # use cloakroom::http::carrier::Carrier;
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn rotate(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     if handle.carrier() == Some(Carrier::Bearer) {
    ///         return Ok(handle.rotate_bearer(None).await?.token.into_string());
    ///     }
    ///     handle.rotate().await.map(|()| String::new())
    /// }
    /// ```
    #[must_use]
    pub fn carrier(&self) -> Option<Carrier> {
        self.0.lock().read = true;
        self.0.carrier
    }

    /// Logs `subject` in: the credentials were just checked. The token goes into the cookie.
    ///
    /// The session is always a new one, and the one that the request came with ends, whoever's it
    /// is: had an attacker planted it, he would be logged in with the user from now on (session
    /// fixation).
    ///
    /// # Errors
    ///
    /// [`CommandError`]; nobody is logged in then. The old session may have ended.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn login(handle: SessionHandle<()>, user: &str) -> Result<(), CommandError> {
    ///     // After the password was right:
    ///     handle.login(user, ()).await
    /// }
    /// ```
    pub async fn login(&self, subject: impl AsRef<[u8]>, payload: T) -> Result<(), CommandError> {
        let login = self.0.log_in(subject.as_ref(), &payload, None, To::Cookie);
        login.await.map(|_| ())
    }

    /// Puts another payload into the session.
    ///
    /// # Security
    ///
    /// Takes nothing back: a copy of the old cookie works until its deadline, with the old payload.
    /// So does a response under way that renews it, and the browser keeps what comes last. Where
    /// that matters (a right was taken away), use [`rotate_with`](Self::rotate_with).
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// # #[derive(serde::Serialize, serde::Deserialize)] struct Cart { items: u32 }
    /// # cloakroom::payload!(Cart);
    /// async fn add(handle: SessionHandle<Cart>) -> Result<(), CommandError> {
    ///     let items = handle.session()?.payload().items;
    ///     handle.update(&Cart { items: items + 1 })
    /// }
    /// ```
    pub fn update(&self, payload: &T) -> Result<(), CommandError> {
        let issued = self.0.change(payload, To::Cookie)?;
        self.0.set(&issued)
    }

    /// Makes all older tokens of the session worthless: for a change of privilege.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; the session is as it was then.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn became_admin(handle: SessionHandle<()>) -> Result<(), CommandError> {
    ///     handle.rotate().await
    /// }
    /// ```
    pub async fn rotate(&self) -> Result<(), CommandError> {
        let issued = self.0.turn(None, To::Cookie).await?;
        self.0.set(&issued)
    }

    /// [`rotate`](Self::rotate), with another payload: an update that can't be undone by presenting
    /// an older token.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// # #[derive(serde::Serialize, serde::Deserialize)] struct User { admin: bool }
    /// # cloakroom::payload!(User);
    /// async fn no_admin_any_more(handle: SessionHandle<User>) -> Result<(), CommandError> {
    ///     handle.rotate_with(User { admin: false }).await
    /// }
    /// ```
    pub async fn rotate_with(&self, payload: T) -> Result<(), CommandError> {
        let issued = self.0.turn(Some(payload), To::Cookie).await?;
        self.0.set(&issued)
    }

    /// A new session in place of this one, for the same subject: the credentials were just checked
    /// again.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; the old session stays then.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn password_again(handle: SessionHandle<()>) -> Result<(), CommandError> {
    ///     // The password was right once more:
    ///     handle.reauthenticate(()).await
    /// }
    /// ```
    pub async fn reauthenticate(&self, payload: T) -> Result<(), CommandError> {
        let issued = self.0.again(payload, To::Cookie).await?;
        self.0.set(&issued)
    }

    /// Logs this session out and removes its cookie. Also a session that has expired, because a
    /// copy of its token may have been renewed elsewhere; and without one it only removes the
    /// cookie.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; the user is not logged out then, and the cookie stays so that the next try
    /// finds the session.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn logout(handle: SessionHandle<()>) -> Result<&'static str, CommandError> {
    ///     handle.logout().await?;
    ///     Ok("bye")
    /// }
    /// ```
    pub async fn logout(&self) -> Result<(), CommandError> {
        let presented = {
            let mut state = self.0.lock();
            state.keep_from_renewing();
            state.presented()
        };
        self.0.revoke(presented).await?;
        self.0.forget();
        Ok(())
    }

    /// Logs all sessions of this session's subject out, this one too, and removes the cookie. Of a
    /// session with the empty subject, which is no one's, it is [`logout`](Self::logout).
    ///
    /// The session is verified once more for it: whoever was logged out while the request was under
    /// way logs nobody out.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; nobody is logged out then.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn lost_my_phone(handle: SessionHandle<()>) -> Result<(), CommandError> {
    ///     handle.logout_everywhere().await
    /// }
    /// ```
    pub async fn logout_everywhere(&self) -> Result<(), CommandError> {
        self.0.lock().keep_from_renewing();
        self.0.end_subject(KeepThis::No).await?;
        self.0.forget();
        Ok(())
    }

    /// Logs all other sessions of this session's subject out; a session with the empty subject has
    /// no others. As for [`logout_everywhere`](Self::logout_everywhere), the session is verified
    /// once more.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; nobody is logged out then.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn sign_out_the_others(handle: SessionHandle<()>) -> Result<(), CommandError> {
    ///     handle.logout_others().await
    /// }
    /// ```
    pub async fn logout_others(&self) -> Result<(), CommandError> {
        self.0.end_subject(KeepThis::Yes).await
    }

    /// A token for the forms of this session's pages, for applications that must be safe from
    /// forged requests without the headers that browsers send.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn page(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     let token = handle.form_token()?;
    ///     Ok(format!(r#"<form method="post"><input type="hidden" name="form" value="{token}">"#))
    /// }
    ///
    /// async fn submitted(handle: SessionHandle<()>, form: &str) -> Result<(), CommandError> {
    ///     handle.check_form(form)?; // 403 unless a page of this session sent it
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub fn form_token(&self) -> Result<FormToken, CommandError> {
        let session = self.0.form_of()?;
        let token = self.0.core.backend.form_token(&session);
        token.map_err(|error| self.0.error(error))
    }

    /// Whether a form that was sent comes from a page of this session, and whether the session lives
    /// still, now that the whole form is here: a client takes the time it likes to send one.
    ///
    /// # Errors
    ///
    /// [`CommandError`]: 403, or 401 without a session.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn submitted(handle: SessionHandle<()>, form: &str) -> Result<(), CommandError> {
    ///     handle.check_form(form)
    /// }
    /// ```
    pub fn check_form(&self, token: &str) -> Result<(), CommandError> {
        let session = self.verify_again().map_err(|error| self.0.error(error))?;
        let checked = self.0.core.backend.check_form_token(session.info(), token);
        checked.map_err(|_| {
            self.0.core.settings.event("form");
            self.0.error(What::Form)
        })
    }
}

impl<T: WebPayload> Clone for SessionHandle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: WebPayload> fmt::Debug for SessionHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle")
            .field("carrier", &self.0.carrier)
            .finish_non_exhaustive()
    }
}
