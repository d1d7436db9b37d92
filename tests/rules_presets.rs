//! The presets are the timeouts of NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3: their numbers,
//! and that the verifier holds them to the second, whatever cookie the client kept.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

mod common;

use cloakroom::{RevocationList, SessionsBuilder};
use common::*;

type Builder = SessionsBuilder<User, RevocationList>;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A preset, its inactivity timeout and its overall timeout.
type Row = (fn(Builder) -> Builder, Option<u64>, u64);

const PRESETS: [Row; 3] = [
    (Builder::aal1, None, 30 * DAY),
    (Builder::aal2, Some(HOUR), 24 * HOUR),
    (Builder::aal3, Some(15 * MINUTE), 12 * HOUR),
];

#[test]
fn the_presets_are_the_numbers_of_the_standard_and_the_policy_says_them() {
    for (preset, idle, overall) in PRESETS {
        let world = world_with::<User>(preset);
        let policy = world.sessions.policy();
        assert_eq!(policy.idle_timeout().map(u64::from), idle);
        assert_eq!(u64::from(policy.absolute_timeout()), overall);
        // No allowance lengthens what the standard limits.
        assert_eq!(policy.leeway(), 0);
        let text = policy.to_string();
        for number in idle.into_iter().chain([overall]) {
            assert!(text.contains(&format!("{number} s")), "{number}: {text}");
        }
    }
}

#[test]
fn an_unused_session_of_a_preset_ends_at_its_inactivity_timeout() {
    for (preset, idle, overall) in PRESETS {
        let world = world_with::<User>(preset);
        let issued = world.sessions.issue("ada", &user("Ada")).unwrap();
        let end = idle.unwrap_or(overall);
        world.clock.advance(end - 1);
        assert_eq!(world.outcome(issued.token.as_str()), Outcome::Live);
        world.clock.advance(1);
        let expected = if idle.is_some() { IDLED } else { EXPIRED };
        assert_eq!(world.outcome(issued.token.as_str()), expected);
    }
}

#[test]
fn a_session_in_constant_use_ends_at_the_overall_timeout_and_a_new_login_restarts_both() {
    for (preset, idle, overall) in PRESETS {
        let world = world_with::<User>(preset);
        let mut token = world.sessions.issue("ada", &user("Ada")).unwrap().token;
        let step = idle.unwrap_or(overall) / 2;
        for _ in 1..overall / step {
            world.clock.advance(step);
            let session = world.session(token.as_str());
            if let Some(renewed) = world.sessions.renew(&session).unwrap() {
                token = renewed.token;
            }
        }
        let last = NOW + overall - 1;
        world.clock.set(last + 1);
        assert_eq!(world.outcome(token.as_str()), EXPIRED);
        world.clock.set(last);
        let session = world.session(token.as_str());
        let again = world.sessions.reauthenticate(&session, &user("Ada"));
        let again = again.unwrap().session;
        assert_eq!(again.absolute_deadline(), at(last + overall));
        assert_eq!(again.idle_deadline(), idle.map(|idle| at(last + idle)));
    }
}
