//! New tokens for a session that exists: renew, update, rotate, reauthenticate (SPEC §8.5 to §8.8).

use crate::error::{Invalid, Missing, Reason, Rejected, Unavailable, VerifyError};
use crate::key::id::KeyId;
use crate::observe::{Ends, Made};
use crate::revocation::record::Revocation;
use crate::revocation::view::{RevocationPublish, RevocationView};
use crate::session::error::{PayloadError, ReauthenticateError, RotateError, UpdateError};
use crate::session::issue::Content;
use crate::session::sessions::Sessions;
use crate::session::token::Issued;
use crate::session::verified::{Session, SessionInfo};
use crate::time::Timestamp;
use crate::wire::claims::{Claims, MAX_GENERATION};
use crate::wire::payload::Payload;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// A token with a later idle deadline, or `None` while the one at hand is young enough.
    ///
    /// Call it with every response; it seals only when the set share of the idle timeout has passed
    /// (half of it by default), so most responses set no cookie. The session is checked again, at
    /// this moment: one that was revoked since it was verified is not renewed. Parallel renewals
    /// are harmless, and a late one can't revive a session, because the session keeps its id and it
    /// is the id that was revoked.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
    /// # let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().clock(clock.clone()).build()?;
    /// let login = sessions.issue("ada", &())?;
    /// let session = sessions.verify(login.token.as_str())?;
    /// assert!(sessions.renew(&session)?.is_none()); // nothing to set
    ///
    /// clock.advance(8 * 60); // of 15 minutes
    /// let renewed = sessions.renew(&session)?.ok_or("was due")?;
    /// assert_eq!(renewed.session.id(), session.id());
    /// assert_eq!(renewed.session.max_age(), 15 * 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the session ended meanwhile, [`VerifyError::Unavailable`]
    /// when the revocation view is not fresh: renewing without knowing would keep a revoked session
    /// alive.
    pub fn renew<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
    ) -> Result<Option<Issued>, VerifyError> {
        let old = session.claims();
        let now = self.recheck(session, &old)?;
        let (idle, absolute) = self.inner.policy.effective(&old);
        let age = now.unix().saturating_sub(old.issued_at());
        // A session that starts in the future is one second after a cut-off, or was minted by a
        // thief of the key who wants it to outlast the next cut-off.
        if idle == 0 || age < self.inner.policy.renew_age(idle) || old.authenticated_at > now.unix()
        {
            return Ok(None);
        }
        let Some(issued_after) = later(&old, absolute, now) else {
            return Ok(None);
        };
        let claims = Claims {
            issued_after,
            idle,
            absolute,
            ..old
        };
        let content = Content::Kept(session.raw_payload());
        let sealed = match self.seal::<SealError>(&claims, content, now) {
            Ok(sealed) => sealed,
            Err(SealError::Unavailable(error)) => {
                self.inner.observer.unavailable(&error);
                return Err(error.into());
            }
            // The limit was lowered since the login. The token at hand stays good.
            Err(SealError::Payload) => return Ok(None),
        };
        match self.leaves(&claims, sealed, now) {
            Ok(issued) => {
                self.renewed(&issued, session.subject());
                self.made(Made::Renewal, &issued);
                Ok(Some(issued))
            }
            // So it does while the ring has not followed.
            Err(VerifyError::Unavailable(error)) if error.missing() == Missing::SealingKey => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A token with another payload.
    ///
    /// ```
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Cart { items: u32 }
    /// # cloakroom::payload!(Cart);
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<Cart>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let old = sessions.issue("ada", &Cart { items: 0 })?.token;
    /// let session = sessions.verify(old.as_str())?;
    ///
    /// let new = sessions.update(&session, &Cart { items: 1 })?.token;
    /// assert_eq!(sessions.verify(new.as_str())?.payload().items, 1);
    /// // The old token is still good, and says what it said.
    /// assert_eq!(sessions.verify(old.as_str())?.payload().items, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Security
    ///
    /// This takes nothing back: every token sealed for the session stays acceptable until its own
    /// deadline, also with the old payload. Where that matters (a right was taken away, a step was
    /// completed), use [`rotate_with`](Self::rotate_with).
    ///
    /// # Errors
    ///
    /// [`UpdateError`].
    pub fn update<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
        payload: &T::View<'_>,
    ) -> Result<Issued, UpdateError> {
        if session.newer {
            return Err(UpdateError::ReadOnly);
        }
        let old = session.claims();
        let (now, claims) = self.advance(session, &old)?;
        let claims = Claims {
            schema: self.inner.form.schema,
            ..claims
        };
        let issued = self.seal_again(session.info.key, &claims, Content::New(payload), now)?;
        self.renewed(&issued, session.subject());
        self.made(Made::Update, &issued);
        Ok(issued)
    }

    /// Tells those who wait for the end of the session, and the index.
    fn renewed(&self, issued: &Issued, subject: &[u8]) {
        #[cfg(feature = "std")]
        self.prolong(&issued.session);
        self.note(&issued.session, subject, None, None);
    }

    /// SPEC §8.5, Recheck: the session is judged again, now, against a fresh view.
    fn recheck<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
        claims: &Claims<'_>,
    ) -> Result<Timestamp, VerifyError> {
        let now = self.now()?;
        self.require_same_scope(&session.info)?;
        self.require_minting()?;
        let kid = session.info.key.to_bytes();
        self.inner.check_again(claims, kid, now)?;
        Ok(now)
    }

    /// A session of one tenant must not become one of another by a mixed-up variable: both are
    /// sealed under keys of one ring, so nothing else would notice.
    fn require_same_scope(&self, info: &SessionInfo) -> Result<(), Rejected> {
        if info.scope == self.scope {
            Ok(())
        } else {
            Err(Rejected::invalid(Invalid::Forged))
        }
    }

    /// SPEC §8.6, Advance: the claims of a new token that is made whether one is due or not.
    fn advance<'c, U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
        old: &Claims<'c>,
    ) -> Result<(Timestamp, Claims<'c>), VerifyError> {
        let now = self.recheck(session, old)?;
        let missing = Unavailable::new(Missing::SealingKey);
        let sealing = self.inner.keys.load().sealing(now).ok_or(missing)?.kid();
        Self::require_own_key(session.info.key, KeyId(sealing), old, now)?;
        let (idle, absolute) = self.inner.policy.effective(old);
        let issued_after = later(old, absolute, now).ok_or(Rejected::new(Reason::Expired))?;
        Ok((
            now,
            Claims {
                issued_after,
                idle,
                absolute,
                ..*old
            },
        ))
    }
}

impl<T: Payload, R: RevocationPublish> Sessions<T, R> {
    /// A token that makes all older ones of the session worthless: for a change of privilege.
    ///
    /// The session keeps its id, subject, payload and deadlines. Older tokens are refused from
    /// before the new one leaves, so a copy of the old cookie gains nothing and a request that is
    /// under way with it is rejected.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let old = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(old.as_str())?;
    ///
    /// let rotated = sessions.rotate(&session)?;
    /// assert_eq!(rotated.session.id(), session.id());
    /// assert!(sessions.verify(rotated.token.as_str()).is_ok());
    /// assert!(sessions.verify(old.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`]; then no token was made.
    pub fn rotate<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
    ) -> Result<Issued, RotateError<R::Error>> {
        let old = session.claims();
        let (now, claims) = self.advance(session, &old)?;
        self.rotate_to(
            session.info.key,
            claims,
            Content::Raw(session.raw_payload()),
            now,
        )
    }

    /// [`rotate`](Self::rotate), with another payload: an update that can't be undone by presenting
    /// an older token.
    ///
    /// ```
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Cart { items: u32 }
    /// # cloakroom::payload!(Cart);
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<Cart>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let old = sessions.issue("ada", &Cart { items: 3 })?.token;
    /// let session = sessions.verify(old.as_str())?;
    ///
    /// let paid = sessions.rotate_with(&session, &Cart { items: 0 })?.token;
    /// assert_eq!(sessions.verify(paid.as_str())?.payload().items, 0);
    /// assert!(sessions.verify(old.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`]; then no token was made.
    pub fn rotate_with<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
        payload: &T::View<'_>,
    ) -> Result<Issued, RotateError<R::Error>> {
        if session.newer {
            return Err(UpdateError::ReadOnly.into());
        }
        let old = session.claims();
        let (now, claims) = self.advance(session, &old)?;
        let claims = Claims {
            schema: self.inner.form.schema,
            ..claims
        };
        self.rotate_to(session.info.key, claims, Content::New(payload), now)
    }

    fn rotate_to(
        &self,
        own: KeyId,
        claims: Claims<'_>,
        content: Content<'_, T::View<'_>>,
        now: Timestamp,
    ) -> Result<Issued, RotateError<R::Error>> {
        let generation = claims.generation.saturating_add(1);
        if generation > MAX_GENERATION {
            return Err(RotateError::GenerationsExhausted);
        }
        let claims = Claims {
            generation,
            ..claims
        };
        // Sealed first and published before it leaves: a payload that does not fit must not cost
        // the user the old token, nor must a key under which the new one would be refused.
        let issued = self.seal_again(own, &claims, content, now)?;
        let published = self
            .inner
            .revocations
            .publish_rotation(claims.session, generation, now);
        match &published {
            Ok(Some(receipt)) => self.revoked(Ends::Generations, Ok(receipt)),
            Ok(None) => {}
            Err(error) => self.revoked(Ends::Generations, Err(error)),
        }
        if published.map_err(RotateError::Publish)?.is_none() {
            // Another rotation came first, and with it this session's token became an old one.
            return Err(
                UpdateError::from(VerifyError::from(Rejected::new(Reason::Revoked))).into(),
            );
        }
        self.note(&issued.session, claims.subject, None, None);
        self.made(Made::Rotation, &issued);
        Ok(issued)
    }

    /// A new session in place of this one: the credentials were just checked again.
    ///
    /// New id, both clocks start again, and the old session is revoked before the new token leaves.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, ManualClock, RevocationList, Sessions};
    /// # let clock = ManualClock::at(1_800_000_000);
    /// # let ring = KeyRing::generate(&clock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().clock(clock.clone()).build()?;
    /// let old = sessions.issue("ada", &())?.token;
    /// let session = sessions.verify(old.as_str())?;
    /// clock.advance(10 * 60);
    ///
    /// // The password was right once more.
    /// let again = sessions.reauthenticate(&session, &())?;
    /// assert_ne!(again.session.id(), session.id());
    /// assert_eq!(again.session.authenticated_at().unix(), 1_800_000_600);
    /// assert!(sessions.verify(old.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReauthenticateError`]; then no token was made and the old session stays.
    pub fn reauthenticate<U, P: AsRef<[u8]>>(
        &self,
        session: &Session<U, P>,
        payload: &T::View<'_>,
    ) -> Result<Issued, ReauthenticateError<R::Error>> {
        let now = self.now()?;
        self.require_same_scope(&session.info)
            .map_err(|_| ReauthenticateError::OtherContext)?;
        // A session of another ring: its id would be revoked in a list that nobody asks about it.
        if self
            .inner
            .keys
            .load()
            .known(session.info.key.to_bytes())
            .is_none()
        {
            return Err(ReauthenticateError::OtherContext);
        }
        self.require_sealing_key(now)?;
        self.require_minting()?;
        let issued = self.issue_at(session.subject(), payload, now)?;
        let revocation = Revocation::session(session.id());
        let published = self.inner.revocations.publish(&[revocation], now);
        self.revoked(Ends::Session, published.as_ref());
        published.map_err(ReauthenticateError::Publish)?;
        self.note(&issued.session, session.subject(), None, Some(session.id()));
        self.made(Made::Reauthentication, &issued);
        Ok(issued)
    }
}

/// `max(now, old issued_at)` as seconds after the login, or `None` from the absolute deadline on.
fn later(old: &Claims<'_>, absolute: u32, now: Timestamp) -> Option<u32> {
    let issued_at = now.unix().max(old.issued_at());
    let after = issued_at.checked_sub(old.authenticated_at)?;
    u32::try_from(after).ok().filter(|after| *after < absolute)
}

/// What sealing a renewal can meet.
enum SealError {
    Unavailable(Unavailable),
    Payload,
}

impl From<Unavailable> for SealError {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl From<PayloadError> for SealError {
    fn from(_: PayloadError) -> Self {
        Self::Payload
    }
}
