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
    let same = file.ring.to_text().expose() == next.to_text().expose();
    let warnings = match same {
        true => said::warnings(&next, now),
        false => guard::change(&file.ring, &next, now, args.force)?,
    };
    if !same {
        file.replace(&next)?;
    }
    let path = args.file.display();
    let text = match same {
        true => format!("no key of {path} is retired; nothing was changed\n"),
        false => {
            let give = guard::next_step(&next, now, "give the new file to all servers");
            format!("{done} {path}\n{give}")
        }
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
        RingError::NoSealingKey if ring.state(key, now) == Some(KeyState::Sealing) => {
            Failure::force(sealing(ring, key, now))
        }
        RingError::Empty => Failure::input(
            "this is the only key of the ring, and a ring has at least one; add the next one with \
             `cloakroom keys add` first. Nothing was changed",
        ),
        error => said::failure(error),
    })
}

fn sealing(ring: &KeyRing, key: KeyId, now: Timestamp) -> String {
    let plan = ring.timeline(now);
    let plan = plan.keys().iter().find(|plan| plan.id == key);
    let until = match plan.and_then(|plan| plan.succeeded) {
        Some(until) => format!("until {until}; wait for `keys plan` to say that it is retired"),
        None => "and none succeeds it; announce the next one with `cloakroom keys add`".into(),
    };
    format!(
        "key {key} is the one that seals, {until}. Without it nobody can log in, so nothing was \
         changed; --force takes it out all the same, and servers refuse the file. If it leaked, \
         `cloakroom keys disable` puts a fresh one in its place"
    )
}
