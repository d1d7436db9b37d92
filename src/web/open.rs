//! Requests that are no use of the session, and responses that outlive the check at their start.

use crate::session::ended::Ended;
use crate::web::backend::WebPayload;
use crate::web::error::Rejection;
use crate::web::handle::SessionHandle;

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
