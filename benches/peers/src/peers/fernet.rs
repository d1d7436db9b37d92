//! fernet: AES-128-CBC and HMAC-SHA-256, with the faster of its two backends. Its timestamp and time
//! to live are the idle timeout; the absolute deadline is compared by hand, with the same reading of the
//! clock.

use ::fernet::Fernet;

use crate::data::{IDLE, Session, now};
use crate::peers::{Peer, Subject, from_bytes_at, to_bytes};

struct Fern(Fernet);

impl Subject for Fern {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let mut buffer = [0; 512];
        let issued_at = session.issued_at;
        self.0
            .encrypt_at_time(to_bytes(session, &mut buffer), issued_at)
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let now = now();
        let bytes = self.0.decrypt_at_time(token, Some(IDLE.into()), now);
        from_bytes_at(now, &bytes.ok()?)
    }
}

pub(super) fn peer() -> Peer {
    Peer::new(
        "fernet",
        "AES-128-CBC + HMAC-SHA-256, postcard",
        "seal, clock",
        Fern(Fernet::new(&Fernet::generate_key()).unwrap()),
    )
}
