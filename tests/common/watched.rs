//! Running sessions, and a watch of a source that a test holds in its hand.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use cloakroom::reload::{KeyEvent, KeyWatch, KeyWatchBuilder, Reload};
use cloakroom::source::{KeySource, UnwrapError};
use cloakroom::{KeyRing, ManualClock, RevocationList, SecretText, Sessions};
use time::Duration;

use crate::common::*;

pub(crate) const LIFETIME: u64 = 1_800;
pub(crate) const ROLLOUT: u64 = 3_600;

pub(crate) fn ring() -> KeyRing {
    KeyRing::new(key(1), at(NOW - 10), seconds(LIFETIME)).unwrap()
}

pub(crate) fn sessions(ring: &KeyRing, clock: &ManualClock, audience: &str) -> Sessions<User> {
    Sessions::builder(ring.clone(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(audience)
        .idle_timeout(seconds(LIFETIME))
        .absolute_timeout(Duration::days(30))
        .clock(clock.clone())
        .random(Seeded::new(5))
        .build()
        .unwrap()
}

/// What is stored, by a test's hand.
#[derive(Clone)]
pub(crate) struct Stored(Arc<Mutex<Result<String, UnwrapError>>>);

impl Stored {
    pub(crate) fn new(ring: &KeyRing) -> Self {
        Self(Arc::new(Mutex::new(Ok(ring.to_text().expose().into()))))
    }

    pub(crate) fn put(&self, ring: &KeyRing) {
        *self.0.lock().unwrap() = Ok(ring.to_text().expose().into());
    }

    pub(crate) fn text(&self, text: &str) {
        *self.0.lock().unwrap() = Ok(text.into());
    }

    pub(crate) fn fail(&self, sentence: &str) {
        *self.0.lock().unwrap() = Err(UnwrapError::new(sentence));
    }

    pub(crate) fn source(&self) -> KeySource {
        let stored = self.0.clone();
        KeySource::custom("the test", move || {
            stored.lock().unwrap().clone().map(SecretText::from)
        })
    }
}

pub(crate) type Told = Arc<Mutex<Vec<String>>>;

pub(crate) fn told(builder: KeyWatchBuilder) -> (KeyWatchBuilder, Told) {
    let told = Told::default();
    let into = Arc::clone(&told);
    let builder = builder.on_event(move |event: &KeyEvent| {
        into.lock().unwrap().push(event.to_string());
    });
    (builder, told)
}

pub(crate) fn drain(told: &Told) -> Vec<String> {
    std::mem::take(&mut *told.lock().unwrap())
}

pub(crate) struct Watched {
    pub(crate) clock: ManualClock,
    pub(crate) stored: Stored,
    pub(crate) sessions: Sessions<User>,
    pub(crate) watch: KeyWatch,
    pub(crate) told: Told,
}

/// A ring whose next key is announced, so that nothing is to be warned of.
pub(crate) fn watched() -> Watched {
    let clock = ManualClock::at(NOW);
    let ring = ring().rotate(key(2), at(NOW)).unwrap();
    let stored = Stored::new(&ring);
    let sessions = sessions(&ring, &clock, AUDIENCE);
    let (builder, told) = told(KeyWatch::builder(stored.source()));
    let watch = builder
        .sessions(&sessions)
        .clock(clock.clone())
        .without_thread()
        .unwrap();
    assert_eq!(watch.poll_now(), Ok(Reload::Unchanged));
    assert_eq!(drain(&told), Vec::<String>::new());
    Watched {
        clock,
        stored,
        sessions,
        watch,
        told,
    }
}
