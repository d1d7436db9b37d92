//! The steps behind the commands of a handler: what may begin, where it runs, what is kept of it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::http::carrier::Carrier;
use crate::session::token::{Issued, Token};
use crate::session::verified::SessionInfo;
use crate::web::backend::{Backend, To, WebPayload};
use crate::web::blocking;
use crate::web::error::{CommandError, What};
use crate::web::exchange::{Cookie, Exchange, line};
use crate::web::session::Session;
use crate::wire::session_id::SessionId;

impl<T: WebPayload> Exchange<T> {
    pub(in crate::web) fn error(&self, what: impl Into<What>) -> CommandError {
        CommandError::new(what, self.carrier, self.core.settings.retry_after)
    }

    /// A new session for `subject`; whatever was presented ends.
    pub(in crate::web) async fn log_in(
        &self,
        subject: &[u8],
        payload: &T,
        label: Option<&str>,
        to: To,
    ) -> Result<Issued, CommandError> {
        if to == To::Cookie {
            // A request with a bearer token came here unchecked. Without this one, whoever can make
            // a browser send one logs its user in as somebody else.
            if !self.same_origin {
                self.core.settings.event("cross-origin");
                return Err(self.error(What::CrossOrigin));
            }
            self.take_cookie()?;
        }
        let presented = {
            let mut state = self.lock();
            state.keep_from_renewing();
            state.presented()
        };
        let issued = self.core.backend.issue(to, subject, payload);
        let issued = issued.map_err(|error| self.error(error))?;
        // Before the new token leaves: if this fails, the client gets no second session.
        self.revoke(presented).await?;
        match to {
            To::Cookie => self.set(&issued)?,
            To::Client => self.follow(&issued, To::Client),
        }
        // Last, so that a login which came to nothing is no device of the user's.
        self.core.backend.list(&issued, subject, label);
        Ok(issued)
    }

    pub(in crate::web) fn change(&self, payload: &T, to: To) -> Result<Issued, CommandError> {
        let session = self.command(to)?;
        let issued = self.core.backend.update(to, &session, payload);
        issued.map_err(|error| self.error(error))
    }

    pub(in crate::web) async fn turn(
        &self,
        payload: Option<T>,
        to: To,
    ) -> Result<Issued, CommandError> {
        let session = self.command(to)?;
        self.run(move |backend| backend.rotate(to, &session, payload.as_ref()))
            .await?
            .map_err(|error| self.error(error))
    }

    pub(in crate::web) async fn again(&self, payload: T, to: To) -> Result<Issued, CommandError> {
        let session = self.command(to)?;
        self.run(move |backend| backend.reauthenticate(to, &session, &payload))
            .await?
            .map_err(|error| self.error(error))
    }

    /// Ends the sessions of these tokens, whatever became of the tokens. If it fails they are there
    /// for the next try.
    pub(in crate::web) async fn revoke(&self, tokens: Vec<Token>) -> Result<(), CommandError> {
        if tokens.is_empty() {
            return Ok(());
        }
        self.run(move |backend| {
            let mut tokens = tokens.iter();
            tokens.try_for_each(|token| backend.revoke_token(token.as_str()).map(|_| ()))
        })
        .await?
        .map_err(|error| self.error(error))?;
        self.lock().uncounted.clear();
        Ok(())
    }

    /// Ends the sessions of this session's subject, but for one.
    pub(in crate::web) async fn end_subject(&self, keep: KeepThis) -> Result<(), CommandError> {
        // What was seen at the start of the request is not enough: a thief who holds the body of a
        // request back until the owner has logged out and in again would end the owner's new session.
        let session = self.session_again().map_err(|error| self.error(error))?;
        // A guest's session, and no one's other sessions.
        if session.subject().is_empty() {
            return match keep {
                KeepThis::Yes => Ok(()),
                KeepThis::No => {
                    let presented = self.lock().presented();
                    self.revoke(presented).await
                }
            };
        }
        let keep: Option<SessionId> = (keep == KeepThis::Yes).then(|| session.id());
        self.run(move |backend| backend.revoke_subject(session.subject(), keep))
            .await?
            .map_err(|error| self.error(error))
    }

    /// The session that a command is about to change, where the new token can be taken.
    pub(in crate::web) fn command(&self, to: To) -> Result<Session<T>, CommandError> {
        let session = self.session().map_err(|error| self.error(error))?;
        // A bearer client would be logged out by a cookie it does not take, and a script must not
        // be handed the token of a cookie that is out of its reach.
        if self.holder() != Some(to) {
            return Err(self.error(What::WrongCarrier));
        }
        if to == To::Cookie {
            self.take_cookie()?;
        }
        Ok(session)
    }

    /// Who has the token of the session now: a login may have changed that.
    fn holder(&self) -> Option<To> {
        self.lock().holder.or(match self.carrier {
            Some(Carrier::Cookie) => Some(To::Cookie),
            Some(Carrier::Bearer) => Some(To::Client),
            None => None,
        })
    }

    /// From here on the response renews nothing, whatever becomes of the command: a renewal could
    /// undo it.
    fn take_cookie(&self) -> Result<(), CommandError> {
        let mut state = self.lock();
        if state.sent {
            return Err(self.error(What::ResponseSent));
        }
        state.keep_from_renewing();
        Ok(())
    }

    /// Puts a new token into the cookie of the response.
    pub(in crate::web) fn set(&self, issued: &Issued) -> Result<(), CommandError> {
        let line: String = line(&self.core.settings, issued).map_err(|error| self.error(error))?;
        let mut state = self.lock();
        if state.sent {
            return Err(self.error(What::ResponseSent));
        }
        state.cookie = Cookie::Set(line);
        drop(state);
        self.follow(issued, To::Cookie);
        Ok(())
    }

    /// The request goes on with another token.
    pub(in crate::web) fn follow(&self, issued: &Issued, holder: To) {
        let mut state = self.lock();
        state.token = Some(Token::new(issued.token.as_str().into()));
        state.looked = None;
        state.holder = Some(holder);
        // The session in the cookie of an earlier command of this handler has ended. No removal
        // goes out in its place: that is for a logout.
        if holder == To::Client && matches!(state.cookie, Cookie::Set(_)) {
            state.cookie = Cookie::Untouched;
        }
    }

    /// The session is over, for this request and for the browser.
    pub(in crate::web) fn forget(&self) {
        let mut state = self.lock();
        state.token = None;
        state.looked = None;
        // A bearer client holds no cookie of ours, and one that another session has in this browser
        // is not what was logged out.
        if !self.by_client || state.holder == Some(To::Cookie) {
            state.cookie = Cookie::Removed;
        }
    }

    /// Runs what may wait where it may.
    pub(in crate::web) async fn run<A: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Backend<T>) -> A + Send + 'static,
    ) -> Result<A, CommandError> {
        let backend = Arc::clone(&self.core.backend);
        let blocks = backend.blocks();
        blocking::run(blocks, move || work(&*backend))
            .await
            .map_err(|error| self.error(error))
    }

    pub(in crate::web) fn form_of(&self) -> Result<SessionInfo, CommandError> {
        let session = self.session().map_err(|error| self.error(error))?;
        Ok(*session.info())
    }
}

/// Whether "log out my other devices" or "log out everywhere" was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum KeepThis {
    Yes,
    No,
}
