//! Reading what is no secret: standard input, schema files, vectors. Bounded, and never waiting on
//! a pipe that nobody writes to.

use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Read, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::Failure;

/// The text of a file, or a sentence.
pub(crate) fn text(path: &Path, most: u64) -> Result<String, String> {
    let metadata = path.metadata().map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("this is a directory; name the file in it".into());
    }
    if !metadata.is_file() {
        return Err("this is a pipe, a socket or a device; give a regular file".into());
    }
    if metadata.len() > most {
        return Err(format!("more than {most} bytes, so this is another file"));
    }
    let file = OpenOptions::new().read(true).open(path);
    let file = file.map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = file.take(most).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => "it is not UTF-8; save it as UTF-8".into(),
        _ => error.to_string(),
    })
}

/// Everything on standard input.
pub(crate) fn standard_input(what: &str, most: u64) -> Result<Zeroizing<String>, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let hint = format!("paste {what}, then press Enter and Ctrl-D\n");
        let _nobody_reads = anstream::stderr().lock().write_all(hint.as_bytes());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(8192));
    let read = stdin
        .lock()
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes);
    read.map_err(|error| Failure::input(format!("standard input can't be read: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(Failure::input(format!(
            "standard input has more than {most} bytes; {what} was expected"
        )));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::input(format!("standard input is not text; {what} was expected")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A token on standard input, without the line end that files and echo put behind it.
pub(crate) fn token(command: &str) -> Result<Zeroizing<String>, Failure> {
    let text = standard_input("a token", 65_536)?;
    let token = Zeroizing::new(text.trim_matches(['\n', '\r', ' ', '\t']).to_owned());
    if token.is_empty() {
        return Err(Failure::input(format!(
            "standard input is empty; give the token there, as in `cloakroom {command} < token`"
        )));
    }
    Ok(token)
}
