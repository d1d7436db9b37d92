//! Vectors of kind `wrapped`: ring files behind a password (SPEC §4.9).

use cloakroom::source::{KeyUnwrap as _, Password, PasswordCost, PasswordError};
use serde_json::json;

use crate::vectors::vector::{Vector, Why};

/// `s` is what the library makes itself, of the password and the head of the text, and does not show.
pub(crate) fn wrapped(vector: &Vector) -> Result<(), Why> {
    let text = vector.plain("wrapped")?;
    let (password, _s) = (vector.bytes("password")?, vector.array::<32>("s")?);
    let refused = || vector.answers("refused", json!({ "text": null }));
    // Whatever the password.
    if PasswordCost::of(text).is_err() {
        return refused();
    }
    let Ok(password) = String::from_utf8(password) else {
        let why = "with a password that is no text, which the library does not take";
        return Err(Why::NotChecked(why.into()));
    };
    let Ok(password) = Password::new(&password) else {
        return refused();
    };
    match password.unwrap_ring(text.as_bytes()) {
        Ok(text) => vector.answers("ok", json!({ "text": text.expose() })),
        Err(error) if error.to_string() == PasswordError::Memory.to_string() => {
            let why = "for which this machine has not enough memory";
            Err(Why::NotChecked(why.into()))
        }
        Err(_) => refused(),
    }
}
