//! What PostgreSQL answers, as the port tells it: passing or lasting.

use core::error::Error as _;

use cloakroom::feed::EngineError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Text of the server that a message shows, in characters.
const SHOWN: usize = 200;

pub(crate) fn of(error: &Error) -> EngineError {
    let Some(answer) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!(": {cause}"));
        let message = format!("postgres: {error}{}", cause.unwrap_or_default());
        return EngineError::unavailable(shown(&message));
    };
    let code = answer.code();
    let message = format!("postgres: {} {}", code.code(), answer.message());
    if is_lasting(code) {
        EngineError::refused(shown(&message))
    } else {
        EngineError::unavailable(shown(&message))
    }
}

/// Whether it stays so until somebody changes rights, settings or data.
fn is_lasting(code: &SqlState) -> bool {
    let class = code.code().get(..2);
    match class {
        // Authorisation, no such database, names and rights, data that breaks a rule of the tables.
        Some("28" | "3D" | "42" | "22" | "23") => true,
        // Disk full.
        _ => *code == SqlState::DISK_FULL,
    }
}

fn shown(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(SHOWN).map(printable).collect()
}
