//! What the targets share: sessions with a fixed key and clock, so that a finding repeats.

use std::sync::LazyLock;

use cloakroom::hazmat::{self, For, Opener};
use cloakroom::{
    Key, KeyRing, ManualClock, OwnedPayload, RawBytes, RevocationList, Sessions, Timestamp,
};
use time::Duration;

use crate::payloads::{Account, Everything, Grant};

/// The time of every target.
pub const NOW: u64 = 1_800_000_000;

/// The bytes of the key of every target.
pub(crate) const ROOT: [u8; 32] = {
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 32 {
        bytes[index] = index as u8;
        index += 1;
    }
    bytes
};

/// What half of the inputs of `differential` are bound to.
pub(crate) const BINDING: &[u8] = b"one device of the user's";
pub(crate) const PURPOSE: &[u8] = b"session";
pub(crate) const AUDIENCE: &[u8] = b"fuzz";
pub(crate) const IDLE: u32 = 30 * 60;
pub(crate) const ABSOLUTE: u32 = 8 * 60 * 60;
/// What a builder uses unless it is told.
pub(crate) const TOLERANCE: u64 = 60;

/// What every token here is sealed for.
pub(crate) const OURS: For<'static> = For {
    purpose: PURPOSE,
    audience: AUDIENCE,
    binding: b"",
};

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW).expect("before the year 9999")
}

pub(crate) fn key() -> Key {
    Key::from_bytes(&ROOT).expect("not a weak key")
}

/// One key, active since the day before.
fn ring() -> KeyRing {
    let activate = Timestamp::from_unix(NOW - 86_400).expect("before the year 9999");
    KeyRing::new(key(), activate, Duration::hours(8)).expect("a ring of one key")
}

/// What opens and reads a token, once for each type of payload.
pub(crate) struct Reader {
    pub(crate) binding: &'static [u8],
    pub(crate) opener: Opener,
    pub(crate) everything: Sessions<Everything>,
    pub(crate) account: Sessions<Account>,
    pub(crate) grant: Sessions<Grant>,
    pub(crate) raw: Sessions<RawBytes>,
    pub(crate) nothing: Sessions<()>,
}

fn sessions<T: OwnedPayload>(binding: &[u8]) -> Sessions<T> {
    let unbound = Sessions::builder(ring(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(Duration::seconds(IDLE.into()))
        .absolute_timeout(Duration::seconds(ABSOLUTE.into()))
        .clock(ManualClock::at(NOW))
        .build()
        .expect("a valid configuration");
    unbound.bound_to(binding).expect("a short binding")
}

fn reader(binding: &'static [u8]) -> Reader {
    Reader {
        binding,
        opener: Opener::new(&ring(), PURPOSE, AUDIENCE).expect("the ring has a root key"),
        everything: sessions(binding),
        account: sessions(binding),
        grant: sessions(binding),
        raw: sessions(binding),
        nothing: sessions(binding),
    }
}

/// With keys for the portable implementation of the AEAD, and for ring's. Which one a key is for is
/// decided when it is derived, by a switch of the whole process: nothing else here turns it, and
/// what is derived elsewhere meanwhile makes the same tokens under either.
static READERS: LazyLock<[[Reader; 2]; 2]> = LazyLock::new(|| {
    hazmat::use_ring(false);
    let portable = [b"".as_slice(), BINDING].map(reader);
    hazmat::use_ring(true);
    let fast = [b"".as_slice(), BINDING].map(reader);
    let ([portable, portable_bound], [fast, fast_bound]) = (portable, fast);
    [[portable, fast], [portable_bound, fast_bound]]
});

/// Those of tokens without a binding, or of bound ones.
pub(crate) fn readers(bound: bool) -> &'static [Reader; 2] {
    let [unbound, bound_ones] = &*READERS;
    if bound { bound_ones } else { unbound }
}
