//! The gauges say how things stand: the alarms of docs/ops/alerts.yml wait for these numbers.

use std::collections::BTreeMap;

use cloakroom::{KeyRing, ManualClock};
use time::Duration;

use crate::alarms::told;
use crate::world::{Card, NOW, View, at, key, sessions};

type Told = BTreeMap<(String, String), f64>;

fn of(told: &Told, name: &str, label: &str) -> f64 {
    told[&(format!("cloakroom_{name}"), label.to_owned())]
}

/// One key after the other, and one that is disabled.
fn ring() -> KeyRing {
    let ring = KeyRing::new(key(1), at(NOW - 10), Duration::hours(8)).unwrap();
    let ring = ring.announce(key(2), at(NOW + 3_600)).unwrap();
    let ring = ring.announce(key(3), at(NOW + 7_200)).unwrap();
    let ring = ring.announce(key(4), at(NOW + 9_000)).unwrap();
    ring.disable(key(4).id()).unwrap()
}

/// What is told of that ring `later` seconds after it came, by the value of a label.
fn plan(label: &str, later: u64) -> Told {
    told(label, || {
        let clock = ManualClock::at(NOW);
        let sessions = sessions::<Card>(&clock, &View::default());
        sessions.replace_keys_forced(&ring()).unwrap();
        clock.advance(later);
        sessions.record_metrics();
    })
}

#[test]
fn keys_are_counted_by_state_and_the_next_turns_are_those_to_come() {
    let infinite = f64::INFINITY;
    // The second and the third are at the very second of a turn, which is no turn to come any more.
    for (later, [announced, sealing, open_only, retired], activation, retirement) in [
        (0, [2.0, 1.0, 0.0, 0.0], 3_600.0, 36_000.0),
        (3_600, [1.0, 1.0, 1.0, 0.0], 3_600.0, 32_400.0),
        (36_000, [0.0, 1.0, 1.0, 1.0], infinite, 3_600.0),
        (40_000, [0.0, 1.0, 0.0, 2.0], infinite, infinite),
    ] {
        let told = plan("state", later);
        for (state, count) in [
            ("announced", announced),
            ("sealing", sealing),
            ("open-only", open_only),
            ("retired", retired),
            ("disabled", 1.0),
        ] {
            assert_eq!(of(&told, "keys", state), count, "{state} after {later} s");
        }
        let next = |name: &str| of(&told, &format!("key_next_{name}_seconds"), "");
        assert_eq!(next("activation"), activation, "after {later} s");
        assert_eq!(next("retirement"), retirement, "after {later} s");
    }
}

#[test]
fn the_warnings_that_the_ring_gives_are_1_and_all_others_0() {
    for (later, given) in [(0, None), (7_200, Some("no-successor"))] {
        let told = plan("warning", later);
        let mut names = 0;
        for ((name, warning), value) in &told {
            if name == "cloakroom_key_warnings" {
                let wanted = f64::from(u8::from(Some(warning.as_str()) == given));
                assert_eq!(*value, wanted, "{warning} after {later} s");
                names += 1;
            }
        }
        assert_eq!(names, 6);
    }
}

#[test]
fn a_view_is_stale_while_it_can_not_answer_and_at_no_other_time() {
    for stale in [false, true] {
        let told = told("", || {
            let view = View::default();
            view.go_stale(stale);
            sessions::<Card>(&ManualClock::at(NOW), &view).record_metrics();
        });
        let wanted = f64::from(u8::from(stale));
        assert_eq!(of(&told, "view_stale", ""), wanted);
    }
}
