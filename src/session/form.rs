//! A token for forms, tied to one session: for pages that must be safe from forged requests also
//! where a browser sends none of the headers that tell (CSRF).

use alloc::string::String;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::Mac as _;
use zeroize::Zeroize as _;

use crate::error::{Missing, Unavailable};
use crate::revocation::view::RevocationView;
use crate::session::sessions::Sessions;
use crate::session::verified::SessionInfo;
use crate::wire::payload::Payload;

const KID: usize = 4;
const MAC: usize = 32;
/// `kid || mask || mac xor mask`
const BYTES: usize = KID + MAC + MAC;
const CHARACTERS: usize = 91;
const _: () = assert!(CHARACTERS == (BYTES * 4).div_ceil(3));

/// What a page puts into a hidden field, and a script into a header of its own.
///
/// 91 characters of base64url, different each time it is made, so that a page that is compressed
/// tells nothing about it by its length (BREACH). `Display` writes it: it is there to be put into a
/// page. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(REDACTED)")
    }
}

/// A form that does not come from a page of this session: answer 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormRejected;

impl fmt::Display for FormRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("form rejected")
    }
}

impl core::error::Error for FormRejected {}

impl<T: Payload, R: RevocationView> Sessions<T, R> {
    /// A token for the forms of a session.
    ///
    /// It is good for this session and generation alone, under this purpose, audience and binding,
    /// as long as the session lives and the key that the session is sealed under opens tokens.
    /// Renewal and update keep it good, rotation and a new login do not. Nothing is stored.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let ada = sessions.issue("ada", &())?.session;
    /// let eve = sessions.issue("eve", &())?.session;
    /// let field = format!(r#"<input type="hidden" name="form" value="{}">"#, sessions.form_token(&ada)?);
    ///
    /// // Another page of the same session carries another text, and both are good.
    /// let (one, two) = (sessions.form_token(&ada)?, sessions.form_token(&ada)?);
    /// assert_ne!(one, two);
    /// assert!(sessions.check_form_token(&ada, one.as_str()).is_ok());
    /// assert!(sessions.check_form_token(&ada, two.as_str()).is_ok());
    /// // What an attacker gets for his own session is of no use in hers.
    /// assert!(sessions.check_form_token(&eve, one.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unavailable`] without a random source, or when the session's key has left the ring.
    pub fn form_token(&self, session: &SessionInfo) -> Result<FormToken, Unavailable> {
        let keys = self.inner.keys.load();
        let sealer = keys
            .opening(session.key.to_bytes(), session.verified_at)
            .ok_or(Unavailable::new(Missing::SealingKey))?;
        let mut bytes = [0; BYTES];
        let (kid, rest) = bytes.split_at_mut(KID);
        let (mask, masked) = rest.split_at_mut(MAC);
        kid.copy_from_slice(&sealer.kid());
        self.inner
            .random
            .fill(mask)
            .map_err(|_| Unavailable::new(Missing::Random))?;
        let id = session.id.to_bytes();
        let mut mac = sealer
            .form_mac(&self.binding, &id, session.generation)
            .finalize()
            .into_bytes();
        for ((to, mac), mask) in masked.iter_mut().zip(mac.iter()).zip(mask.iter()) {
            *to = mac ^ mask;
        }
        mac.as_mut_slice().zeroize();
        let mut text = [0; CHARACTERS];
        let text = Base64UrlUnpadded::encode(&bytes, &mut text).unwrap_or_default();
        Ok(FormToken(text.into()))
    }

    /// Whether a form comes from a page of this session. Compared in constant time.
    ///
    /// # Errors
    ///
    /// [`FormRejected`], whatever is wrong with it: answer 403.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// # let sessions = Sessions::<()>::builder(ring, RevocationList::new())
    /// #     .purpose("session").audience("").aal3().build()?;
    /// let login = sessions.issue("ada", &())?;
    /// let before = sessions.form_token(&login.session)?;
    /// let session = sessions.verify(login.token.as_str())?;
    /// let rotated = sessions.rotate(&session)?;
    /// assert!(sessions.check_form_token(&rotated.session, before.as_str()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_form_token(&self, session: &SessionInfo, text: &str) -> Result<(), FormRejected> {
        // The length first: the decoder's buffer has this one.
        if text.len() != CHARACTERS {
            return Err(FormRejected);
        }
        let mut bytes = [0; BYTES];
        Base64UrlUnpadded::decode(text, &mut bytes).map_err(|_| FormRejected)?;
        let (kid, rest) = bytes.split_first_chunk::<KID>().ok_or(FormRejected)?;
        let (mask, masked) = rest.split_first_chunk::<MAC>().ok_or(FormRejected)?;
        let mut sent = [0; MAC];
        for ((to, masked), mask) in sent.iter_mut().zip(masked).zip(mask) {
            *to = masked ^ mask;
        }
        // The form's own key, not the session's: the session may have been renewed under the next
        // one while the form was being filled in.
        let keys = self.inner.keys.load();
        let id = session.id.to_bytes();
        let result = keys
            .opening(*kid, session.verified_at)
            .ok_or(FormRejected)?
            .form_mac(&self.binding, &id, session.generation)
            .verify_slice(&sent)
            .map_err(|_| FormRejected);
        sent.zeroize();
        result
    }
}
