//! Tokens that are wrong in one chosen place, and what reads them.

use std::cell::RefCell;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use cloakroom::hazmat::Derived;
use cloakroom::{
    Key, KeyRing, ManualClock, RawSlice, RevocationList, Scratch, SessionInfo, Sessions, Timestamp,
};
use dudect_bencher::rand::RngExt as _;
use dudect_bencher::{BenchRng, Class, CtRunner};
use time::Duration;

/// The key of everything here.
pub(crate) const KEY: [u8; 32] = *b"a key for a measurement of time.";
const NOW: u64 = 1_800_000_000;
const PREFIX: &str = "clk1.";
const AUDIENCE: &str = "api.example.com";

type Inputs = Vec<(Class, Vec<u8>)>;

pub(crate) struct Forger {
    sessions: Sessions<RawSlice>,
    derived: Derived,
}

impl Forger {
    /// With ring's AEAD, or with the portable one.
    pub(crate) fn new(ring: bool) -> Self {
        cloakroom::hazmat::use_ring(ring);
        Self::for_purpose("session")
    }

    pub(crate) fn for_purpose(purpose: &str) -> Self {
        let key = Key::from_bytes(&KEY).expect("a key");
        let derived = Derived::of(&key, purpose.as_bytes(), AUDIENCE.as_bytes());
        let start = Timestamp::from_unix(NOW).expect("a time before 10000");
        let ring = KeyRing::new(key, start, Duration::hours(8)).expect("a ring");
        let sessions = Sessions::builder(ring, RevocationList::new())
            .purpose(purpose)
            .audience(AUDIENCE)
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .clock(ManualClock::at(NOW))
            .build()
            .expect("a setting");
        let derived = derived.expect("a context");
        Self { sessions, derived }
    }

    /// The body of a good token of random contents.
    pub(crate) fn body(&self, rng: &mut BenchRng) -> Vec<u8> {
        self.body_of(&rng.random::<[u8; 64]>())
    }

    pub(crate) fn body_of(&self, payload: &[u8]) -> Vec<u8> {
        let issued = self.sessions.issue("user-42", &payload).expect("a session");
        body(issued.token.as_str())
    }

    /// The same contents under the nonce that now stands in the body, with a tag that is right.
    /// The crate has no way to make one.
    pub(crate) fn sealed_again(&self, good: &[u8], body: &[u8]) -> Vec<u8> {
        let aad = [PREFIX.as_bytes(), &good[..4]].concat();
        let cipher = XChaCha20Poly1305::new(&self.derived.encryption.into());
        let nonce = |of: &[u8]| <[u8; 24]>::try_from(&of[4..28]).expect("24 bytes");
        let sealed = Payload {
            msg: &good[28..],
            aad: &aad,
        };
        let contents = cipher
            .decrypt(&nonce(good).into(), sealed)
            .expect("a good token");
        let open = Payload {
            msg: &contents,
            aad: &aad,
        };
        let sealed = cipher.encrypt(&nonce(body).into(), open).expect("short");
        [&good[..4], &nonce(body), &sealed].concat()
    }

    /// A session and the bytes of a form's token for it.
    pub(crate) fn form(&self) -> (SessionInfo, Vec<u8>) {
        let issued = self
            .sessions
            .issue("user-42", &[].as_slice())
            .expect("a session");
        let form = self
            .sessions
            .form_token(&issued.session)
            .expect("a form's token");
        let bytes = Base64UrlUnpadded::decode_vec(form.as_str()).expect("base64url");
        (issued.session, bytes)
    }

    pub(crate) fn verify_each(&self, runner: &mut CtRunner, inputs: Inputs) {
        let scratch = RefCell::new(Scratch::new());
        for (class, body) in inputs {
            let text = format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&body));
            runner.run_one(class, || {
                self.sessions
                    .verify_in(&text, &mut scratch.borrow_mut())
                    .is_ok()
            });
        }
    }

    pub(crate) fn check_each(&self, runner: &mut CtRunner, of: &SessionInfo, inputs: Inputs) {
        for (class, body) in inputs {
            let text = Base64UrlUnpadded::encode_string(&body);
            runner.run_one(class, || self.sessions.check_form_token(of, &text).is_ok());
        }
    }
}

fn body(token: &str) -> Vec<u8> {
    let text = token.strip_prefix(PREFIX).expect("a token");
    Base64UrlUnpadded::decode_vec(text).expect("base64url")
}

pub(crate) fn random_key(rng: &mut BenchRng) -> Vec<u8> {
    rng.random::<[u8; 32]>().to_vec()
}

pub(crate) fn read_keys(runner: &mut CtRunner, inputs: Inputs) {
    for (class, key) in inputs {
        let key = Key::from_bytes(&key.try_into().expect("32 bytes")).expect("a key");
        let text = key.to_text();
        runner.run_one(class, || Key::parse(text.expose()).is_ok());
    }
}
