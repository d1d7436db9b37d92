//! josekit, JWE with `dir` and A256GCM (OpenSSL), as a compact serialization of bytes: its JWT layer
//! above it reads and writes a JSON tree. The deadlines are compared by hand.

use josekit::jwe::alg::direct::{DirectJweDecrypter, DirectJweEncrypter};
use josekit::jwe::{Dir, JweContext, JweHeader};

use crate::data::Session;
use crate::peers::{Peer, Subject, from_bytes, to_bytes};

struct Josekit {
    context: JweContext,
    header: JweHeader,
    sealing: DirectJweEncrypter,
    opening: DirectJweDecrypter,
}

impl Subject for Josekit {
    fn seal(&mut self, session: &Session<'_>) -> String {
        let mut buffer = [0; 512];
        let bytes = to_bytes(session, &mut buffer);
        self.context
            .serialize_compact(bytes, &self.header, &self.sealing)
            .unwrap()
    }

    fn verify(&mut self, token: &str) -> Option<u64> {
        let opened = self.context.deserialize_compact(token, &self.opening);
        from_bytes(&opened.ok()?.0)
    }
}

pub(super) fn peer() -> Peer {
    let mut header = JweHeader::new();
    header.set_content_encryption("A256GCM");
    Peer::new(
        "josekit dir+A256GCM",
        "AES-256-GCM, postcard",
        "seal, algorithm, clock",
        Josekit {
            context: JweContext::new(),
            header,
            sealing: Dir.encrypter_from_bytes([7; 32]).unwrap(),
            opening: Dir.decrypter_from_bytes([7; 32]).unwrap(),
        },
    )
}
