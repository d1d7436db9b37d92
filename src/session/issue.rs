//! Issuing (SPEC §8.4), and the sealing that every new token shares.

use crate::error::{Missing, Reason, Rejected, Unavailable, VerifyError};
use crate::key::id::KeyId;
use crate::observe::Made;
use crate::revocation::view::{Answer, Facts, RevocationView, Scope};
use crate::seal::sealer::{TAG, TEXT_AT};
use crate::session::error::{IssueError, PayloadError, UpdateError};
use crate::session::sessions::Sessions;
use crate::session::token::{Issued, Token};
use crate::session::verified::Scratch;
use crate::time::Timestamp;
use crate::wire::claims::{Claims, MAX_SUBJECT};
use crate::wire::payload::Payload;
use crate::wire::session_id::SessionId;
use crate::wire::structured::EncodeError;
use crate::wire::text::{self, MAX_BODY, OVERHEAD};

/// What follows the claims.
pub(crate) enum Content<'c, V> {
    /// To be written.
    New(&'c V),
    /// As it was in an earlier token.
    Raw(&'c [u8]),
    /// The same, in a token whose size was checked when its session got this payload.
    Kept(&'c [u8]),
}

/// A token that has not left yet.
pub(crate) struct Sealed {
    pub(crate) issued: Issued,
    /// The name in a revocation list of the key that sealed it.
    revocation_key: [u8; 16],
}

/// How often a login starts anew behind a cut-off that came meanwhile. One is likely in a race with
/// "log out everywhere"; each further one takes another logout within the microseconds of sealing.
const ROUNDS: usize = 4;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Starts a session: the credentials of `subject` were just checked.
    ///
    /// `subject` says whose session it is (a user id; at most 255 bytes, empty for no one's) and is
    /// what [`revoke_subject`](Self::revoke_subject) names. The session id is drawn afresh; nothing
    /// that a client sends becomes one.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let login = sessions.issue("user-42", &())?;
    /// assert!(login.token.as_str().starts_with("clk1."));
    /// assert_eq!(login.session.generation(), 0);
    /// assert_eq!(sessions.verify(login.token.as_str())?.subject(), b"user-42");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IssueError`]. No token is made without a clock, a random source, a sealing key and a fresh
    /// revocation view.
    pub fn issue(
        &self,
        subject: impl AsRef<[u8]>,
        payload: &T::View<'_>,
    ) -> Result<Issued, IssueError> {
        self.login(subject.as_ref(), payload, None)
    }

    pub(crate) fn login(
        &self,
        subject: &[u8],
        payload: &T::View<'_>,
        label: Option<&str>,
    ) -> Result<Issued, IssueError> {
        let issued = self.login_unlisted(subject, payload)?;
        self.note(&issued.session, subject, label, None);
        Ok(issued)
    }

    /// A login of which the list of devices does not hear yet.
    pub(crate) fn login_unlisted(
        &self,
        subject: &[u8],
        payload: &T::View<'_>,
    ) -> Result<Issued, IssueError> {
        let issued = self.start(subject, payload);
        match &issued {
            Ok(issued) => self.made(Made::Login, issued),
            Err(IssueError::Unavailable(error)) => self.inner.observer.unavailable(error),
            Err(_) => {}
        }
        issued
    }

    fn start(&self, subject: &[u8], payload: &T::View<'_>) -> Result<Issued, IssueError> {
        let now = self.now()?;
        self.require_sealing_key(now)?;
        self.require_minting()?;
        self.issue_at(subject, payload, now)
    }

    /// Tells that a token leaves.
    pub(crate) fn made(&self, by: Made, issued: &Issued) {
        let session = &issued.session;
        let named = || Some((self.log_reference(session)?, session.key()));
        self.inner.observer.made(by, named);
    }

    /// The first thing that SPEC §8.4 and §8.6 ask for, so that all implementations give one answer
    /// where several things are wrong.
    pub(crate) fn require_sealing_key(&self, now: Timestamp) -> Result<(), Unavailable> {
        match self.inner.keys.load().sealing(now) {
            Some(_) => Ok(()),
            None => Err(Unavailable::new(Missing::SealingKey)),
        }
    }

    /// SPEC §8.6: while a session starts in the future, nothing takes it over but the key it has.
    ///
    /// Otherwise a thief of a key starts a session as far ahead as the tolerance allows, has it
    /// sealed under the next key, and stands above the cut-offs that follow when the key is
    /// disabled.
    pub(crate) fn require_own_key(
        own: KeyId,
        sealing: KeyId,
        claims: &Claims<'_>,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        if claims.authenticated_at > now.unix() && own != sealing {
            return Err(Unavailable::new(Missing::SealingKey));
        }
        Ok(())
    }

    pub(crate) fn issue_at(
        &self,
        subject: &[u8],
        payload: &T::View<'_>,
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        if subject.len() > MAX_SUBJECT {
            return Err(IssueError::SubjectTooLong {
                length: subject.len(),
            });
        }
        let mut start = self.start_of(subject, now)?;
        let id = self
            .inner
            .random
            .session_id(subject)
            .map_err(|_| Unavailable::new(Missing::Random))?;
        for _ in 0..ROUNDS {
            let claims = Claims {
                session: SessionId::from_bytes(id),
                generation: 0,
                subject,
                authenticated_at: start,
                issued_after: 0,
                idle: self.inner.policy.idle,
                absolute: self.inner.policy.absolute,
                schema: self.inner.form.schema,
            };
            let sealed = self.seal::<IssueError>(&claims, Content::New(payload), now)?;
            // A token that is dead on arrival logs the user out at once, and nothing says why.
            let missing = match self.ask(&claims, &sealed, now) {
                Answer::Clear => return Ok(sealed.issued),
                // "Log out everywhere" came after the start was taken: start behind it.
                Answer::Revoked(Scope::Subject | Scope::Audience) => {
                    start = self.start_of(subject, now)?;
                    continue;
                }
                // The random source gave an id again.
                Answer::Revoked(Scope::Session) => Missing::Random,
                // The key was revoked and the ring has not followed.
                Answer::Revoked(Scope::Key) => Missing::SealingKey,
                Answer::Unknown => Missing::Origin,
            };
            return Err(Unavailable::new(missing).into());
        }
        // Cut-offs come faster than tokens are sealed, or the view contradicts itself.
        let seconds = start.saturating_sub(now.unix());
        Err(IssueError::CutOffAhead { seconds })
    }

    /// SPEC §9.7: a session that starts before a cut-off would be dead at once, and a cut-off lies a
    /// few seconds ahead so that clocks need not agree.
    fn start_of(&self, subject: &[u8], now: Timestamp) -> Result<u64, IssueError> {
        let bound = self
            .inner
            .revocations
            .start_bound(subject, &self.inner.audience_key, now);
        let start = now.unix().max(bound);
        let seconds = start.saturating_sub(now.unix());
        let limit = u64::from(self.inner.policy.tolerance / 2);
        if seconds > limit || start > Timestamp::MAX.unix() {
            return Err(IssueError::CutOffAhead { seconds });
        }
        Ok(start)
    }

    /// What the view says about a new token before it leaves, under the very key that sealed it: a
    /// ring that is replaced meanwhile must not answer for another key.
    pub(crate) fn ask(&self, claims: &Claims<'_>, sealed: &Sealed, now: Timestamp) -> Answer {
        let facts = Facts {
            session: claims.session,
            generation: claims.generation,
            authenticated_at: claims.authenticated_at,
            subject: claims.subject,
            audience: &self.inner.audience_key,
            key: &sealed.revocation_key,
        };
        self.inner.revocations.answer(&facts, now)
    }

    /// Lets a token go that replaces one which lives. Under a key that the list distrusts and the
    /// ring still seals with, it would be refused everywhere, and the session be lost with the token
    /// that it replaced.
    pub(crate) fn leaves(
        &self,
        claims: &Claims<'_>,
        sealed: Sealed,
        now: Timestamp,
    ) -> Result<Issued, VerifyError> {
        match self.ask(claims, &sealed, now) {
            Answer::Clear => Ok(sealed.issued),
            Answer::Revoked(Scope::Key) => Err(Unavailable::new(Missing::SealingKey).into()),
            Answer::Revoked(_) => Err(Rejected::new(Reason::Revoked).into()),
            Answer::Unknown => Err(Unavailable::new(Missing::Origin).into()),
        }
    }

    /// The key that seals is looked at once more: the ring may have been replaced since `advance`.
    pub(crate) fn seal_again(
        &self,
        own: KeyId,
        claims: &Claims<'_>,
        content: Content<'_, T::View<'_>>,
        now: Timestamp,
    ) -> Result<Issued, UpdateError> {
        let sealed = self.seal::<UpdateError>(claims, content, now)?;
        Self::require_own_key(own, sealed.issued.session.key(), claims, now)?;
        Ok(self.leaves(claims, sealed, now)?)
    }

    /// Seals claims and payload under the key that seals now.
    pub(crate) fn seal<E: From<PayloadError> + From<Unavailable>>(
        &self,
        claims: &Claims<'_>,
        content: Content<'_, T::View<'_>>,
        now: Timestamp,
    ) -> Result<Sealed, E> {
        let keys = self.inner.keys.load();
        let sealer = keys
            .sealing(now)
            .ok_or(Unavailable::new(Missing::SealingKey))?;
        let mut scratch = Scratch::new();
        let body = scratch.body(MAX_BODY);
        let end = self.write(claims, content, body)?;
        // No more than this was written, so that no more has to be wiped.
        let body = scratch.cut(end.saturating_add(TAG));
        sealer.seal(&self.binding, body);
        let token = Token::new(text::encode(self.inner.backend, body));
        Ok(Sealed {
            issued: Issued {
                token,
                session: self.info(claims, sealer.kid(), now),
            },
            revocation_key: *sealer.revocation_key(),
        })
    }

    /// Writes the plaintext to its place in `body` and returns where it ends.
    fn write(
        &self,
        claims: &Claims<'_>,
        content: Content<'_, T::View<'_>>,
        body: &mut [u8],
    ) -> Result<usize, PayloadError> {
        let limit = self.max_token;
        // SPEC §8.12: at its longest, so that what fits at login fits at every renewal. A renewal
        // itself has only to fit: the policy may have changed since.
        let growth = match content {
            Content::Kept(_) => 0,
            Content::New(_) | Content::Raw(_) => claims.growth(),
        };
        let needed = |end: usize| {
            text::token_len(
                end.saturating_add(growth)
                    .saturating_add(OVERHEAD - TEXT_AT),
            )
        };
        let room = body.len().saturating_sub(TAG);
        // Claims have less than 400 bytes, so they always fit.
        let claimed = body
            .get_mut(TEXT_AT..room)
            .and_then(|place| claims.encode(place));
        let at = TEXT_AT.saturating_add(claimed.unwrap_or(MAX_BODY));
        let place = body.get_mut(at..room).unwrap_or_default();
        let length = match content {
            Content::Raw(bytes) | Content::Kept(bytes) => match place.get_mut(..bytes.len()) {
                Some(place) => {
                    place.copy_from_slice(bytes);
                    Ok(bytes.len())
                }
                None => Err(EncodeError::TooLong {
                    needed: bytes.len(),
                }),
            },
            Content::New(payload) => self.encode_checked(payload, place)?,
        };
        let (length, fits) = match length {
            Ok(length) => (length, true),
            Err(EncodeError::TooLong { needed }) => (needed, false),
            Err(EncodeError::Unsupported) => return Err(PayloadError::Unsupported),
            Err(EncodeError::LeftOut) => return Err(PayloadError::LeftOut),
        };
        let end = at.saturating_add(length);
        let needed = needed(end);
        if !fits || needed > limit {
            return Err(PayloadError::TooLarge { needed, limit });
        }
        Ok(end)
    }

    /// Writes a payload and, where that is switched on, reads it back.
    fn encode_checked(
        &self,
        payload: &T::View<'_>,
        place: &mut [u8],
    ) -> Result<Result<usize, EncodeError>, PayloadError> {
        let length = (self.inner.form.encode)(payload, place);
        if let (Ok(length), true) = (length, self.inner.check_payloads) {
            let written = place.get(..length).unwrap_or_default();
            (self.inner.form.reads_back)(payload, written).map_err(|_| PayloadError::Unreadable)?;
        }
        Ok(length)
    }
}
