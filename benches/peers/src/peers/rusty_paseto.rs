//! rusty_paseto, v4.local, through its `core` layer: the builder and parser above it keep claims in a
//! map of boxed values. Verification as for pasetors.

use rusty_paseto::core::{Key, Local, Paseto, PasetoNonce, PasetoSymmetricKey, Payload, V4};

use crate::data::{Json, Session};
use crate::peers::{Peer, Subject};

struct RustyPaseto(PasetoSymmetricKey<V4, Local>);

impl Subject for RustyPaseto {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let message = serde_json::to_string(&Json::of(session)).unwrap();
        let nonce = Key::<32>::try_new_random().unwrap();
        Paseto::<V4, Local>::builder()
            .set_payload(Payload::from(message.as_str()))
            .try_encrypt(&self.0, &PasetoNonce::from(&nonce))
            .unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let message = Paseto::<V4, Local>::try_decrypt(token, &self.0, None, None).ok()?;
        Json::read(&message)
    }
}

pub(super) fn peer() -> Peer {
    let key = PasetoSymmetricKey::from(Key::<32>::try_new_random().unwrap());
    Peer::new(
        "rusty_paseto v4.local",
        "XChaCha20 + BLAKE2b, JSON",
        "seal, clock",
        RustyPaseto(key),
    )
}
