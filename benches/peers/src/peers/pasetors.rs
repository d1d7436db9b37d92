//! pasetors, v4.local: XChaCha20 and keyed BLAKE2b.
//!
//! Through `version4::LocalToken` and a typed JSON message, which costs less than its own `Claims`, a
//! JSON tree. Its verification includes authentication and decryption; the deadlines are compared by
//! hand. PASETO demands that the message is JSON.

use pasetors::Local;
use pasetors::keys::{Generate as _, SymmetricKey};
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use crate::data::{Json, Session};
use crate::peers::{Peer, Subject};

struct Pasetors(SymmetricKey<V4>);

impl Subject for Pasetors {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let message = serde_json::to_vec(&Json::of(session)).unwrap();
        LocalToken::encrypt(&self.0, &message, None, None).unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let token = UntrustedToken::<Local, V4>::try_from(token).ok()?;
        let token = LocalToken::decrypt(&self.0, &token, None, None).ok()?;
        Json::read(token.payload())
    }
}

pub(super) fn peer() -> Peer {
    Peer::new(
        "pasetors v4.local",
        "XChaCha20 + BLAKE2b, JSON",
        "seal, clock",
        Pasetors(SymmetricKey::generate().unwrap()),
    )
}
