//! Whether running servers would take a ring, asked before it is written.

use cloakroom::{KeyRing, RingError, RingWarning, Timestamp};

use crate::exit::Failure;
use crate::keys::said;

/// What will hurt if `next` takes the place of `old`; refuses what logs people out, unless forced.
pub(crate) fn change(
    old: &KeyRing,
    next: &KeyRing,
    now: Timestamp,
    force: bool,
) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    // A ring that nothing seals with was refused before this edit, too; that is said as a warning.
    match old.check_successor(next, now) {
        Ok(()) | Err(RingError::NoSealingKey) => {}
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
