//! Requests that are no use of the session, and handlers and responses that outlive the check at their
//! start.

use crate::session::ended::Ended;
use crate::web::backend::WebPayload;
use crate::web::error::Rejection;
use crate::web::handle::SessionHandle;
use crate::web::session::Session;

impl<T: WebPayload> SessionHandle<T> {
    /// A future that resolves when the session ends: for what outlives its response, server-sent
    /// events and WebSockets.
    ///
    /// It is [`Sessions::ended`](crate::Sessions::ended) for this request's session. A renewal by
    /// another request on this server moves its deadline by itself.
    ///
    /// # Errors
    ///
    /// [`Rejection`] without a session.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// async fn wait(handle: SessionHandle<()>) -> Result<&'static str, Rejection> {
    ///     Ok(handle.ended()?.await.reason().as_str()) // "revoked", "idle", ..
    /// }
    /// ```
    pub fn ended(&self) -> Result<Ended, Rejection> {
        let session = self.session()?;
        Ok(self.0.core.backend.ended(&session))
    }

    /// The session, judged once more against what is known at this moment.
    ///
    /// For a handler that waited and is about to do something that can't be taken back: whether the
    /// session lives was asked when the handler began. A thief can hold the body of a request back
    /// until its owner has logged out; the handler runs on only when the body is there. Commands that
    /// end other sessions and [`check_form`](Self::check_form) judge again by themselves.
    ///
    /// # Errors
    ///
    /// [`Rejection`] if the session has ended in the meantime, or where that can't be told.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// # async fn upload() -> Vec<u8> { Vec::new() }
    /// async fn replace_the_site(handle: SessionHandle<()>) -> Result<&'static str, Rejection> {
    ///     let files = upload().await; // minutes, if the client likes
    ///     let session = handle.verify_again()?;
    ///     # drop(files);
    ///     Ok(if session.subject_str() == Some("ada") { "replaced" } else { "not yours" })
    /// }
    /// ```
    pub fn verify_again(&self) -> Result<Session<T>, Rejection> {
        self.0.session_again()
    }

    /// The response to this request renews no cookie, although its handler asks who it is.
    ///
    /// For what a page does by itself while nobody sits in front of it: a stream of events that
    /// reconnects, a poll for news. Renewed by these, an idle session would never end.
    ///
    /// ```
    /// # use cloakroom::web::{Rejection, SessionHandle};
    /// async fn news(handle: SessionHandle<()>) -> Result<&'static str, Rejection> {
    ///     handle.without_renewal();
    ///     let session = handle.session()?; // alive, and it stays as old as it is
    ///     Ok(if session.subject_str() == Some("ada") { "one message" } else { "none" })
    /// }
    /// ```
    pub fn without_renewal(&self) {
        self.0.lock().keep_from_renewing();
    }
}
