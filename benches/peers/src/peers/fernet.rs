//! fernet: AES-128-CBC and HMAC-SHA-256, with the faster of its two backends. Its timestamp and time
//! to live are the idle timeout; the absolute deadline is compared by hand.

use ::fernet::Fernet;

use crate::data::{IDLE, Session};
use crate::peers::{Peer, Subject, from_bytes, to_bytes};

struct Fern(Fernet);

impl Subject for Fern {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let mut buffer = [0; 512];
        self.0.encrypt(to_bytes(session, &mut buffer))
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        from_bytes(&self.0.decrypt_with_ttl(token, IDLE.into()).ok()?)
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
