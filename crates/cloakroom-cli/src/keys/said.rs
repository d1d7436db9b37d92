//! What is said of rings, keys and warnings, to people and to programs.

use cloakroom::{Fleet, KeyPlan, KeyRing, RingError, RingWarning, Timestamp};
use serde_json::{Value, json};

use crate::exit::Failure;

/// What will hurt later, for servers of which nothing is known but their ring.
pub(crate) fn warnings(ring: &KeyRing, now: Timestamp) -> Vec<String> {
    let warnings = ring.warnings(now, &Fleet::new(ring.max_lifetime()));
    warnings.iter().map(ToString::to_string).collect()
}

pub(crate) const fn kind(warning: &RingWarning) -> &'static str {
    match warning {
        RingWarning::NothingSeals => "nothing-seals",
        RingWarning::NoSuccessor { .. } => "no-successor",
        RingWarning::ServersDisagree { .. } => "servers-disagree",
        RingWarning::RolloutTooShort { .. } => "rollout-too-short",
        RingWarning::LifetimeExceedsPlan { .. } => "lifetime-exceeds-plan",
        RingWarning::ForcedRetirement { .. } => "forced-retirement",
        RingWarning::FarAway { .. } => "far-away",
        RingWarning::Reenabled { .. } => "reenabled",
        _ => "other",
    }
}

pub(crate) fn plan(plan: &KeyPlan) -> Value {
    json!({
        "id": plan.id.to_string(),
        "state": plan.state.to_string(),
        "activate": plan.activate.to_string(),
        "successor": plan.successor.map(|key| key.to_string()),
        "succeeded": plan.succeeded.map(|time| time.to_string()),
        "retire": plan.retire.map(|time| time.to_string()),
        "note": plan.note,
    })
}

pub(crate) fn ring(ring: &KeyRing, now: Timestamp) -> Value {
    let timeline = ring.timeline(now);
    let keys: Vec<Value> = timeline.keys().iter().map(plan).collect();
    json!({
        "now": now.to_string(),
        "max_lifetime": ring.max_lifetime(),
        "rollout": ring.rollout(),
        "sealing": ring.sealing_key(now).map(|key| key.to_string()),
        "keys": keys,
    })
}

/// The exit code of an error of the library: what `--force` helps against is told apart.
pub(crate) fn failure(error: RingError) -> Failure {
    match error {
        RingError::DropsKey { .. } | RingError::RetiresEarly { .. } => {
            Failure::force(format!("{error}. Nothing was changed; --force does it"))
        }
        RingError::Clock => Failure::unavailable(error),
        RingError::Lifetime | RingError::Rollout | RingError::Note => Failure::usage(error),
        RingError::UnknownKey(_) => Failure::input(format!(
            "{error}; `cloakroom keys list` shows the ids. Nothing was changed"
        )),
        RingError::TooManyKeys => Failure::input(format!(
            "{error}; `cloakroom keys retire FILE --done` takes out those that are retired. Nothing \
             was changed"
        )),
        _ => Failure::input(format!("{error}. Nothing was changed")),
    }
}
