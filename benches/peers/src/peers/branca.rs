//! branca: XChaCha20-Poly1305 in base62, whose conversion takes time in the square of the length. Its
//! timestamp and time to live are the idle timeout; the absolute deadline is compared by hand.

use crate::data::{IDLE, Session};
use crate::peers::{Peer, Subject, from_bytes, to_bytes};

struct Branca([u8; 32]);

impl Subject for Branca {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let mut buffer = [0; 512];
        let issued_at = u32::try_from(session.issued_at).unwrap();
        ::branca::encode(to_bytes(session, &mut buffer), &self.0, issued_at).unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        from_bytes(&::branca::decode(token, &self.0, IDLE).ok()?)
    }
}

pub(super) fn peer() -> Peer {
    Peer::new(
        "branca",
        "XChaCha20-Poly1305, postcard",
        "seal, clock",
        Branca([7; 32]),
    )
}
