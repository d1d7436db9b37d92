//! `cloakroom keys ...`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cloakroom::KeyId;

use crate::moment::{Moment, seconds};
use crate::password::PasswordArgs;

/// Make, rotate, disable and check the keys in a ring file
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    New(NewArgs),
    Add(AddArgs),
    /// List the keys and what each of them is doing now
    #[command(after_help = "Example:\n  cloakroom keys list ring")]
    List(PlanArgs),
    /// Draw what each key does when
    #[command(
        after_help = "Examples:\n  cloakroom keys plan ring\n  cloakroom keys plan ring --at +30d"
    )]
    Plan(PlanArgs),
    Retire(RetireArgs),
    Disable(DisableArgs),
    Check(CheckArgs),
    /// Copy a ring file to one that is wrapped with a password, for a laptop or a backup
    #[command(after_help = "Example:\n  cloakroom keys wrap ring backup.wrapped")]
    Wrap(WrapArgs),
    /// Copy a ring file that is wrapped with a password to one that is not
    #[command(after_help = "Example:\n  cloakroom keys unwrap backup.wrapped ring")]
    Unwrap(WrapArgs),
    Derive(DeriveArgs),
    FeedKey(FeedKeyArgs),
}

/// Make a ring file of derived units, for a service that must make and open nothing else
#[derive(Args, Debug)]
#[command(after_help = "Example:
  cloakroom keys derive ring ring.files --purpose ticket --audience files.example.com

A unit makes and opens tokens of this purpose and audience and no others, and gives nobody the key that
it comes from. Derive again after each change of the ring, and give the new file to the service.")]
pub(crate) struct DeriveArgs {
    /// The ring file with the root keys
    pub(crate) file: PathBuf,
    /// The file to make, mode 600
    pub(crate) out: PathBuf,
    /// The purpose that the service is set up with
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The audience that the service is set up with; may be empty
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: String,
    /// Overwrite a file that is there, as after a change of the ring
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Make the file with the key of a revocation feed, which all servers of the feed share
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cloakroom keys feed-key feed-key")]
pub(crate) struct FeedKeyArgs {
    /// The file to make, mode 600
    pub(crate) file: PathBuf,
    /// Overwrite a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Make a ring file with one key, which seals at once
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom keys new ring --max-lifetime 8h
  cloakroom keys new ring --max-lifetime 30d --rollout 15m --note \"made by ada\"")]
pub(crate) struct NewArgs {
    /// The file to make, mode 600
    pub(crate) file: PathBuf,
    /// The longest life of a token: the shorter one of idle and absolute timeout, or more
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) max_lifetime: u32,
    /// How long a new file may take to reach every server, differences of clocks included
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = seconds)]
    pub(crate) rollout: u32,
    /// A note behind the key: who made it, why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wrap the file with a password
    #[arg(long)]
    pub(crate) wrap: bool,
    /// Overwrite a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Announce the next key, at the earliest time that is safe
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom keys add ring
  cloakroom keys add ring --at 2026-12-01T03:00:00Z --note \"december\"

Without --at the key seals after the rollout time and a quarter of it, 15 minutes at most, in which you
look at the file and ship it.")]
pub(crate) struct AddArgs {
    /// The ring file
    pub(crate) file: PathBuf,
    /// When the new key seals, instead of the earliest time that is safe
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// A note behind the key: who made it, why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Let the key seal before every server can have it, which refuses tokens
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The ring file
    pub(crate) file: PathBuf,
    /// As of another time than now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Take a key out of the ring that nothing needs any more, or write down when it retires
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom keys retire ring --done
  cloakroom keys retire ring 0a1b2c3d
  cloakroom keys retire ring 0a1b2c3d --at 2026-12-01T12:00:00Z

A key retires by itself, at the time that `keys plan` shows; nothing has to be done for that.")]
pub(crate) struct RetireArgs {
    /// The ring file
    pub(crate) file: PathBuf,
    /// The id of the key: eight hex digits
    #[arg(
        value_name = "KEY",
        required_unless_present = "done",
        conflicts_with = "done"
    )]
    pub(crate) key: Option<KeyId>,
    /// Take out all keys that are retired already
    #[arg(long)]
    pub(crate) done: bool,
    /// Keep the key and write down that it retires at this time, instead of the computed one
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "done"
    )]
    pub(crate) at: Option<Moment>,
    /// Do so while tokens under the key may be alive: whoever holds one is logged out
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// A key leaked: disable it, or all of a file, with a fresh one in place of the one that seals
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom keys disable ring --all
  cloakroom keys disable ring 0a1b2c3d

Whoever has read the file has all of its keys, and forges under one that only opens or is announced
as well as under the one that seals: that is what --all is for. Everybody whose token is under such a
key has to log in again. Then run `cloakroom revoke key` for each of them, for a thief may have renewed
a forged token under the fresh key already.")]
pub(crate) struct DisableArgs {
    /// The ring file
    pub(crate) file: PathBuf,
    /// The id of the key: eight hex digits
    #[arg(
        value_name = "KEY",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) key: Option<KeyId>,
    /// Disable every key of the file, the retired ones too, and add one that seals at once
    #[arg(long)]
    pub(crate) all: bool,
    /// Add no fresh key. Servers take no ring that nothing seals with
    #[arg(long)]
    pub(crate) no_replacement: bool,
    /// Write the file although servers will not take it, because no key seals
    #[arg(long, requires = "no_replacement")]
    pub(crate) force: bool,
    /// A note behind the fresh key
    #[arg(long, value_name = "TEXT", conflicts_with = "no_replacement")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Say what will hurt if nobody does anything: exit code 1 if there is something, 5 if servers would not
/// take the file
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom keys check ring
  cloakroom keys check ring --token-lifetime 8h --reload 60s
  cloakroom keys check ring --before ring.in-use")]
pub(crate) struct CheckArgs {
    /// The ring file
    pub(crate) file: PathBuf,
    /// The ring that servers have now: would they take this one?
    #[arg(long, value_name = "FILE")]
    pub(crate) before: Option<PathBuf>,
    /// As of another time than now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// The longest life of a token; that of the ring, if not given
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) token_lifetime: Option<u32>,
    /// What servers add to a deadline
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = seconds)]
    pub(crate) leeway: u32,
    /// The greatest difference of two clocks
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = seconds)]
    pub(crate) clock_difference: u32,
    /// The longest time between two looks of a server at its ring file
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = seconds)]
    pub(crate) reload: u32,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Args, Debug)]
pub(crate) struct WrapArgs {
    /// The ring file to read
    pub(crate) file: PathBuf,
    /// The file to make, mode 600
    pub(crate) out: PathBuf,
    /// Overwrite a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}
