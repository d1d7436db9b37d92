//! `cloakroom keys retire`.

use cloakroom::{KeyId, KeyRing, KeyState, RingError, Timestamp};
use serde_json::json;

use crate::args::RetireArgs;
use crate::exit::{Failure, Reply};
use crate::keys::{guard, said};
use crate::ring_file::RingFile;
use crate::{moment, ring_file};

pub(crate) fn run(args: &RetireArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let file = ring_file::load(&args.file, &args.password)?;
    let (next, done) = match (args.key, args.at) {
        (None, _) => done(&file, now)?,
        (Some(key), None) => (
            drop(&file.ring, key, now, args.force)?,
            format!("took key {key} out of"),
        ),
        (Some(key), Some(at)) => {
            let at = at.resolve()?;
            let next = if args.force {
                file.ring.retire_at_forced(key, at)
            } else {
                file.ring.retire_at(key, at)
            };
            let said = format!("key {key} retires at {at}, written to");
            (next.map_err(said::failure)?, said)
        }
    };
    let warnings = guard::change(&file.ring, &next, now, args.force)?;
    let same = file.ring.to_text().expose() == next.to_text().expose();
    if !same {
        file.replace(&next)?;
    }
    let path = args.file.display();
    let text = match same {
        true => format!("no key of {path} is retired; nothing was changed\n"),
        false => format!("{done} {path}\nnext: give the new file to all servers\n"),
    };
    let mut json = said::ring(&next, now);
    if let Some(members) = json.as_object_mut() {
        members.insert("changed".into(), json!(!same));
    }
    Ok(Reply::done(text, json).warned(warnings))
}

fn done(file: &RingFile, now: Timestamp) -> Result<(KeyRing, String), Failure> {
    let next = file.ring.without_retired(now).map_err(|error| match error {
        RingError::Empty => Failure::input(
            "every key of the ring is retired; add one with `cloakroom keys add`, then take these \
             out. Nothing was changed",
        ),
        error => said::failure(error),
    })?;
    let kept: Vec<KeyId> = next.keys().map(|key| key.id).collect();
    let gone = file.ring.keys().filter(|key| !kept.contains(&key.id));
    let gone: Vec<String> = gone.map(|key| key.id.to_string()).collect();
    Ok((next, format!("took {} out of", gone.join(", "))))
}

fn drop(ring: &KeyRing, key: KeyId, now: Timestamp, force: bool) -> Result<KeyRing, Failure> {
    let dropped = match force {
        true => ring.without(key),
        false => ring.drop_key(key, now),
    };
    dropped.map_err(|error| match error {
        // Its tokens are refused already, by name; without its line they are refused as unknown.
        RingError::NoSealingKey if ring.state(key, now) == Some(KeyState::Sealing) => {
            Failure::force(format!(
                "key {key} is the one that seals, and without it nobody can log in; announce the \
                 next one with `cloakroom keys add` first. Nothing was changed"
            ))
        }
        RingError::Empty => Failure::input(
            "this is the only key of the ring, and a ring has at least one; add the next one with \
             `cloakroom keys add` first. Nothing was changed",
        ),
        error => said::failure(error),
    })
}
