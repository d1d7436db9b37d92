//! Sessions whose view can go stale and whose store can fail, and a log that is kept.

use std::convert::Infallible;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cloakroom::{
    Facts, Freshness, InMemory, Key, KeyRing, ManualClock, Revocation, RevocationList,
    RevocationPublish, RevocationView, Scope, Sessions, Terms, Timestamp, ViewReport,
};
use serde::{Deserialize, Serialize};
use time::Duration;
use tracing_subscriber::fmt::MakeWriter;

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const SUBJECT: &str = "ada.lovelace@secret.example";

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Card(pub(crate) String);
cloakroom::payload!(Card);

/// What a deploy made of it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Later(pub(crate) u8);
cloakroom::payload!(Later, schema = (9, 0));

pub(crate) fn card() -> Card {
    Card("4242-PAYLOAD-4242".into())
}

pub(crate) fn key(number: u8) -> Key {
    Key::from_bytes(&key_bytes(number)).unwrap()
}

pub(crate) fn key_bytes(number: u8) -> [u8; 32] {
    std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ number.wrapping_mul(91))
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

#[derive(Clone, Default)]
pub(crate) struct View(Arc<Inside>);

#[derive(Default)]
struct Inside {
    list: RevocationList,
    stale: AtomicBool,
    full: AtomicBool,
}

impl View {
    pub(crate) fn go_stale(&self, stale: bool) {
        self.0.stale.store(stale, Ordering::SeqCst);
    }

    pub(crate) fn fail(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub(crate) struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for DiskFull {}

impl RevocationView for View {
    fn verdict(&self, facts: &Facts<'_>, now: Timestamp) -> Option<Scope> {
        self.0.list.verdict(facts, now)
    }

    fn freshness(&self) -> Freshness {
        if self.0.stale.load(Ordering::SeqCst) {
            Freshness::Blind
        } else {
            Freshness::Fresh
        }
    }

    fn start_bound(&self, subject: &[u8], audience: &[u8; 16], now: Timestamp) -> u64 {
        self.0.list.start_bound(subject, audience, now)
    }

    fn tick(&self, now: Timestamp) {
        self.0.list.tick(now);
    }

    fn register(&self, terms: Terms) {
        self.0.list.register(terms);
    }

    fn report(&self) -> ViewReport {
        self.0.list.report()
    }
}

impl RevocationPublish for View {
    type Receipt = InMemory;
    type Error = DiskFull;

    fn publish(&self, revocations: &[Revocation], now: Timestamp) -> Result<InMemory, DiskFull> {
        if self.0.full.load(Ordering::SeqCst) {
            return Err(DiskFull);
        }
        let published: Result<_, Infallible> = self.0.list.publish(revocations, now);
        published.map_err(|never| match never {})
    }

    fn delivery(&self, receipt: &InMemory) -> &'static str {
        self.0.list.delivery(receipt)
    }
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::new(key(1), at(NOW - 10), Duration::hours(8)).unwrap()
}

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) view: View,
    pub(crate) sessions: Sessions<Card, View>,
}

pub(crate) fn world() -> World {
    let clock = ManualClock::at(NOW);
    let view = View::default();
    let sessions = sessions::<Card>(&clock, &view);
    World {
        clock,
        view,
        sessions,
    }
}

pub(crate) fn sessions<T: cloakroom::OwnedPayload>(
    clock: &ManualClock,
    view: &View,
) -> Sessions<T, View> {
    Sessions::<T, View>::builder(ring(), view.clone())
        .purpose("session")
        .audience("shop")
        .idle_timeout(Duration::minutes(30))
        .absolute_timeout(Duration::hours(8))
        .clock(clock.clone())
        .build()
        .unwrap()
}

/// Lines of a log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Takes the lines of this crate at this level.
    pub(crate) fn take(&self, level: &str) -> Vec<String> {
        let text = self.text();
        let ours = text.lines().filter(|line| line.contains(" cloakroom: "));
        let at_level = ours.filter(|line| line.trim_start().starts_with(level));
        at_level.map(str::to_owned).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// Everything that anybody tells, down to `trace`.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .without_time()
            .with_ansi(false)
            .with_writer(self.clone())
            .finish()
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
