//! Whether running servers would take a ring, asked before it is written.

use cloakroom::{KeyRing, RingError, RingWarning, Timestamp};

use crate::exit::Failure;
use crate::keys::said;

/// What servers do with a ring that nothing seals with now, and the way out.
const NOT_TAKEN: &str = "Servers refuse such a file and keep the old keys in force, a leaked one \
                         among them. `cloakroom keys add FILE --at now --force` adds a key that seals \
                         at once";

/// What to do with a file that was written: give it to the servers, if they take it.
pub(crate) fn next_step(next: &KeyRing, now: Timestamp, give: &str) -> String {
    if next.sealing_key(now).is_some() {
        return format!("next: {give}\n");
    }
    let announced = next.keys().filter(|key| !key.disabled);
    let since = match announced.map(|key| key.activate).min() {
        Some(first) => format!("before {first}"),
        None => "now".to_owned(),
    };
    format!("NOT IN FORCE: no key of this ring seals {since}. {NOT_TAKEN}\n")
}

/// What will hurt if `next` takes the place of `old`; refuses what logs people out, unless forced.
pub(crate) fn change(
    old: &KeyRing,
    next: &KeyRing,
    now: Timestamp,
    force: bool,
) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    match old.check_successor(next, now) {
        Ok(()) => {}
        Err(RingError::NoSealingKey) if force => {}
        Err(RingError::NoSealingKey) => {
            return Err(Failure::force(format!(
                "no key of this ring would seal now. {NOT_TAKEN}. Nothing was changed; --force \
                 writes it all the same"
            )));
        }
        Err(error) if force => warnings.push(format!(
            "{error}. Running servers do not take such a ring by themselves: restart them"
        )),
        Err(error) => return Err(said::failure(error)),
    }
    for warning in old.change_warnings(next, now) {
        if matches!(warning, RingWarning::ServersDisagree { .. }) && !force {
            return Err(Failure::force(format!(
                "{warning}. Nothing was changed; --force does it"
            )));
        }
        warnings.push(warning.to_string());
    }
    warnings.extend(said::warnings(next, now));
    Ok(warnings)
}
