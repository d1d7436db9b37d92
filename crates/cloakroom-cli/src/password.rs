//! Where a password comes from: a terminal, a file, a descriptor. Never an argument.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use clap::Args;
use cloakroom::SecretText;
use cloakroom::source::Password;
use zeroize::Zeroizing;

use crate::exit::Failure;

/// For ring files that are wrapped with a password.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PasswordArgs {
    /// Read the password of a wrapped ring file from this file, mode 600; asked for otherwise
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        conflicts_with = "password_fd"
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password of a wrapped ring file from this open descriptor
    #[arg(long, value_name = "NUMBER", global = true)]
    pub(crate) password_fd: Option<u32>,
}

/// More than any password has, less than what hurts.
const MOST: u64 = 2048;

impl PasswordArgs {
    pub(crate) const fn is_given(&self) -> bool {
        self.password_file.is_some() || self.password_fd.is_some()
    }

    /// `again`: for a new file, where a typo would lock its owner out, a terminal asks twice.
    pub(crate) fn get(&self, again: bool) -> Result<Password, Failure> {
        let text = match (&self.password_file, self.password_fd) {
            (Some(path), _) => {
                let text = SecretText::from_file(path).map_err(Failure::input)?;
                Zeroizing::new(text.expose().to_owned())
            }
            (None, Some(number)) => from_descriptor(number)?,
            (None, None) => from_terminal(again)?,
        };
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Password::new(line).map_err(Failure::input)
    }
}

fn from_descriptor(number: u32) -> Result<Zeroizing<String>, Failure> {
    let wrong = |error: std::io::Error| {
        Failure::input(format!(
            "descriptor {number} gives no password ({error}); open it as in `{number}<file`"
        ))
    };
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let file = File::open(format!("/dev/fd/{number}")).map_err(wrong)?;
    file.take(MOST).read_to_string(&mut text).map_err(wrong)?;
    Ok(text)
}

fn from_terminal(again: bool) -> Result<Zeroizing<String>, Failure> {
    if !std::io::stderr().is_terminal() {
        return Err(Failure::usage(
            "this needs a password and there is no terminal to ask for it; give --password-file \
             FILE or --password-fd NUMBER",
        ));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(|error| {
                Failure::usage(format!(
                    "the terminal gave no password ({error}); give --password-file FILE or \
                 --password-fd NUMBER"
                ))
            })
    };
    let first = ask("password: ")?;
    if again && *ask("again: ")? != *first {
        return Err(Failure::usage("the two passwords differ; nothing was done"));
    }
    Ok(first)
}
