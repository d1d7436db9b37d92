//! The drift alarm: a test that fails when a released payload changed its shape without changing
//! its number (SPEC §7.4).

mod case;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::any::{TypeId, type_name};
use core::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::de::Deserialize;

use crate::wire::claims::Schema;
use crate::wire::drift::case::Case;
use crate::wire::payload::{NoPrevious, Payload};
use crate::wire::shape::{self, Description, ShapeError};

/// Allows an unknown number to be recorded.
const RECORD: &str = "CLOAKROOM_RECORD_SCHEMA";
const HEADER: &str =
    "# Released shapes of a session payload. Lines are added, never changed or removed.\n";

/// Panics, in a test of yours, when the payload type `T` no longer has the shape that was released.
///
/// `path` is a file that you commit, one for each purpose and audience, relative to the package. It
/// has a line for every released schema number of the payload, and lines are only ever added:
///
/// ```text
/// # comments are allowed
/// 1.0 User { name: str, admin: bool }
/// 1.1 User { name: str, admin: bool, locale: option<str> }
/// ```
///
/// Run the test with `CLOAKROOM_RECORD_SCHEMA=1` to add the line of a new number, and commit it
/// with the release. Under `CI=true` nothing is ever recorded.
///
/// # Example
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     name: String,
///     admin: bool,
/// }
/// cloakroom::payload!(User);
///
/// # let dir = std::env::temp_dir().join(format!("cloakroom-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let file = dir.join("session.schema");
/// # std::fs::write(&file, "1.0 User { name: str, admin: bool }\n")?;
/// // In a `#[test]`, with `let file = "tests/session.schema";`:
/// cloakroom::schema::assert_unchanged::<User>(&file);
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// Whenever [`check_unchanged`] returns an error, with its text.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "failing the test it is called in is its purpose"
)]
pub fn assert_unchanged<T>(path: impl AsRef<Path>)
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    if let Err(drift) = check_unchanged::<T>(path) {
        panic!("{drift}");
    }
}

/// What [`assert_unchanged`] checks, as a `Result`.
///
/// The rules are those of [`Payload`]. The shape under a number never changes. Within a major, the
/// outermost struct keeps its fields and gets new ones at its end, each with `#[serde(default)]`,
/// which is tried out and not read off the source; nothing else changes, in nested types neither;
/// and what is not a struct has minor 0. A type's [`Previous`](Payload::Previous) must not be older
/// than the last recorded minor of its major. Its own shape is checked when it is asserted in a
/// call of its own, with the same file: `assert_unchanged::<v1::User>(file)`.
///
/// ```
/// use cloakroom::schema::{DriftKind, check_unchanged};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     name: String,
/// }
/// cloakroom::payload!(User);
///
/// let drift = check_unchanged::<User>("/nowhere/session.schema").unwrap_err();
/// assert_eq!(drift.kind(), DriftKind::NotRecorded);
/// ```
///
/// # Errors
///
/// [`Drift`], which prints what changed and what to do about it.
pub fn check_unchanged<T>(path: impl AsRef<Path>) -> Result<(), Drift>
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    check::<T>(path.as_ref(), Recording::from_env())
}

/// A payload type is not what was released, or may not be released as it is.
///
/// `Display`, and `Debug` for the sake of `unwrap`, print a paragraph for the person at the test
/// run.
#[derive(Clone)]
pub struct Drift {
    kind: DriftKind,
    text: String,
}

impl Drift {
    /// Which rule was broken.
    #[must_use]
    pub const fn kind(&self) -> DriftKind {
        self.kind
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for Drift {}

/// Which rule of schema evolution was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// The number is new and its shape may be released, but it is not in the file yet.
    NotRecorded,
    /// As [`NotRecorded`](Self::NotRecorded), and recording was asked for on a CI server, whose
    /// working directory nobody commits.
    RecordingOnCi,
    /// The shape under a recorded number is not the recorded one.
    Changed,
    /// Two minors of one major differ by more than fields at the end of the outermost struct.
    NotAppended,
    /// A field that an older minor does not have has no default.
    NoDefault,
    /// Something that is not a struct with named fields has a minor other than 0.
    NotAStruct,
    /// The previous type is older than the last recorded minor of its major.
    PreviousOutdated,
    /// The shape of the type can't be found out.
    NoShape,
    /// The file can't be read, written or understood.
    File,
}

#[derive(Clone, Copy)]
enum Recording {
    Off,
    On,
    Refused,
}

impl Recording {
    fn from_env() -> Self {
        let is_set = |name| {
            std::env::var_os(name)
                .is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
        };
        match (is_set(RECORD), is_set("CI")) {
            (false, _) => Self::Off,
            (true, false) => Self::On,
            (true, true) => Self::Refused,
        }
    }
}

fn check<T>(path: &Path, recording: Recording) -> Result<(), Drift>
where
    T: Payload,
    T::View<'static>: Deserialize<'static>,
{
    let now = Description::of::<T>().map_err(|error| no_shape::<T>(&error))?;
    let case = Case {
        path,
        type_name: type_name::<T>(),
        now,
    };
    if case.now.schema.minor() > 0 && case.now.shape.fields().is_none() {
        return Err(case.not_a_struct());
    }
    let snapshot = Snapshot::read(path)?;
    let recorded = snapshot
        .lines
        .iter()
        .find(|line| line.schema == case.now.schema);
    if let Some(recorded) = recorded {
        case.same_number(recorded)?;
    }
    let released = case.same_major(&snapshot.lines)?;
    if let Some(index) = released
        .map_or(Ok(None), shape::first_without_default::<T::View<'static>>)
        .map_err(|error| no_shape::<T>(&error))?
    {
        return Err(case.no_default(index));
    }
    case.previous(&chain::<T>(), &snapshot.lines)?;
    match recorded {
        Some(_) => Ok(()),
        None => case.record(&snapshot, recording),
    }
}

/// The numbers of a type's previous types, newest first.
fn chain<T: Payload>() -> Vec<Schema> {
    fn collect<T: Payload>(into: &mut Vec<Schema>) {
        let ends = TypeId::of::<T::Previous>() == TypeId::of::<NoPrevious>();
        // Majors fall along a chain, or it is a circle.
        if !ends && T::Previous::SCHEMA.major() < T::SCHEMA.major() {
            into.push(T::Previous::SCHEMA);
            collect::<T::Previous>(into);
        }
    }
    let mut schemas = Vec::new();
    collect::<T>(&mut schemas);
    schemas
}

fn no_shape<T>(error: &ShapeError) -> Drift {
    let text = format!(
        "the shape of the session payload `{}` can't be found out:\n{error}",
        type_name::<T>()
    );
    Drift {
        kind: DriftKind::NoShape,
        text,
    }
}

/// The file of released shapes.
struct Snapshot {
    content: String,
    lines: Vec<Description>,
}

impl Snapshot {
    /// A file that does not exist is an empty one.
    fn read(path: &Path) -> Result<Self, Drift> {
        let content = match fs::read_to_string(path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(file_error(path, &error.to_string())),
        };
        let mut lines = Vec::<Description>::new();
        for (number, line) in (1_usize..).zip(content.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line: Description = (line.parse())
                .map_err(|error| file_error(path, &format!("line {number}: {error}")))?;
            let twice = lines
                .iter()
                .any(|other| other.schema == line.schema && *other != line);
            if twice {
                let what = format!(
                    "line {number}: {} has another shape further up",
                    line.schema
                );
                return Err(file_error(path, &what));
            }
            lines.push(line);
        }
        Ok(Self { content, lines })
    }

    fn append(&self, path: &Path, line: &Description) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let start = match self.content.chars().last() {
            None => HEADER,
            Some('\n') => "",
            Some(_) => "\n",
        };
        // In one write, because tests run side by side.
        let text = format!("{start}{line}\n");
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)?
            .write_all(text.as_bytes())
    }
}

fn file_error(path: &Path, what: &str) -> Drift {
    let text = format!(
        "the file of released payload shapes, {}: {what}",
        path.display()
    );
    Drift {
        kind: DriftKind::File,
        text,
    }
}
