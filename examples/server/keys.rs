//! The key file: made on the first run, read on the next.

use std::error::Error;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::{Clock, KeyRing};
use time::Duration;

/// Where the key ring is kept. Whoever reads this file can log in as anybody.
pub(crate) struct KeyFile {
    path: PathBuf,
    turn: Mutex<()>,
}

impl KeyFile {
    pub(crate) fn in_directory(directory: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", directory.display()))
        };
        builder.recursive(true).create(directory).map_err(named)?;
        // Keys in a repository are keys that everybody has.
        fs::write(directory.join(".gitignore"), "*\n").map_err(named)?;
        Ok(Self {
            path: directory.join("keys"),
            turn: Mutex::default(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Held while the ring is changed, or two changes at a time would lose one of them.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ring in the file. Only a file that does not exist is made; a damaged one is an error,
    /// because new keys in its place would log everybody out.
    pub(crate) fn load_or_create(
        &self,
        clock: &dyn Clock,
        max_lifetime: Duration,
    ) -> Result<KeyRing, Box<dyn Error>> {
        match File::open(&self.path) {
            Ok(file) => {
                let ring = read(file);
                Ok(ring.map_err(|error| format!("{}: {error}", self.path.display()))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let ring = KeyRing::generate(clock, max_lifetime)?;
                self.save(&ring)?;
                Ok(ring)
            }
            Err(error) => Err(format!("{}: {error}", self.path.display()).into()),
        }
    }

    /// Writes beside the file and renames, so that a crash leaves the old ring or the new one.
    pub(crate) fn save(&self, ring: &KeyRing) -> io::Result<()> {
        let new = self.path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        // Private from its first moment on: a mode that is set afterwards comes too late. With
        // `create_new` nobody else can have put a file or a link there.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.write(true).create_new(true).open(&new)?;
        file.write_all(ring.to_text().expose().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

fn read(mut file: File) -> Result<KeyRing, Box<dyn Error>> {
    refuse_open_to_others(&file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(KeyRing::parse_bytes(&bytes)?)
}

/// Asks the opened file, not its name, which could lead to another file by now.
#[cfg(unix)]
fn refuse_open_to_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other(
        "other users may read the key file; `chmod 600` it, and replace the keys if somebody did",
    ))
}

#[cfg(not(unix))]
fn refuse_open_to_others(_: &File) -> io::Result<()> {
    Ok(())
}
