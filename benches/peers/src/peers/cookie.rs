//! cookie's `PrivateJar`: AES-256-GCM. A jar takes text, so the payload is postcard in base64url,
//! which takes less time than JSON. Time is not its business; the deadlines are compared by hand.

use ::cookie::{Cookie, CookieJar, Key};
use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::data::Session;
use crate::peers::{Peer, Subject, from_bytes, to_bytes};

const NAME: &str = "session";

struct Jar(Key);

impl Subject for Jar {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let mut buffer = [0; 512];
        let text = Base64UrlUnpadded::encode_string(to_bytes(session, &mut buffer));
        let mut jar = CookieJar::new();
        jar.private_mut(&self.0).add(Cookie::new(NAME, text));
        jar.get(NAME).unwrap().value().to_owned()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let cookie = Cookie::new(NAME, token.to_owned());
        let opened = CookieJar::new().private(&self.0).decrypt(cookie)?;
        let mut buffer = [0; 512];
        from_bytes(Base64UrlUnpadded::decode(opened.value(), &mut buffer).ok()?)
    }
}

pub(super) fn peer() -> Peer {
    Peer::new(
        "cookie PrivateJar",
        "AES-256-GCM, postcard in base64url",
        "seal, name, clock",
        Jar(Key::generate()),
    )
}
