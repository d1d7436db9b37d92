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
    // Before anything is parsed: whatever a parser says of an argument may repeat it, and an argument
    // that is taken for a name or a note would be stored or looked up with no word said.
    if std::env::args_os()
        .skip(1)
        .any(|argument| exit::is_secret(&argument))
    {
        let json = std::env::args_os().any(|argument| argument == "--json");
        return ended(Err(exit::leaked()), json);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json;
    ended(run(cli), json)
}

fn ended(answer: Result<Reply, Failure>, json: bool) -> ExitCode {
    let (reply, sentence) = match answer {
        Ok(reply) => (reply, None),
        Err(failure) => failure.into_reply(),
    };
    let told = tell(&reply, sentence.as_deref(), json);
    ExitCode::from(written(&told, reply.exit))
}

/// The code of an answer that may not have arrived.
fn written(told: &std::io::Result<()>, exit: Exit) -> u8 {
    match told {
        // Whoever reads us went away, as `head` does: nobody is left to be told anything.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit.code(),
        Err(error) => {
            complain(
                "error",
                &format!("the answer could not be written: {error}"),
            );
            Exit::Unavailable.code()
        }
        Ok(()) => exit.code(),
    }
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

/// Whoever closed standard error, or let its disk fill up, does not hear it: no reason to panic, with
/// a code that says nothing.
fn complain(word: &str, sentence: &str) {
    let colour = match word {
        "error" => anstyle::AnsiColor::Red,
        _ => anstyle::AnsiColor::Yellow,
    };
    let style = anstyle::Style::new().bold().fg_color(Some(colour.into()));
    let mut err = anstream::stderr().lock();
    let _nobody_hears = writeln!(err, "{style}{word}{style:#}: {sentence}");
}

/// What clap says, without an argument that looks like a part of a secret: a key that was typed in the
/// place of its id must not be printed into a log as well.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    let shown = error.render();
    if asked {
        let mut out = anstream::stdout().lock();
        let told = write!(out, "{}", shown.ansi()).and_then(|()| out.flush());
        return ExitCode::from(written(&told, Exit::Done));
    }
    let plain = shown.to_string();
    let repeats = std::env::args_os().skip(1).any(|argument| {
        let argument = argument.to_string_lossy();
        exit::holds_secret(&argument) && plain.contains(&*argument)
    });
    if repeats {
        return ended(Err(exit::leaked()), false);
    }
    let _nobody_hears = write!(anstream::stderr().lock(), "{}", shown.ansi());
    ExitCode::from(Exit::Usage.code())
}
