//! `cloakroom keys disable`.

use cloakroom::{Key, KeyId, KeyRing, KeyState, RingError, Timestamp};
use serde_json::json;

use crate::args::DisableArgs;
use crate::exit::{Failure, Reply};
use crate::keys::{guard, said};
use crate::{moment, ring_file};

pub(crate) fn run(args: &DisableArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let file = ring_file::load(&args.file, &args.password)?;
    let leaked = leaked(&file.ring, args.key, now);
    // Servers take no ring that nothing seals with, and an older key must not seal again.
    let sealing = file.ring.sealing_key(now);
    let alone = args.all || sealing.is_none() || sealing == args.key;
    let known = args.all
        || args
            .key
            .is_some_and(|key| file.ring.state(key, now).is_some());
    let fresh = match alone && known && !args.no_replacement {
        true => Some(Key::generate().map_err(Failure::unavailable)?),
        false => None,
    };
    let id = fresh.as_ref().map(Key::id);
    let mut next = disabled(&file.ring, &leaked, fresh, now).map_err(said::failure)?;
    if let (Some(id), Some(note)) = (id, &args.note) {
        next = next.with_note(id, note).map_err(said::failure)?;
    }
    // An emergency is never refused, but for what would not end it.
    let force = args.force || next.sealing_key(now).is_some();
    let mut warnings = guard::change(&file.ring, &next, now, force)?;
    warnings.extend(left(&next, id, now));
    file.replace(&next)?;
    let path = args.file.display();
    let ids: Vec<String> = leaked.iter().map(KeyId::to_string).collect();
    let (mut text, revoke) = match ids.as_slice() {
        [] => (
            format!("every key of {path} was disabled already\n"),
            "`cloakroom revoke key` for each of them".to_owned(),
        ),
        [id] => (
            format!("disabled key {id} in {path}; every token under it is refused\n"),
            format!("`cloakroom revoke key {id}`"),
        ),
        _ => (
            format!(
                "disabled keys {} in {path}; every token under them is refused\n",
                ids.join(", ")
            ),
            "`cloakroom revoke key` for each of them".to_owned(),
        ),
    };
    if let Some(id) = id {
        text.push_str(&format!("added key {id}, which seals at once\n"));
    }
    let give = format!("give the new file to all servers now, then {revoke}");
    text.push_str(&guard::next_step(&next, now, &give));
    let mut json = said::ring(&next, now);
    if let Some(members) = json.as_object_mut() {
        match args.key {
            Some(key) => members.insert("disabled".into(), json!(key.to_string())),
            None => members.insert("disabled".into(), json!(ids)),
        };
        members.insert("added".into(), json!(id.map(|id| id.to_string())));
    }
    Ok(Reply::done(text, json).warned(warnings))
}

/// Keys that a thief of the file has besides, and that servers accept.
fn left(ring: &KeyRing, fresh: Option<KeyId>, now: Timestamp) -> Option<String> {
    let in_service = |key: &KeyId| {
        let state = ring.state(*key, now);
        Some(*key) != fresh && !matches!(state, Some(KeyState::Disabled | KeyState::Retired))
    };
    let left = ring.keys().map(|key| key.id).filter(in_service);
    let left: Vec<String> = left.map(|key| key.to_string()).collect();
    let (keys, stay, them) = match left.len() {
        0 => return None,
        1 => ("key", "stays", "it"),
        _ => ("keys", "stay", "them"),
    };
    Some(format!(
        "{keys} {} of this file {stay} in service; whoever has read the file has {them} as well, and \
         `cloakroom keys disable FILE --all` disables all of them",
        left.join(", ")
    ))
}

/// The retired keys are among all: with their successors disabled they would open again, and whoever
/// read the file has them as well.
fn leaked(ring: &KeyRing, key: Option<KeyId>, now: Timestamp) -> Vec<KeyId> {
    if let Some(key) = key {
        return vec![key];
    }
    let usable = |key: &KeyId| ring.state(*key, now) != Some(KeyState::Disabled);
    ring.keys().map(|key| key.id).filter(usable).collect()
}

fn disabled(
    ring: &KeyRing,
    leaked: &[KeyId],
    fresh: Option<Key>,
    now: Timestamp,
) -> Result<KeyRing, RingError> {
    let Some(fresh) = fresh else {
        return leaked
            .iter()
            .try_fold(ring.clone(), |ring, key| ring.disable(*key));
    };
    // The fresh key counts as active since the one that seals, and so that one is the last.
    let sealing = ring.sealing_key(now).filter(|key| leaked.contains(key));
    let last = sealing.or_else(|| leaked.last().copied());
    // All are disabled already: then any of them, once more.
    let last = last.or_else(|| ring.keys().next().map(|key| key.id));
    let last = last.ok_or(RingError::Empty)?;
    let others = leaked.iter().filter(|key| **key != last);
    let ring = others
        .copied()
        .try_fold(ring.clone(), |ring, key| ring.disable(key))?;
    ring.replace_leaked(last, fresh, now)
}
