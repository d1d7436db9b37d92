//! What stands at the path of a store, before anything is done with it.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use crate::store::error::OpenError;

/// Refuses what is no file, and a file that everybody may write: whoever takes an entry out of it logs a
/// thief in again. Nothing at the path is no fault.
///
/// It is asked before the path is opened: to open a pipe can wait for its other end for ever, and with
/// it the start of a server.
pub(crate) fn check(path: &Path, doing: &'static str) -> Result<(), OpenError> {
    let at = || path.to_path_buf();
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(OpenError::io(path, doing, error)),
    };
    if !metadata.is_file() {
        return Err(OpenError::NotAFile { path: at() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o002 != 0 {
            return Err(OpenError::Writable { path: at(), mode });
        }
    }
    Ok(())
}

/// To make a file that is its owner's alone: who is logged in since when, and who logged out, is nobody
/// else's business.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}
