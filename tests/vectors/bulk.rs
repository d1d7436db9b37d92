//! The accumulated seals (SPEC §16.4).

use cloakroom::Key;
use cloakroom::hazmat::{self, Claims, For, Schema, SessionId};
use sha2::{Digest as _, Sha256};

use crate::input::to_hex;

/// The byte stream of one case (SPEC §16.4).
struct Stream {
    case: u64,
    block: u64,
    left: Vec<u8>,
}

impl Stream {
    fn take(&mut self, count: usize) -> Vec<u8> {
        while self.left.len() < count {
            let hash = Sha256::new()
                .chain_update(b"cloakroom 1 bulk")
                .chain_update(self.case.to_be_bytes())
                .chain_update(self.block.to_be_bytes());
            self.left.extend_from_slice(&hash.finalize());
            self.block += 1;
        }
        self.left.drain(..count).collect()
    }

    fn small(&mut self, modulus: usize) -> usize {
        let bytes = self.take(2);
        usize::from(u16::from_be_bytes([bytes[0], bytes[1]])) % modulus
    }

    fn wide(&mut self, modulus: u64) -> u64 {
        let value = u64::from_be_bytes(self.take(8).try_into().unwrap());
        (value >> (self.take(1)[0] % 64)) % modulus
    }

    fn narrow(&mut self, modulus: u64) -> u32 {
        u32::try_from(self.wide(modulus)).unwrap()
    }
}

pub(crate) fn accumulated(count: u64) -> String {
    let mut hash = Sha256::new();
    for case in 0..count {
        hash.update(bulk(case).seal().as_bytes());
        hash.update(b"\n");
    }
    to_hex(&hash.finalize())
}

/// What one case seals.
pub(crate) struct Bulk {
    pub(crate) key: Key,
    pub(crate) purpose: Vec<u8>,
    pub(crate) audience: Vec<u8>,
    pub(crate) binding: Vec<u8>,
    pub(crate) plaintext: Vec<u8>,
}

impl Bulk {
    pub(crate) fn seal(&self) -> String {
        let to = For {
            purpose: &self.purpose,
            audience: &self.audience,
            binding: &self.binding,
        };
        hazmat::seal(&self.key, to, &self.plaintext).unwrap()
    }
}

pub(crate) fn bulk(case: u64) -> Bulk {
    let mut stream = Stream {
        case,
        block: 0,
        left: Vec::new(),
    };
    let key: [u8; 32] = stream.take(32).try_into().unwrap();
    let mut sized = |least: usize, modulus: usize| {
        let length = least + stream.small(modulus);
        stream.take(length)
    };
    let (purpose, audience, binding) = (sized(1, 255), sized(0, 256), sized(0, 1025));
    let session = SessionId::from_bytes(stream.take(16).try_into().unwrap());
    let generation = stream.narrow(4_294_967_295);
    let subject_len = stream.small(256);
    let subject = stream.take(subject_len);
    let authenticated_at = stream.wide(253_402_300_800);
    let issued_after = stream.narrow(1 << 32);
    let idle = stream.narrow(1 << 32);
    let absolute = 1 + stream.narrow(4_294_967_295);
    let schema = Schema::new(stream.narrow(1 << 32), stream.narrow(1 << 32));
    let length = if stream.small(16) == 0 {
        stream.small(2716)
    } else {
        stream.small(64)
    };
    let payload = stream.take(length);
    let subject = subject.as_slice();
    let claims = Claims {
        session,
        generation,
        subject,
        authenticated_at,
        issued_after,
        idle,
        absolute,
        schema,
    };
    let plaintext = claims.encode(&payload);
    Bulk {
        key: Key::from_bytes(&key).unwrap(),
        purpose,
        audience,
        binding,
        plaintext,
    }
}
