//! Logins with a name for the list of devices.

use crate::session::token::Issued;
use crate::web::backend::{To, WebPayload};
use crate::web::error::CommandError;
use crate::web::handle::SessionHandle;

impl<T: WebPayload> SessionHandle<T> {
    /// [`login`](Self::login), with a name by which the user will know this session in the list of
    /// [`devices`](crate::Sessions::devices): the kind of browser, the name of a phone.
    ///
    /// The label goes to the index of the sessions and not into the token. It is cut to 128 bytes,
    /// and control characters in it become spaces. It is not kept in secret, and where it was made
    /// of what a client sent, it is the client's text: escape it. Sessions without an index forget
    /// it, and an index that fails fails no login.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; nobody is logged in then. The old session may have ended.
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn login(handle: SessionHandle<()>, user: &str) -> Result<(), CommandError> {
    ///     // After the password was right, with words that the server chose:
    ///     handle.login_labelled(user, (), "Firefox on Linux").await
    /// }
    /// ```
    pub async fn login_labelled(
        &self,
        subject: impl AsRef<[u8]>,
        payload: T,
        label: &str,
    ) -> Result<(), CommandError> {
        let label = Some(label);
        let login = self.0.log_in(subject.as_ref(), &payload, label, To::Cookie);
        login.await.map(|_| ())
    }

    /// [`login_labelled`](Self::login_labelled) for a client that keeps its token itself: send it
    /// in the body.
    ///
    /// # Errors
    ///
    /// [`CommandError`].
    ///
    /// ```
    /// # use cloakroom::web::{CommandError, SessionHandle};
    /// async fn api_login(handle: SessionHandle<()>, user: &str) -> Result<String, CommandError> {
    ///     let issued = handle.login_bearer_labelled(user, (), "Pixel 9").await?;
    ///     Ok(issued.token.into_string())
    /// }
    /// ```
    pub async fn login_bearer_labelled(
        &self,
        subject: impl AsRef<[u8]>,
        payload: T,
        label: &str,
    ) -> Result<Issued, CommandError> {
        let label = Some(label);
        let login = self.0.log_in(subject.as_ref(), &payload, label, To::Client);
        login.await
    }
}
