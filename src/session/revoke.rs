//! Logging out (SPEC §8.9, §9.11).

use core::fmt::Display;

use time::Duration;

use crate::key::id::KeyId;
use crate::observe::Ends;
use crate::revocation::record::Revocation;
use crate::revocation::view::RevocationPublish;
use crate::session::error::RevokeError;
use crate::session::sessions::Sessions;
use crate::time::Timestamp;
use crate::wire::claims::MAX_SUBJECT;
use crate::wire::payload::Payload;
use crate::wire::session_id::SessionId;

/// A key was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a key is only safely revoked once `repeat_after` was heeded"]
#[non_exhaustive]
pub struct KeyRevoked<R> {
    /// What is true now.
    pub receipt: R,
    /// Call again after this time. A thief may have had a forged token renewed under the next key
    /// by a server that had not heard of the revocation yet; the second call ends such sessions.
    /// `None` where there is no such server.
    pub repeat_after: Option<Duration>,
}

impl<T: Payload, R: RevocationPublish> Sessions<T, R> {
    /// Logs one session out: every token of it is refused from now on.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let login = sessions.issue("ada", &())?;
    /// sessions.revoke(login.session.id())?;
    /// assert!(sessions.verify(login.token.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn revoke(&self, session: SessionId) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        let receipt = self.publish(Ends::Session, Revocation::session(session), now)?;
        self.forget(session);
        Ok(receipt)
    }

    /// Logs the session of a token out, whatever became of the token: also one that has expired, or
    /// whose payload this program can't read. `None` if it is not an authentic token, and then
    /// nothing happened.
    ///
    /// This is what a logout endpoint calls. With [`verify`](Self::verify) and
    /// [`revoke`](Self::revoke) a session whose token at hand is idle could not be logged out,
    /// although a copy of it may have been renewed elsewhere.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
    /// # let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().clock(clock.clone()).build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// clock.advance(20 * 60);
    /// assert!(sessions.verify(token.as_str()).is_err()); // idle
    /// assert!(sessions.revoke_token(token.as_str())?.is_some()); // logged out none the less
    /// assert!(sessions.revoke_token("not a token")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn revoke_token(&self, token: &str) -> Result<Option<R::Receipt>, RevokeError<R::Error>> {
        let now = self.now()?;
        match self.session_of(token) {
            None => Ok(None),
            Some((id, kid)) => {
                let receipt = self.publish(Ends::Session, Revocation::session(id), now)?;
                self.forget(id);
                self.inner
                    .observer
                    .logged_out(|| self.inner.name_of(id, kid));
                Ok(Some(receipt))
            }
        }
    }

    /// Refuses the tokens of one session that are older than `generation`, which
    /// [`rotate`](Self::rotate) does by itself.
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn revoke_generations_below(
        &self,
        session: SessionId,
        generation: u32,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        // Generation 0 is the first: none is below it, and an entry can't say "none".
        let revocation = Revocation::older_generations(session, generation);
        let all: &[_] = if generation == 0 { &[] } else { &[revocation] };
        self.tell(Ends::Generations, all, now)
    }

    /// Logs all sessions of a subject out: "log out everywhere", an account disabled, a password
    /// reset. A login right after it works.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let phone = sessions.issue("ada", &())?.token;
    /// let laptop = sessions.issue("ada", &())?.token;
    /// sessions.revoke_subject("ada")?;
    /// assert!(sessions.verify(phone.as_str()).is_err());
    /// assert!(sessions.verify(laptop.as_str()).is_err());
    /// let token = sessions.issue("ada", &())?.token;
    /// assert!(sessions.verify(token.as_str()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`], among them [`RevokeError::NoSubject`] for the empty subject.
    pub fn revoke_subject(
        &self,
        subject: impl AsRef<[u8]>,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        let subject = subject.as_ref();
        self.cut_off(subject, self.cutoff_now(subject, now), None, now)
    }

    /// Logs all sessions of a subject out but one: "log out my other devices".
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let phone = sessions.issue("ada", &())?;
    /// let laptop = sessions.issue("ada", &())?;
    /// sessions.revoke_subject_except("ada", laptop.session.id())?;
    /// assert!(sessions.verify(phone.token.as_str()).is_err());
    /// assert!(sessions.verify(laptop.token.as_str()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn revoke_subject_except(
        &self,
        subject: impl AsRef<[u8]>,
        keep: SessionId,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        let subject = subject.as_ref();
        self.cut_off(subject, self.cutoff_now(subject, now), Some(keep), now)
    }

    /// Logs the sessions of a subject out that started before `before`.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions, Timestamp};
    /// # let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().clock(clock.clone()).build()?;
    /// // Ada lost her phone at six; what she logged in with since then is hers.
    /// let lost = Timestamp::from_unix(1_800_000_060).ok_or("far future")?;
    /// let phone = sessions.issue("ada", &())?.token;
    /// clock.advance(120);
    /// let laptop = sessions.issue("ada", &())?.token;
    /// sessions.revoke_subject_before("ada", lost)?;
    /// assert!(sessions.verify(phone.as_str()).is_err());
    /// assert!(sessions.verify(laptop.as_str()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`], among them [`RevokeError::CutOffAhead`].
    pub fn revoke_subject_before(
        &self,
        subject: impl AsRef<[u8]>,
        before: Timestamp,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        self.cut_off(subject.as_ref(), before.unix(), None, now)
    }

    /// Logs everybody out of this purpose and audience.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let ada = sessions.issue("ada", &())?.token;
    /// sessions.revoke_all()?;
    /// assert!(sessions.verify(ada.as_str()).is_err());
    /// assert!(sessions.issue("ada", &()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn revoke_all(&self) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        self.publish(
            Ends::Everybody,
            Revocation::audience(self.inner.audience_key, self.cutoff_now(&[], now)),
            now,
        )
    }

    /// Ends the sessions of this purpose and audience that started before `before`.
    ///
    /// # Errors
    ///
    /// [`RevokeError`], among them [`RevokeError::CutOffAhead`].
    pub fn revoke_all_before(
        &self,
        before: Timestamp,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let now = self.now()?;
        self.publish(
            Ends::Everybody,
            Revocation::audience(self.inner.audience_key, before.unix()),
            now,
        )
    }

    /// Refuses every token under a key that leaked, and logs everybody out of this purpose and
    /// audience, because a forger may hold a token that was renewed under the next key.
    ///
    /// Disable the key in the ring file too. A key that several purposes or audiences use has to be
    /// revoked on the sessions of each.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let token = sessions.issue("ada", &())?.token;
    /// # let leaked = sessions.verify(token.as_str())?.info().key();
    /// let done = sessions.disable_key(leaked)?;
    /// assert!(sessions.verify(token.as_str()).is_err());
    /// // One process, one list: there is no server that has not heard of it.
    /// assert_eq!(done.repeat_after, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevokeError`].
    pub fn disable_key(&self, key: KeyId) -> Result<KeyRevoked<R::Receipt>, RevokeError<R::Error>> {
        let now = self.now()?;
        let everybody = Revocation::audience(self.inner.audience_key, self.cutoff_now(&[], now));
        let receipt = self.tell(Ends::Key, &[Revocation::key(key), everybody], now)?;
        let bound = self.inner.revocations.staleness_bound();
        let repeat_after = (bound > 0).then(|| Duration::seconds(i64::from(bound)));
        Ok(KeyRevoked {
            receipt,
            repeat_after,
        })
    }

    /// SPEC §9.6: far enough ahead that a session is cut off which started in this second by a
    /// clock that is a little ahead, or at the start bound of an earlier cut-off, also of another
    /// audience's; but never further than a revoker may go.
    fn cutoff_now(&self, subject: &[u8], now: Timestamp) -> u64 {
        let policy = &self.inner.policy;
        let now_unix = now.unix();
        let bound = self
            .inner
            .revocations
            .cutoff_bound(subject, &self.inner.audience_key, now);
        let limit = now_unix.saturating_add(u64::from(policy.tolerance / 2));
        let by_skew = now_unix
            .saturating_add(u64::from(policy.skew))
            .saturating_add(1);
        by_skew.max(bound.saturating_add(1).min(limit))
    }

    fn cut_off(
        &self,
        subject: &[u8],
        before: u64,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        if subject.is_empty() {
            return Err(RevokeError::NoSubject);
        }
        if subject.len() > MAX_SUBJECT {
            return Err(RevokeError::SubjectTooLong {
                length: subject.len(),
            });
        }
        self.publish(
            Ends::Subject,
            Revocation::subject(subject, before, keep),
            now,
        )
    }

    fn publish(
        &self,
        what: Ends,
        revocation: Revocation,
        now: Timestamp,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let limit = u64::from(self.inner.policy.tolerance / 2);
        let seconds = revocation.cutoff().unwrap_or(0).saturating_sub(now.unix());
        if seconds > limit {
            return Err(RevokeError::CutOffAhead { seconds, limit });
        }
        self.tell(what, &[revocation], now)
    }

    fn tell(
        &self,
        what: Ends,
        revocations: &[Revocation],
        now: Timestamp,
    ) -> Result<R::Receipt, RevokeError<R::Error>> {
        let published = self.inner.revocations.publish(revocations, now);
        self.revoked(what, published.as_ref());
        published.map_err(RevokeError::Publish)
    }

    /// Counts what became of a publication.
    pub(crate) fn revoked(&self, what: Ends, published: Result<&R::Receipt, &R::Error>) {
        let delivered = published.map(|receipt| self.inner.revocations.delivery(receipt));
        let delivered = delivered.map_err(|error| -> &dyn Display { error });
        self.inner.observer.revoked(what, delivered);
    }
}
