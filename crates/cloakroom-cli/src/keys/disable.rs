//! `cloakroom keys disable`.

use cloakroom::{Key, KeyState};

use crate::args::DisableArgs;
use crate::exit::{Failure, Reply};
use crate::keys::{guard, said};
use crate::{moment, ring_file};

pub(crate) fn run(args: &DisableArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let file = ring_file::load(&args.file, &args.password)?;
    let leaked = args.key;
    let state = file.ring.state(leaked, now);
    // Servers take no ring that nothing seals with, and an older key must not seal again.
    let alone = state == Some(KeyState::Sealing) || file.ring.sealing_key(now).is_none();
    let fresh = match alone && state.is_some() && !args.no_replacement {
        true => Some(Key::generate().map_err(Failure::unavailable)?),
        false => None,
    };
    let id = fresh.as_ref().map(Key::id);
    let next = match fresh {
        Some(key) => file.ring.replace_leaked(leaked, key, now),
        None => file.ring.disable(leaked),
    };
    let mut next = next.map_err(said::failure)?;
    if let (Some(id), Some(note)) = (id, &args.note) {
        next = next.with_note(id, note).map_err(said::failure)?;
    }
    // An emergency is never refused.
    let warnings = guard::change(&file.ring, &next, now, true)?;
    file.replace(&next)?;
    let path = args.file.display();
    let mut text = format!("disabled key {leaked} in {path}; every token under it is refused\n");
    if let Some(id) = id {
        text.push_str(&format!("added key {id}, which seals at once\n"));
    }
    text.push_str(&format!(
        "next: give the new file to all servers now, then `cloakroom revoke key {leaked}`\n"
    ));
    let mut json = said::ring(&next, now);
    if let Some(members) = json.as_object_mut() {
        members.insert("disabled".into(), leaked.to_string().into());
        members.insert("added".into(), id.map(|id| id.to_string()).into());
    }
    Ok(Reply::done(text, json).warned(warnings))
}
