//! What every token carries: the typical session and the claims about it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

#[path = "../../typical.rs"]
mod typical;
pub(crate) use typical::{Method, SUBJECT, Typical};

/// Of every session here, in seconds.
pub(crate) const IDLE: u32 = 1800;
/// Of every session here, in seconds.
pub(crate) const ABSOLUTE: u32 = 28_800;
/// The session id as the formats with text inside carry it: base64url, made outside the loop.
pub(crate) const SESSION_TEXT: &str = "AQEBAQEBAQEBAQEBAQEBAQ";

/// The smallest session that names a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Small {
    pub(crate) account: u64,
}

cloakroom::payload!(Small);

/// A session with a document in it, so that the plaintext has 1.5 KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Large<'a> {
    pub(crate) account: u64,
    pub(crate) document: &'a str,
}

cloakroom::payload!(Large<'_>);

/// Claims and payload as one value, for formats that carry bytes or typed fields.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Claims<'a, T> {
    pub(crate) session: [u8; 16],
    pub(crate) subject: &'a str,
    pub(crate) authenticated_at: u64,
    pub(crate) issued_at: u64,
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    pub(crate) payload: T,
}

impl<T> Claims<'_, T> {
    /// The claims of a session that started at `now`.
    pub(crate) const fn at(now: u64, payload: T) -> Self {
        Self {
            session: [1; 16],
            subject: SUBJECT,
            authenticated_at: now,
            issued_at: now,
            idle: IDLE,
            absolute: ABSOLUTE,
            payload,
        }
    }

    /// Reads the clock and compares it with both deadlines.
    pub(crate) fn alive(&self) -> bool {
        self.alive_at(now())
    }

    /// The same at a time that was read before.
    pub(crate) fn alive_at(&self, now: u64) -> bool {
        let idle = self.issued_at + u64::from(self.idle);
        let absolute = self.authenticated_at + u64::from(self.absolute);
        now < idle && now < absolute
    }
}

/// Both deadlines lie ahead.
pub(crate) fn alive(idle: u64, absolute: u64) -> bool {
    let now = now();
    now < idle && now < absolute
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The claims of the typical session.
pub(crate) type Session<'a> = Claims<'a, Typical<'a>>;

/// Touches every field, so that no peer is measured with fields that it never read. What it returns
/// must be [`expected`].
pub(crate) fn touch(session: &Session<'_>) -> u64 {
    mix(
        session.session[15].into(),
        session.subject,
        &session.payload,
    )
}

pub(crate) fn mix(session: u64, subject: &str, payload: &Typical<'_>) -> u64 {
    let texts = [
        subject,
        payload.name,
        payload.email,
        payload.locale,
        payload.device,
    ];
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    session
        + payload.account
        + u64::from(payload.tenant)
        + u64::from(payload.roles)
        + payload.method as u64
        + payload.second_factor_at.unwrap_or(0)
        + texts as u64
}

/// [`touch`] of the typical session.
pub(crate) fn expected() -> u64 {
    touch(&Claims::at(0, Typical::SAMPLE))
}

/// Claims and payload as the formats with JSON inside carry them, borrowed when they are read. The
/// names are not the registered ones of PASETO, whose `iat` and `exp` are dates as text and dearer.
#[derive(Serialize, Deserialize)]
pub(crate) struct Json<'a> {
    pub(crate) sid: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) auth: u64,
    pub(crate) issued: u64,
    pub(crate) idle: u32,
    pub(crate) absolute: u32,
    #[serde(borrow)]
    pub(crate) user: Typical<'a>,
}

impl<'a> Json<'a> {
    pub(crate) fn of(session: &Session<'a>) -> Self {
        Self {
            sid: SESSION_TEXT,
            sub: session.subject,
            auth: session.authenticated_at,
            issued: session.issued_at,
            idle: session.idle,
            absolute: session.absolute,
            user: session.payload.clone(),
        }
    }

    /// The fields of a session that is alive.
    pub(crate) fn read(text: &'a str) -> Option<u64> {
        let read: Self = serde_json::from_str(text).ok()?;
        let idle = read.issued + u64::from(read.idle);
        let absolute = read.auth + u64::from(read.absolute);
        (read.sid == SESSION_TEXT && alive(idle, absolute)).then(|| mix(1, read.sub, &read.user))
    }
}
