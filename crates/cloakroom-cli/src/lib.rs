//! The `cloakroom` command as a library, for its tests and for whoever packages its man pages.
#![doc = include_str!("../README.md")]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program, where std is at hand; the lints are for the library"
)]

mod args;
mod bench;
mod exit;
mod files;
mod hex;
mod keys;
mod manual;
mod moment;
mod password;
mod payload;
mod progress;
mod revoking;
mod ring_file;
mod token;
mod vectors;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure, Reply};

/// The whole command line, as completions, man pages and tests read it.
#[must_use]
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json;
    let (reply, sentence) = match run(cli) {
        Ok(reply) => (reply, None),
        Err(failure) => failure.into_reply(),
    };
    let told = tell(&reply, sentence.as_deref(), json);
    ExitCode::from(match told {
        // Whoever reads us went away, as `head` does: nobody is left to be told anything.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => reply.exit.code(),
        Err(error) => {
            complain(
                "error",
                &format!("the answer could not be written: {error}"),
            );
            Exit::Unavailable.code()
        }
        Ok(()) => reply.exit.code(),
    })
}

fn run(cli: Cli) -> Result<Reply, Failure> {
    match cli.command {
        Command::Keys(keys) => keys::run(keys),
        Command::Inspect => token::inspect::run(),
        Command::Open(args) => token::open::run(&args),
        Command::Seal(args) => token::seal::run(&args),
        Command::Revoke(args) => revoking::revoke(&args),
        Command::Revocations(args) => revoking::list(&args),
        Command::Vectors(args) => vectors::run(args),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => Ok(manual::completions(&args)),
        Command::Man(args) => manual::pages(&args),
    }
}

/// Standard output is for the answer alone, so that it can be piped; the rest is for people.
fn tell(reply: &Reply, sentence: Option<&str>, json: bool) -> std::io::Result<()> {
    for note in &reply.warnings {
        complain("warning", note);
    }
    if let Some(sentence) = sentence {
        complain("error", sentence);
    }
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &reply.json)?;
        out.write_all(b"\n")?;
    } else {
        out.write_all(reply.text.as_bytes())?;
    }
    out.flush()
}

fn complain(word: &str, sentence: &str) {
    let colour = match word {
        "error" => anstyle::AnsiColor::Red,
        _ => anstyle::AnsiColor::Yellow,
    };
    let style = anstyle::Style::new().bold().fg_color(Some(colour.into()));
    anstream::eprintln!("{style}{word}{style:#}: {sentence}");
}

/// What clap says, without what looks like a secret in it: a key that was typed in the place of its
/// id must not be printed into a log as well.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    let shown = error.render();
    if asked {
        anstream::print!("{}", shown.ansi());
        return ExitCode::from(Exit::Done.code());
    }
    let plain = shown.to_string();
    if exit::holds_secret(&plain) {
        complain(
            "error",
            "an argument looks like a key or a token. Arguments are seen by every process of this \
             machine and kept by the shell: treat it as leaked. Keys are read from files and named \
             by their id of eight hex digits, tokens are read from standard input",
        );
    } else {
        anstream::eprint!("{}", shown.ansi());
    }
    ExitCode::from(Exit::Usage.code())
}
