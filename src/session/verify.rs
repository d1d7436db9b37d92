//! Verification (SPEC §8.3): from a text to a session, in the one order.

use zeroize::Zeroize as _;

use crate::error::{Invalid, Missing, Reason, Rejected, Unavailable, VerifyError};
use crate::key::id::KeyId;
use crate::key::table::KeyTable;
use crate::revocation::view::{Answer, Facts, RevocationView};
use crate::seal::sealer::{Sealer, TAG, TEXT_AT};
use crate::session::sessions::{Inner, Sessions};
use crate::session::verified::{LogReference, Plaintext, Scratch, Session};
use crate::time::Timestamp;
use crate::wire::claims::Claims;
use crate::wire::payload::{OwnedPayload, Payload};
use crate::wire::session_id::SessionId;
use crate::wire::text;

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// Verifies a token: the seal, the claims, the payload's shape, the time and the revocations,
    /// in this order. No I/O and no waiting for a lock; the opened bytes are allocated once.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] for anything that is not a live session: answer 401.
    /// [`VerifyError::Unavailable`] when the clock or the revocation view give no answer: 503.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock, VerifyError};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal2().build()?;
    /// let status = match sessions.verify("not a token") {
    ///     Ok(_) => 200,
    ///     Err(VerifyError::Rejected(_)) => 401,
    ///     Err(VerifyError::Unavailable(_)) => 503,
    /// };
    /// assert_eq!(status, 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, token: &str) -> Result<Session<T>, VerifyError>
    where
        T: OwnedPayload,
    {
        let observer = &self.inner.observer;
        observer.verified(|| self.verify_owned(token))
    }

    fn verify_owned(&self, token: &str) -> Result<Session<T>, VerifyError>
    where
        T: OwnedPayload,
    {
        let (now, length) = self.asked(token)?;
        let mut plaintext = Plaintext::of_len(length);
        let keys = self.inner.keys.load();
        let sealer = self.open(&keys, token, now, plaintext.body())?;
        plaintext.opened();
        let borrowed = self.judge(plaintext.as_ref(), sealer, now)?;
        let Session {
            payload,
            info,
            subject,
            payload_at,
            newer,
            ..
        } = borrowed;
        Ok(Session {
            payload,
            plaintext,
            info,
            subject,
            payload_at,
            newer,
        })
    }

    /// Verifies a token as [`verify`](Self::verify) does, into memory of the caller's: the payload
    /// may borrow from it, and nothing is allocated.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify).
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Scratch, Sessions, SystemClock};
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct User<'a> {
    ///     name: &'a str,
    /// }
    /// cloakroom::payload!(User<'_>);
    ///
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// let sessions = Sessions::<User<'static>>::builder(ring, RevocationList::new())
    /// #   .purpose("session").audience("").aal2().build()?;
    /// # /*
    ///     ...
    /// # */
    /// let issued = sessions.issue("user-42", &User { name: "Ada" })?;
    ///
    /// let mut scratch = Scratch::new();
    /// let session = sessions.verify_in(issued.token.as_str(), &mut scratch)?;
    /// assert_eq!(session.payload().name, "Ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_in<'b>(
        &self,
        token: &str,
        scratch: &'b mut Scratch,
    ) -> Result<Session<T::View<'b>, &'b [u8]>, VerifyError> {
        let observer = &self.inner.observer;
        observer.verified(|| self.verify_borrowed(token, scratch))
    }

    /// The time, and the length of the body that the text would have.
    #[inline]
    fn asked(&self, token: &str) -> Result<(Timestamp, usize), VerifyError> {
        let now = self.now()?;
        let length = text::body_len(token).map_err(|_| Rejected::invalid(Invalid::Format))?;
        Ok((now, length))
    }

    fn verify_borrowed<'b>(
        &self,
        token: &str,
        scratch: &'b mut Scratch,
    ) -> Result<Session<T::View<'b>, &'b [u8]>, VerifyError> {
        let (now, length) = match self.asked(token) {
            Ok(asked) => asked,
            Err(error) => {
                scratch.wipe();
                return Err(error);
            }
        };
        let body = scratch.body(length);
        // Held until the verdict, so that nothing of a key is copied: a ring that is replaced meanwhile
        // is wiped when the last of its verifications ends, which no view may block.
        let keys = self.inner.keys.load();
        let sealer = self.open(&keys, token, now, body)?;
        let plaintext = plaintext(body);
        self.judge(plaintext, sealer, now)
    }

    /// The session that an authentic token names, alive or not. For revoking it, and nothing else.
    pub(crate) fn session_of(&self, token: &str) -> Option<(SessionId, [u8; 4])> {
        let length = text::body_len(token).ok()?;
        let mut opened = Plaintext::of_len(length);
        text::decode(self.inner.backend, token, opened.body()).ok()?;
        let kid = *opened.body().first_chunk::<4>()?;
        self.inner
            .keys
            .load()
            .known(kid)?
            .open(&self.binding, opened.body())
            .ok()?;
        opened.opened();
        Claims::decode(opened.as_ref())
            .ok()
            .map(|(claims, _)| (claims.session, kid))
    }

    /// SPEC §6.6: from the text to the plaintext, which is left in `body`.
    #[inline]
    fn open<'k>(
        &self,
        keys: &'k KeyTable,
        token: &str,
        now: Timestamp,
        body: &mut [u8],
    ) -> Result<&'k Sealer, Rejected> {
        if text::decode(self.inner.backend, token, body).is_err() {
            // What it was not written over with may be of the session that was there before.
            body.zeroize();
            return Err(Rejected::invalid(Invalid::Format));
        }
        open_body(keys, now, &self.binding, body).map_err(Rejected::invalid)
    }

    /// SPEC §8.3 from step 3: what an authentic plaintext is worth now. The payload comes out of
    /// here alone, so there is no way to it that leaves the revocations out.
    #[inline]
    fn judge<'p>(
        &self,
        plaintext: &'p [u8],
        sealer: &Sealer,
        now: Timestamp,
    ) -> Result<Session<T::View<'p>, &'p [u8]>, VerifyError> {
        let (claims, payload) =
            Claims::decode(plaintext).map_err(|_| Rejected::invalid(Invalid::Claims))?;
        let opened =
            T::open(claims.schema, payload).map_err(|_| Rejected::new(Reason::WrongSchema))?;
        // Asked before the verdict: a view that catches up between the two questions must not lend
        // its new freshness to its old answer. Answered after it: a matching entry is a reason to
        // refuse however old it is, and only that there is none depends on the view being fresh.
        let view = self.require_view(self.class);
        if let Err(error) = self.inner.check(&claims, sealer, now) {
            self.inner
                .observer
                .dead(&error, || self.inner.name_of(claims.session, sealer.kid()));
            return Err(error);
        }
        view?;
        let payload_at = plaintext.len().saturating_sub(payload.len());
        // The subject stands behind the session id, the generation and its own length.
        let before = subject_at(&claims);
        Ok(Session {
            payload: opened.value,
            plaintext,
            info: self.info(&claims, sealer.kid(), now),
            subject: (before, before.saturating_add(claims.subject.len())),
            payload_at,
            newer: opened.newer,
        })
    }
}

impl<T: Payload, R: RevocationView> Inner<T, R> {
    /// The key, the time and the revocations, for a token that was opened before.
    pub(crate) fn check_again(
        &self,
        claims: &Claims<'_>,
        kid: [u8; 4],
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let keys = self.keys.load();
        let sealer = keys
            .opening(kid, now)
            .ok_or(Rejected::invalid(Invalid::UnknownKey))?;
        self.check(claims, sealer, now)
    }

    /// What a session is called in logs, and the key that it is called so under.
    pub(crate) fn name_of(
        &self,
        session: SessionId,
        kid: [u8; 4],
    ) -> Option<(LogReference, KeyId)> {
        let keys = self.keys.load();
        let reference = keys.known(kid)?.log_reference(&session.to_bytes());
        Some((LogReference(reference), KeyId::from_bytes(kid)))
    }

    /// The time, then the revocations.
    fn check(
        &self,
        claims: &Claims<'_>,
        sealer: &Sealer,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        self.policy
            .check_time(claims, now.unix())
            .map_err(Rejected::new)?;
        let facts = Facts {
            session: claims.session,
            generation: claims.generation,
            authenticated_at: claims.authenticated_at,
            subject: claims.subject,
            audience: &self.audience_key,
            key: sealer.revocation_key(),
        };
        match self.revocations.answer(&facts, now) {
            Answer::Clear => {}
            Answer::Revoked(_) => return Err(Rejected::new(Reason::Revoked).into()),
            Answer::Unknown => return Err(Unavailable::new(Missing::Origin).into()),
        }
        // If the view forgot entries for a later time while it was asked, the one for this token
        // may be among them. Then the token is as dead as that time makes it.
        let mark = self.revocations.high_water_mark();
        if mark > now.unix() {
            self.policy
                .check_time(claims, mark)
                .map_err(Rejected::new)?;
        }
        Ok(())
    }
}

/// Finds the one key and opens the body in place.
#[inline]
fn open_body<'k>(
    keys: &'k KeyTable,
    now: Timestamp,
    binding: &[u8],
    body: &mut [u8],
) -> Result<&'k Sealer, Invalid> {
    let kid = *body.first_chunk::<4>().ok_or(Invalid::Format)?;
    // The key id is public, so a different time for an unknown one tells nothing.
    let sealer = keys.opening(kid, now).ok_or(Invalid::UnknownKey)?;
    sealer.open(binding, body).map_err(|_| Invalid::Forged)?;
    Ok(sealer)
}

/// The plaintext within an opened body.
#[inline]
pub(crate) fn plaintext(body: &[u8]) -> &[u8] {
    let end = body.len().saturating_sub(TAG);
    body.get(TEXT_AT..end).unwrap_or_default()
}

#[inline]
fn subject_at(claims: &Claims<'_>) -> usize {
    let length = |value: usize| crate::wire::varint::len(value as u64);
    let generation = crate::wire::varint::len(u64::from(claims.generation));
    16_usize
        .saturating_add(generation)
        .saturating_add(length(claims.subject.len()))
}
