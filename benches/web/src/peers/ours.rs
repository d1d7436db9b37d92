//! cloakroom: what its two applications share.

use std::sync::Arc;

use cloakroom::{Key, KeyRing, RevocationList, Sessions, Timestamp};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::app::{Limits, OURS, Setup};

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) note: String,
}
cloakroom::payload!(User);

impl User {
    pub(crate) fn new(name: String, size: usize) -> Self {
        let note = "x".repeat(size);
        Self { name, note }
    }
}

pub(crate) fn sessions(setup: &Setup) -> Sessions<User, Arc<RevocationList>> {
    let key = |number: u8| {
        let bytes = core::array::from_fn(|at| number.wrapping_mul(77) ^ at as u8);
        Key::from_bytes(&bytes).expect("a key")
    };
    let start = |unix| Timestamp::from_unix(unix).expect("a time");
    let life = Duration::hours(8);
    // The clock stands at 1,800,000,000: the first key is in use, the second takes over.
    let ring = match setup.older_key {
        None => KeyRing::new(key(setup.key), start(1_700_000_000), life),
        Some(older) => KeyRing::new(key(older), start(1_700_000_000), life)
            .and_then(|ring| ring.announce(key(setup.key), start(1_799_999_999))),
    };
    let seconds = |count: u64| Duration::seconds(count as i64);
    let memory = Arc::clone(&setup.memory.revocations);
    let settings = Sessions::builder(ring.expect("a ring"), memory)
        .purpose("session")
        .audience("shop.example")
        .clock(setup.clock.clone());
    let settings = match setup.limits {
        Limits::Default => settings.aal2(),
        Limits::Idle => settings
            .idle_timeout(seconds(OURS))
            .absolute_timeout(Duration::hours(8)),
        Limits::Absolute => settings.no_idle_timeout().absolute_timeout(seconds(OURS)),
        Limits::Both => settings
            .idle_timeout(seconds(OURS))
            .absolute_timeout(seconds(2 * OURS)),
    };
    settings.build().expect("sessions")
}
