//! What alarms wait for is there before it happens: a series that begins with its first event has no
//! increase, and a gauge that is missing is never too high.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom::feed::{FeedKey, FeedKeys, FeedRevocations, MemoryEngine, Realm};
use cloakroom::reload::KeyWatch;
use cloakroom::source::{KeySource, UnwrapError};
use cloakroom::{KeyRing, ManualClock};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use time::Duration;

use crate::document::feed_events;
use crate::world::{Card, NOW, View, at, key, sessions};

/// What is told on this thread, by name and the value of a label.
pub(crate) fn told(label: &str, story: impl FnOnce()) -> BTreeMap<(String, String), f64> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, story);
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let mut labels = key.key().labels();
        let of = labels.find(|found| found.key() == label);
        let of = of.map_or("", |label| label.value()).to_owned();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(now) => now.into_inner(),
            DebugValue::Histogram(_) => f64::NAN,
        };
        ((key.key().name().to_owned(), of), value)
    })
    .collect()
}

#[test]
fn a_source_that_fails_from_the_first_look_on_ages() {
    let told = told("", || {
        let clock = ManualClock::at(NOW);
        let sessions = sessions::<Card>(&clock, &View::default());
        let source = KeySource::custom("vault", || Err(UnwrapError::new("no answer")));
        let watch = KeyWatch::builder(source)
            .sessions(&sessions)
            .clock(clock.clone())
            .without_thread()
            .unwrap();
        for _ in 0..3 {
            clock.advance(400);
            watch.poll_now().unwrap_err();
        }
    });
    let of = |name: &str| told[&(name.to_owned(), String::new())];
    assert_eq!(of("cloakroom_key_reload_failures"), 3.0);
    assert_eq!(of("cloakroom_key_reload_age_seconds"), 1_200.0);
}

#[test]
fn every_event_of_a_feed_is_a_series_before_it_happens() {
    let told = told("event", || {
        let keys = FeedKeys::new(FeedKey::generate().unwrap());
        let realm = Realm::new("shop").unwrap();
        // Its threads tell the recorder of the process, and not this one.
        let feed = FeedRevocations::builder(realm, keys, MemoryEngine::new());
        drop(feed.start().unwrap());
    });
    let mut events = BTreeSet::new();
    for ((name, event), count) in told {
        if name == "cloakroom_feed_events_total" {
            assert_eq!(count, 0.0, "{event}");
            events.insert(event);
        }
    }
    assert_eq!(events, feed_events());
}

fn fingerprint(ring: &KeyRing, now: u64) -> f64 {
    let told = told("", || {
        let clock = ManualClock::at(NOW);
        let sessions = sessions::<Card>(&clock, &View::default());
        sessions.replace_keys_forced(ring).unwrap();
        clock.advance(now - NOW);
        sessions.record_metrics();
    });
    let name = "cloakroom_key_ring_fingerprint";
    // By purpose; there is one.
    told[&(name.to_owned(), String::new())]
}

#[test]
fn rings_of_other_keys_are_told_apart_and_equal_ones_are_not() {
    let ring = |first: u8, second: u8| {
        let ring = KeyRing::new(key(first), at(NOW - 10), Duration::hours(8)).unwrap();
        ring.announce(key(second), at(NOW + 7_200)).unwrap()
    };
    let one = fingerprint(&ring(1, 2), NOW);
    assert_eq!(fingerprint(&ring(1, 2), NOW), one);
    // The order of the lines and the notes change nothing that servers do.
    let other_order = KeyRing::new(key(2), at(NOW + 7_200), Duration::hours(8)).unwrap();
    let other_order = other_order.announce(key(1), at(NOW - 10)).unwrap();
    let other_order = other_order.with_note(key(1).id(), "by ada").unwrap();
    assert_eq!(fingerprint(&other_order, NOW), one);
    // As many keys in each state, but others.
    assert_ne!(fingerprint(&ring(1, 3), NOW), one);
    assert_ne!(fingerprint(&ring(3, 2), NOW), one);
    let disabled = ring(1, 2).disable(key(2).id()).unwrap();
    assert_ne!(fingerprint(&disabled, NOW), one);
    // One of the servers has a clock behind the activation.
    assert_ne!(fingerprint(&ring(1, 2), NOW + 7_200), one);
    // All six bytes of the hash count, so that no two of the rings that there are look alike.
    assert!(one > 2_f64.powi(40), "{one}");
    // A float holds it.
    assert!(
        one >= 0.0 && one < 2_f64.powi(48) && one.fract() == 0.0,
        "{one}"
    );
}
