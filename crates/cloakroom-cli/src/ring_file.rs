//! Ring files on a disk: read with the rules of the library, written as a whole or not at all.

mod held;
mod mount;

use std::fs::{File, Metadata, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom::source::{
    KeySource, KeyUnwrap, Password, PasswordCost, SourceError, SourceFault, UnwrapError,
};
use cloakroom::{KeyRing, SecretText};
use zeroize::Zeroizing;

use held::Held;

use crate::exit::Failure;
use crate::password::PasswordArgs;

/// How a file is called until it has its name.
const TEMPORARY: &str = ".cloakroom-";

/// A ring, and what is needed to write it back as it was.
#[derive(Debug)]
pub(crate) struct RingFile {
    path: PathBuf,
    pub(crate) ring: KeyRing,
    /// The file as it was before it was read.
    held: Option<Held>,
    /// By a platform, which puts it there anew from somewhere else.
    mounted: bool,
    password: Option<Arc<Password>>,
    /// Comment lines, which are the operator's and not the ring's.
    comments: Vec<String>,
}

pub(crate) fn load(path: &Path, password: &PasswordArgs) -> Result<RingFile, Failure> {
    let (source, mounted) = mount::source(path)?;
    let held = Held::open(path);
    let (ring, password) = match source.load() {
        Ok(ring) => (ring, None),
        Err(error) if may_be_wrapped(&error) => wrapped(&source, password, error)?,
        Err(error) => return Err(Failure::input(error)),
    };
    Ok(RingFile {
        path: path.to_path_buf(),
        ring,
        held,
        mounted,
        comments: match &password {
            Some(_) => Vec::new(),
            None => comments(path),
        },
        password,
    })
}

fn may_be_wrapped(error: &SourceError) -> bool {
    matches!(
        error.fault(),
        SourceFault::Ring(_) | SourceFault::TooLarge { .. }
    )
}

/// Looks whether a file is wrapped before it asks anybody for a password.
struct Sniffer(Arc<AtomicBool>);

impl KeyUnwrap for Sniffer {
    fn unwrap_ring(&self, stored: &[u8]) -> Result<SecretText, UnwrapError> {
        self.0
            .store(stored.starts_with(b"clkwrap"), Ordering::Relaxed);
        Err(UnwrapError::new("not asked for yet"))
    }
}

struct Shared(Arc<Password>);

impl KeyUnwrap for Shared {
    fn unwrap_ring(&self, stored: &[u8]) -> Result<SecretText, UnwrapError> {
        self.0.unwrap_ring(stored)
    }
}

fn wrapped(
    source: &KeySource,
    args: &PasswordArgs,
    plain: SourceError,
) -> Result<(KeyRing, Option<Arc<Password>>), Failure> {
    let found = Arc::new(AtomicBool::new(false));
    let sniffed = source.clone().unwrap_with(Sniffer(Arc::clone(&found)));
    let _never_a_ring = sniffed.load();
    if !found.load(Ordering::Relaxed) {
        return Err(Failure::input(plain));
    }
    let password = Arc::new(args.get(false)?);
    let source = source.clone().unwrap_with(Shared(Arc::clone(&password)));
    let ring = source.load().map_err(Failure::input)?;
    Ok((ring, Some(password)))
}

fn comments(path: &Path) -> Vec<String> {
    let Ok(text) = SecretText::from_file(path) else {
        return Vec::new();
    };
    let lines = text.expose().lines().map(str::trim);
    let lines = lines.filter(|line| line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

impl RingFile {
    pub(crate) const fn is_wrapped(&self) -> bool {
        self.password.is_some()
    }

    /// Puts `ring` in the place of what was read, under the same password and permissions. Of two
    /// edits of one file at a time the later one is refused: it would bring a key back that the other
    /// one disabled.
    pub(crate) fn replace(&self, ring: &KeyRing) -> Result<(), Failure> {
        if self.mounted {
            return Err(Failure::input(format!(
                "{} is mounted by a platform, which would undo the change or does not allow it; change \
                 the ring where the platform has it from. Nothing was changed",
                self.path.display()
            )));
        }
        let text = match &self.password {
            Some(password) => wrap(password, ring)?,
            None => commented(ring, &self.comments),
        };
        // The file, not the link that leads to it.
        let path = self
            .path
            .canonicalize()
            .map_err(|error| cannot(&self.path, "replaced", &error))?;
        let old = path
            .metadata()
            .map_err(|error| cannot(&path, "replaced", &error))?;
        let file = temporary(&path, &text)?;
        keep_access(file.as_file(), &path, &old)?;
        let _turn = match &self.held {
            Some(held) => held.take_turn(&path)?,
            None => return Err(changed(&path)),
        };
        put(file, &path)
    }
}

/// Makes a new file; over another one only with `force`.
pub(crate) fn create(
    path: &Path,
    ring: &KeyRing,
    password: Option<&Password>,
    force: bool,
    lost: &str,
) -> Result<(), Failure> {
    let text = match password {
        Some(password) => wrap(password, ring)?,
        None => Zeroizing::new(ring.to_text().expose().to_owned()),
    };
    create_text(path, &text, force, lost)
}

/// `lost`: what is gone if a file that is there is overwritten.
pub(crate) fn create_text(path: &Path, text: &str, force: bool, lost: &str) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(exists(path, lost));
    }
    if path.is_dir() {
        return Err(Failure::input(format!(
            "{} is a directory; name the file in it",
            path.display()
        )));
    }
    let file = temporary(path, text)?;
    if force {
        if let Ok(old) = path.metadata()
            && old.is_file()
        {
            keep_access(file.as_file(), path, &old)?;
            private(file.as_file(), path, &old)?;
        }
        return put(file, path);
    }
    // Another may have come into being since we looked.
    file.persist_noclobber(path)
        .map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path, lost),
            _ => cannot(path, "made", &error.error),
        })?;
    sync_folder(path);
    Ok(())
}

fn exists(path: &Path, lost: &str) -> Failure {
    Failure::force(format!(
        "{} exists already and was not touched; choose another name, or overwrite it with --force, \
         {lost}",
        path.display()
    ))
}

fn wrap(password: &Password, ring: &KeyRing) -> Result<Zeroizing<String>, Failure> {
    password
        .wrap(ring, PasswordCost::default())
        .map(Zeroizing::new)
        .map_err(Failure::unavailable)
}

fn commented(ring: &KeyRing, comments: &[String]) -> Zeroizing<String> {
    let text = ring.to_text();
    let (header, rest) = text.expose().split_once('\n').unwrap_or_default();
    let room = comments.iter().map(|line| line.len().saturating_add(1));
    let room = room.sum::<usize>().saturating_add(text.expose().len());
    // Room for everything at once: growing would leave copies of keys behind.
    let mut whole = Zeroizing::new(String::with_capacity(room));
    whole.push_str(header);
    whole.push('\n');
    for comment in comments {
        whole.push_str(comment);
        whole.push('\n');
    }
    whole.push_str(rest);
    whole
}

fn put(file: tempfile::NamedTempFile, path: &Path) -> Result<(), Failure> {
    file.persist(path)
        .map_err(|error| cannot(path, "written", &error.error))?;
    sync_folder(path);
    Ok(())
}

/// A file beside its place, mode 0600, with everything in it and on the disk.
fn temporary(path: &Path, text: &str) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = folder(path);
    let made = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        });
    made.map_err(|error| cannot(path, "written", &error))
}

/// Copies that a killed edit left behind, as a sentence. Those of an edit under way are younger.
pub(crate) fn left_over(path: &Path) -> Option<String> {
    const OLD: Duration = Duration::from_secs(60);
    let entries = folder(path).read_dir().ok()?.flatten();
    let old = |entry: &std::fs::DirEntry| {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > OLD))
    };
    let ours =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(TEMPORARY);
    let found = entries.filter(|entry| ours(entry) && old(entry));
    let names: Vec<String> = found
        .map(|entry| entry.path().display().to_string())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "a command that was killed left a copy with keys in it; remove it: {}",
            names.join(", ")
        )
    })
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The servers that read the old file must be able to read the new one, or they keep the old keys
/// and nobody hears of it before the next restart.
#[cfg(unix)]
fn keep_access(file: &File, path: &Path, old: &Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let new = file
        .metadata()
        .map_err(|error| cannot(path, "written", &error))?;
    let other = |a: u32, b: u32| (a != b).then_some(a);
    let (user, group) = (other(old.uid(), new.uid()), other(old.gid(), new.gid()));
    if user.is_some() || group.is_some() {
        fchown(file, user, group).map_err(|error| {
            Failure::unavailable(format!(
                "{}: a new file could not be given the owner and group of the old one ({error}), so \
                 nothing was changed; run this as the owner of the file or as root",
                path.display()
            ))
        })?;
    }
    file.set_permissions(old.permissions())
        .map_err(|error| cannot(path, "written", &error))
}

/// Over a file that others could read or its group could write, a secret is written as a new one is.
#[cfg(unix)]
fn private(file: &File, path: &Path, old: &Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    if old.permissions().mode() & 0o7027 == 0 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(|error| cannot(path, "written", &error))
}

#[cfg(not(unix))]
fn private(_: &File, _: &Path, _: &Metadata) -> Result<(), Failure> {
    Ok(())
}

#[cfg(not(unix))]
fn keep_access(_: &File, _: &Path, _: &Metadata) -> Result<(), Failure> {
    Ok(())
}

/// So that the name survives a loss of power, too. Not every file system knows how.
fn sync_folder(path: &Path) {
    if let Ok(folder) = OpenOptions::new().read(true).open(folder(path)) {
        let _best_effort = folder.sync_all();
    }
}

fn changed(path: &Path) -> Failure {
    Failure::unavailable(format!(
        "{} was changed meanwhile by somebody else, and nothing of this was done: it would have undone \
         the other change. Run it again",
        path.display()
    ))
}

fn cannot(path: &Path, done: &str, error: &std::io::Error) -> Failure {
    Failure::unavailable(format!(
        "{} could not be {done} ({error}); nothing was changed",
        path.display()
    ))
}
