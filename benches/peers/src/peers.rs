//! One file for each peer.

use crate::data::{ABSOLUTE, Claims, IDLE, Session, Typical, expected, now};

mod biscuit;
mod branca;
mod cookie;
mod fernet;
mod josekit;
mod jsonwebtoken;
mod pasetors;
mod rusty_paseto;

/// Seals and verifies the typical session.
pub(crate) trait Subject {
    /// The token of this session, with fresh randomness where the format has any.
    fn seal(&mut self, session: &Session<'_>) -> String;

    /// The digest of the fields if the token is authentic and alive.
    fn verify(&mut self, token: &str) -> Option<u64>;
}

/// A way to put a session in a token.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What protects the fields, and how they are written.
    pub(crate) how: &'static str,
    /// What its verification includes.
    pub(crate) checks: &'static str,
    pub(crate) subject: Box<dyn Subject>,
}

impl Peer {
    pub(crate) fn new(
        name: &'static str,
        how: &'static str,
        checks: &'static str,
        subject: impl Subject + 'static,
    ) -> Self {
        Self {
            name,
            how,
            checks,
            subject: Box::new(subject),
        }
    }

    /// Fails unless the peer does what it is measured for: every field comes back, a session past
    /// either deadline alone and a changed token are refused. Returns a token.
    pub(crate) fn prove(&mut self) -> String {
        let name = self.name;
        let token = self.subject.seal(&Claims::at(now(), Typical::SAMPLE));
        assert_eq!(self.subject.verify(&token), Some(expected()), "{name}");
        let now = now();
        let (idle, absolute) = (now - u64::from(IDLE), now - u64::from(ABSOLUTE));
        // When it was authenticated, when it was issued, and whether that is in time: nobody waits here
        // for as long as the margin.
        for (authenticated_at, issued_at, alive) in [
            (now, idle, false),
            (absolute, now, false),
            (absolute + 600, now, true),
            (idle, idle + 600, true),
        ] {
            let session = Session {
                authenticated_at,
                issued_at,
                ..Claims::at(now, Typical::SAMPLE)
            };
            let token = self.subject.seal(&session);
            let read = self.subject.verify(&token);
            let what = (now - authenticated_at, now - issued_at);
            assert_eq!(read.is_some(), alive, "{name}: seconds ago: {what:?}");
        }
        for at in [token.len() / 2, token.len() - 12] {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(self.subject.verify(&changed), None, "{name}: changed");
        }
        token
    }
}

/// All peers, in the order of the table.
pub(crate) fn all() -> Vec<Peer> {
    vec![
        crate::baseline::peer(),
        fernet::peer(),
        cookie::peer(),
        jsonwebtoken::peer(),
        josekit::peer(),
        pasetors::peer(),
        rusty_paseto::peer(),
        branca::peer(),
        biscuit::peer(),
    ]
}

/// A payload for formats that carry bytes.
fn to_bytes<'b>(session: &Session<'_>, buffer: &'b mut [u8]) -> &'b [u8] {
    postcard::to_slice(session, buffer).expect("room")
}

/// The fields of a session that is alive, from the bytes that [`to_bytes`] wrote.
fn from_bytes(bytes: &[u8]) -> Option<u64> {
    from_bytes_at(now(), bytes)
}

/// The same for a peer that was told the time already: nobody is measured with two readings of the clock.
fn from_bytes_at(now: u64, bytes: &[u8]) -> Option<u64> {
    let session: Session<'_> = postcard::from_bytes(bytes).ok()?;
    session.alive_at(now).then(|| crate::data::touch(&session))
}
