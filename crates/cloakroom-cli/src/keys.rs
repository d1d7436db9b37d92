//! Ring files: each command reads one, asks the library for the next, and puts it in its place.

mod add;
mod check;
mod derive;
mod disable;
mod feed_key;
mod guard;
mod list;
mod new;
mod plan;
mod retire;
mod said;
mod wrap;

use crate::args::{KeysArgs, KeysCommand};
use crate::exit::{Failure, Reply};

pub(crate) fn run(args: KeysArgs) -> Result<Reply, Failure> {
    match args.command {
        KeysCommand::New(args) => new::run(&args),
        KeysCommand::Add(args) => add::run(&args),
        KeysCommand::List(args) => list::run(&args),
        KeysCommand::Plan(args) => plan::run(&args),
        KeysCommand::Retire(args) => retire::run(&args),
        KeysCommand::Disable(args) => disable::run(&args),
        KeysCommand::Check(args) => check::run(&args),
        KeysCommand::Wrap(args) => wrap::wrap(&args),
        KeysCommand::Unwrap(args) => wrap::unwrap(&args),
        KeysCommand::Derive(args) => derive::run(&args),
        KeysCommand::FeedKey(args) => feed_key::run(&args),
    }
}
