//! The files of secrets: made on the first run, read on the next.

use std::error::Error;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom::feed::FeedKey;
use cloakroom::source::KeySource;
use cloakroom::{Clock, KeyRing};
use time::Duration;

/// Where the key ring is kept. Whoever reads this file can log in as anybody.
pub struct KeyFile {
    path: PathBuf,
    turn: Mutex<()>,
}

impl KeyFile {
    /// Makes the directory. The ring is in it, unless servers of one machine share a file elsewhere.
    pub fn new(directory: &Path, shared: Option<PathBuf>) -> io::Result<Self> {
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
            path: shared.unwrap_or_else(|| directory.join("keys")),
            turn: Mutex::default(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same file, for whoever reads it again.
    pub fn source(&self) -> KeySource {
        KeySource::file(&self.path)
    }

    /// Held while the ring is changed, or two changes at a time would lose one of them.
    pub fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ring in the file, and whether it was made just now. Only a file that does not exist is made; a damaged one is an error,
    /// because new keys in its place would log everybody out.
    pub fn load_or_create(
        &self,
        clock: &dyn Clock,
        max_lifetime: Duration,
    ) -> Result<(KeyRing, bool), Box<dyn Error>> {
        match File::open(&self.path) {
            Ok(file) => {
                let ring = read(file);
                let ring = ring.map_err(|error| format!("{}: {error}", self.path.display()))?;
                Ok((ring, false))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let ring = KeyRing::generate(clock, max_lifetime)?;
                self.save(&ring)?;
                Ok((ring, true))
            }
            Err(error) => Err(format!("{}: {error}", self.path.display()).into()),
        }
    }

    pub fn save(&self, ring: &KeyRing) -> io::Result<()> {
        write_private(&self.path, ring.to_text().expose())
    }
}

/// The key that authenticates revocations between servers that share a Redis. All of them need the
/// same: copy the file to each, beside the key ring.
pub fn feed_key(directory: &Path) -> Result<FeedKey, Box<dyn Error>> {
    let path = directory.join("feed-key");
    let named = |error: Box<dyn Error>| format!("{}: {error}", path.display());
    match File::open(&path) {
        Ok(file) => Ok(parse_feed_key(file).map_err(named)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = FeedKey::generate()?;
            write_private(&path, key.to_text().expose())?;
            Ok(key)
        }
        Err(error) => Err(named(error.into()).into()),
    }
}

/// One more that is accepted while the servers change it. A file that was named is never made.
pub fn accepted_feed_key(path: &Path) -> Result<FeedKey, Box<dyn Error>> {
    let key = File::open(path)
        .map_err(Into::into)
        .and_then(parse_feed_key);
    Ok(key.map_err(|error| format!("{}: {error}", path.display()))?)
}

fn parse_feed_key(file: File) -> Result<FeedKey, Box<dyn Error>> {
    let bytes = read_private(file)?;
    Ok(FeedKey::parse(std::str::from_utf8(&bytes)?.trim_end())?)
}

/// Writes beside the file and renames, so that a crash leaves the old text or the new one.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
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
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // Without this a loss of power may bring the old name back.
    #[cfg(unix)]
    if let Some(directory) = path.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn read(file: File) -> Result<KeyRing, Box<dyn Error>> {
    Ok(KeyRing::parse_bytes(&read_private(file)?)?)
}

fn read_private(mut file: File) -> io::Result<Vec<u8>> {
    refuse_open_to_others(&file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
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
