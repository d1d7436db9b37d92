//! `cloakroom open` and `cloakroom seal`.

use std::path::PathBuf;

use clap::Args;
use cloakroom::SessionId;

use crate::moment::{Moment, seconds};
use crate::password::PasswordArgs;

/// What a token is sealed for, besides its key.
#[derive(Args, Debug)]
pub(crate) struct Context {
    /// The purpose that the servers are set up with, such as `session`
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The audience that the servers are set up with; may be empty
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: String,
    #[command(flatten)]
    pub(crate) binding: Binding,
}

/// What `Sessions::bound_to` was given.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Binding {
    /// What the token is bound to, if the servers bind tokens
    #[arg(long, value_name = "TEXT")]
    pub(crate) binding: Option<String>,
    /// The same as hex digits
    #[arg(long, value_name = "HEX")]
    pub(crate) binding_hex: Option<String>,
}

/// What servers allow, where it is stricter than the token.
#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    /// The idle timeout of the servers, if it is shorter than that of the token
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) idle_timeout: Option<u32>,
    /// The absolute timeout of the servers, if it is shorter than that of the token
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) absolute_timeout: Option<u32>,
    /// What the servers add to a deadline
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = seconds)]
    pub(crate) leeway: u32,
    /// By how much a token may start in the future
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = seconds)]
    pub(crate) tolerance: u32,
}

/// Open a token that is read on standard input, and show what is in it or why it is refused
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom open --ring ring --purpose session --audience api.example.com < token
  cloakroom open --ring ring --purpose session --audience api.example.com --at -2h < token
  cloakroom open --ring ring --purpose session --audience api.example.com --schema user.schema < token

Exit code 0 if the token is a session at that time, 1 if it is refused. Revocations are looked at
only with --store; the answer says whether they were. --schema takes what `schema::describe` of the
library prints, as a line or as JSON (SPEC section 7.7); without it the payload is shown as hex.")]
pub(crate) struct OpenArgs {
    /// The ring file
    #[arg(long, value_name = "FILE")]
    pub(crate) ring: PathBuf,
    #[command(flatten)]
    pub(crate) context: Context,
    /// As of another time than now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// The description of the payload
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// Look at the revocations in this store, too
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Make a token, for tests and incidents, and print it on standard output
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cloakroom seal --ring ring --purpose session --audience api.example.com --subject ada \\
    --idle 30m --absolute 8h > token
  echo '{\"name\":\"Ada\"}' | cloakroom seal --ring ring --purpose session --audience api.example.com \\
    --subject ada --absolute 8h --schema user.schema --payload - > token

The token logs in as its subject wherever the ring is in use: keep it as you keep a password.")]
pub(crate) struct SealArgs {
    /// The ring file
    #[arg(long, value_name = "FILE")]
    pub(crate) ring: PathBuf,
    #[command(flatten)]
    pub(crate) context: Context,
    /// Whose session it is
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: String,
    /// The idle timeout; none if not given
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) idle: Option<u32>,
    /// The absolute timeout, at most the ring's max-lifetime where there is no idle timeout
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) absolute: u32,
    /// As of another time than now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<Moment>,
    /// A file with the payload, or `-`: hex digits, or JSON where there is a --schema
    #[arg(long, value_name = "FILE")]
    pub(crate) payload: Option<PathBuf>,
    /// The description of the payload
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// The schema number of a payload in hex digits
    #[arg(
        long,
        value_name = "MAJOR.MINOR",
        default_value = "1.0",
        conflicts_with = "schema"
    )]
    pub(crate) schema_number: String,
    /// The session id; random if not given
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<SessionId>,
    /// The generation
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) generation: u32,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}
