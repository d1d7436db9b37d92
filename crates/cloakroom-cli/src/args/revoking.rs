//! `cloakroom revoke ...` and `cloakroom revocations`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cloakroom::{KeyId, SessionId};

use crate::args::Binding;
use crate::moment::{Moment, seconds};
use crate::password::PasswordArgs;

/// Where revocations are kept.
#[derive(Args, Debug)]
pub(crate) struct Where {
    /// The store of one machine. The server that has it open must be stopped
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) store: Option<PathBuf>,
    /// The engine of a feed: redis://HOST/ or postgres://USER@HOST/DATABASE, without a password
    #[arg(long, value_name = "ADDRESS", global = true, conflicts_with = "store")]
    pub(crate) feed: Option<String>,
    /// A file, mode 600, with the address of the engine of a feed, which may hold a password
    #[arg(long, value_name = "FILE", global = true, conflicts_with_all = ["store", "feed"])]
    pub(crate) feed_file: Option<PathBuf>,
    /// The file, mode 600, with the key of the feed (clkfeed1...). Give two while the servers change
    /// it: the one that they write with, then the other one that they accept
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) feed_key_file: Vec<PathBuf>,
    /// The realm of the feed, as the servers are set up with
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) realm: Option<String>,
    /// How long tokens live at most, for as long a feed keeps the entry; or give --ring
    #[arg(long, value_name = "DURATION", global = true, value_parser = seconds)]
    pub(crate) max_lifetime: Option<u32>,
    /// The ring file: for `token`, and for its max-lifetime
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ring: Option<PathBuf>,
    /// How long to wait for the engine
    #[arg(long, value_name = "DURATION", default_value = "10s", global = true, value_parser = seconds)]
    pub(crate) wait: u32,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Revoke a session, a user, a key or everything, and say how far that came
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:
  cloakroom revoke subject ada --store revocations.redb
  cloakroom revoke subject ada --feed redis://10.0.0.5/ --realm shop --feed-key-file feed-key \\
    --ring ring
  cloakroom revoke token --purpose session --audience api.example.com --ring ring \\
    --feed-file engine --realm shop --feed-key-file feed-key < token
  cloakroom revoke key 0a1b2c3d --purpose session --audience api.example.com \\
    --store revocations.redb
  cloakroom revoke subject ada --feed redis://10.0.0.5/ --realm shop --feed-key-file feed-key \\
    --feed-key-file feed-key.old --ring ring

What is printed is what is true: `durable` (on the disk of this machine, in force when the server
opens the store), `accepted` (the engine has it; every server refuses within its bound, or answers
nobody), `replicated` (also on further machines of the engine), `pending` (nobody else has it; exit
code 4)."
)]
pub(crate) struct RevokeArgs {
    #[command(subcommand)]
    pub(crate) target: RevokeTarget,
    #[command(flatten)]
    pub(crate) place: Where,
    /// Report `replicated` once so many further machines of the engine have it
    #[arg(long, value_name = "NUMBER", default_value_t = 0, global = true)]
    pub(crate) replicas: u32,
    /// The staleness bound that the servers of the feed are set up with
    #[arg(long, value_name = "DURATION", default_value = "2s", global = true, value_parser = seconds)]
    pub(crate) bound: u32,
    /// Begin a new store, or a new feed, where there is none
    #[arg(long, global = true)]
    pub(crate) force: bool,
}

/// For what the servers are set up.
#[derive(Args, Debug)]
pub(crate) struct Servers {
    /// The purpose that the servers are set up with, such as `session`
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The audience that the servers are set up with; may be empty
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RevokeTarget {
    /// One session, by its id
    Session {
        /// The id: 32 hex digits, as `open` shows it
        #[arg(value_name = "ID")]
        id: SessionId,
    },
    /// All sessions of a user
    Subject {
        /// The subject, as the servers write it into tokens
        #[arg(value_name = "TEXT")]
        subject: String,
        /// But not this session
        #[arg(long, value_name = "ID", conflicts_with = "before")]
        except: Option<SessionId>,
        /// Only those that started before this time
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        before: Option<Moment>,
    },
    /// The session of a token that is read on standard input; needs --ring
    Token {
        #[command(flatten)]
        servers: Servers,
        #[command(flatten)]
        binding: Binding,
    },
    /// A key that leaked, and with it every session of this purpose and audience
    Key {
        /// The id of the key: eight hex digits
        #[arg(value_name = "KEY")]
        key: KeyId,
        #[command(flatten)]
        servers: Servers,
    },
    /// Every session of this purpose and audience
    All {
        #[command(flatten)]
        servers: Servers,
        /// Only those that started before this time
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        before: Option<Moment>,
    },
}

/// Show what a store or a feed holds
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom revocations --store revocations.redb
  cloakroom revocations --feed redis://10.0.0.5/ --realm shop --feed-key-file feed-key")]
pub(crate) struct RevocationsArgs {
    #[command(flatten)]
    pub(crate) place: Where,
}
