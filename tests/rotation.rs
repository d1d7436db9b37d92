//! The steps of a rotation: what each refuses, to the second; the timeline as it is printed; and each
//! warning with its sentence, when it begins and when it ends.
#![cfg(feature = "std")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;

use cloakroom::{Fleet, KeyRing, KeyState, RingError, RingWarning};
use common::*;

const LIFETIME: u32 = 28_800;
const ROLLOUT: u64 = 3_600;
/// From the successor's activation to the retirement.
const SPAN: u64 = 28_800 + ROLLOUT;

/// One key since `activate`.
fn ring(activate: u64) -> KeyRing {
    KeyRing::new(key(1), at(activate), seconds(u64::from(LIFETIME))).unwrap()
}

fn fleet() -> Fleet {
    Fleet::new(LIFETIME)
}

fn says(warnings: &[RingWarning], expected: &[&str]) {
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_rotation_announces_at_the_earliest_safe_time() {
    let next = ring(NOW - 5).rotate(key(2), at(NOW)).unwrap();
    assert_eq!(next.state(key(2).id(), at(NOW)), Some(KeyState::Announced));
    let second = NOW + ROLLOUT;
    assert_eq!(next.sealing_key(at(second - 1)), Some(key(1).id()));
    assert_eq!(next.sealing_key(at(second)), Some(key(2).id()));
    let twice = next.rotate(key(3), at(NOW));
    assert!(matches!(twice, Err(RingError::SameActivation(..))));
    let late = ring(NOW).rotate(key(2), cloakroom::Timestamp::MAX);
    assert_eq!(late.err(), Some(RingError::Clock));
    let quick = ring(NOW).with_rollout(seconds(0)).unwrap();
    let quick = quick.rotate(key(2), at(NOW + 1)).unwrap();
    assert_eq!(quick.sealing_key(at(NOW + 1)), Some(key(2).id()));
}

#[test]
fn a_key_is_dropped_when_nobody_uses_it_and_not_a_second_before() {
    let (one, two) = (key(1).id(), key(2).id());
    let ring = ring(NOW).rotate(key(2), at(NOW)).unwrap();
    let drops = |now: u64| ring.drop_key(one, at(now)).err();
    let retire = NOW + ROLLOUT + SPAN;
    let sealing = |now: u64| RingError::DropsKey {
        key: one,
        until: at(now + u64::from(LIFETIME)),
    };
    // While it seals, nobody else would; afterwards its tokens may live.
    assert_eq!(drops(NOW), Some(RingError::NoSealingKey));
    assert_eq!(
        drops(NOW + ROLLOUT),
        Some(RingError::DropsKey {
            key: one,
            until: at(retire)
        })
    );
    assert!(drops(retire - 1).is_some());
    assert_eq!(drops(retire), None);
    // The sealing key, with another that is active.
    let both = ring.announce(key(3), at(NOW - 9)).unwrap();
    let dropped = both.drop_key(one, at(NOW + 7)).err();
    assert_eq!(dropped, Some(sealing(NOW + 7)));
    // One that is announced may be dropped as long as no fast clock seals with it.
    let far = ring.announce(key(4), at(NOW + 9_000)).unwrap();
    assert!(
        far.drop_key(key(4).id(), at(NOW + 9_000 - ROLLOUT - 1))
            .is_ok()
    );
    assert!(
        far.drop_key(key(4).id(), at(NOW + 9_000 - ROLLOUT))
            .is_err()
    );
    assert!(ring.drop_key(two, at(NOW)).is_err());
    // Disabled ones are of no use to anybody; by force goes everything but the last.
    let disabled = both.disable(two).unwrap();
    assert!(disabled.drop_key(two, at(NOW)).is_ok());
    assert!(ring.without(one).is_ok());
    assert_eq!(
        ring.drop_key(key(9).id(), at(NOW)).err(),
        Some(RingError::UnknownKey(key(9).id()))
    );
}

#[test]
fn a_written_retirement_is_no_earlier_than_the_last_token_unless_forced() {
    let one = key(1).id();
    let ring = ring(NOW).rotate(key(2), at(NOW)).unwrap();
    let (second, retire) = (NOW + ROLLOUT, NOW + ROLLOUT + SPAN);
    assert!(ring.retire_at(one, at(retire)).is_ok());
    assert_eq!(
        ring.retire_at(one, at(retire - 1)).err(),
        Some(RingError::RetiresEarly {
            key: one,
            earliest: at(retire)
        })
    );
    let forced = ring.retire_at_forced(one, at(second)).unwrap();
    assert_eq!(forced.state(one, at(second)), Some(KeyState::Retired));
    assert!(ring.retire_at_forced(one, at(second - 1)).is_err());
    let alone = ring.retire_at(key(2).id(), at(retire)).err();
    assert_eq!(alone, Some(RingError::NoSuccessor(key(2).id())));
    // Running servers don't take the forced one while somebody is logged in under the key.
    assert!(ring.check_successor(&forced, at(second)).is_err());
    says(
        &forced.warnings(at(NOW), &fleet()),
        &[&format!(
            "key {one} retires by force at {}; whoever holds a token under it that is alive is \
             logged out. {} is the earliest safe time",
            at(second),
            at(retire)
        )],
    );
    assert!(forced.warnings(at(retire), &fleet()).len() == 1); // no successor, and no more of that
    let longer = ring.retire_at(one, at(retire)).unwrap();
    let longer = longer.with_max_lifetime(seconds(u64::from(LIFETIME) + 1));
    assert!(matches!(longer.err(), Some(RingError::RetiresEarly { .. })));
}

#[test]
fn a_leaked_key_is_replaced_in_one_edit_that_servers_take() {
    let one = key(1).id();
    // Long after its activation, at its activation, and when another is open-only.
    let old = ring(NOW - 90_000);
    let fresh = ring(NOW);
    let two = ring(NOW - 9_000).announce(key(2), at(NOW - 10)).unwrap();
    for (ring, leaked, active) in [
        (&old, one, NOW - ROLLOUT),
        (&fresh, one, NOW),
        (&two, key(2).id(), NOW - 10),
        // The open-only one leaked: the sealing one is followed by a fresh one all the same.
        (&two, one, NOW - 9),
    ] {
        let next = ring.replace_leaked(leaked, key(7), at(NOW)).unwrap();
        assert_eq!(ring.check_successor(&next, at(NOW)), Ok(()));
        assert_eq!(next.state(leaked, at(NOW)), Some(KeyState::Disabled));
        assert_eq!(next.sealing_key(at(NOW)), Some(key(7).id()));
        let activate = next.keys().last().unwrap().activate;
        assert_eq!(activate, at(active));
    }
    let unknown = old.replace_leaked(key(9).id(), key(7), at(NOW)).err();
    assert_eq!(unknown, Some(RingError::UnknownKey(key(9).id())));
}

#[test]
fn notes_and_times_of_a_ring_are_changed_within_their_limits() {
    let one = key(1).id();
    let noted = ring(NOW).with_note(one, "made on the first day").unwrap();
    assert_eq!(noted.keys().next().unwrap().note, "made on the first day");
    let again = KeyRing::parse(noted.to_text().expose()).unwrap();
    assert_eq!(again.keys().next().unwrap().note, "made on the first day");
    let long = "é".repeat(41);
    for bad in [" x", "x ", "#x", "a\nb", "a\tb", long.as_str()] {
        assert_eq!(
            ring(NOW).with_note(one, bad).err(),
            Some(RingError::Note),
            "{bad:?}"
        );
    }
    for good in ["", "a # b", "é日", &"é".repeat(40)] {
        let text = ring(NOW).with_note(one, good).unwrap().to_text();
        let again = KeyRing::parse(text.expose()).unwrap();
        assert_eq!(again.keys().next().unwrap().note, good);
    }
    assert_eq!(ring(NOW).with_rollout(seconds(7)).unwrap().rollout(), 7);
    let bad = ring(NOW).with_rollout(time::Duration::milliseconds(1_500));
    assert_eq!(bad.err(), Some(RingError::Rollout));
    let bad = ring(NOW).with_max_lifetime(seconds(0));
    assert_eq!(bad.err(), Some(RingError::Lifetime));
}

#[test]
fn the_timeline_is_read_from_top_to_bottom() {
    // 2026-09-01, 10-01 and 11-01, with one disabled between: the example of SPEC §4.7.
    let (september, october, november) = (1_788_220_800, 1_790_812_800, 1_793_491_200);
    let ring = ring(september)
        .announce(key(2), at(october))
        .unwrap()
        .announce(key(3), at(november))
        .unwrap()
        .announce(key(4), at(october + 86_400))
        .unwrap()
        .disable(key(4).id())
        .unwrap();
    let id = |n| key(n).id();
    let timeline = ring.timeline(at(october + 60));
    assert_eq!(
        timeline.to_string(),
        format!(
            "time                   {}   {}   {}\n\
             2026-09-01T00:00:00Z   sealing    announced  announced\n\
             2026-10-01T00:00:00Z   open-only  sealing    announced\n\
             2026-10-01T00:01:00Z > open-only  sealing    announced  now\n\
             2026-10-01T09:00:00Z   retired    sealing    announced\n\
             2026-11-01T00:00:00Z   retired    open-only  sealing\n\
             2026-11-01T09:00:00Z   retired    retired    sealing\n\
             not shown: 1 retired or disabled\n",
            id(1),
            id(2),
            id(3)
        )
    );
    let next = timeline.next().unwrap();
    assert_eq!((next.key, next.becomes), (id(1), KeyState::Retired));
    assert_eq!(next.at, at(october + SPAN));
    let plans = timeline.keys();
    assert_eq!(plans[0].successor, Some(id(2)));
    assert_eq!(plans[0].succeeded, Some(at(october)));
    assert_eq!(plans[0].retire, Some(at(october + SPAN)));
    assert_eq!(plans[2].state, KeyState::Disabled);
    assert_eq!((plans[3].successor, plans[3].retire), (None, None));
    // A turn happens at its second, and after the last there is none.
    let before = ring.timeline(at(november - 1));
    let turn = before.next().unwrap();
    assert_eq!((turn.at, turn.key), (at(november), id(3)));
    assert_eq!(turn.becomes, KeyState::Sealing);
    assert!(ring.timeline(at(november + SPAN)).next().is_none());
    // The table says what the ring says.
    for turn in timeline.turns() {
        assert_eq!(ring.state(turn.key, turn.at), Some(turn.becomes));
    }
}

#[test]
fn what_will_hurt_is_said_with_the_way_out() {
    let one = key(1).id();
    let planned = ring(NOW - 9).rotate(key(2), at(NOW)).unwrap();
    assert_eq!(planned.warnings(at(NOW), &fleet()), []);
    says(
        &ring(NOW).warnings(at(NOW), &fleet()),
        &[&format!(
            "key {one} seals and no key is announced to succeed it; announce the next one"
        )],
    );
    says(
        &ring(NOW).warnings(at(NOW - 1), &fleet()),
        &[
            "no key seals at this time, so nobody can log in; add one that seals at once, as `cloakroom keys add FILE --at now --force` does",
        ],
    );
    let mut slow = fleet();
    (slow.reload, slow.leeway) = (3_500, 40);
    assert_eq!(planned.warnings(at(NOW), &slow), []);
    slow.leeway = 41;
    says(
        &planned.warnings(at(NOW), &slow),
        &[
            "the rollout time is 3600 s, but clocks, leeway and the time between reloads need 3601 \
           s; raise `rollout` in the ring file",
        ],
    );
    says(
        &planned.warnings(at(NOW), &Fleet::new(LIFETIME + 1)),
        &[
            "tokens live up to 28801 s, but the ring plans for 28800 s, so keys retire under live \
           tokens; raise `max-lifetime` on all servers first",
        ],
    );
    let far = NOW + 6 * 366 * 86_400;
    let mistyped = ring(NOW).announce(key(2), at(far)).unwrap();
    says(
        &mistyped.warnings(at(NOW), &fleet()),
        &[&format!(
            "key {} activates only at {}; if the year is mistyped, correct it",
            key(2).id(),
            at(far)
        )],
    );
}

#[test]
fn a_change_that_makes_servers_disagree_is_said_before_it_is_made() {
    let old = ring(NOW - 90_000);
    let (two, safe) = (key(2).id(), at(NOW + ROLLOUT));
    for (activate, warned) in [
        (NOW - 100, true),
        (NOW, true),
        (NOW + ROLLOUT - 1, true),
        (NOW + ROLLOUT, false),
    ] {
        let next = old.announce(key(2), at(activate)).unwrap();
        let expected = RingWarning::ServersDisagree {
            key: two,
            activate: at(activate),
            safe,
        };
        let warnings = old.change_warnings(&next, at(NOW));
        assert_eq!(warnings, if warned { vec![expected] } else { vec![] });
        // Once every server knows the key, nothing about it is new.
        assert_eq!(next.change_warnings(&next, at(NOW)), []);
    }
    // One that is older than the sealing key never seals.
    let older = old.announce(key(2), at(NOW - 95_000)).unwrap();
    assert_eq!(old.change_warnings(&older, at(NOW)), []);
    let hasty = old.announce(key(2), at(NOW)).unwrap();
    says(
        &old.change_warnings(&hasty, at(NOW)),
        &[&format!(
            "key {two} seals from {} on, before every server has it; those without it refuse its \
             tokens. Let it activate at {safe} or later, unless this is an emergency",
            at(NOW)
        )],
    );
    // A file from before an emergency.
    let disabled = hasty.disable(two).unwrap();
    let back = disabled.change_warnings(&hasty, at(NOW));
    assert!(back.contains(&RingWarning::Reenabled { key: two }));
    assert_eq!(
        back[0].to_string(),
        format!(
            "key {two} was disabled and is in service again, as after a file from before an \
             emergency; if it leaked, disable it again"
        )
    );
    assert_eq!(hasty.change_warnings(&disabled, at(NOW)), []);
}
