//! `cloakroom keys wrap` and `unwrap`: between a server and a backup.

use serde_json::json;

use crate::args::WrapArgs;
use crate::exit::{Failure, Reply};
use crate::ring_file;

/// What is gone if a file is overwritten.
const BACKUP: &str = "which forgets the keys that it holds: if no other copy has them, nobody has";
const RING: &str = "which logs out everybody whose token is under keys that it holds and the new one \
                    does not";

pub(crate) fn wrap(args: &WrapArgs) -> Result<Reply, Failure> {
    let file = ring_file::load(&args.file, &args.password)?;
    if file.is_wrapped() {
        return Err(Failure::input(format!(
            "{} is wrapped already; copy it as it is",
            args.file.display()
        )));
    }
    let password = args.password.get(true)?;
    ring_file::create(&args.out, &file.ring, Some(&password), args.force, BACKUP)?;
    Ok(made(args, "wrapped with the password"))
}

pub(crate) fn unwrap(args: &WrapArgs) -> Result<Reply, Failure> {
    let file = ring_file::load(&args.file, &args.password)?;
    if !file.is_wrapped() {
        return Err(Failure::input(format!(
            "{} is not wrapped with a password; copy it as it is",
            args.file.display()
        )));
    }
    ring_file::create(&args.out, &file.ring, None, args.force, RING)?;
    Ok(made(args, "which holds the keys in the clear"))
}

fn made(args: &WrapArgs, how: &str) -> Reply {
    let out = args.out.display().to_string();
    Reply::done(format!("made {out}, {how}\n"), json!({ "made": out }))
}
