//! How a command ends: the codes of the README, an answer, or a sentence with the way out.

use std::ffi::OsStr;

use serde_json::{Value, json};

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    No,
    Usage,
    Input,
    Unavailable,
    Force,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Unavailable => 4,
            Self::Force => 5,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::No => "no",
            Self::Usage => "usage",
            Self::Input => "bad-input",
            Self::Unavailable => "unavailable",
            Self::Force => "needs-force",
        }
    }
}

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) exit: Exit,
    /// For people, with its line ends.
    pub(crate) text: String,
    /// The same for programs.
    pub(crate) json: Value,
    pub(crate) warnings: Vec<String>,
}

impl Reply {
    pub(crate) const fn done(text: String, json: Value) -> Self {
        Self {
            exit: Exit::Done,
            text,
            json,
            warnings: Vec::new(),
        }
    }

    /// Shown to people on standard error and to programs as `warnings`.
    pub(crate) fn warned(mut self, warnings: Vec<String>) -> Self {
        if let Value::Object(members) = &mut self.json {
            members.insert("warnings".into(), json!(warnings));
        }
        self.warnings = warnings;
        self
    }

    pub(crate) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}

/// Why there is no answer, in a sentence with the way out.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    sentence: String,
}

impl Failure {
    pub(crate) fn usage(sentence: impl ToString) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    pub(crate) fn input(sentence: impl ToString) -> Self {
        Self::new(Exit::Input, sentence)
    }

    pub(crate) fn unavailable(sentence: impl ToString) -> Self {
        Self::new(Exit::Unavailable, sentence)
    }

    pub(crate) fn force(sentence: impl ToString) -> Self {
        Self::new(Exit::Force, sentence)
    }

    fn new(exit: Exit, sentence: impl ToString) -> Self {
        let sentence = sentence.to_string();
        Self { exit, sentence }
    }

    pub(crate) fn into_reply(self) -> (Reply, Option<String>) {
        let json = json!({ "error": { "code": self.exit.code(), "kind": self.exit.name(),
            "message": self.sentence } });
        let reply = Reply::done(String::new(), json).ending(self.exit);
        (reply, Some(self.sentence))
    }
}

/// Whether a text may hold a part of a key or a token of ours. For what is shown: rather too often.
pub(crate) fn holds_secret(text: &str) -> bool {
    ["clkkey", "clksub", "clkfeed", "clkwrap", "clk1."]
        .iter()
        .any(|prefix| text.contains(prefix))
}

/// The characters behind the prefix from which on a text is a secret and no longer the name of a file.
/// The shortest key has more than twice as many.
const SECRET: usize = 20;

/// Whether an argument holds a key or a token, anywhere in it: behind an option, in a note, in a path.
pub(crate) fn is_secret(argument: &OsStr) -> bool {
    let argument = argument.to_string_lossy();
    let encoded = |rest: &str| {
        let is_of_it = |c: &char| c.is_ascii_alphanumeric() || ['-', '_'].contains(c);
        rest.chars().take_while(is_of_it).count()
    };
    ["clkkey1.", "clksub1.", "clkfeed1.", "clkwrap1.", "clk1."]
        .iter()
        .any(|prefix| {
            let mut found = argument.match_indices(prefix);
            found.any(|(at, _)| {
                let rest = argument.get(at.saturating_add(prefix.len())..);
                encoded(rest.unwrap_or_default()) >= SECRET
            })
        })
}

pub(crate) fn leaked() -> Failure {
    Failure::usage(
        "an argument looks like a key or a token. Arguments are seen by every process of this \
         machine and kept by the shell: treat it as leaked. Keys are read from files and named by \
         their id of eight hex digits, tokens are read from standard input. Nothing was done",
    )
}
