//! Secrets that a platform mounts: a Kubernetes volume, `/run/secrets` of Docker.

use std::path::{Path, PathBuf};

use cloakroom::source::KeySource;

use crate::exit::Failure;

/// How the file is read, and whether it is a mounted secret. Those are often readable by everybody in
/// their container, which a file of an operator must not be.
pub(crate) fn source(path: &Path) -> Result<(KeySource, bool), Failure> {
    if is_mount(path) {
        let name = only_name(path)?;
        return Ok((KeySource::directory(path, name), true));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    match (path.parent(), name) {
        (Some(folder), Some(name)) if is_mount(folder) => {
            Ok((KeySource::directory(folder, name), true))
        }
        _ => Ok((KeySource::file(path), false)),
    }
}

fn is_mount(folder: &Path) -> bool {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    folder.join("..data").is_dir() || folder == Path::new("/run/secrets")
}

/// The one secret of a volume.
fn only_name(folder: &Path) -> Result<String, Failure> {
    let entries = folder.read_dir();
    let entries = entries.map_err(|error| {
        Failure::input(format!(
            "{}: {error}; name the file in it",
            folder.display()
        ))
    })?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let names: Vec<String> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(Failure::input(format!(
            "{} is a directory with {} secrets in it; name the one that is the ring, as in {}",
            folder.display(),
            names.len(),
            example(folder, &names).display()
        ))),
    }
}

fn example(folder: &Path, names: &[String]) -> PathBuf {
    folder.join(names.first().map_or("ring", String::as_str))
}
