//! The commands of a handle for clients that keep their token themselves.

use crate::session::token::Issued;
use crate::web::backend::{To, WebPayload};
use crate::web::error::CommandError;
use crate::web::handle::SessionHandle;

impl<T: WebPayload> SessionHandle<T> {
    /// [`login`](Self::login) for a client that keeps its token itself: send it in the body.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn api_login(handle: SessionHandle<()>, user: &str) -> Result<String, CommandError> {
    ///     let issued = handle.login_bearer(user, ()).await?;
    ///     let (token, seconds) = (issued.token.as_str(), issued.session.max_age());
    ///     Ok(format!(r#"{{"token":"{token}","expires_in":{seconds}}}"#))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub async fn login_bearer(
        &self,
        subject: impl AsRef<[u8]>,
        payload: T,
    ) -> Result<Issued, CommandError> {
        let login = self.0.log_in(subject.as_ref(), &payload, None, To::Client);
        login.await
    }

    /// [`update`](Self::update) for bearer tokens: returns the new one.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn update(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     Ok(handle.update_bearer(&())?.token.into_string())
    /// }
    /// ```
    pub fn update_bearer(&self, payload: &T) -> Result<Issued, CommandError> {
        let issued = self.0.change(payload, To::Client)?;
        self.0.follow(&issued, To::Client);
        Ok(issued)
    }

    /// [`rotate`](Self::rotate) for bearer tokens: returns the new one. `None` keeps the payload.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn rotate(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     Ok(handle.rotate_bearer(None).await?.token.into_string())
    /// }
    /// ```
    pub async fn rotate_bearer(&self, payload: Option<T>) -> Result<Issued, CommandError> {
        let issued = self.0.turn(payload, To::Client).await?;
        self.0.follow(&issued, To::Client);
        Ok(issued)
    }

    /// [`reauthenticate`](Self::reauthenticate) for bearer tokens: returns the new one.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn password_again(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     Ok(handle.reauthenticate_bearer(()).await?.token.into_string())
    /// }
    /// ```
    pub async fn reauthenticate_bearer(&self, payload: T) -> Result<Issued, CommandError> {
        let issued = self.0.again(payload, To::Client).await?;
        self.0.follow(&issued, To::Client);
        Ok(issued)
    }

    /// The next bearer token, or `None` while the one at hand is young enough. Cookies are renewed
    /// by the layer; give bearer clients an endpoint for it.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn api_renew(handle: SessionHandle<()>) -> Result<String, CommandError> {
    ///     Ok(handle.renew_bearer()?.map_or_else(String::new, |issued| issued.token.into_string()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    pub fn renew_bearer(&self) -> Result<Option<Issued>, CommandError> {
        let session = self.0.command(To::Client)?;
        let renewed = self.0.core.backend.renew(To::Client, &session);
        let renewed = renewed.map_err(|error| self.0.error(self.0.rejected(&error)))?;
        if let Some(issued) = &renewed {
            self.0.follow(issued, To::Client);
        }
        Ok(renewed)
    }
}
