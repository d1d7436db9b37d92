//! One request and its response: what was presented, what the handler did, what goes out. No
//! framework is known here; each adapter calls [`Exchange::begin`] and [`Exchange::finish`].

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Reason, VerifyError};
use crate::http::carrier::{self, Carrier, Presented};
use crate::http::cookie::CookieError;
use crate::http::response::{self, HeaderLine, NO_STORE, Refusal};
use crate::session::token::{Issued, Token};
use crate::web::backend::{To, WebPayload};
use crate::web::error::{Rejection, RejectionKind};
use crate::web::head::{self, Field, Head};
use crate::web::layer::{Core, Settings};
use crate::web::session::Session;
use crate::wire::text::MAX_TOKEN;

pub(in crate::web) struct Exchange<T: WebPayload> {
    pub(in crate::web) core: Arc<Core<T>>,
    /// Where the token came from; `None` without one.
    pub(in crate::web) carrier: Option<Carrier>,
    /// A bearer token came, and so from a client that keeps it itself.
    pub(in crate::web) by_client: bool,
    /// A bearer request passes without this check, and may not set a cookie then.
    pub(in crate::web) same_origin: bool,
    state: Mutex<State<T>>,
}

/// What becomes of the cookie.
pub(in crate::web) enum Cookie {
    /// Renewed if that is due.
    Kept,
    /// Left as it is: a command was begun, and a renewal could undo it.
    Untouched,
    /// The whole line.
    Set(String),
    Removed,
}

pub(in crate::web) struct State<T> {
    /// The one that was presented, or the one that a command of the handler made.
    pub(in crate::web) token: Option<Token>,
    /// Cookies that counted as none, because there were several or beside an `Authorization` that is
    /// no token: a logout ends their sessions too, or whoever plants a second cookie keeps the user
    /// from logging out, and a logout is told as done that was none.
    pub(in crate::web) uncounted: Vec<Token>,
    /// What verification said of `token`; asked once, when it is first needed.
    pub(in crate::web) looked: Option<Result<Session<T>, VerifyError>>,
    /// Who has `token`, if a command made it.
    pub(in crate::web) holder: Option<To>,
    /// The handler has seen who it is, so the response depends on it.
    pub(in crate::web) read: bool,
    pub(in crate::web) cookie: Cookie,
    /// The head of the response is out.
    pub(in crate::web) sent: bool,
}

/// A header of the response to be changed.
pub(in crate::web) struct Change {
    pub(in crate::web) name: &'static str,
    pub(in crate::web) value: Cow<'static, str>,
    /// Beside what is there; otherwise in its place. A `Cache-Control` of the handler's that allows
    /// storing must not stand beside ours: caches differ in which of two they heed.
    pub(in crate::web) append: bool,
    /// Holds a token, and is to be kept out of logs and compression tables.
    pub(in crate::web) sensitive: bool,
}

impl From<HeaderLine> for Change {
    fn from((name, value): HeaderLine) -> Self {
        let sensitive = name == "set-cookie";
        let append = sensitive || name == "vary";
        Self {
            name,
            value,
            append,
            sensitive,
        }
    }
}

impl<T: WebPayload> Exchange<T> {
    /// Reads a request's head. An error is the whole answer; the handler must not run.
    pub(in crate::web) fn begin(core: &Arc<Core<T>>, head: &impl Head) -> Result<Self, Refusal> {
        let settings = &core.settings;
        if !head::is_ours(head, settings) {
            settings.event("misdirected");
            return Err(Refusal::misdirected());
        }
        let presented = carrier::read(
            &settings.cookie,
            head.values(Field::Cookie),
            head.values(Field::Authorization),
        );
        if let Some(event) = presented.event() {
            settings.event(event);
        }
        let carrier = presented.carrier();
        let same_origin = head::is_same_origin(head, settings);
        // Browsers add cookies to requests that other sites' pages cause, never a bearer token. A
        // request without any token is checked too, since it may be a login, and so is one whose
        // `Authorization` counts as none.
        let by_client = matches!(
            presented,
            Presented::Token {
                carrier: Carrier::Bearer,
                ..
            }
        );
        if !same_origin && !by_client {
            settings.event("cross-origin");
            return Err(Refusal::cross_origin());
        }
        let mut uncounted = BTreeSet::new();
        if matches!(presented, Presented::Ignored(_) | Presented::Refused(_)) {
            // All of them, or whoever plants enough of them hides the one that counts. What can't
            // be a token is left away, and what is there twice; of the rest a request has as many as
            // the server takes bytes of headers. One by one: collecting would hold the equal ones too.
            let values = settings.cookie.all_values(head.values(Field::Cookie));
            for value in values.filter(|value| (1..=MAX_TOKEN).contains(&value.len())) {
                uncounted.insert(value);
            }
        }
        let uncounted = uncounted.into_iter().map(kept).collect();
        Ok(Self {
            core: Arc::clone(core),
            carrier,
            by_client,
            same_origin,
            state: Mutex::new(State {
                token: presented.token().map(kept),
                uncounted,
                looked: None,
                holder: None,
                read: false,
                cookie: Cookie::Kept,
                sent: false,
            }),
        })
    }

    pub(in crate::web) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, verified when this is first called.
    pub(in crate::web) fn session(&self) -> Result<Session<T>, Rejection> {
        let mut state = self.lock();
        state.read = true;
        let State { token, looked, .. } = &mut *state;
        let Some(token) = token else {
            return Err(self.rejection(RejectionKind::NoSession(None)));
        };
        match looked.get_or_insert_with(|| self.look(token)) {
            Ok(session) => Ok(session.clone()),
            Err(error) => Err(self.rejected(error)),
        }
    }

    /// The same, judged now: what was seen at the start of the request may be over.
    pub(in crate::web) fn session_again(&self) -> Result<Session<T>, Rejection> {
        self.lock().looked = None;
        self.session()
    }

    fn look(&self, token: &Token) -> Result<Session<T>, VerifyError> {
        let verified = self.core.backend.verify(token.as_str());
        if let Err(error) = &verified {
            let settings = &self.core.settings;
            settings.event(error.reason().map_or("unavailable", Reason::as_str));
        }
        verified.map(Session::new)
    }

    /// The session, if its last login is younger than `seconds`; judged against a fresh view.
    pub(in crate::web) fn recent(&self, seconds: u64) -> Result<Session<T>, Rejection> {
        // Also for the events and for what the response says of it.
        self.session()?;
        let verified = match &self.lock().token {
            Some(token) => self.core.backend.verify_sensitive(token.as_str()),
            None => return Err(self.rejection(RejectionKind::NoSession(None))),
        };
        let session = verified.map_err(|error| self.rejected(&error))?;
        let age = time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
        match session.require_fresh(age) {
            Ok(()) => Ok(Session::new(session)),
            Err(_) => Err(self.rejection(RejectionKind::LoginTooOld { max_age: seconds })),
        }
    }

    pub(in crate::web) fn rejection(&self, kind: RejectionKind) -> Rejection {
        Rejection::new(kind, self.carrier, self.core.settings.retry_after)
    }

    pub(in crate::web) fn rejected(&self, error: &VerifyError) -> Rejection {
        Rejection::verify(error, self.carrier, self.core.settings.retry_after)
    }

    /// What the response's head needs, decided now. After this no command changes the cookie.
    pub(in crate::web) fn finish(&self, status: u16) -> impl Iterator<Item = Change> + use<T> {
        let mut state = self.lock();
        state.sent = true;
        let settings = &self.core.settings;
        let mut clear = None;
        let line = match core::mem::replace(&mut state.cookie, Cookie::Untouched) {
            Cookie::Set(line) => Some(line),
            Cookie::Removed => {
                clear = response::clear_site_data(&settings.clear_site_data);
                Some(settings.cookie.removal())
            }
            Cookie::Kept => self.renewed(&state, status),
            Cookie::Untouched => None,
        };
        let read = state.read;
        drop(state);
        let (cookie, no_store) = match line.map(response::set_cookie) {
            Some([cookie, no_store]) => (Some(cookie), Some(no_store)),
            None => (None, (status == 401).then_some(NO_STORE)),
        };
        // Both, whichever it came in: another request with the other header gets another page.
        let vary = read.then(|| response::vary(&[Carrier::Cookie, Carrier::Bearer]));
        // An array and not a vector: most responses have one line or none of these.
        let lines = [cookie, no_store, clear, vary.flatten()];
        lines.into_iter().flatten().map(Change::from)
    }

    /// Sliding renewal: judged once more, against what is known at this moment, so that a logout
    /// while the handler ran is heeded. A failed request is no use of the session, and one that
    /// nobody looked at neither. Never removes the cookie: the browser may have a newer one.
    fn renewed(&self, state: &State<T>, status: u16) -> Option<String> {
        if status >= 500 || !self.carrier.is_some_and(Carrier::renews) {
            return None;
        }
        let Some(Ok(session)) = &state.looked else {
            return None;
        };
        let settings = &self.core.settings;
        let issued = match self.core.backend.renew(To::Cookie, session) {
            Ok(issued) => issued?,
            Err(error) => {
                let refused = error.reason().is_some();
                settings.event(if refused {
                    "renewal-refused"
                } else {
                    "unavailable"
                });
                return None;
            }
        };
        let line = line(settings, &issued).ok()?;
        settings.event("renewed");
        Some(line)
    }
}

impl<T: WebPayload> State<T> {
    /// A command was begun. Whatever becomes of it, a renewal could undo it.
    pub(in crate::web) fn keep_from_renewing(&mut self) {
        if let Cookie::Kept = self.cookie {
            self.cookie = Cookie::Untouched;
        }
    }

    /// The tokens whose sessions end with this one. Copies: if ending them fails, a second try has to
    /// find them.
    pub(in crate::web) fn presented(&self) -> Vec<Token> {
        let tokens = self.uncounted.iter().chain(&self.token);
        tokens.map(|token| kept(token.as_str())).collect()
    }
}

/// The cookie of a token.
pub(in crate::web) fn line(settings: &Settings, issued: &Issued) -> Result<String, CookieError> {
    let max_age = issued.session.max_age();
    settings.cookie.set_cookie(issued.token.as_str(), max_age)
}

/// A copy to be verified when it is needed. Of what is longer than any token nothing is kept, and
/// that is as invalid: a client can't make the server hold what it likes.
fn kept(text: &str) -> Token {
    let text = Some(text).filter(|text| text.len() <= MAX_TOKEN);
    Token::new(text.unwrap_or_default().into())
}
