//! What Redis answers, as the port tells it: passing or lasting.

use cloakroom::feed::EngineError;
use redis::{ErrorKind, RedisError};

/// Codes that stay until somebody changes rights, settings or data.
const LASTING: &[&str] = &[
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "WRONGTYPE",
    "CROSSSLOT",
    // Memory is full and nothing may be evicted, or the disk fails: writes stay refused.
    "OOM",
    "MISCONF",
    // Ours, of the scripts.
    "FEEDFORMAT",
    // Commands or scripts that it does not know, a database that it does not have.
    "ERR",
];

/// Answers under a lasting code that do pass.
const PASSING: &[&str] = &["max number of clients reached"];

/// Text of the server that a message shows, in bytes.
const SHOWN: usize = 200;

pub(crate) fn of(error: &RedisError) -> EngineError {
    match error.kind() {
        ErrorKind::InvalidClientConfig => {
            return EngineError::refused("the address can't be used as it is");
        }
        ErrorKind::Io => return EngineError::unavailable(format_args!("redis: {error}")),
        _ => {}
    }
    let Some(code) = error.code() else {
        // The parser's own words may quote what came, and that may be anything.
        return EngineError::unavailable(format_args!("redis: {}", error.category()));
    };
    let detail = shown(error.detail().unwrap_or_default());
    let message = format!("redis: {} {detail}", shown(code));
    let passes = PASSING.iter().any(|passing| detail.contains(passing));
    if LASTING.contains(&code) && !passes {
        EngineError::refused(message)
    } else {
        EngineError::unavailable(message)
    }
}

/// While credentials are under way only the code is shown: a server or proxy that does not know the
/// command may quote its arguments, and one of them is the password.
pub(crate) fn of_login(error: &RedisError) -> EngineError {
    let code = error.code().map(shown);
    match code.as_deref() {
        Some("ERR")
            if error
                .detail()
                .is_some_and(|detail| PASSING.iter().any(|p| detail.contains(p))) =>
        {
            EngineError::unavailable("redis: too many clients")
        }
        Some("ERR") => EngineError::refused("redis: ERR at the login; Redis 7 or newer is needed"),
        Some(code) if LASTING.contains(&code) => {
            EngineError::refused(format_args!("redis: {code} at the login"))
        }
        Some(code) => EngineError::unavailable(format_args!("redis: {code} at the login")),
        None => of(error),
    }
}

fn shown(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(SHOWN).map(printable).collect()
}
