//! The ring file: one key a line, with its times (SPEC §4.7).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::key::date;
use crate::key::error::Looks;
use crate::key::fault::MAX_KEYS;
use crate::key::file_error::{Fault, MAX_FILE, MAX_NOTE, RingFileError};
use crate::key::id::KeyId;
use crate::key::plan::{DEFAULT_ROLLOUT, Entry, Material, Ring};
use crate::key::ring::KeyRing;
use crate::key::root::Key;
use crate::key::text::SecretText;
use crate::key::unit::{self, Unit};

const HEADER: &str = "cloakroom-ring";

/// The words of one line, with their columns.
struct Words<'a> {
    line: &'a str,
    number: usize,
    at: usize,
}

impl<'a> Words<'a> {
    const fn error(&self, column: usize, fault: Fault) -> RingFileError {
        RingFileError {
            line: self.number,
            column,
            fault,
        }
    }

    /// The column, in characters, of the byte offset `at`.
    fn column(&self, at: usize) -> usize {
        self.line
            .get(..at)
            .map_or(0, |before| before.chars().count())
            .saturating_add(1)
    }

    fn here(&self, what: &'static str) -> RingFileError {
        self.error(self.column(self.at), Fault::Expected(what))
    }

    fn skip_spaces(&mut self) {
        let rest = self.line.get(self.at..).unwrap_or_default();
        self.at = self
            .line
            .len()
            .saturating_sub(rest.trim_start_matches(' ').len());
    }

    /// The next word and the column it starts at; a word that starts with `#` starts the note.
    fn next(&mut self) -> Option<(&'a str, usize)> {
        self.skip_spaces();
        let rest = self.line.get(self.at..).unwrap_or_default();
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        let word = rest.split(' ').next().unwrap_or_default();
        let column = self.column(self.at);
        self.at = self.at.saturating_add(word.len());
        Some((word, column))
    }

    fn note(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.line.get(self.at..).unwrap_or_default();
        rest.trim_start_matches('#').trim_matches(' ')
    }

    /// Nothing may follow, not even a note: only keys take one.
    fn end(&mut self) -> Result<(), RingFileError> {
        self.skip_spaces();
        if self.at == self.line.len() {
            return Ok(());
        }
        Err(self.here("the end of the line; a note stands behind a key or on a line of its own"))
    }

    fn number(&mut self, least: u32, what: &'static str) -> Result<u32, RingFileError> {
        let (word, column) = self.next().ok_or_else(|| self.here(what))?;
        let plain =
            word.bytes().all(|b| b.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
        let number = word.parse().ok().filter(|number| plain && *number >= least);
        number.ok_or_else(|| self.error(column, Fault::Expected(what)))
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    header: bool,
    max_lifetime: Option<u32>,
    rollout: Option<u32>,
    entries: Vec<Entry>,
    /// Where each entry's key stands: line and column.
    places: Vec<(usize, usize)>,
}

impl Reader {
    fn line(&mut self, words: &mut Words<'_>) -> Result<(), RingFileError> {
        let Some((word, column)) = words.next() else {
            return Ok(());
        };
        if !self.header {
            if word != HEADER {
                let fault = Fault::NotARing(Looks::of(word));
                return Err(words.error(column, fault));
            }
            match words.next() {
                Some(("1", _)) => self.header = true,
                // A shell that was given no quotes makes spaces of line ends, and files of
                // environment variables know `\n`.
                Some((word, column)) if word.starts_with("1\\") => {
                    return Err(words.error(column, Fault::LostLineEnds));
                }
                Some((_, column)) => return Err(words.error(column, Fault::Version)),
                None => return Err(words.here("the version of the ring file, `1`")),
            }
            let end = words.end();
            if let Some(("max-lifetime" | "rollout" | "key", column)) = words.next() {
                return Err(words.error(column, Fault::LostLineEnds));
            }
            return end;
        }
        match word {
            "max-lifetime" => {
                if self.max_lifetime.is_some() {
                    return Err(words.error(column, Fault::Repeated("max-lifetime")));
                }
                let what = "a number of seconds from 1 to 4294967295";
                self.max_lifetime = Some(words.number(1, what)?);
                words.end()
            }
            "rollout" => {
                if self.rollout.is_some() {
                    return Err(words.error(column, Fault::Repeated("rollout")));
                }
                self.rollout = Some(words.number(0, "a number of seconds from 0 to 4294967295")?);
                words.end()
            }
            "key" => self.key(words),
            _ => Err(words.error(
                column,
                Fault::Expected("`key`, `max-lifetime`, `rollout` or a comment (`#`)"),
            )),
        }
    }

    fn key(&mut self, words: &mut Words<'_>) -> Result<(), RingFileError> {
        if self.entries.len() >= MAX_KEYS {
            return Err(words.error(1, Fault::TooManyKeys));
        }
        let what = "a key text (clkkey1. or clksub1.)";
        let (text, column) = words.next().ok_or_else(|| words.here(what))?;
        let material = if text.starts_with(unit::PREFIX) {
            Unit::parse(text).map(Material::Unit)
        } else {
            Key::parse(text).map(Material::Root)
        };
        let material = material.map_err(|error| words.error(column, Fault::Key(error)))?;
        self.places.push((words.number, column));
        let what = "activate=YYYY-MM-DDThh:mm:ssZ, a date in UTC from 1970 to 9999 that exists";
        let (word, column) = words.next().ok_or_else(|| words.here(what))?;
        let activate = word.strip_prefix("activate=").and_then(date::parse);
        let activate = activate.ok_or_else(|| words.error(column, Fault::Expected(what)))?;
        let mut entry = Entry {
            material,
            activate,
            retire: None,
            forced: false,
            disabled: false,
            note: String::new(),
        };
        while let Some((word, column)) = words.next() {
            if let Some(time) = word.strip_prefix("retire=").filter(|_| !entry.disabled) {
                if entry.retire.is_some() {
                    return Err(words.error(column, Fault::Repeated("retire")));
                }
                let what = Fault::Expected(
                    "retire=YYYY-MM-DDThh:mm:ssZ, a date in UTC from 1970 to 9999 that exists",
                );
                entry.retire = Some(date::parse(time).ok_or_else(|| words.error(column, what))?);
            } else if word == "forced" && entry.retire.is_some() && !entry.forced && !entry.disabled
            {
                entry.forced = true;
            } else if word == "disabled" && !entry.disabled {
                entry.disabled = true;
            } else {
                let what =
                    "`retire=...` with or without `forced`, then `disabled`, or a note (`#`)";
                return Err(words.error(column, Fault::Expected(what)));
            }
        }
        let note = words.note();
        if note.len() > MAX_NOTE {
            return Err(words.error(words.column(words.at), Fault::NoteTooLong));
        }
        entry.note = note.to_string();
        self.entries.push(entry);
        Ok(())
    }
}

impl KeyRing {
    /// Reads a ring file.
    ///
    /// Nothing here looks at the present time: that some key seals now is checked where the ring is
    /// put to use.
    ///
    /// # Errors
    ///
    /// [`RingFileError`] names the line and column and what was expected there.
    ///
    /// ```
    /// use cloakroom::{Key, KeyRing};
    ///
    /// let key = Key::generate()?.to_text();
    /// let file = format!(
    ///     "cloakroom-ring 1\n\
    ///      max-lifetime 28800\n\
    ///      key {} activate=2026-11-23T00:00:00Z # made by hand\n",
    ///     key.expose()
    /// );
    /// let ring = KeyRing::parse(&file)?;
    /// assert_eq!(ring.to_text().expose().lines().count(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, RingFileError> {
        if text.len() > MAX_FILE {
            return Err(RingFileError::whole(Fault::TooLarge(text.len())));
        }
        if text.starts_with('\u{feff}') {
            return Err(RingFileError {
                line: 1,
                column: 1,
                fault: Fault::ByteOrderMark,
            });
        }
        // Room for all keys at once: growing would leave copies of them in freed memory.
        let keys = text.matches('\n').count().saturating_add(1).min(MAX_KEYS);
        let mut reader = Reader {
            entries: Vec::with_capacity(keys),
            ..Reader::default()
        };
        for (index, line) in text.split_inclusive('\n').enumerate() {
            // A carriage return is a line end only together with a line feed.
            let line = match line.strip_suffix('\n') {
                Some(ended) => ended.strip_suffix('\r').unwrap_or(ended),
                None => line,
            };
            let mut words = Words {
                line,
                number: index.saturating_add(1),
                at: 0,
            };
            if let Some(at) = line.find(char::is_control) {
                let fault = match line.get(at..) {
                    Some(rest) if rest.starts_with('\r') => Fault::CarriageReturn,
                    _ => Fault::Control,
                };
                return Err(words.error(words.column(at), fault));
            }
            reader.line(&mut words)?;
        }
        if text.trim().is_empty() {
            return Err(RingFileError::whole(Fault::Empty));
        }
        if !reader.header {
            return Err(RingFileError::whole(Fault::Missing("cloakroom-ring 1")));
        }
        let missing = RingFileError::whole(Fault::Missing("max-lifetime"));
        let ids: Vec<KeyId> = reader
            .entries
            .iter()
            .map(|entry| entry.material.id())
            .collect();
        let ring = Ring {
            entries: reader.entries,
            max_lifetime: reader.max_lifetime.ok_or(missing)?,
            rollout: reader.rollout.unwrap_or(DEFAULT_ROLLOUT),
        };
        Self::checked(ring).map_err(|error| {
            // Key ids do not stand in the file; the line does.
            let at = error
                .key()
                .and_then(|key| ids.iter().rposition(|id| *id == key));
            let place = at.and_then(|index| reader.places.get(index));
            let (line, column) = place.copied().unwrap_or_default();
            RingFileError {
                line,
                column,
                fault: Fault::Ring(error),
            }
        })
    }

    /// Reads a ring file as it was read from the disk, whatever its bytes are.
    ///
    /// ```
    /// use cloakroom::KeyRing;
    ///
    /// // Saved by an editor that writes Latin-1.
    /// let error = KeyRing::parse_bytes(b"cloakroom-ring 1\n# Schl\xfcssel\n").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 2, column 7: a byte that is not UTF-8; save the file as UTF-8"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse), and one that names the first byte that is not UTF-8.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, RingFileError> {
        if bytes.len() > MAX_FILE {
            return Err(RingFileError::whole(Fault::TooLarge(bytes.len())));
        }
        match core::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let valid = core::str::from_utf8(valid).unwrap_or_default();
                Err(RingFileError::not_utf8(valid))
            }
        }
    }

    /// The ring as a ring file, secret keys included. Comment lines of a file it was read from are
    /// gone; notes behind keys are kept.
    ///
    /// ```
    /// # use cloakroom::{KeyRing, SystemClock};
    /// # let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    /// let file = ring.to_text();
    /// let again = KeyRing::parse(file.expose())?;
    /// assert!(again.keys().map(|key| key.id).eq(ring.keys().map(|key| key.id)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let ring = self.ring();
        // Room for everything at once: growing would leave copies of the keys behind.
        let notes: usize = ring.entries.iter().map(|entry| entry.note.len()).sum();
        let lines = ring.entries.len().saturating_mul(160).saturating_add(128);
        let mut text = String::with_capacity(lines.saturating_add(notes));
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "{HEADER} 1\nmax-lifetime {}\nrollout {}\n",
            ring.max_lifetime, ring.rollout
        );
        for entry in &ring.entries {
            let key = match &entry.material {
                Material::Root(key) => key.to_text(),
                Material::Unit(unit) => unit.to_text(),
            };
            let _ = write!(text, "key {} activate={}", key.expose(), entry.activate);
            if let Some(retire) = entry.retire {
                let _ = write!(text, " retire={retire}");
            }
            for (set, word) in [(entry.forced, " forced"), (entry.disabled, " disabled")] {
                text.push_str(if set { word } else { "" });
            }
            if !entry.note.is_empty() {
                let _ = write!(text, " # {}", entry.note);
            }
            text.push('\n');
        }
        SecretText::new(text)
    }
}
