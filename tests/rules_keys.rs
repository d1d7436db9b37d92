//! Keys in use: which one seals and which open at every moment, what a swap under running requests
//! may and may not do, and that nothing opens but with its own purpose, audience and binding.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cloakroom::{
    BindingTooLong, BuildError, Fault, KeyError, KeyRing, KeyState, ManualClock, Missing,
    ReplaceKeysError, RevocationList, RingError, Sessions,
};
use common::*;
use time::Duration;

const LIFETIME: u64 = 1_800;
const ROLLOUT: u64 = 3_600;

fn ring(number: u8, activate: u64) -> KeyRing {
    KeyRing::new(key(number), at(activate), seconds(LIFETIME)).unwrap()
}

fn sessions(ring: &KeyRing, clock: &ManualClock) -> Sessions<User> {
    Sessions::builder(ring.clone(), RevocationList::new())
        .purpose(PURPOSE)
        .audience(AUDIENCE)
        .idle_timeout(seconds(LIFETIME))
        .absolute_timeout(Duration::days(30))
        .clock(clock.clone())
        .random(Seeded::new(5))
        .build()
        .unwrap()
}

#[test]
fn a_key_goes_through_its_states_to_the_second() {
    let (first, second) = (key(1).id(), key(2).id());
    let ring = ring(1, NOW).announce(key(2), at(NOW + 1_000)).unwrap();
    let retired = NOW + 1_000 + LIFETIME + ROLLOUT;
    let rows = [
        (NOW - 1, KeyState::Announced, KeyState::Announced, None),
        (NOW, KeyState::Sealing, KeyState::Announced, Some(first)),
        (
            NOW + 999,
            KeyState::Sealing,
            KeyState::Announced,
            Some(first),
        ),
        (
            NOW + 1_000,
            KeyState::OpenOnly,
            KeyState::Sealing,
            Some(second),
        ),
        (
            retired - 1,
            KeyState::OpenOnly,
            KeyState::Sealing,
            Some(second),
        ),
        (retired, KeyState::Retired, KeyState::Sealing, Some(second)),
    ];
    for (now, one, two, sealing) in rows {
        assert_eq!(ring.state(first, at(now)), Some(one), "at {now}");
        assert_eq!(ring.state(second, at(now)), Some(two), "at {now}");
        assert_eq!(ring.sealing_key(at(now)), sealing, "at {now}");
    }
}

#[test]
fn an_announced_key_opens_what_a_neighbour_ahead_of_time_sealed() {
    let ring = ring(1, NOW - 10).announce(key(2), at(NOW + 2)).unwrap();
    let (here, ahead) = (ManualClock::at(NOW), ManualClock::at(NOW + 2));
    let (slow, fast) = (sessions(&ring, &here), sessions(&ring, &ahead));
    let issued = fast.issue("ada", &user("Ada")).unwrap();
    assert_eq!(issued.session.key(), key(2).id());
    assert_eq!(outcome(&slow, issued.token.as_str()), Outcome::Live);
    // It changes it two seconds later, when the session has started. Until then the new token would be
    // under another key, and that is what a thief of a key asks for (SPEC 8.6).
    let session = slow.verify(issued.token.as_str()).unwrap();
    let early = slow.update(&session, &user("Ada")).unwrap_err();
    assert_eq!(early.fault(), Fault::Unavailable);
    here.advance(1);
    assert_eq!(
        slow.issue("bob", &user("Bob")).unwrap().session.key(),
        key(1).id()
    );
    here.advance(1);
    let updated = slow.update(&session, &user("Ada")).unwrap();
    assert_eq!(outcome(&slow, updated.token.as_str()), Outcome::Live);
    assert_eq!(outcome(&fast, updated.token.as_str()), Outcome::Live);
}

#[test]
fn an_open_only_key_opens_until_the_last_of_its_tokens_is_dead() {
    let ring = ring(1, NOW).announce(key(2), at(NOW + 1_000)).unwrap();
    let clock = ManualClock::at(NOW + 999);
    let sessions = sessions(&ring, &clock);
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(issued.session.key(), key(1).id());
    clock.advance(LIFETIME - 1);
    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
    clock.advance(1);
    assert_eq!(outcome(&sessions, issued.token.as_str()), IDLED);
    clock.set(NOW + 1_000 + LIFETIME + ROLLOUT - 1);
    assert_eq!(outcome(&sessions, issued.token.as_str()), IDLED);
    clock.advance(1);
    assert_eq!(outcome(&sessions, issued.token.as_str()), INVALID);
}

#[test]
fn a_ring_without_one_certain_sealing_key_is_refused() {
    let clock = ManualClock::at(NOW);
    let early = ring(1, NOW + 1);
    let build = |ring: &KeyRing| {
        Sessions::<User>::builder(ring.clone(), RevocationList::new())
            .purpose(PURPOSE)
            .audience(AUDIENCE)
            .idle_timeout(seconds(LIFETIME))
            .absolute_timeout(Duration::days(1))
            .clock(clock.clone())
            .build()
            .map(|_| ())
    };
    let none = Err(BuildError::Ring(RingError::NoSealingKey));
    assert_eq!(build(&early), none);
    assert_eq!(build(&ring(1, NOW).disable(key(1).id()).unwrap()), none);
    build(&ring(1, NOW)).unwrap();
    let same = ring(1, NOW).announce(key(2), at(NOW));
    assert!(matches!(same, Err(RingError::SameActivation(..))));
    let twice = ring(1, NOW).announce(key(1), at(NOW + 1));
    assert!(matches!(twice, Err(RingError::SameId(_))));
    assert!(matches!(
        ring(1, NOW).without(key(1).id()),
        Err(RingError::Empty)
    ));
}

#[test]
fn no_token_is_made_while_no_key_may_seal() {
    let clock = ManualClock::at(NOW);
    let sessions = sessions(&ring(1, NOW), &clock);
    clock.set(NOW - 1);
    let error = sessions.issue("ada", &user("Ada")).unwrap_err();
    assert!(
        matches!(error, cloakroom::IssueError::Unavailable(e) if e.missing() == Missing::SealingKey)
    );
}

#[test]
fn a_policy_that_outlives_the_rings_plan_is_refused_at_build_and_at_swap() {
    let clock = ManualClock::at(NOW);
    let build = |idle: u64, absolute: u64| {
        Sessions::<User>::builder(ring(1, NOW), RevocationList::new())
            .purpose(PURPOSE)
            .audience(AUDIENCE)
            .idle_timeout(seconds(idle))
            .absolute_timeout(seconds(absolute))
            .clock(clock.clone())
            .build()
    };
    build(LIFETIME, 90_000).unwrap();
    build(90_000, LIFETIME).unwrap();
    let short = RingError::LifetimeTooShort {
        policy: 1_801,
        ring: 1_800,
    };
    assert_eq!(
        build(LIFETIME + 1, 90_000).unwrap_err(),
        BuildError::Ring(short)
    );
    let sessions = build(LIFETIME, 90_000).unwrap();
    let shorter = KeyRing::new(key(1), at(NOW), seconds(LIFETIME - 1)).unwrap();
    let expected = RingError::LifetimeTooShort {
        policy: 1_800,
        ring: 1_799,
    };
    for result in [
        sessions.replace_keys(&shorter),
        sessions.replace_keys_forced(&shorter),
    ] {
        assert_eq!(result, Err(ReplaceKeysError::Ring(expected)));
    }
}

#[test]
fn a_swap_that_drops_a_key_with_live_tokens_is_refused_and_changes_nothing() {
    let clock = ManualClock::at(NOW);
    let old = ring(1, NOW - 10).announce(key(2), at(NOW + 1_000)).unwrap();
    let sessions = sessions(&old, &clock);
    let issued = sessions.issue("ada", &user("Ada")).unwrap();
    clock.set(NOW + 1_000);
    let without = old.without(key(1).id()).unwrap();
    let retires = NOW + 1_000 + LIFETIME + ROLLOUT;
    let dropped = |until| {
        Err(ReplaceKeysError::Ring(RingError::DropsKey {
            key: key(1).id(),
            until: at(until),
        }))
    };
    assert_eq!(sessions.replace_keys(&without), dropped(retires));
    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
    assert_eq!(sessions.key_ring().keys().count(), 2);
    clock.set(retires - 1);
    assert_eq!(sessions.replace_keys(&without), dropped(retires));
    clock.set(retires);
    sessions.replace_keys(&without).unwrap();

    // The sealing key: its youngest token was made a moment ago.
    let other = KeyRing::new(key(3), at(NOW), seconds(LIFETIME)).unwrap();
    assert!(matches!(
        sessions.replace_keys(&other),
        Err(ReplaceKeysError::Ring(RingError::DropsKey { .. }))
    ));
    let empty = without.disable(key(2).id()).unwrap();
    for result in [
        sessions.replace_keys(&empty),
        sessions.replace_keys_forced(&empty),
    ] {
        assert_eq!(result, Err(ReplaceKeysError::Ring(RingError::NoSealingKey)));
    }
    let last = sessions.issue("ada", &user("Ada")).unwrap();
    sessions.replace_keys_forced(&other).unwrap();
    assert_eq!(outcome(&sessions, last.token.as_str()), INVALID);
    assert_eq!(sessions.log_reference(&last.session), None);
}

#[test]
fn a_disabled_key_is_dead_at_once() {
    let clock = ManualClock::at(NOW);
    let old = ring(1, NOW - 20).announce(key(2), at(NOW - 10)).unwrap();
    let sessions = sessions(&old, &clock);
    clock.set(NOW - 15);
    let under_first = sessions.issue("ada", &user("Ada")).unwrap();
    clock.set(NOW);
    let under_second = sessions.issue("ada", &user("Ada")).unwrap();
    let kept = sessions.verify(under_second.token.as_str()).unwrap();
    sessions
        .replace_keys(&old.disable(key(2).id()).unwrap())
        .unwrap();
    assert_eq!(outcome(&sessions, under_second.token.as_str()), INVALID);
    assert_eq!(
        outcome(&sessions, under_first.token.as_str()),
        Outcome::Live
    );
    // A request that verified before the swap gets nothing new for it.
    assert!(sessions.renew(&kept).is_err());
    assert!(sessions.update(&kept, &user("Ada")).is_err());
    let next = sessions.issue("ada", &user("Ada")).unwrap();
    assert_eq!(next.session.key(), key(1).id());
}

#[test]
fn a_swap_under_running_requests_rejects_no_valid_token() {
    let clock = ManualClock::at(NOW);
    let first = ring(1, NOW - 10);
    let sessions = sessions(&first, &clock);
    let token = sessions.issue("ada", &user("Ada")).unwrap().token;
    let (done, verified) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut rings = vec![first];
    for n in 2..40_u8 {
        // Each seals from now on; none before it is dropped.
        let last = rings.last().unwrap();
        rings.push(last.announce(key(n), at(NOW - 10 + u64::from(n))).unwrap());
    }
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    assert_eq!(outcome(&sessions, token.as_str()), Outcome::Live);
                    let issued = sessions.issue("bob", &user("Bob")).unwrap();
                    assert_eq!(outcome(&sessions, issued.token.as_str()), Outcome::Live);
                    verified.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for ring in &rings {
            let before = verified.load(Ordering::Relaxed);
            sessions.replace_keys(ring).unwrap();
            // Until both states were met by requests; a thread that fails ends the loop by its
            // panic.
            for _ in 0..1_000_000 {
                if verified.load(Ordering::Relaxed) > before + 4 {
                    break;
                }
                std::thread::yield_now();
            }
            clock.advance(1);
        }
        done.store(true, Ordering::Release);
    });
    assert!(verified.load(Ordering::Relaxed) > rings.len());
    assert_eq!(outcome(&sessions, token.as_str()), Outcome::Live);
}

#[test]
fn only_the_own_purpose_audience_and_binding_opens() {
    let clock = ManualClock::at(NOW);
    // Parts that give one text when they are joined without care.
    let names: [(&str, &str, &[u8]); 9] = [
        ("ab", "c", b""),
        ("a", "bc", b""),
        ("abc", "", b""),
        ("ab", "c", b"tenant-1"),
        ("ab", "c", b"tenant-2"),
        ("ab", "c", b"tenant-"),
        ("ab", "ctenant-1", b""),
        ("ab", "c", b"\0"),
        ("session", "c", b""),
    ];
    let all: Vec<Sessions<User>> = names
        .iter()
        .map(|(purpose, audience, binding)| {
            let builder = builder(&clock, RevocationList::new());
            let sessions = builder.purpose(purpose).audience(audience).build().unwrap();
            sessions.bound_to(binding).unwrap()
        })
        .collect();
    for (i, issuer) in all.iter().enumerate() {
        let token = issuer.issue("ada", &user("Ada")).unwrap().token;
        for (j, verifier) in all.iter().enumerate() {
            let expected = if i == j { Outcome::Live } else { INVALID };
            assert_eq!(
                outcome(verifier, token.as_str()),
                expected,
                "{i} read by {j}"
            );
        }
    }
}

#[test]
fn a_binding_has_at_most_1024_bytes() {
    let world = world();
    let longest = world.sessions.bound_to(&[7; 1_024]).unwrap();
    let issued = longest.issue("ada", &user("Ada")).unwrap();
    assert_eq!(outcome(&longest, issued.token.as_str()), Outcome::Live);
    let cut = world.sessions.bound_to(&[7; 1_023]).unwrap();
    assert_eq!(outcome(&cut, issued.token.as_str()), INVALID);
    let refused = world.sessions.bound_to(&[7; 1_025]).unwrap_err();
    assert!(matches!(refused, BindingTooLong { length: 1_025, .. }));
}

#[test]
fn a_ring_of_units_opens_and_seals_its_own_context_alone() {
    let clock = ManualClock::at(NOW);
    let root = ring(1, NOW - 10);
    let units = root
        .derive_units(PURPOSE.as_bytes(), AUDIENCE.as_bytes())
        .unwrap();
    let (whole, part) = (sessions(&root, &clock), sessions(&units, &clock));
    let issued = whole.issue("ada", &user("Ada")).unwrap();
    assert_eq!(outcome(&part, issued.token.as_str()), Outcome::Live);
    let back = part.issue("ada", &user("Ada")).unwrap();
    assert_eq!(outcome(&whole, back.token.as_str()), Outcome::Live);
    for (purpose, audience) in [(PURPOSE, "app.exampl"), ("sessio", AUDIENCE), (PURPOSE, "")] {
        let result = Sessions::<User>::builder(units.clone(), RevocationList::new())
            .purpose(purpose)
            .audience(audience)
            .aal3()
            .clock(clock.clone())
            .build();
        let wrong = BuildError::Ring(RingError::Key(KeyError::WrongContext));
        assert_eq!(result.unwrap_err(), wrong, "{purpose} {audience}");
    }
    // No unit can be made from a unit, and no root key joins a ring of units.
    assert!(units.derive_units(b"other", b"").is_err());
    assert!(matches!(
        units.announce(key(2), at(NOW)),
        Err(RingError::MixedKinds(_))
    ));
    // A swap to units of the wrong context changes nothing.
    let foreign = root.derive_units(b"other", b"").unwrap();
    assert!(part.replace_keys(&foreign).is_err());
    assert_eq!(outcome(&part, issued.token.as_str()), Outcome::Live);
}

#[test]
fn a_purpose_has_1_to_255_bytes_and_an_audience_up_to_255() {
    let clock = ManualClock::at(NOW);
    let build = |purpose: &str, audience: &str| {
        let builder = builder::<User, _>(&clock, RevocationList::new());
        builder
            .purpose(purpose)
            .audience(audience)
            .build()
            .map(|_| ())
    };
    let (most, more) = ("x".repeat(255), "x".repeat(256));
    build(&most, &most).unwrap();
    build("x", "").unwrap();
    let bad = Err(BuildError::Ring(RingError::Key(KeyError::BadContext)));
    assert_eq!(build("", ""), bad);
    assert_eq!(build(&more, ""), bad);
    assert_eq!(build("x", &more), bad);
}
