//! The command line, described once: for the parser, the help, the completions and the man pages.

mod keys;
mod revoking;
mod token;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use keys::{
    AddArgs, CheckArgs, DeriveArgs, DisableArgs, FeedKeyArgs, KeysArgs, KeysCommand, NewArgs,
    PlanArgs, RetireArgs, WrapArgs,
};
pub(crate) use revoking::{RevocationsArgs, RevokeArgs, RevokeTarget, Servers, Where};
pub(crate) use token::{Binding, OpenArgs, PolicyArgs, SealArgs};

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `open`: the token is a session
  1  the answer is no: the token is refused, `keys check` warns, a vector disagrees
  2  the command line is wrong; nothing was done
  3  the input is bad: a file or a token that is not what it should be; nothing was done
  4  something does not answer: an engine, a store in use, the clock, the disk; a file was changed
     meanwhile; the answer could not be written to where it was to go
  5  refused, because it would log people out or overwrite something, or because servers would not
     take the ring; where the command has --force, that does it

Secrets are never arguments: keys are read from files, tokens from standard input, passwords from a
terminal, a file or a descriptor. NO_COLOR is heeded.";

/// Makes and rotates the keys of cloakroom sessions, says why a token was refused, and revokes
#[derive(Debug, Parser)]
#[command(name = "cloakroom", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(arg_required_else_help = true, infer_long_args = false)]
pub(crate) struct Cli {
    /// Answer with one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Keys(KeysArgs),
    /// Show the outside of a token that is read on standard input. Proves nothing
    #[command(after_help = "Example:\n  cloakroom inspect < token")]
    Inspect,
    Open(OpenArgs),
    Seal(SealArgs),
    Revoke(RevokeArgs),
    Revocations(RevocationsArgs),
    Vectors(VectorsArgs),
    Bench(BenchArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Run test vectors, of any implementation, against this one
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct VectorsArgs {
    #[command(subcommand)]
    pub(crate) command: VectorsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VectorsCommand {
    Verify(VerifyArgs),
}

/// Check every vector of these files, of all kinds; what could not be checked is named
#[derive(Args, Debug)]
#[command(
    after_help = "Not compared, because the library does not show them: `subkey` of the kind token, `s` \
    of the kind wrapped.\n\nExample:\n  cloakroom vectors verify vectors/*.json vectors/*/*.json"
)]
pub(crate) struct VerifyArgs {
    /// Files of vectors in the form of SPEC section 16
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Measure how many tokens this machine seals and verifies in a second
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cloakroom bench --time 10s")]
pub(crate) struct BenchArgs {
    /// How long to measure, all in all
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = crate::moment::seconds)]
    pub(crate) time: u32,
    /// Bytes of payload in a token
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = clap::value_parser!(u16).range(0..=2500))]
    pub(crate) payload: u16,
}

/// Print the completions of a shell
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cloakroom completions bash > /etc/bash_completion.d/cloakroom")]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Write the man pages into a directory
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cloakroom man /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The directory, which exists
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
