//! "My devices": what an index remembers of the sessions of a subject.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Unavailable, VerifyError};
use crate::index::entry::{IndexEntry, label};
use crate::index::port::{IndexError, SessionIndex};
use crate::revocation::record::subject_key;
use crate::revocation::view::{RevocationPublish, RevocationView};
use crate::session::builder::SessionsBuilder;
use crate::session::error::{IssueError, RevokeError};
use crate::session::sessions::Sessions;
use crate::session::token::Issued;
use crate::session::verified::{Session, SessionInfo};
use crate::time::Timestamp;
use crate::wire::claims::Claims;
use crate::wire::payload::Payload;
use crate::wire::session_id::SessionId;

/// A live session of a subject, as the index remembers it.
#[derive(Clone)]
pub struct Device {
    id: SessionId,
    label: String,
    started: u64,
    renewed: Timestamp,
    expires: u64,
}

impl Device {
    /// The session, to be compared with the one at hand and to be
    /// [revoked](Sessions::revoke).
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// What the application called it at the login; empty where that is not known.
    ///
    /// # Security
    ///
    /// Where it was made of what a client sent, such as its `User-Agent`, it is the client's text:
    /// escape it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// When the session started.
    #[must_use]
    pub const fn started(&self) -> Timestamp {
        Timestamp::saturating_from_unix(self.started)
    }

    /// When its newest token was made: it was in use then, and not for longer than the idle
    /// timeout since.
    #[must_use]
    pub const fn last_renewed(&self) -> Timestamp {
        self.renewed
    }

    /// When it ends unless it is renewed.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp::saturating_from_unix(self.expires)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("started", &self.started())
            .field("last_renewed", &self.renewed)
            .finish_non_exhaustive()
    }
}

/// The devices of a subject can't be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DevicesError {
    /// The sessions were built without an index.
    NoIndex,
    /// The index does not answer.
    Index(IndexError),
    /// The clock fails, so that nobody knows who is alive.
    Unavailable(Unavailable),
}

impl fmt::Display for DevicesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIndex => {
                f.write_str("sessions can't be listed without an index; build them with one")
            }
            Self::Index(error) => error.fmt(f),
            Self::Unavailable(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DevicesError {}

impl<T: Payload, R: RevocationView> SessionsBuilder<T, R> {
    /// Keeps an index of sessions, for [`Sessions::devices`]. None by default; nothing else needs
    /// it. An [`Arc`](alloc::sync::Arc) of an index is one, too.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// use cloakroom::index::MemoryIndex;
    ///
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let list = RevocationList::new();
    /// let sessions = Sessions::<()>::builder(ring, list)
    /// #   .purpose("session").audience("").aal3()
    ///     .session_index(MemoryIndex::new())
    ///     .build()?;
    /// sessions.issue("ada", &())?;
    /// assert_eq!(sessions.devices("ada")?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn session_index(mut self, index: impl SessionIndex + 'static) -> Self {
        self.index = Some(Box::new(index));
        self
    }
}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// [`issue`](Self::issue), with a name by which the user will know this session in the list of
    /// [`devices`](Self::devices): the kind of browser, the name of a phone.
    ///
    /// The label goes to the index and not into the token. It is cut to 128 bytes, and control
    /// characters in it become spaces. It is not kept in secret: no passwords, no tokens.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// use cloakroom::index::MemoryIndex;
    ///
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let list = RevocationList::new();
    /// let sessions = Sessions::<()>::builder(ring, list)
    /// #   .purpose("session").audience("").aal3()
    ///     .session_index(MemoryIndex::new())
    ///     .build()?;
    /// let login = sessions.issue_labelled("ada", &(), "Firefox on Linux")?;
    /// assert_eq!(sessions.devices("ada")?[0].label(), "Firefox on Linux");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IssueError`], as for [`issue`](Self::issue). An index that fails fails no login; look at
    /// [`status`](Self::status).
    pub fn issue_labelled(
        &self,
        subject: impl AsRef<[u8]>,
        payload: &T::View<'_>,
        label: &str,
    ) -> Result<Issued, IssueError> {
        self.login(subject.as_ref(), payload, Some(label))
    }

    /// The live sessions of a subject, the latest in use first: "my devices". Those that expired,
    /// were logged out or can't be opened any more are left out, by the same rules as in
    /// [`verify`](Self::verify).
    ///
    /// Listed are sessions of this purpose, audience and binding that were issued or renewed here
    /// since the index was made; an index keeps no more than some number of one subject. A session
    /// that another server renewed counts as live until the deadline that is known here.
    ///
    /// May wait for a disk. It does not ask whether the revocation view is fresh: nobody is let in
    /// by a list.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock, index::MemoryIndex};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().session_index(MemoryIndex::new()).build()?;
    /// let phone = sessions.issue_labelled("ada", &(), "phone")?;
    /// let laptop = sessions.issue_labelled("ada", &(), "laptop")?;
    /// let session = sessions.verify(laptop.token.as_str())?;
    /// for device in sessions.devices(session.subject())? {
    ///     let here = if device.id() == session.id() { " (this one)" } else { "" };
    ///     println!("{}, since {}{here}", device.label(), device.started());
    /// }
    /// sessions.revoke(phone.session.id())?;
    /// assert_eq!(sessions.devices("ada")?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DevicesError`].
    pub fn devices(&self, subject: impl AsRef<[u8]>) -> Result<Vec<Device>, DevicesError> {
        let index = self.inner.index.as_ref().ok_or(DevicesError::NoIndex)?;
        let now = self.now().map_err(DevicesError::Unavailable)?;
        let subject = subject.as_ref();
        let mut devices: Vec<Device> = index
            .of_subject(&subject_key(subject))
            .map_err(DevicesError::Index)?
            .into_iter()
            .filter(|entry| self.is_live(entry, subject, now))
            .map(|entry| Device {
                id: entry.session,
                started: entry.authenticated_at,
                renewed: entry.renewed(),
                expires: entry.expires,
                label: entry.label.unwrap_or_default(),
            })
            .collect();
        devices.sort_by_key(|device| (core::cmp::Reverse(device.renewed), device.id));
        Ok(devices)
    }

    fn is_live(&self, entry: &IndexEntry, subject: &[u8], now: Timestamp) -> bool {
        let claims = Claims {
            session: entry.session,
            generation: entry.generation,
            subject,
            authenticated_at: entry.authenticated_at,
            issued_after: entry.issued_after,
            idle: entry.idle,
            absolute: entry.absolute,
            schema: self.inner.form.schema,
        };
        let checked = self.inner.check_again(&claims, entry.kid, now);
        // What nobody here can tell is left in the list: to leave it out says that it ended.
        entry.scope == self.scope && !matches!(checked, Err(VerifyError::Rejected(_)))
    }

    /// Tells the index of a new token. Never fails: a login does not depend on a list.
    pub(crate) fn note(
        &self,
        info: &SessionInfo,
        subject: &[u8],
        named: Option<&str>,
        replaces: Option<SessionId>,
    ) {
        let Some(index) = &self.inner.index else {
            return;
        };
        // No one's sessions are nobody's devices.
        if subject.is_empty() {
            return;
        }
        let entry = IndexEntry {
            session: info.id,
            subject: subject_key(subject),
            scope: self.scope,
            generation: info.generation,
            authenticated_at: info.authenticated_at,
            issued_after: info.issued_after,
            idle: info.idle,
            absolute: info.absolute,
            kid: info.key.to_bytes(),
            expires: info
                .expires_at()
                .unix()
                .saturating_add(u64::from(info.leeway)),
            label: named.map(label),
        };
        let kept = index.put(entry, replaces, info.verified_at);
        self.inner.index_failures.count(kept);
    }

    /// Tells the index of a logout.
    pub(crate) fn forget(&self, session: SessionId) {
        if let Some(index) = &self.inner.index {
            let forgotten = index.remove(session);
            self.inner.index_failures.count(forgotten);
        }
    }
}

impl<T: Payload, R: RevocationPublish> Sessions<T, R> {
    /// "Log out my other devices": refuses all sessions of the subject but this one. It needs no
    /// index, and reaches also those that an index never heard of.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let phone = sessions.issue("ada", &())?.token;
    /// let laptop = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(laptop.as_str())?;
    /// sessions.revoke_others(&session)?;
    /// assert!(sessions.verify(phone.as_str()).is_err());
    /// assert!(sessions.verify(laptop.as_str()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`], among them [`RevokeError::NoSubject`] for no one's session.
    pub fn revoke_others<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        self.revoke_subject_except(session.subject(), session.id())
    }
}
