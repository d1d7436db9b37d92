//! One payload type against the recorded lines, rule by rule, and what to tell whoever broke one.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;
use std::path::Path;

use super::{Drift, DriftKind, RECORD, Recording, Snapshot, file_error};
use crate::wire::claims::Schema;
use crate::wire::shape::{Description, Growth};

pub(super) struct Case<'a> {
    pub(super) path: &'a Path,
    pub(super) type_name: &'static str,
    pub(super) now: Description,
}

impl Case<'_> {
    fn drift(&self, kind: DriftKind, sentence: &str, details: &[(&str, String)]) -> Drift {
        let mut text = format!("the session payload `{}`: {sentence}.\n", self.type_name);
        for (label, detail) in details {
            // Writing to a `String` does not fail.
            let _ = writeln!(text, "  {label:<9} {detail}");
        }
        let _ = write!(text, "{}", self.advice(kind));
        Drift { kind, text }
    }

    fn advice(&self, kind: DriftKind) -> String {
        let (major, minor) = (self.now.schema.major(), self.now.schema.minor());
        let file = self.path.display();
        let raise_major = format!(
            "raise the major: keep the old type, say as `v{major}::…`, write `schema = ({}, 0), \
             previous = v{major}::…` in `payload!` and a `From` for it",
            major.saturating_add(1),
        );
        match kind {
            DriftKind::Changed | DriftKind::NotAppended => format!(
                "What relies on the recorded shape, tokens in the field and readers in other \
                 languages, would go wrong or, worse, find something else in its place. Either\n\
                 - undo the change; or\n\
                 - {raise_major}; or,\n\
                 - if {major}.{minor} never left your machine, delete its line from {file} and record \
                 it again."
            ),
            DriftKind::NoDefault => format!(
                "Tokens of the released version do not have it. Either\n\
                 - put `#[serde(default)]` on it; or\n\
                 - {raise_major}."
            ),
            DriftKind::NotAStruct => format!(
                "Only a struct with named fields can grow. Either\n\
                 - go back to minor 0, if the shape did not change; or\n\
                 - {raise_major}."
            ),
            DriftKind::NotRecorded => format!(
                "If this is what you want to release, record it and commit the file:\n  \
                 {RECORD}=1 cargo test"
            ),
            DriftKind::RecordingOnCi => format!(
                "{RECORD} is set, but so is CI: what is recorded here would be lost. Record it where \
                 you can commit {file}, and do not set {RECORD} on the server."
            ),
            DriftKind::PreviousOutdated => String::from(
                "Sessions of the newest minor would lose the fields that it added. Bring the previous \
                 type up to it.",
            ),
            DriftKind::NoShape | DriftKind::File => String::new(),
        }
    }

    pub(super) fn not_a_struct(&self) -> Drift {
        let sentence = format!("schema {} has a minor but is no struct", self.now.schema);
        self.drift(
            DriftKind::NotAStruct,
            &sentence,
            &[("now", format!("{}", self.now))],
        )
    }

    pub(super) fn no_default(&self, index: usize) -> Drift {
        let field = self.now.shape.field_name(index).unwrap_or("?");
        let sentence = format!(
            "field `{field}` was appended within major {} without a default",
            self.now.schema.major()
        );
        self.drift(
            DriftKind::NoDefault,
            &sentence,
            &[("now", format!("{}", self.now))],
        )
    }

    fn differs(&self, kind: DriftKind, sentence: &str, recorded: &Description) -> Drift {
        let details = [
            ("recorded", format!("{recorded}")),
            ("now", format!("{}", self.now)),
        ];
        self.drift(kind, sentence, &details)
    }

    /// The shape under a released number never changes.
    pub(super) fn same_number(&self, recorded: &Description) -> Result<(), Drift> {
        let schema = self.now.schema;
        match self.now.shape.since(&recorded.shape) {
            Growth::Same => Ok(()),
            Growth::Changed(what) => {
                let sentence = format!("schema {schema} was released with another shape: {what}");
                Err(self.differs(DriftKind::Changed, &sentence, recorded))
            }
            Growth::Appended => {
                let (major, minor) = (schema.major(), schema.minor());
                let index = recorded.shape.fields().unwrap_or(0);
                let field = self.now.shape.field_name(index).unwrap_or("?");
                let sentence = format!(
                    "field `{field}` was appended, but schema {schema} was released without it. If an \
                     older version may safely ignore it, give it `#[serde(default)]` and raise the \
                     minor, `schema = ({major}, {})`; then record that. If it takes a right away, it \
                     needs a new major",
                    minor.saturating_add(1),
                );
                Err(self.differs(DriftKind::Changed, &sentence, recorded))
            }
        }
    }

    /// Minors of a major differ by what is appended. Returns the number of fields of the shortest
    /// one before this, since the fields after those may be absent.
    pub(super) fn same_major(&self, lines: &[Description]) -> Result<Option<usize>, Drift> {
        let schema = self.now.schema;
        let mut shortest = None::<usize>;
        for line in lines
            .iter()
            .filter(|line| line.schema.major() == schema.major())
        {
            let (older, newer) = if line.schema.minor() <= schema.minor() {
                (line, &self.now)
            } else {
                (&self.now, line)
            };
            if let Growth::Changed(what) = newer.shape.since(&older.shape) {
                let sentence = format!(
                    "from schema {} to {}, fields may only be added at the end of the struct, but {what}",
                    older.schema, newer.schema,
                );
                return Err(self.differs(DriftKind::NotAppended, &sentence, line));
            }
            if line.schema.minor() < schema.minor() {
                let fields = line.shape.fields().unwrap_or(0);
                shortest = Some(shortest.map_or(fields, |shortest| shortest.min(fields)));
            }
        }
        Ok(shortest)
    }

    /// A previous type is the newest of its major.
    pub(super) fn previous(&self, chain: &[Schema], lines: &[Description]) -> Result<(), Drift> {
        for previous in chain {
            let newer = lines.iter().find(|line| {
                line.schema.major() == previous.major() && line.schema.minor() > previous.minor()
            });
            if let Some(newer) = newer {
                let sentence = format!(
                    "its previous type has schema {previous}, but {} was released",
                    newer.schema
                );
                let details = [("recorded", format!("{newer}"))];
                return Err(self.drift(DriftKind::PreviousOutdated, &sentence, &details));
            }
        }
        Ok(())
    }

    /// Adds the line of a number that is not there yet, if that was asked for.
    pub(super) fn record(&self, snapshot: &Snapshot, recording: Recording) -> Result<(), Drift> {
        let kind = match recording {
            Recording::On => {
                return (snapshot.append(self.path, &self.now))
                    .map_err(|error| file_error(self.path, &format!("{error}")));
            }
            Recording::Off => DriftKind::NotRecorded,
            Recording::Refused => DriftKind::RecordingOnCi,
        };
        let sentence = format!(
            "schema {} is not recorded in {}",
            self.now.schema,
            self.path.display()
        );
        Err(self.drift(kind, &sentence, &[("now", format!("{}", self.now))]))
    }
}
