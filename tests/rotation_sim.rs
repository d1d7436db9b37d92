//! Rotation logs nobody out: servers that pick up ring files late and whose clocks differ refuse no
//! token that is alive, over thousands of rotations; a rotation without a plan does, so the
//! simulation can fail; and a leaked key is dead everywhere in time.
#![cfg(feature = "std")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    dead_code
)]

mod common;
#[path = "feed_sim/random.rs"]
mod random;
#[path = "rotation_sim/world.rs"]
mod world;

use cloakroom::{KeyState, RingWarning};
use common::at;
use world::{DELAY, EVERY, Plan, ROLLOUT, Tally, World};

/// Some steps, then the operator rotates, and so on.
fn run(seed: u64, plan: Plan, rollout: u64, rotations: u64) -> (Tally, World) {
    let mut world = World::new(seed, plan, rollout);
    while world.tally.rotations < rotations {
        // Sometimes before the last rotation has taken effect.
        let pause = world.random.between(60, 1_800);
        let until = world.now + pause;
        while world.now < until {
            world.step();
            world.prune();
        }
        world.rotate();
    }
    (world.tally.clone(), world)
}

fn runs(plan: Plan, rollout: u64, seeds: std::ops::Range<u64>, rotations: u64) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds {
        let (tally, _) = run(seed, plan, rollout, rotations);
        if plan == Plan::Announced && rollout == ROLLOUT {
            assert_eq!(tally.refused, 0, "seed {seed}: {tally:?}");
        }
        sum.rotations += tally.rotations;
        sum.verified += tally.verified;
        sum.under_old_keys += tally.under_old_keys;
        sum.renewed += tally.renewed;
        sum.refused += tally.refused;
        sum.loads += tally.loads;
        sum.refused_loads += tally.refused_loads;
        sum.dropped_keys += tally.dropped_keys;
    }
    println!("{plan:?}, rollout {rollout}: {sum:?}");
    sum
}

#[test]
fn over_thousands_of_rotations_no_token_that_is_alive_is_refused() {
    let tally = runs(Plan::Announced, ROLLOUT, 1..11, 200);
    assert_eq!(tally.refused, 0);
    assert_eq!(tally.rotations, 2_000);
    // It was a test: tokens were used under keys that sealed no more, keys were dropped behind them,
    // and servers that were behind refused to drop them for a while.
    assert!(tally.verified > 100_000, "{tally:?}");
    assert!(tally.under_old_keys > 20_000, "{tally:?}");
    assert!(tally.renewed > 10_000, "{tally:?}");
    assert!(tally.dropped_keys > 1_500, "{tally:?}");
    assert!(tally.loads > 5_000, "{tally:?}");
    assert!(tally.refused_loads > 5, "{tally:?}");
}

#[test]
fn activating_at_once_refuses_tokens_that_are_alive() {
    let tally = runs(Plan::AtOnce, ROLLOUT, 1..9, 60);
    assert!(tally.refused > 30, "{tally:?}");
}

#[test]
fn a_rollout_that_is_too_short_refuses_tokens_and_is_warned_of() {
    let mut refused = 0;
    for seed in 1..4 {
        let (tally, world) = run(seed, Plan::Announced, 20, 60);
        refused += tally.refused;
        let warned = world.warnings();
        let too_short = |w: &RingWarning| matches!(w, RingWarning::RolloutTooShort { .. });
        assert!(warned.iter().any(too_short), "{warned:?}");
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn servers_do_not_drop_a_key_early_unless_they_are_forced() {
    let tally = runs(Plan::DropEarly, ROLLOUT, 1..4, 60);
    assert!(tally.refused_loads > 100, "{tally:?}");
    let forced = runs(Plan::DropForced, ROLLOUT, 1..4, 60);
    assert!(forced.refused > 100, "{forced:?}");
    // What is refused without force is new keys that a refused file would have brought.
    assert!(tally.refused < forced.refused, "{tally:?} {forced:?}");
}

#[test]
fn a_disabled_key_is_dead_everywhere_in_time_and_people_log_in_again() {
    let mut emergencies = 0;
    let mut logged_out = 0;
    for seed in 100..120 {
        let (_, mut world) = run(seed, Plan::Announced, ROLLOUT, 5);
        while !world.is_everywhere() {
            world.step();
        }
        for _ in 0..4 {
            for _ in 0..world.random.between(5, 60) {
                world.step();
            }
            let desk = world.desk();
            let leaked = world.ring.sealing_key(desk).unwrap();
            let key = world.key();
            world.ring = world.ring.replace_leaked(leaked, key, desk).unwrap();
            world.publish();
            let published = world.now;
            // Meanwhile some servers seal under the leaked key and others refuse that.
            while world.now < published + DELAY + EVERY {
                world.step();
            }
            world.step();
            assert!(world.is_everywhere(), "seed {seed}");
            assert_eq!(world.accepted_under(leaked), 0, "seed {seed}");
            logged_out += world.forget_under(leaked);
            // Logging in again works at once, everywhere, and what it gives is accepted everywhere.
            let before = world.tally.refused;
            for server in 0..world.servers() {
                let key = world.log_in(server).unwrap();
                let state = world.ring.state(key, at(world.now));
                assert!(
                    matches!(
                        state,
                        Some(KeyState::Sealing | KeyState::Announced | KeyState::OpenOnly)
                    ),
                    "{state:?}"
                );
            }
            for _ in 0..40 {
                world.step();
            }
            assert_eq!(world.tally.refused, before, "seed {seed}");
            emergencies += 1;
            // And so does the next planned rotation.
            world.rotate();
            while !world.is_everywhere() {
                world.step();
            }
            assert_eq!(world.tally.refused, before, "seed {seed}");
        }
    }
    assert_eq!(emergencies, 80);
    assert!(logged_out > 500, "{logged_out}");
}
