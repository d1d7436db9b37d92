//! `cloakroom keys new`.

use cloakroom::{Key, KeyRing};
use time::Duration;

use crate::args::NewArgs;
use crate::exit::{Failure, Reply};
use crate::keys::said;
use crate::{moment, ring_file};

const LOST: &str = "which logs out everybody whose token is under its keys";

pub(crate) fn run(args: &NewArgs) -> Result<Reply, Failure> {
    if !args.wrap && args.password.is_given() {
        return Err(Failure::usage(
            "a password is for a file that is wrapped with it, and without --wrap this one would hold \
             the keys in the clear; give --wrap, or leave the password away. Nothing was made",
        ));
    }
    let now = moment::now()?;
    let key = Key::generate().map_err(Failure::unavailable)?;
    let id = key.id();
    let lifetime = Duration::seconds(args.max_lifetime.into());
    let rollout = Duration::seconds(args.rollout.into());
    let mut ring = KeyRing::new(key, now, lifetime)
        .and_then(|ring| ring.with_rollout(rollout))
        .map_err(said::failure)?;
    if let Some(note) = &args.note {
        ring = ring.with_note(id, note).map_err(said::failure)?;
    }
    let password = match args.wrap {
        // Before anybody is asked for one.
        true if !args.force && args.file.symlink_metadata().is_ok() => None,
        true => Some(args.password.get(true)?),
        false => None,
    };
    ring_file::create(&args.file, &ring, password.as_ref(), args.force, LOST)?;
    let file = args.file.display();
    let text = format!(
        "made {file} with key {id}, which seals from {now} on\n\
         next: give the file to all servers, readable by nobody else; `cloakroom keys add {file}` \
         announces the next key\n"
    );
    Ok(Reply::done(text, said::ring(&ring, now)).warned(said::warnings(&ring, now)))
}
