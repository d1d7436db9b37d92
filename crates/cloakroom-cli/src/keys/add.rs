//! `cloakroom keys add`.

use cloakroom::{Key, RingError, Timestamp};

use crate::args::AddArgs;
use crate::exit::{Failure, Reply};
use crate::keys::{guard, said};
use crate::moment;
use crate::ring_file;

/// Seconds for whoever looks at the file before it is shipped. A rollout that began with this command
/// would be too short a second later, and `keys check` would rightly say so.
fn to_ship(rollout: u32) -> u64 {
    match rollout {
        0 => 0,
        _ => u64::from(rollout / 4).clamp(5, 900),
    }
}

pub(crate) fn run(args: &AddArgs) -> Result<Reply, Failure> {
    let now = moment::now()?;
    let file = ring_file::load(&args.file, &args.password)?;
    let key = Key::generate().map_err(Failure::unavailable)?;
    let id = key.id();
    let next = match args.at.map(|at| at.resolve_from(now)).transpose()? {
        Some(at) if at < now => {
            return Err(Failure::usage(format!(
                "{at} has passed, and a key that was to seal before others did may never seal; \
                 leave --at away for the earliest time that is safe. Nothing was changed"
            )));
        }
        Some(at) => file.ring.announce(key, at),
        None => {
            let away = u64::from(file.ring.rollout()).saturating_add(to_ship(file.ring.rollout()));
            let at = Timestamp::from_unix(now.unix().saturating_add(away));
            file.ring
                .announce(key, at.ok_or_else(|| said::failure(RingError::Clock))?)
        }
    };
    let mut next = next.map_err(|error| match error {
        RingError::MixedKinds(_) => Failure::input(
            "this ring holds derived units (clksub1.), which are made from the ring of root keys \
             and not by themselves; add the key there and derive again. Nothing was changed",
        ),
        RingError::SameActivation(..) => Failure::usage(
            "another key of the ring becomes active in the same second, most likely one that was \
             added just now; give this one a time of its own with --at. Nothing was changed",
        ),
        error => said::failure(error),
    })?;
    if let Some(note) = &args.note {
        next = next.with_note(id, note).map_err(said::failure)?;
    }
    let mut warnings = guard::change(&file.ring, &next, now, args.force)?;
    let announced = file
        .ring
        .keys()
        .filter(|key| !key.disabled && key.activate > now);
    warnings.extend(announced.map(|key| {
        format!(
            "key {} is announced already and seals from {} on; this is one more. If that was not meant, \
             `cloakroom keys retire` takes one of them out",
            key.id, key.activate
        )
    }));
    file.replace(&next)?;
    let path = args.file.display();
    let added = next.keys().find(|key| key.id == id);
    let activate = added.map_or(now, |key| key.activate);
    let give = match activate > now {
        true => format!("every server must have the new file before {activate}"),
        false => "give the new file to all servers now".to_owned(),
    };
    let next_step = guard::next_step(&next, now, &give);
    let text = format!("added key {id} to {path}; it seals from {activate} on\n{next_step}");
    let mut json = said::ring(&next, now);
    if let Some(members) = json.as_object_mut() {
        members.insert("added".into(), id.to_string().into());
    }
    Ok(Reply::done(text, json).warned(warnings))
}
